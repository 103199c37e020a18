"""The analysis of what comes in, as a job that is stored with it."""

from socialflow.jobs.records import NewJob, PipelineType


def created_job() -> NewJob:
    """Analyses every item whose words wait; one that is queued does it for all that come before it begins."""
    return NewJob(PipelineType.ANALYZE_CONTENT, "analyse what came in", dedup_key="analyse what came in")
