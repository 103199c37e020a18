"""Service keys: `sf_<id>_<secret>`, 256 random bits of which only the SHA-256 is kept."""

import asyncio
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from socialflow.access.ports import AccessStore
from socialflow.access.records import ApiKey, Principal, Scope
from socialflow.errors import InvalidCredentials

PREFIX = "sf"
REFRESH_SECONDS = 2.0
"""How long a revoked key may still be taken by a process that did not revoke it."""
STATIC_KEY_ID = "settings"
"""Subject of the one key that may be given by setting."""


def new_key(name: str, scopes: frozenset[Scope], *, now: datetime, rate_limit: int | None = None) -> tuple[ApiKey, str]:
    """Make a key: what is stored, and the text that is shown once.

    `rate_limit` is in calls a minute; None for unlimited.
    """
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    return ApiKey(key_id, name, key_digest(secret), scopes, now, rate_limit), f"{PREFIX}_{key_id}_{secret}"


def key_digest(secret: str) -> bytes:
    """SHA-256 of a secret; no salt or stretching, as there are 256 bits to guess."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def same_secret(given: str | None, expected: str | None) -> bool:
    """Whether two secrets are equal, in time that does not depend on where they differ; False if either is missing."""
    if given is None or expected is None:
        return False
    return hmac.compare_digest(key_digest(given), key_digest(expected))


class KeyRing:
    """The keys of the store, kept in memory and read again at most every two seconds."""

    def __init__(
        self, store: AccessStore, static_key: str | None, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._store = store
        self._static_key = static_key
        self._monotonic = monotonic
        self._keys: Mapping[str, ApiKey] = {}
        self._read_at = -REFRESH_SECONDS
        self._lock = asyncio.Lock()

    async def check(self, text: str) -> Principal:
        """Return the service behind a key.

        Raises:
            InvalidCredentials: no such key, a wrong secret, or a revoked key.
            StoreUnavailable: the keys cannot be read.
        """
        if same_secret(text, self._static_key):
            return Principal(STATIC_KEY_ID, None, frozenset(Scope))
        prefix, _, rest = text.partition("_")
        key_id, _, secret = rest.partition("_")
        key = (await self._fresh()).get(key_id) if prefix == PREFIX else None
        if key is None or key.revoked_at is not None or not hmac.compare_digest(key.digest, key_digest(secret)):
            raise InvalidCredentials("the API key is unknown, wrong or revoked")
        return Principal(key.id, None, key.scopes, key.rate_limit)

    def forget(self) -> None:
        """Read the store again at the next call."""
        self._read_at = self._monotonic() - REFRESH_SECONDS

    async def _fresh(self) -> Mapping[str, ApiKey]:
        if self._monotonic() - self._read_at < REFRESH_SECONDS:
            return self._keys
        async with self._lock:
            asked_at = self._monotonic()
            if asked_at - self._read_at >= REFRESH_SECONDS:
                async with self._store.read() as unit:
                    self._keys = {key.id: key for key in await unit.api_keys.all()}
                self._read_at = asked_at
        return self._keys
