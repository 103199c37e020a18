"""A cache in Redis, shared by all machines."""

import math
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeVar

import structlog

from socialflow.errors import ConfigurationError

_log = structlog.get_logger("socialflow.cache")
T = TypeVar("T")

PREFIX = "socialflow:"
PATIENCE_SECONDS = 0.25
"""How long a call waits for Redis."""
PAUSE_SECONDS = 3.0
"""How long Redis is left alone after it failed."""
_SCANNED = 500
_GLOB = {ord(sign): f"\\{sign}" for sign in "*?[]\\^-"}


class RedisCache:
    """Bytes in Redis. Satisfies `kit.cache.Cache`.

    While Redis is away everything is forgotten and nothing is waited for but one try now and then; it is used again as
    soon as a try succeeds. What was to be deleted meanwhile may still be there then: who reads checks what it says.
    Raises ConfigurationError where the Redis client is missing.
    """

    def __init__(self, url: str, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        try:
            from redis.asyncio import Redis
            from redis.exceptions import RedisError
        except ImportError as error:
            raise ConfigurationError("REDIS_URL needs the Redis client: pip install 'socialflow[redis]'") from error
        self._failures = (RedisError, OSError, TimeoutError)
        self._redis = Redis.from_url(url, socket_timeout=PATIENCE_SECONDS, socket_connect_timeout=PATIENCE_SECONDS)
        self._monotonic = monotonic
        self._away_until = -math.inf

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values, in order; None where there is none, or it is too old, or Redis is away."""

        async def work() -> Sequence[bytes | None]:
            found = await self._redis.mget([PREFIX + key for key in keys])
            return [value if isinstance(value, bytes) else None for value in found]

        return await self._try(work, [None] * len(keys)) if keys else []

    async def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep values for `ttl` seconds."""

        async def work() -> None:
            pipeline = self._redis.pipeline(transaction=False)
            for key, value in values.items():
                pipeline.set(PREFIX + key, value, px=_millis(ttl))
            await pipeline.execute()

        if values:
            await self._try(work, None)

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep a value where there is none; False where there is one."""

        async def work() -> bool:
            return bool(await self._redis.set(PREFIX + key, value, px=_millis(ttl), nx=True))

        return await self._try(work, otherwise=True)

    async def delete(self, keys: Collection[str]) -> None:
        """Forget these."""
        if keys:
            await self._try(lambda: self._redis.unlink(*(PREFIX + key for key in keys)), None)

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every key that begins so."""

        async def work() -> None:
            found = [key async for key in self._redis.scan_iter((PREFIX + prefix).translate(_GLOB) + "*", _SCANNED)]
            for start in range(0, len(found), _SCANNED):
                await self._redis.unlink(*found[start : start + _SCANNED])

        await self._try(work, None)

    async def close(self) -> None:
        """Close the connections."""
        await self._redis.aclose()

    async def _try(self, work: Callable[[], Awaitable[T]], otherwise: T) -> T:
        if self._monotonic() < self._away_until:
            return otherwise
        try:
            return await work()
        except self._failures as error:
            self._away_until = self._monotonic() + PAUSE_SECONDS
            _log.warning("cache_away", reason=type(error).__name__)
            return otherwise


def _millis(ttl: float) -> int:
    return max(1, round(1000 * ttl))
