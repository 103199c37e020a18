"""Stretches of time through which something holds."""

from dataclasses import dataclass

MOST = 1000
"""Stretches that are kept; of later ones only the seconds are counted."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `start` to before `end`, seconds from the first frame or sample."""

    start: float
    end: float


class Stretches:
    """Joins moments at which something holds. Those shorter than `least` seconds count for nothing.

    >>> dark = Stretches(least=1.0)
    >>> for second, is_dark in enumerate([True, True, False, True]):
    ...     dark.take(float(second), is_dark)
    >>> dark.end(4.0), dark.seconds
    ([Stretch(start=0.0, end=2.0), Stretch(start=3.0, end=4.0)], 3.0)
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._found: list[Stretch] = []
        self._since: float | None = None
        self.seconds = 0.0

    def take(self, seconds: float, holds: bool, since: float | None = None) -> None:
        """Whether it holds from this moment on; where it does, it may have begun earlier, at `since`."""
        if holds and self._since is None:
            self._since = seconds if since is None else since
        elif not holds and self._since is not None:
            self._close(self._since, seconds)
            self._since = None

    def end(self, seconds: float) -> list[Stretch]:
        """All of them; what still holds ends here."""
        self.take(seconds, False)
        return self._found

    def _close(self, start: float, end: float) -> None:
        if end - start < self._least - 1e-6:
            return
        self.seconds += end - start
        if len(self._found) < MOST:
            self._found.append(Stretch(start, end))
