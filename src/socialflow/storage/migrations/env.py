"""Alembic's entry: runs on the connection, and inside the transaction, that `storage.maintenance` opened."""

from alembic import context

from socialflow.storage.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
