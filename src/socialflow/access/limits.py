"""How often a caller may call: fixed windows of a minute, in memory or shared through Redis."""

import math
import time
from collections.abc import Callable

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import ConfigurationError as LimitsConfigurationError
from limits.errors import StorageError

from socialflow.access.records import Principal
from socialflow.errors import ConfigurationError, RateLimited

REDIS_PATIENCE_SECONDS = 0.5
"""How long a call waits for Redis before it is counted here."""
REDIS_PAUSE_SECONDS = 5.0
"""How long Redis is left alone after it failed."""
_log = structlog.get_logger(__name__)


class Limiter:
    """Counts calls; a person has `per_minute` of them, a service key what it carries.

    With `redis_url` all processes share the counts. While Redis is away each process counts for itself, so that a
    lost cache neither stops the service nor opens it. Raises ConfigurationError where the Redis client is missing.
    """

    def __init__(
        self, per_minute: int, redis_url: str | None = None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_minute = per_minute
        self._monotonic = monotonic
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._redis = _redis(redis_url) if redis_url else None
        self._shared = FixedWindowRateLimiter(self._redis) if self._redis else None
        self._shared_from = -math.inf

    async def hit(self, principal: Principal) -> None:
        """Count one call. Raises RateLimited with the seconds until the window ends."""
        allowed = principal.rate_limit if principal.is_service else self._per_minute
        if allowed is None:
            return
        caller = ("key" if principal.is_service else "user", principal.subject)
        if self._shared is not None and self._monotonic() >= self._shared_from:
            try:
                await _count(self._shared, allowed, caller)
            except StorageError:
                self._shared_from = self._monotonic() + REDIS_PAUSE_SECONDS
                _log.warning("rate_limit_not_shared", reason="redis cannot be reached; counting in this process")
            else:
                return
        await _count(self._local, allowed, caller)

    async def close(self) -> None:
        """Close the connections to Redis."""
        if self._redis is not None:
            await self._redis.bridge.storage.aclose()  # type: ignore[attr-defined]


def _redis(url: str) -> RedisStorage:
    scheme, _, rest = url.partition("://")
    name = "redis+unix" if scheme == "unix" else scheme
    try:
        return RedisStorage(
            f"async+{name}://{rest}",
            wrap_exceptions=True,
            implementation="redispy",
            socket_timeout=REDIS_PATIENCE_SECONDS,
            socket_connect_timeout=REDIS_PATIENCE_SECONDS,
        )
    except LimitsConfigurationError as error:
        raise ConfigurationError("REDIS_URL needs the Redis client: pip install 'socialflow[redis]'") from error


async def _count(limiter: FixedWindowRateLimiter, allowed: int, caller: tuple[str, str]) -> None:
    item = RateLimitItemPerMinute(allowed)
    if not await limiter.hit(item, *caller):
        reset = (await limiter.get_window_stats(item, *caller)).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise RateLimited(f"more than {allowed} calls a minute; try again in {wait} s", retry_after=wait)
