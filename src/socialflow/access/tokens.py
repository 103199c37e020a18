"""JSON Web Tokens of people: checked always, issued only where this service holds the secret.

A token carries `sub` (user id), `role` and `exp`; `iss` and `aud` too where the settings name them. The algorithm is
pinned by the kind of key (HS256 for a secret, the asymmetric ones for a key set), never taken from the token alone.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import jwt

from socialflow.access.records import Principal
from socialflow.errors import ConfigurationError, InvalidInput, InvalidToken, KeySetUnavailable
from socialflow.kit.identifiers import check_id
from socialflow.kit.roles import Role

SECRET_ALGORITHMS = ("HS256",)
KEY_SET_ALGORITHMS = ("RS256", "ES256", "EdDSA")
MAX_TOKEN_LENGTH = 8192
LEEWAY = timedelta(seconds=10)
"""How far the clocks of issuer and checker may differ."""


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """How tokens are checked: by a shared secret or by the key set of an identity provider, not both."""

    secret: str | None = None
    jwks_url: str | None = None
    issuer: str | None = None
    audience: str | None = None


def issue_token(settings: TokenSettings, subject: str, role: Role, *, now: datetime, lifetime: timedelta) -> str:
    """Return a signed token for a person.

    Raises:
        ConfigurationError: tokens come from an identity provider, so this service holds no secret to sign with.
        InvalidInput: `subject` is no usable id.
    """
    if settings.secret is None:
        raise ConfigurationError("JWT_SECRET is not set: tokens are issued by the provider behind JWT_JWKS_URL")
    claims: dict[str, object] = {"sub": check_id(subject, field="subject"), "role": role.value}
    claims |= {"iat": now, "exp": now + lifetime}
    if settings.issuer is not None:
        claims["iss"] = settings.issuer
    if settings.audience is not None:
        claims["aud"] = settings.audience
    return jwt.encode(claims, settings.secret, algorithm=SECRET_ALGORITHMS[0])


class TokenChecker:
    """Turns a token into the principal it stands for."""

    def __init__(self, settings: TokenSettings) -> None:
        self._settings = settings
        self._key_set = jwt.PyJWKClient(settings.jwks_url, timeout=5) if settings.jwks_url else None

    async def check(self, token: str) -> Principal:
        """Return the person behind a token.

        Raises:
            InvalidToken: damaged, expired, signed by another, or lacking a claim.
            KeySetUnavailable: the identity provider cannot be reached and its keys are not known.
        """
        if len(token) > MAX_TOKEN_LENGTH:
            raise InvalidToken(f"the token is longer than {MAX_TOKEN_LENGTH} characters")
        try:
            claims = await self._claims(token)
        except jwt.PyJWKClientConnectionError as error:
            raise KeySetUnavailable("the identity provider's keys cannot be fetched; try again") from error
        except jwt.ExpiredSignatureError as error:
            raise InvalidToken("the token has expired") from error
        except (jwt.PyJWTError, ValueError) as error:
            raise InvalidToken("the token cannot be verified") from error
        return _principal(claims)

    async def _claims(self, token: str) -> Mapping[str, object]:
        if self._key_set is not None:
            key: jwt.PyJWK | str = await asyncio.to_thread(self._key_set.get_signing_key_from_jwt, token)
        else:
            key = self._settings.secret or ""
        return jwt.decode(
            token,
            key,
            algorithms=list(KEY_SET_ALGORITHMS if self._key_set else SECRET_ALGORITHMS),
            issuer=self._settings.issuer,
            audience=self._settings.audience,
            leeway=LEEWAY,
            options={"require": ["exp", "sub", "role"], "verify_aud": self._settings.audience is not None},
        )


def _principal(claims: Mapping[str, object]) -> Principal:
    try:
        return Principal(subject=check_id(str(claims["sub"]), field="sub"), role=Role(str(claims["role"])))
    except (InvalidInput, ValueError) as error:
        roles = ", ".join(Role)
        raise InvalidToken(f"the token needs a usable sub and a role among {roles}") from error
