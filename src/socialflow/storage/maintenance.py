"""Looking after the database: schema, checks, backup and restore. All functions block."""

from datetime import UTC, datetime

from sqlalchemy import text

from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.failures import translated
from socialflow.storage.partitions import ensure_partitions

_UPGRADE_LOCK = 7_305_811_220_512


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the schema to `revision`, creating the SQLite file where there is none. Two at once wait for each other.

    Raises ConfigurationError, StoreUnavailable.
    """
    from alembic import command
    from alembic.config import Config

    address = Address.parse(url)
    if address.path is not None:
        address.path.parent.mkdir(parents=True, exist_ok=True)
        address.path.touch()
    config = Config()
    config.set_main_option("script_location", "socialflow.storage:migrations")
    engine = open_sync_engine(address)
    with translated(), engine.begin() as connection:
        if address.dialect == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _UPGRADE_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        if address.dialect == "postgresql":
            ensure_partitions(connection, datetime.now(UTC))
