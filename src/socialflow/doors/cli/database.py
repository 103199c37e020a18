"""`socialflow db ...`."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json

db_app = typer.Typer(help="The database: bring up to date, check, back up, restore, scrub.")

BackupFile = Annotated[Path, typer.Argument(help="File of the backup.")]


@db_app.command(epilog="Example: socialflow db upgrade")
def upgrade() -> None:
    """Create the tables, or bring them to this version; running it again changes nothing."""
    from socialflow.storage.maintenance import upgrade as upgrade_store

    upgrade_store(session.settings().store_url)
    console.say("the database is up to date")


@db_app.command(epilog="Example: socialflow db check --json")
def check(as_json: Json = False) -> None:
    """Look for damage: schema, file, rows that refer to nothing; exit code 1 where something is wrong."""
    from socialflow.storage.maintenance import check as check_store

    report = check_store(session.settings().store_url)
    if as_json:
        console.write_json(
            {
                "ok": report.ok,
                "revision": report.revision,
                "newest": report.newest,
                "rows": dict(report.rows),
                "problems": list(report.problems),
            }
        )
    else:
        console.facts({"schema": report.revision, **report.rows})
        for problem in report.problems:
            console.say(f"wrong: {problem}")
        if report.ok:
            console.say("nothing is wrong")
    if not report.ok:
        raise typer.Exit(1)


@db_app.command(epilog="Example: socialflow db backup backup-2026-05-01.db")
def backup(file: BackupFile) -> None:
    """Copy the running database into a new file; the server may go on meanwhile."""
    from socialflow.storage.maintenance import backup as back_up

    back_up(session.settings().store_url, file)
    console.say(f"{file}: {file.stat().st_size / 1e6:.1f} MB")


@db_app.command(epilog="Example: SOCIALFLOW_HOME=./restored socialflow db restore backup-2026-05-01.db")
def restore(file: BackupFile) -> None:
    """Fill an empty database from a backup, of either engine."""
    from socialflow.storage.maintenance import restore as restore_store

    restore_store(session.settings().store_url, file)
    console.say(f"restored from {file}")


@db_app.command(epilog="Example: socialflow db scrub")
def scrub() -> None:
    """Rewrite the files without what deleted rows left in free pages; writers wait meanwhile."""
    from socialflow.storage.maintenance import scrub as scrub_store

    scrub_store(session.settings().store_url)
    console.say("nothing deleted is left in the files")
