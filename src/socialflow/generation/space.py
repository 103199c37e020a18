"""The reply bank as vectors of one text model."""

import os
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.generation import harm
from socialflow.generation.bank import Bank
from socialflow.text.bundle import FloatArray
from socialflow.text.records import Analysis, Vector

QUESTIONS = ("sentence", *harm.QUESTIONS)
"""What is asked of every text of the bank."""
TOO_FAR = 0.05
"""Share of the bank's own messages that are farther than `Space.floor` from every situation, themselves left out."""


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """What the text model of digest `model` makes of the bank: s situations, m messages and n replies.

    `messages` (m, d) and `replies` (n, d) have rows of length 1, or 0 where the model knows no word; messages stand in
    the order of the situations, whose first ones are at `starts` (s,). `usable` (n,) is false where the model finds
    harm. What is farther than `floor` from every situation is not answered: as far as the farthest of the bank's own
    messages (a share of `TOO_FAR`) are from the others.
    """

    bank: Bank
    model: str
    messages: FloatArray
    starts: npt.NDArray[np.int64]
    replies: FloatArray
    usable: npt.NDArray[np.bool_]
    floor: float

    @classmethod
    def of(cls, bank: Bank, model: str, messages: Sequence[Analysis], replies: Sequence[Analysis]) -> "Space":
        """From answers to `QUESTIONS` about the bank's texts."""
        usable = np.array([not harm.harms(analysis) for analysis in replies])
        return cls._made(bank, model, _rows(messages), _rows(replies), usable)

    @classmethod
    def load(cls, bank: Bank, model: str, directory: Path) -> "Space | None":
        """As `save` left it; None where it did not, or what is there cannot be read."""
        try:
            with _file(bank, model, directory).open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
                messages, replies, usable = (kept[name] for name in ("messages", "replies", "usable"))
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
            return None
        if len(messages) != sum(len(one.messages) for one in bank.situations) or len(replies) != len(bank.replies):
            return None
        return cls._made(bank, model, messages, replies, usable)

    def save(self, directory: Path) -> None:
        """Keep it, and nothing of another bank or model. Raises OSError."""
        directory.mkdir(parents=True, exist_ok=True)
        for old in directory.glob("*.npz"):
            old.unlink(missing_ok=True)
        aside = directory / f".{os.getpid()}.npz"
        np.savez(aside, messages=self.messages, replies=self.replies, usable=self.usable)
        aside.replace(_file(self.bank, self.model, directory))

    @classmethod
    def _made(
        cls, bank: Bank, model: str, messages: FloatArray, replies: FloatArray, usable: npt.NDArray[np.bool_]
    ) -> "Space":
        starts = np.cumsum([0, *(len(one.messages) for one in bank.situations[:-1])])
        return cls(bank, model, messages, starts, replies, usable, _floor(messages, starts))

    def nearness(self, query: FloatArray) -> FloatArray:
        """How near (s,) a vector (d,) is to each situation."""
        return nearness(self.messages @ query, self.starts)


def nearness(cosines: FloatArray, starts: npt.NDArray[np.int64]) -> FloatArray:
    """Of cosines (..., m) with messages, the mean of the three highest of each situation; they begin at `starts`.

    One message that is alike by accident does not decide.

    >>> nearness(np.array([0.25, 1.0, 0.5, 0.75, 0.125, 0.125, 0.125], np.float32), np.array([0, 4])).tolist()
    [0.75, 0.125]
    """
    parts = np.split(cosines, starts[1:], axis=-1)
    return np.stack([np.sort(part, axis=-1)[..., -3:].mean(axis=-1) for part in parts], axis=-1)


def _file(bank: Bank, model: str, directory: Path) -> Path:
    return directory / f"{bank.version}-{model}.npz"


def vector(analysis: Analysis) -> FloatArray | None:
    """The sentence vector of a text; None where it has none."""
    found = analysis.record("sentence", Vector)
    return None if found is None else found.values


def _rows(analyses: Sequence[Analysis]) -> FloatArray:
    found = [vector(analysis) for analysis in analyses]
    width = next((len(row) for row in found if row is not None), 1)
    return np.stack([np.zeros(width, np.float32) if row is None else row for row in found])


def _floor(rows: FloatArray, starts: npt.NDArray[np.int64]) -> float:
    cosines = rows @ rows.T
    np.fill_diagonal(cosines, -np.inf)
    return float(np.quantile(nearness(cosines, starts).max(axis=1), TOO_FAR))
