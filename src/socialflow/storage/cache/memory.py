"""A cache in this process."""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping, Sequence

MAX_BYTES = 64 * 1024 * 1024
_ENTRY_BYTES = 200
"""What an entry costs besides its key and value, about."""


class MemoryCache:
    """Bytes in a dictionary, bounded: the least lately used entries go first.

    Satisfies `kit.cache.Cache`. For one event loop.
    """

    def __init__(self, max_bytes: int = MAX_BYTES, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._max_bytes = max_bytes
        self._monotonic = monotonic
        self._entries: OrderedDict[str, tuple[bytes, float]] = OrderedDict()
        self._bytes = 0

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values, in order; None where there is none, or it is too old."""
        return [self._get(key) for key in keys]

    async def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep values for `ttl` seconds."""
        for key, value in values.items():
            self._drop(key)
            self._entries[key] = (value, self._monotonic() + ttl)
            self._bytes += _size(key, value)
        while self._bytes > self._max_bytes:
            self._drop(next(iter(self._entries)))

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep a value where there is none; False where there is one."""
        if self._get(key) is not None:
            return False
        await self.set_many({key: value}, ttl)
        return True

    async def delete(self, keys: Collection[str]) -> None:
        """Forget these."""
        for key in keys:
            self._drop(key)

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every key that begins so."""
        await self.delete([key for key in self._entries if key.startswith(prefix)])

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._bytes = 0

    def _get(self, key: str) -> bytes | None:
        entry = self._entries.get(key)
        if entry is None:
            return None
        if entry[1] <= self._monotonic():
            self._drop(key)
            return None
        self._entries.move_to_end(key)
        return entry[0]

    def _drop(self, key: str) -> None:
        entry = self._entries.pop(key, None)
        if entry is not None:
            self._bytes -= _size(key, entry[0])


def _size(key: str, value: bytes) -> int:
    return len(key) + len(value) + _ENTRY_BYTES
