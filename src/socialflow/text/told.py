"""How the Python interface and REST say what was found in texts: plain dictionaries of known keys."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypedDict, TypeVar

from socialflow.kit.answers import Provenance, Status
from socialflow.text.records import Analysis

T = TypeVar("T")


class Told(TypedDict):
    """What every answer says of itself; `missing` and `coverage` as in `records.Analysis`."""

    status: Status
    missing: list[str]
    provenance: list[Provenance]
    coverage: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One message of a conversation; without an author it counts as said by the same person as the others without."""

    text: str
    author: str | None = None

    @classmethod
    def of(cls, given: "str | Turn") -> "Turn":
        """A bare text as somebody's turn."""
        return given if isinstance(given, Turn) else cls(given)


def told(analysis: Analysis) -> Told:
    """Of one text."""
    return Told(
        status=analysis.status,
        missing=list(analysis.missing),
        provenance=distinct(answer.provenance for answer in analysis.answers.values()),
        coverage=analysis.coverage,
    )


def together(parts: Sequence[Told], texts: Sequence[str]) -> Told:
    """Of several texts as one: complete where all are, abstained where none was answered; coverage by their lengths."""
    statuses = {part["status"] for part in parts} or {Status.ABSTAINED}
    sizes = [max(1, len(text)) for text in texts]
    read = sum(part["coverage"] * size for part, size in zip(parts, sizes, strict=True))
    return Told(
        status=statuses.pop() if len(statuses) == 1 else Status.PARTIAL,
        missing=distinct(name for part in parts for name in part["missing"]),
        provenance=distinct(by for part in parts for by in part["provenance"]),
        coverage=read / sum(sizes) if sizes else 0.0,
    )


def distinct(values: Iterable[T]) -> list[T]:
    """Each once, in the order of first occurrence.

    >>> distinct("abcab")
    ['a', 'b', 'c']
    """
    return list(dict.fromkeys(values))
