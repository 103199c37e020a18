"""Messages between a process and its bounded children: a JSON header and plain arrays, nothing that could run code.

On the pipe: length of the header (4 bytes, big-endian), the header, then the arrays' bytes one after another::

    {"body": ..., "arrays": [["uint8", [240, 320, 3]], ...]}
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import orjson

LARGEST_HEADER = 16 << 20
LARGEST_ARRAYS = 256 << 20
"""Bytes of one message at most."""
_DTYPES = frozenset({"uint8", "int16", "int32", "int64", "float32", "float64"})
_LENGTH = struct.Struct(">I")

Array = npt.NDArray[Any]
Read = Callable[[int], bytes | bytearray]
"""Gives exactly so many bytes, or raises EOFError."""


class BrokenMessage(ValueError):
    """Bytes that are no message, or more than one may hold."""


@dataclass(frozen=True, slots=True)
class Message:
    """What JSON can say, and the arrays that go with it."""

    body: Mapping[str, Any]
    arrays: Sequence[Array] = ()


def packed(message: Message) -> list[bytes]:
    """A message as it goes over a pipe, in pieces. Raises BrokenMessage for what none may hold."""
    arrays = [np.ascontiguousarray(array) for array in message.arrays]
    kinds = [[str(array.dtype), list(array.shape)] for array in arrays]
    _check(kinds)
    header = orjson.dumps({"body": message.body, "arrays": kinds}, option=orjson.OPT_SERIALIZE_NUMPY)
    if len(header) > LARGEST_HEADER:
        raise BrokenMessage(f"a message holds {len(header)} bytes of text, at most {LARGEST_HEADER} go through")
    return [_LENGTH.pack(len(header)), header, *(array.tobytes() for array in arrays)]


def unpacked(read: Read) -> Message:
    """The next message of a pipe. Raises EOFError at its end, BrokenMessage where it is none."""
    (length,) = _LENGTH.unpack(read(_LENGTH.size))
    if length > LARGEST_HEADER:
        raise BrokenMessage(f"a message says that it holds {length} bytes of text, at most {LARGEST_HEADER} go through")
    try:
        header = orjson.loads(read(length))
        body, kinds = header["body"], header["arrays"]
        wrong = not isinstance(body, dict) or not isinstance(kinds, list)
    except (ValueError, KeyError, TypeError) as problem:
        raise BrokenMessage(f"a message cannot be read: {problem!r}") from problem
    if wrong:
        raise BrokenMessage("a message is not of the form body, arrays")
    _check(kinds)
    return Message(body, [_array(read, dtype, shape) for dtype, shape in kinds])


def _array(read: Read, dtype: str, shape: list[int]) -> Array:
    size = prod(shape) * np.dtype(dtype).itemsize
    return np.frombuffer(read(size) if size else b"", dtype).reshape(shape)


def _check(kinds: Sequence[Any]) -> None:
    """Refuse arrays of objects, of broken shapes, and more bytes than may go through."""
    total = 0
    for kind in kinds:
        match kind:
            case [str(dtype), [*shape]] if dtype in _DTYPES and all(type(n) is int and n >= 0 for n in shape):
                total += prod(shape) * np.dtype(dtype).itemsize
            case _:
                raise BrokenMessage(f"no array of a message is {kind!r}")
    if total > LARGEST_ARRAYS:
        raise BrokenMessage(
            f"a message says that it holds {total} bytes of arrays, at most {LARGEST_ARRAYS} go through"
        )
