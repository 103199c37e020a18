"""Telling a job's progress from inside its work, and stopping where the job must stop."""

from collections.abc import Callable
from typing import TypeAlias

from socialflow.jobs.work import Run

Listener: TypeAlias = Callable[[int, int], None]
"""Hears (done, total); what it raises ends the work."""


def watched(run: Run, first: int = 0, last: int = 100) -> Listener:
    """A listener for a stage of the work that takes the job from `first` to `last` per cent."""

    def note(done: int, total: int) -> None:
        run.progress(first * total + (last - first) * done, 100 * total)
        run.check()

    return note
