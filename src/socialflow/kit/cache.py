"""The one port of caches. A cache may forget anything at any time and is never asked for what exists nowhere else."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol


class Cache(Protocol):
    """Bytes by key, each for a time. No method raises: out of reach, it forgets."""

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values, in order; None where there is none, or it is too old."""
        ...

    async def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep values for `ttl` seconds."""
        ...

    async def delete(self, keys: Collection[str]) -> None:
        """Forget these."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every key that begins so (erasure of a person, a changed item)."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...
