"""`socialflow doctor`: what is wrong with this installation, and what mends it."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json
from socialflow.doors.cli.serving import check_free
from socialflow.errors import SocialflowError

if TYPE_CHECKING:
    from socialflow.settings import Settings

LOW_SPACE = 2 * 10**9
NO_SPACE = 2 * 10**8
"""Bytes free under SOCIALFLOW_HOME below which doctor warns, and fails."""


class Health(StrEnum):
    """How a part is."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """One checked part; `hint` says what mends it."""

    part: str
    health: Health
    detail: str
    hint: str = ""


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: socialflow doctor --json")(doctor)


def doctor(as_json: Json = False) -> None:
    """Check Python, settings, database, models, disk space and port; exit code 1 where something fails."""
    findings = examine()
    if as_json:
        console.write_json([{**_plain(finding)} for finding in findings])
    else:
        for finding in findings:
            hint = f"  -> {finding.hint}" if finding.hint else ""
            console.say(f"{finding.health:<4}  {finding.part:<9} {finding.detail}{hint}")
    if any(finding.health is Health.FAIL for finding in findings):
        raise typer.Exit(1)


def examine() -> list[Finding]:
    """All findings, the most basic first; what cannot be looked at without settings is left out then."""
    findings = [_python()]
    try:
        chosen = session.settings()
    except SocialflowError as error:
        return [*findings, Finding("settings", Health.FAIL, error.message, "correct the environment or .env")]
    findings.append(Finding("settings", Health.OK, f"SOCIALFLOW_HOME is {chosen.home.absolute()}"))
    checks: tuple[Callable[[Settings], Finding], ...] = (_space, _database, _models, _port)
    return findings + [check(chosen) for check in checks]


def _python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    if (3, 11) <= sys.version_info[:2] <= (3, 13):
        return Finding("python", Health.OK, version)
    return Finding("python", Health.FAIL, version, "use Python 3.11, 3.12 or 3.13")


def _space(chosen: Settings) -> Finding:
    place = chosen.home.absolute()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    health = Health.FAIL if free < NO_SPACE else Health.WARN if free < LOW_SPACE else Health.OK
    hint = "" if health is Health.OK else "free some space, or set SOCIALFLOW_HOME to a larger disk"
    return Finding("disk", health, f"{free / 1e9:.1f} GB free under {place}", hint)


def _database(chosen: Settings) -> Finding:
    from socialflow.storage.maintenance import check

    where = "embedded SQLite" if not chosen.database_url else chosen.database_url.split(":", 1)[0]
    if not chosen.database_url and not (chosen.home / "socialflow.db").exists():
        return Finding("database", Health.WARN, f"{where}: not made yet", "the first start makes it")
    try:
        report = check(chosen.store_url)
    except SocialflowError as error:
        return Finding("database", Health.FAIL, f"{where}: {error.message}", "start it, or correct DATABASE_URL")
    if not report.ok:
        return Finding("database", Health.FAIL, f"{where}: {'; '.join(report.problems)}", "see `socialflow db check`")
    rows = f"{report.rows.get('users', 0)} users, {report.rows.get('items', 0)} items"
    return Finding("database", Health.OK, f"{where}: {rows}, {report.rows.get('interactions', 0)} interactions")


def _models(chosen: Settings) -> Finding:
    from socialflow.catalogue.registry import Catalogue

    catalogue = Catalogue(chosen.models_dir)
    try:
        active = catalogue.active_versions()
        for name, version in active.items():
            catalogue.open(name, version)
    except SocialflowError as error:
        return Finding("models", Health.FAIL, error.message, "roll back (socialflow models rollback) or train again")
    if not active:
        return Finding("models", Health.WARN, "none is active", "socialflow train item_item --promote")
    return Finding("models", Health.OK, ", ".join(f"{name} {version}" for name, version in active.items()))


def _port(chosen: Settings) -> Finding:
    try:
        check_free(chosen.socialflow_host, chosen.socialflow_port)
    except SocialflowError:
        return Finding(
            "port",
            Health.WARN,
            f"{chosen.socialflow_host}:{chosen.socialflow_port} is in use",
            "fine if that is this service; else set SOCIALFLOW_PORT",
        )
    return Finding("port", Health.OK, f"{chosen.socialflow_host}:{chosen.socialflow_port} is free")


def _plain(finding: Finding) -> dict[str, str]:
    return {"part": finding.part, "health": finding.health, "detail": finding.detail, "hint": finding.hint}
