"""Several readings of one signal become one."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from socialflow.kit.answers import Provenance, Tier
from socialflow.moderation.records import Place, Reading, Signals


@dataclass(slots=True)
class Sheet:
    """Signals as they are written down, of one file or piece of content."""

    readings: dict[str, Reading] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)

    def read(
        self,
        name: str,
        value: float,
        made: Provenance,
        *,
        tier: Tier | None = None,
        places: Sequence[Place] = (),
    ) -> None:
        """A signal's value."""
        self.readings[name] = Reading(
            round(value, 6), made.model, made.version, tier or made.tier, places=tuple(places[:MOST_PLACES])
        )

    def lack(self, reason: str, *names: str) -> None:
        """Why signals could not be had, or not in whole; the first reason of each stays."""
        for name in names:
            self.missing.setdefault(name, reason)

    def signals(self) -> Signals:
        """What was written down."""
        return Signals(self.readings, self.missing)


MOST_PLACES = 100
"""Places that one reading tells, the first ones."""


def greatest(parts: Sequence[Signals], *, numbered: bool) -> Signals:
    """Of every signal the greatest of its readings, of so many files.

    Its coverage is the share of all files that was looked at; it is missing too where it is in some of them. Its place
    is the number of the file, from 0, where they are `numbered`; else its own places stay.
    """
    missing = dict[str, str]()
    for part in parts:
        for name, reason in part.missing.items():
            missing.setdefault(name, reason)
    names = dict.fromkeys(name for part in parts for name in part.readings)
    return Signals({name: _greatest(name, parts, numbered=numbered) for name in names}, missing)


def _greatest(name: str, parts: Sequence[Signals], *, numbered: bool) -> Reading:
    found = [(number, part.readings[name]) for number, part in enumerate(parts) if name in part.readings]
    number, best = max(found, key=lambda one: (number_of(one[1]), -one[0]))
    about = sum(name in part.readings or name in part.missing for part in parts)
    coverage = round(sum(reading.coverage for _, reading in found) / about, 4)
    if not numbered:
        return replace(best, coverage=coverage)
    value = number_of(best)
    return replace(best, coverage=coverage, places=(Place(number, number + 1, value),) if value > 0 else ())


def number_of(reading: Reading) -> float:
    """The value of a reading that is a number; 0 of words."""
    return 0.0 if isinstance(reading.value, tuple) else reading.value


def merged(parts: Sequence[Signals]) -> Signals:
    """Signals of several kinds as one record; no name is in two of them."""
    return Signals(
        {name: reading for part in parts for name, reading in part.readings.items()},
        {name: reason for part in parts for name, reason in part.missing.items()},
    )
