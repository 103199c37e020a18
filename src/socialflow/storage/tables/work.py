"""Work beside requests: jobs, schedules, workers, and how far collections are."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, SmallInteger, Table, Text, text

from socialflow.storage.tables.base import Identifier, Surrogate, metadata

jobs = Table(
    "jobs",
    metadata,
    Column("key", Surrogate, primary_key=True, autoincrement=True),
    Column("id", Identifier, nullable=False, unique=True),
    Column("pipeline_type", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("priority", SmallInteger, nullable=False),
    Column("state", Text, nullable=False),
    Column("progress", SmallInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("losses", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("run_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("finished_at", BigInteger),
    Column("result", Text),
    Column("error_code", Text),
    Column("error_detail", Text),
    Column("cancel_requested", Boolean, nullable=False),
    Column("dedup_key", Identifier),
    Column("lease_token", Text),
    Column("lease_worker", Text),
    Column("lease_until", BigInteger),
    Column("sent_at", BigInteger),
    # When the message must be given up for lost; what has none was not sent.
    Column("resend_at", BigInteger),
    Column("sends", Integer, nullable=False),
    Column("user_key", BigInteger, ForeignKey("users.key")),
    sqlite_autoincrement=True,
)
_UNFINISHED = text("state IN ('queued', 'running')")
_QUEUED, _RUNNING = text("state = 'queued'"), text("state = 'running'")
# What is unfinished is little, however long the table: partial indexes find it.
Index(
    "ix_jobs_queued",
    jobs.c.priority.desc(),
    jobs.c.key,
    sqlite_where=_QUEUED,
    postgresql_where=_QUEUED,
)
Index(
    "ix_jobs_running",
    jobs.c.pipeline_type,
    jobs.c.lease_until,
    sqlite_where=_RUNNING,
    postgresql_where=_RUNNING,
)
Index(
    "uq_jobs_dedup_key",
    jobs.c.dedup_key,
    unique=True,
    sqlite_where=_UNFINISHED,
    postgresql_where=_UNFINISHED,
)
Index("ix_jobs_state_finished_at", jobs.c.state, jobs.c.finished_at)
Index("ix_jobs_user_key", jobs.c.user_key)

schedules = Table(
    "schedules",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("name", Text, nullable=False),
    Column("pipeline_type", Text, nullable=False),
    Column("config", Text, nullable=False),
    Column("interval_seconds", BigInteger),
    Column("cron", Text),
    Column("priority", SmallInteger, nullable=False),
    Column("paused", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("next_run_at", BigInteger),
    Column("last_run_at", BigInteger),
    Column("last_job", Text),
    Column("fired", BigInteger, nullable=False),
    Column("built_in", Boolean, nullable=False),
    # A built-in schedule that was deleted stays as a row, so that the next start does not bring it back.
    Column("deleted", Boolean, nullable=False),
)

workers = Table(
    "workers",
    metadata,
    Column("id", Identifier, primary_key=True),
    Column("host", Text, nullable=False),
    Column("pid", BigInteger, nullable=False),
    Column("concurrency", Integer, nullable=False),
    Column("started_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
)

collections = Table(
    "collections",
    metadata,
    Column("source", Identifier, primary_key=True),
    Column("endpoint", Identifier, primary_key=True),
    Column("checkpoint", Text, nullable=False),
    Column("counts", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("started_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("error", Text),
)
