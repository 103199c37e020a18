"""`socialflow db ...`."""

import typer

from socialflow.doors.cli import console, session

db_app = typer.Typer(help="The database: bring up to date, check, back up, restore.")


@db_app.command(epilog="Example: DATABASE_URL=postgresql://localhost/socialflow socialflow db upgrade")
def upgrade() -> None:
    """Create the tables, or bring them to this version; running it again changes nothing."""
    from socialflow.storage.maintenance import upgrade as upgrade_store

    chosen = session.settings()
    chosen.home.mkdir(parents=True, exist_ok=True)
    upgrade_store(chosen.store_url)
    console.say("the database is up to date")
