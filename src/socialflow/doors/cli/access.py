"""`socialflow token ...` and `socialflow key ...`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from socialflow.access.records import Scope
from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json
from socialflow.errors import InvalidCredentials
from socialflow.kit.roles import Role

if TYPE_CHECKING:
    from socialflow.access.tokens import TokenSettings

token_app = typer.Typer(help="Tokens of people: make one, look into one.")
key_app = typer.Typer(help="Service keys of programs: create, list, revoke.")


@token_app.command("create", epilog="Example: socialflow token create alice --role moderator --days 7")
def create_token(
    user: Annotated[str, typer.Argument(help="User id that the token speaks for.")],
    role: Annotated[Role, typer.Option(help="What its bearer may do.")] = Role.USER,
    days: Annotated[int, typer.Option(min=1, max=3650, help="Days until it expires.")] = 30,
) -> None:
    """Make a token (JWT) for a user id; it is printed alone, for use in scripts."""
    from socialflow.access.tokens import issue_token

    console.say(issue_token(_token_settings(), user, role, now=datetime.now(UTC), lifetime=timedelta(days=days)))


@token_app.command("inspect", epilog="Example: socialflow token inspect eyJhbGciOi...")
def inspect_token(
    token: Annotated[str, typer.Argument(help="The token, without `Bearer`.")], as_json: Json = False
) -> None:
    """Check a token as the service would, and show what it says."""
    import jwt

    from socialflow.access.tokens import TokenChecker

    principal = session.run(TokenChecker(_token_settings()).check(token))
    try:
        claims = jwt.decode(token, options={"verify_signature": False})  # the checker above has verified it
    except jwt.PyJWTError as error:
        raise InvalidCredentials("the token cannot be read") from error
    expires = datetime.fromtimestamp(claims["exp"], UTC).isoformat()
    shown = {"user": principal.subject, "role": principal.role, "expires": expires}
    console.write_json(shown) if as_json else console.facts(shown)


def _token_settings() -> TokenSettings:
    from socialflow.wiring import token_settings

    chosen = session.settings()
    chosen.home.mkdir(parents=True, exist_ok=True)
    return token_settings(chosen)


@key_app.command("create", epilog="Example: socialflow key create backend --scope read --scope write")
def create_key(
    name: Annotated[str, typer.Argument(help="What the key is for.")],
    scope: Annotated[list[Scope], typer.Option(help="What it may be used for; repeat for several.")] = [  # noqa: B006
        Scope.READ,
        Scope.WRITE,
    ],
    rate_limit: Annotated[int | None, typer.Option(min=1, help="Calls a minute; default: no limit.")] = None,
    as_json: Json = False,
) -> None:
    """Create a service key. Its text is shown once and kept nowhere."""
    chosen = session.settings()
    session.prepare_store(chosen)

    async def work() -> tuple[str, str]:
        async with session.opened(chosen) as platform:
            key, text = await platform.access.create_key(name, frozenset(scope), rate_limit)
            return key.id, text

    key_id, text = session.run(work())
    if as_json:
        console.write_json({"id": key_id, "key": text})
        return
    console.say(text)
    console.note(f"Keep it: it is not shown again. Close it with: socialflow key revoke {key_id}")


@key_app.command("list", epilog="Example: socialflow key list --json")
def list_keys(as_json: Json = False) -> None:
    """List service keys, oldest first; secrets are not stored and not shown."""
    chosen = session.settings()
    session.prepare_store(chosen)

    async def work() -> list[dict[str, object]]:
        async with session.opened(chosen) as platform:
            return [
                {
                    "id": key.id,
                    "name": key.name,
                    "scopes": " ".join(sorted(key.scopes)),
                    "rate_limit": key.rate_limit,
                    "created": key.created_at.isoformat(timespec="seconds"),
                    "revoked": key.revoked_at.isoformat(timespec="seconds") if key.revoked_at else None,
                }
                for key in await platform.access.keys()
            ]

    rows = session.run(work())
    if as_json:
        console.write_json(rows)
    else:
        console.table(
            ("id", "name", "scopes", "rate_limit", "created", "revoked"), [list(row.values()) for row in rows]
        )


@key_app.command("revoke", epilog="Example: socialflow key revoke 3f2a9c0d1b4e5f60")
def revoke_key(key_id: Annotated[str, typer.Argument(help="Id of the key, from `socialflow key list`.")]) -> None:
    """Close a service key for good; running servers follow within seconds."""
    chosen = session.settings()
    session.prepare_store(chosen)

    async def work() -> None:
        async with session.opened(chosen) as platform:
            await platform.access.revoke_key(key_id)

    session.run(work())
    console.say(f"revoked {key_id}")
