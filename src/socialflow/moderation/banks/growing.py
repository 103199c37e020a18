"""Arrays that rows are added to."""

from typing import Any, Generic, TypeVar

import numpy as np
import numpy.typing as npt

Scalar = TypeVar("Scalar", bound=np.generic)


class Growing(Generic[Scalar]):
    """Rows of one kind; room is made for twice as many each time, so that adding costs what is added.

    >>> grown = Growing(np.zeros(0, np.int64))
    >>> grown.extend(np.arange(3)); grown.extend(np.arange(2))
    >>> grown.rows
    array([0, 1, 2, 0, 1])
    """

    def __init__(self, rows: npt.NDArray[Scalar]) -> None:
        self._room, self._count = rows.copy(), len(rows)

    def __len__(self) -> int:
        return self._count

    @property
    def rows(self) -> npt.NDArray[Scalar]:
        """All rows; those that are there may be written to."""
        return self._room[: self._count]

    def extend(self, more: npt.NDArray[Any]) -> None:
        """Add rows behind the last."""
        count = self._count + len(more)
        if count > len(self._room):
            room = np.empty((max(count, 2 * len(self._room)), *self._room.shape[1:]), self._room.dtype)
            room[: self._count] = self.rows
            self._room = room
        self._room[self._count : count] = more
        self._count = count
