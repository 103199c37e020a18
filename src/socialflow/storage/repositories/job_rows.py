"""Jobs as rows."""

from datetime import timedelta

import orjson

from socialflow.jobs.records import Job, JobError, JobState, Lease, NewJob, PipelineType
from socialflow.kit.clock import from_micros
from socialflow.storage.repositories.rows import instant, json_text
from socialflow.storage.transaction import Record, Values

RESEND_AFTER = timedelta(seconds=15)
"""How long a message may be under way before it is given up for lost; doubled with every sending, to RESEND_AT_MOST."""
RESEND_AT_MOST = timedelta(hours=1)

FREE: Values = {"lease_token": None, "lease_worker": None, "lease_until": None}
UNSENT: Values = {"sent_at": None, "resend_at": None, "sends": 0}


def row_of(job: NewJob, job_id: str, *, created_at: int, run_at: int) -> dict[str, object]:
    """A queued job."""
    return {
        "id": job_id,
        "pipeline_type": job.pipeline_type.value,
        "name": job.name,
        "config": json_text(job.config, "config"),
        "priority": job.priority,
        "state": JobState.QUEUED.value,
        "progress": 0,
        "attempts": 0,
        "losses": 0,
        "created_at": created_at,
        "run_at": run_at,
        "cancel_requested": False,
        "dedup_key": job.dedup_key,
        "sends": 0,
        "user_key": job.user,
    }


def job_of(row: Record) -> Job:
    """The job in a row."""
    held = row.lease_token is not None
    return Job(
        id=row.id,
        pipeline_type=PipelineType(row.pipeline_type),
        name=row.name,
        config=orjson.loads(row.config),
        priority=row.priority,
        state=JobState(row.state),
        progress=row.progress,
        attempts=row.attempts,
        losses=row.losses,
        created_at=from_micros(row.created_at),
        run_at=from_micros(row.run_at),
        started_at=instant(row.started_at),
        finished_at=instant(row.finished_at),
        result=None if row.result is None else orjson.loads(row.result),
        error=None if row.error_code is None else JobError(row.error_code, row.error_detail),
        cancel_requested=row.cancel_requested,
        dedup_key=row.dedup_key,
        lease=Lease(row.lease_token, row.lease_worker, from_micros(row.lease_until)) if held else None,
        sent_at=instant(row.sent_at),
        sends=row.sends,
    )
