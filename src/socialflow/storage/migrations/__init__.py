"""The schema's history, for Alembic. Imported only by `storage.maintenance`."""
