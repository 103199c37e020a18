"""How far a long piece of work is, told to whoever wants to know."""

from typing import Protocol


class Progress(Protocol):
    """Hears how far a stage is; `done` and `total` are in one unit of the stage (bytes, rows, steps)."""

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Take note; must not block."""
        ...


def no_progress(stage: str, done: int, total: int) -> None:
    """Hear nothing."""
