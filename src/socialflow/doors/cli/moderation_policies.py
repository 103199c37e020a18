"""`socialflow moderation check` and `replay`: a policy in a file, tried before anybody is judged by it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json
from socialflow.errors import InvalidInput

if TYPE_CHECKING:
    from socialflow.moderation.policy.checks import Finding
    from socialflow.moderation.policy.evaluate import Compiled
    from socialflow.moderation.policy.replay import Replay

DAYS = timedelta(days=30)

File = Annotated[Path, typer.Argument(help="The policy, as YAML or JSON.", dir_okay=False)]
Policy = Annotated[Path, typer.Option("--policy", help="The policy, as YAML or JSON.", dir_okay=False)]
Scope = Annotated[str, typer.Option(help="Whose decisions: `default` or `community:ID`.")]
Since = Annotated[datetime | None, typer.Option(help="Decisions from then on (UTC); default: thirty days before.")]
Until = Annotated[datetime | None, typer.Option(help="Decisions before then (UTC); default: now.")]


def register(moderation_app: typer.Typer) -> None:
    """Add the commands."""
    moderation_app.command("check", epilog="Example: socialflow moderation check chess.yaml")(check)
    moderation_app.command(
        "replay", epilog="Example: socialflow moderation replay --policy chess.yaml --since 2026-03-01 --json"
    )(replay)


def check(file: File, as_json: Json = False) -> None:
    """Say what is wrong with a policy, with lines; exit code 1 where it could not be put in force."""
    from socialflow.moderation.policy.checks import Severity
    from socialflow.moderation.policy.service import looked_at

    findings = looked_at(_text(file))
    fit = all(one.severity is not Severity.ERROR for one in findings)
    if as_json:
        console.write_json({"ok": fit, "findings": [_finding(one) for one in findings]})
    else:
        for one in findings:
            where = f"line {one.line}: " if one.line and one.code != "unreadable" else ""
            console.say(f"{one.severity.value}: {where}{one.rule + ': ' if one.rule else ''}{one.message}")
        if not findings:
            console.say("nothing is wrong")
    if not fit:
        raise typer.Exit(1)


def replay(
    policy: Policy, scope: Scope = "default", since: Since = None, until: Until = None, as_json: Json = False
) -> None:
    """Try a policy on stored decisions: what would change, by which rules, and what people would have to look at."""
    from socialflow.moderation.policy.guard import Limits
    from socialflow.moderation.policy.service import fit
    from socialflow.moderation.policy.telling import replayed

    compiled = fit(_text(policy))
    chosen = session.settings()
    session.prepare_store(chosen)
    end = datetime.now(UTC) if until is None else until.replace(tzinfo=UTC)
    begin = end - DAYS if since is None else since.replace(tzinfo=UTC)
    told = replayed(session.run(_tried(compiled, scope, begin, end)), Limits())
    if as_json:
        console.write_json(told)
    else:
        _show(told)


async def _tried(policy: Compiled, scope: str, since: datetime, until: datetime) -> Replay:
    from socialflow.moderation.policy.ports import Window
    from socialflow.moderation.policy.service import check_scope

    window = Window(check_scope(scope), since, until)
    async with session.opened(session.settings()) as platform:
        policies = platform.moderation.policies
        total = await policies.spans(window, 100_000_000)
        with console.progress_bar() as tell:
            return await policies.tried(policy, window, lambda done: tell("replay", min(done, total), total))


def _show(told: dict[str, Any]) -> None:
    console.facts(
        {
            "decisions": told["decisions"],
            "would change": told["flipped"],
            "newly rejected": told["newly_rejected"],
            "unreadable": told["unreadable"],
            "for people, an hour": f"{told['queue_before']['mean']:.1f} -> {told['queue_after']['mean']:.1f}",
        }
    )
    if told["flips"]:
        flips = [(one["before"], one["after"], one["count"], " ".join(one["examples"][:3])) for one in told["flips"]]
        console.table(("from", "to", "decisions", "examples"), flips)
    rules = [(one["rule"], one["applied"], one["capped"], one["wanting"], one["flips"]) for one in told["rules"]]
    console.table(("rule", "applies", "capped", "waits", "changes"), rules)
    for one in told["beyond"]:
        console.say(f"beyond the limits: {one['message']}")


def _finding(one: Finding) -> dict[str, Any]:
    return {
        "code": one.code,
        "severity": one.severity.value,
        "rule": one.rule or None,
        "line": one.line,
        "message": one.message,
    }


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput(f"{file} cannot be read: {error}", field="policy") from error
