"""What a graph takes and gives."""

from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt
from pydantic import ConfigDict, with_config

from socialflow.errors import InvalidInput

Array: TypeAlias = npt.NDArray[Any]
"""An array of whatever type its tensor says."""


@with_config(ConfigDict(extra="forbid"))
@dataclass(frozen=True, slots=True)
class Tensor:
    """One input or output of a graph.

    `dtype` is numpy's name of the type (`float32`, `uint8`, `int64`). `shape` holds a number where a dimension is
    fixed and a name where it is free (`"batch"`); `()` is a scalar. `about` says what the values are.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    about: str = ""

    def covers(self, told: "Tensor") -> bool:
        """Whether whatever fits `told` fits here: the same type, and each dimension of the same length, or free here.

        >>> Tensor("x", "float32", ("n", 3)).covers(Tensor("x", "float32", (1, 3)))
        True
        >>> Tensor("x", "float32", (1, 3)).covers(Tensor("x", "float32", ("batch", 3)))
        False
        """
        return (
            self.dtype == told.dtype
            and len(self.shape) == len(told.shape)
            and all(isinstance(ours, str) or ours == said for ours, said in zip(self.shape, told.shape, strict=True))
        )

    def check(self, value: Array) -> None:
        """Raise InvalidInput unless `value` is what this tensor takes."""
        fits = value.ndim == len(self.shape) and all(
            isinstance(wanted, str) or wanted == length for wanted, length in zip(self.shape, value.shape, strict=False)
        )
        if value.dtype != np.dtype(self.dtype) or not fits:
            raise InvalidInput(
                f"{self.name} takes {self.dtype} of shape {list(self.shape)}, not {value.dtype} of {list(value.shape)}",
                field=self.name,
            )
