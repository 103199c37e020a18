"""How often a caller may call: fixed windows of a minute, in memory or shared through Redis."""

import math
import time

import structlog
from limits import RateLimitItemPerMinute
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import FixedWindowRateLimiter
from limits.errors import StorageError

from socialflow.access.records import Principal
from socialflow.errors import RateLimited

_log = structlog.get_logger(__name__)


class Limiter:
    """Counts calls; a person has `per_minute` of them, a service key what it carries.

    With `redis_url` all processes share the counts. While Redis is away each process counts for itself, so that a
    lost cache neither stops the service nor opens it.
    """

    def __init__(self, per_minute: int, redis_url: str | None = None) -> None:
        self._per_minute = per_minute
        self._local = FixedWindowRateLimiter(MemoryStorage())
        self._shared = (
            FixedWindowRateLimiter(RedisStorage(f"async+{redis_url}", wrap_exceptions=True, implementation="redispy"))
            if redis_url
            else None
        )

    async def hit(self, principal: Principal) -> None:
        """Count one call. Raises RateLimited with the seconds until the window ends."""
        allowed = principal.rate_limit if principal.is_service else self._per_minute
        if allowed is None:
            return
        caller = ("key" if principal.is_service else "user", principal.subject)
        if self._shared is not None:
            try:
                await _count(self._shared, allowed, caller)
            except StorageError:
                _log.warning("rate_limit_not_shared", reason="redis cannot be reached; counting in this process")
            else:
                return
        await _count(self._local, allowed, caller)


async def _count(limiter: FixedWindowRateLimiter, allowed: int, caller: tuple[str, str]) -> None:
    item = RateLimitItemPerMinute(allowed)
    if not await limiter.hit(item, *caller):
        reset = (await limiter.get_window_stats(item, *caller)).reset_time
        wait = max(1, math.ceil(reset - time.time()))
        raise RateLimited(f"more than {allowed} calls a minute; try again in {wait} s", retry_after=wait)
