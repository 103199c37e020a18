"""Tokens: what is taken, and everything that is not."""

import json
from datetime import UTC, datetime, timedelta

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from socialflow.access.records import Principal
from socialflow.access.tokens import TokenChecker, TokenSettings, issue_token
from socialflow.errors import ConfigurationError, InvalidInput, InvalidToken, KeySetUnavailable
from socialflow.kit.roles import Role

SECRET = "a-secret-of-at-least-thirty-two-characters"
SETTINGS = TokenSettings(secret=SECRET)
HOUR = timedelta(hours=1)


def issue(settings: TokenSettings = SETTINGS, subject: str = "u-1", lifetime: timedelta = HOUR) -> str:
    return issue_token(settings, subject, Role.CREATOR, now=datetime.now(UTC), lifetime=lifetime)


def signed(claims: dict[str, object], key: str = SECRET, algorithm: str = "HS256") -> str:
    return jwt.encode({"exp": datetime.now(UTC) + HOUR, **claims}, key, algorithm=algorithm)


async def test_an_issued_token_names_its_person() -> None:
    assert await TokenChecker(SETTINGS).check(issue()) == Principal("u-1", Role.CREATOR)


class TestRefused:
    async def refused(self, token: str, settings: TokenSettings = SETTINGS) -> str:
        with pytest.raises(InvalidToken) as refusal:
            await TokenChecker(settings).check(token)
        return refusal.value.message

    async def test_expired(self) -> None:
        assert "expired" in await self.refused(issue(lifetime=-HOUR))

    async def test_barely_expired_is_within_the_leeway(self) -> None:
        principal = await TokenChecker(SETTINGS).check(issue(lifetime=timedelta(seconds=-3)))
        assert principal.role is not None

    async def test_signed_by_another(self) -> None:
        await self.refused(issue(TokenSettings(secret="another-secret-of-thirty-two-characters")))

    async def test_unsigned(self) -> None:
        token = jwt.encode({"sub": "u-1", "role": "admin", "exp": datetime.now(UTC) + HOUR}, "", algorithm="none")
        await self.refused(token)

    async def test_another_algorithm_with_the_right_secret(self) -> None:
        long_secret = "s" * 64
        token = signed({"sub": "u-1", "role": "user"}, long_secret, "HS512")
        await self.refused(token, TokenSettings(secret=long_secret))

    @pytest.mark.parametrize("missing", ["sub", "role", "exp"])
    async def test_lacking_a_claim(self, missing: str) -> None:
        claims: dict[str, object] = {"sub": "u-1", "role": "user", "exp": datetime.now(UTC) + HOUR}
        del claims[missing]
        await self.refused(jwt.encode(claims, SECRET, algorithm="HS256"))

    @pytest.mark.parametrize("claims", [{"sub": "u-1", "role": "king"}, {"sub": "", "role": "user"}])
    async def test_of_unknown_role_or_subject(self, claims: dict[str, object]) -> None:
        assert "role" in await self.refused(signed(claims))

    @pytest.mark.parametrize("token", ["", "a.b", "....", "é.é.é", "\ud800.a.b", "x" * 9000])
    async def test_garbage(self, token: str) -> None:
        await self.refused(token)

    async def test_of_another_issuer_or_audience(self) -> None:
        ours = TokenSettings(secret=SECRET, issuer="https://login.example.org", audience="socialflow")
        theirs = TokenSettings(secret=SECRET, issuer="https://evil.example.org", audience="socialflow")
        await TokenChecker(ours).check(issue(ours))
        await self.refused(issue(theirs), ours)
        await self.refused(issue(), ours)


class TestKeySet:
    """Asymmetric tokens, checked by the key set of an identity provider."""

    SETTINGS = TokenSettings(jwks_url="https://login.example.org/jwks.json")

    def checker(self, monkeypatch: pytest.MonkeyPatch, key: rsa.RSAPrivateKey) -> TokenChecker:
        jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
        key_set = {"keys": [{**jwk, "kid": "k1", "use": "sig", "alg": "RS256"}]}
        monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", lambda client: key_set)
        return TokenChecker(self.SETTINGS)

    def token(self, key: rsa.RSAPrivateKey, kid: str = "k1") -> str:
        claims = {"sub": "u-1", "role": "user", "exp": datetime.now(UTC) + HOUR}
        return jwt.encode(claims, key, algorithm="RS256", headers={"kid": kid})

    async def test_a_token_of_the_provider_is_taken(self, monkeypatch: pytest.MonkeyPatch) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        principal = await self.checker(monkeypatch, key).check(self.token(key))
        assert principal == Principal("u-1", Role.USER)

    async def test_others_are_not(self, monkeypatch: pytest.MonkeyPatch) -> None:
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        checker = self.checker(monkeypatch, key)
        public_as_secret = signed({"sub": "u-1", "role": "admin"}, "k" * 40)
        for token in (self.token(other), self.token(key, kid="unknown"), public_as_secret):
            with pytest.raises(InvalidToken):
                await checker.check(token)

    async def test_a_silent_provider_is_not_the_callers_fault(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def silent(client: jwt.PyJWKClient) -> object:
            raise jwt.PyJWKClientConnectionError("no route")

        monkeypatch.setattr(jwt.PyJWKClient, "fetch_data", silent)
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        with pytest.raises(KeySetUnavailable):
            await TokenChecker(self.SETTINGS).check(self.token(key))

    def test_this_service_cannot_issue_them(self) -> None:
        with pytest.raises(ConfigurationError, match="JWT_SECRET"):
            issue(self.SETTINGS)


def test_no_token_for_an_unusable_subject() -> None:
    with pytest.raises(InvalidInput):
        issue(subject="a\x00b")
