"""Who is calling: one service for every door."""

from collections.abc import Mapping, Sequence

from socialflow.access.keys import KeyRing, new_key
from socialflow.access.limits import Limiter
from socialflow.access.ports import AccessStore
from socialflow.access.records import ApiKey, Principal, Scope
from socialflow.access.tokens import TokenChecker, TokenSettings
from socialflow.errors import AuthenticationRequired
from socialflow.kit.clock import Clock


class AccessService:
    """Authenticates callers and manages service keys."""

    def __init__(
        self,
        store: AccessStore,
        clock: Clock,
        *,
        tokens: TokenSettings,
        static_api_key: str | None,
        limiter: Limiter,
    ) -> None:
        self._store = store
        self._clock = clock
        self._tokens = TokenChecker(tokens)
        self._keys = KeyRing(store, static_api_key)
        self._limiter = limiter

    async def authenticate(self, headers: Mapping[str, str]) -> Principal:
        """Return the caller named by `x-api-key` or `authorization: Bearer`, and count the call.

        `headers` is looked up by lower-case names. A key goes before a token where both are sent.

        Raises:
            AuthenticationRequired: neither is there.
            InvalidToken, InvalidCredentials: one is there and is not good.
            RateLimited: the caller calls too often.
        """
        principal = await self.identify(headers)
        await self.count(principal)
        return principal

    async def count(self, principal: Principal) -> None:
        """Count one call of a caller who is known already. Raises RateLimited."""
        await self._limiter.hit(principal)

    async def identify(self, headers: Mapping[str, str]) -> Principal:
        """As `authenticate`, without counting a call."""
        if key := headers.get("x-api-key"):
            return await self._keys.check(key)
        scheme, _, token = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise AuthenticationRequired("send Authorization: Bearer <token> or X-API-Key: <key>")
        return await self._tokens.check(token.strip())

    async def create_key(
        self, name: str, scopes: frozenset[Scope], rate_limit: int | None = None
    ) -> tuple[ApiKey, str]:
        """Store a new service key; returns it and its text, which cannot be had again."""
        key, text = new_key(name, scopes, now=self._clock.now(), rate_limit=rate_limit)
        async with self._store.write() as unit:
            await unit.api_keys.add(key)
        self._keys.forget()
        return key, text

    async def revoke_key(self, key_id: str) -> None:
        """Close a service key for good. Raises NotFound."""
        async with self._store.write() as unit:
            await unit.api_keys.revoke(key_id, self._clock.now())
        self._keys.forget()

    async def keys(self) -> Sequence[ApiKey]:
        """Every service key, revoked ones too, oldest first."""
        async with self._store.read() as unit:
            return await unit.api_keys.all()
