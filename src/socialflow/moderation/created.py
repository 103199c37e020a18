"""The moderation of what comes in, as jobs that are stored with it."""

from socialflow.content.records import ItemKind
from socialflow.jobs.records import NewJob, PipelineType

PIPELINES = {
    ItemKind.VIDEO: PipelineType.MODERATE_VIDEO,
    ItemKind.POST: PipelineType.MODERATE_POST,
    ItemKind.COMMENT: PipelineType.MODERATE_COMMENT,
}
"""Which pipeline moderates what."""
PRIORITY = 8
"""Of ten: people wait to be seen."""


def created_job(kind: ItemKind) -> NewJob:
    """Moderates every item of a kind that waits; one that is queued does it for all that come before it begins."""
    name = f"moderate new {kind.value}s"
    return NewJob(PIPELINES[kind], name, priority=PRIORITY, dedup_key=name)
