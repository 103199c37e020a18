"""`socialflow moderation verify`: whether every decision is as it was sealed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json
from socialflow.errors import SealBroken

if TYPE_CHECKING:
    from socialflow.moderation.verifying import Report

Since = Annotated[datetime | None, typer.Option(help="Only what was sealed since (UTC); default: everything.")]


def register(moderation_app: typer.Typer) -> None:
    """Add the command."""
    moderation_app.command("verify", epilog="Example: socialflow moderation verify --json")(verify)


def verify(since: Since = None, as_json: Json = False) -> None:
    """Recompute every decision and the audit chain; exit code 2 where something is not as it was sealed, and what."""
    chosen = session.settings()
    session.prepare_store(chosen)
    report = session.run(_verified(None if since is None else since.replace(tzinfo=UTC)))
    facts = {
        "decisions": report.decisions,
        "events": report.events,
        "batches": report.batches,
        "unsealed": report.unsealed,
        "head": None if report.head is None else f"{report.head.number} {report.head.hash}",
    }
    fault = report.fault
    if as_json:
        parts = None if fault is None else {name: getattr(fault, name) for name in ("table", "row", "part", "problem")}
        console.write_json({"ok": report.ok, **facts, "fault": parts})
    else:
        console.facts({name: "none" if value is None else value for name, value in facts.items()})
    if fault is not None:
        raise SealBroken(f"{fault.table}, {fault.row}, {fault.part}: {fault.problem}")
    if not as_json:
        console.say("everything is as it was sealed")


async def _verified(since: datetime | None) -> Report:
    from socialflow.storage.heads import HeadFile

    chosen = session.settings()
    async with session.opened(chosen) as platform:
        return await platform.moderation.decisions.verify_all(since, HeadFile(chosen.heads_file).heads())
