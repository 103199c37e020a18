"""How each author of a session behaves: floods, says the same again, gets worse. A heuristic: bounds set by hand."""

from collections import OrderedDict, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from socialflow.moderation.behaviour import ALIKE, shingles
from socialflow.moderation.live.records import BY_CONTEXT, AuthorChanged, Stance

FLOOD, REPETITION, TOXICITY = "flood", "repetition", "toxicity"
"""Why an author is to slow down or to be silent, besides `BY_CONTEXT`."""
FLOOD_SECONDS, FLOOD_SLOW, FLOOD_MUTED = 10.0, 8, 16
"""Messages within so many seconds."""
REPEAT_SECONDS, REPEAT_SLOW, REPEAT_MUTED = 60.0, 3, 6
"""Messages within so many seconds that are nearly the newest one, itself counted."""
HALF_LIFE, HARM_SLOW, HARM_MUTED = 60.0, 0.4, 0.6
"""Seconds after which a message counts half, and means of harm."""
SLOW_SECONDS, MUTED_SECONDS = 30.0, 300.0
"""How long each lasts after its last reason."""
MESSAGES, AUTHORS = 32, 4096
"""Messages of an author, and authors, that are remembered, the newest ones."""
_ORDER = tuple(Stance)


@dataclass(slots=True)
class _Author:
    said: deque[tuple[float, frozenset[str]]] = field(default_factory=lambda: deque(maxlen=MESSAGES))
    harm: float = 0.0
    """Sum of harms, each halved with every `HALF_LIFE`."""
    weight: float = 0.0
    """Sum of their weights."""
    last: float = 0.0
    state: Stance = Stance.NORMAL
    until: float = 0.0


class Conduct:
    """Who behaves how.

    A message counts with its harm ``h``, 0 to 1, and ``w = 2^(-age / 60 s)``; an author's toxicity is
    ``sum(w h) / (1 + sum(w))``, so that one bad message alone silences nobody. What is not known of a message counts
    for how often somebody speaks, not for that.

    >>> at = datetime(2026, 1, 1)
    >>> seen = [Conduct().heard("ann", "hello", 0.1, at)]
    >>> conduct = Conduct()
    >>> [change.because for n in range(3) if (change := conduct.heard("bob", "buy now", None, at))]
    [('repetition',)]
    """

    def __init__(self) -> None:
        self._authors: OrderedDict[str, _Author] = OrderedDict()

    def heard(
        self, author: str, text: str, harm: float | None, at: datetime, *, by_context: bool = False
    ) -> AuthorChanged | None:
        """Count one message; what is to be advised of its author now, if that changed.

        `by_context`: it is held back for what it says together with those before.
        """
        known = self._authors.setdefault(author, _Author())
        self._authors.move_to_end(author)
        if len(self._authors) > AUTHORS:
            self._authors.popitem(last=False)
        now = max(at.timestamp(), known.last)
        print_of = shingles(text) or frozenset((text,))
        _count(known, print_of, harm, now)
        reasons = dict(_reasons(known, print_of, now))
        if by_context:
            reasons[BY_CONTEXT] = Stance.SLOW_DOWN
        return _changed(author, known, reasons, at + timedelta(seconds=now - at.timestamp()))


def _count(known: _Author, print_of: frozenset[str], harm: float | None, now: float) -> None:
    fade = 0.5 ** ((now - known.last) / HALF_LIFE)
    known.harm, known.weight, known.last = known.harm * fade, known.weight * fade, now
    if harm is not None:
        known.harm, known.weight = known.harm + harm, known.weight + 1.0
    known.said.append((now, print_of))


def _reasons(known: _Author, print_of: frozenset[str], now: float) -> Iterator[tuple[str, Stance]]:
    often = sum(at > now - FLOOD_SECONDS for at, _ in known.said)
    alike = sum(at > now - REPEAT_SECONDS and _alike(print_of, other) for at, other in known.said)
    mean = known.harm / (1.0 + known.weight)
    for name, value, slow, muted in (
        (FLOOD, often, FLOOD_SLOW, FLOOD_MUTED),
        (REPETITION, alike, REPEAT_SLOW, REPEAT_MUTED),
        (TOXICITY, mean, HARM_SLOW, HARM_MUTED),
    ):
        if value >= slow:
            yield name, Stance.MUTED if value >= muted else Stance.SLOW_DOWN


def _alike(one: frozenset[str], other: frozenset[str]) -> bool:
    both = len(one & other)
    return both >= ALIKE * (len(one) + len(other) - both)


def _changed(author: str, known: _Author, reasons: dict[str, Stance], at: datetime) -> AuthorChanged | None:
    """A worse state at once; the same or a better one only when the time of what was advised is over."""
    now = known.last
    state = max(reasons.values(), key=_ORDER.index, default=Stance.NORMAL)
    over = known.state is not Stance.NORMAL and now >= known.until
    if _ORDER.index(state) <= _ORDER.index(known.state) and not over:
        return None
    lasts = {Stance.NORMAL: 0.0, Stance.SLOW_DOWN: SLOW_SECONDS, Stance.MUTED: MUTED_SECONDS}[state]
    known.state, known.until = state, now + lasts
    because = tuple(name for name, one in reasons.items() if one is state)
    return AuthorChanged(author, state, because, at + timedelta(seconds=lasts) if lasts else None)
