"""Jobs that hold stored content against banks that changed, stored with the change."""

from datetime import datetime

from socialflow.jobs.records import NewJob, PipelineType
from socialflow.kit.clock import Clock
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.ports import BankUnit, JobsBehind

PRIORITY = 7
"""Of ten: what is known to be harmful may be seen until then."""


def recheck_job(change: Change, after: int | None = None) -> NewJob:
    """Sees to what follows from a change; one that is queued does it for all changes of its kind that come before it
    begins. With `after`, the place to go on from, it is a job of its own: the one that is queued may be about later
    changes alone."""
    config: dict[str, object] = {"kind": change.kind.value, "since": change.since, "after": after or 0}
    name = f"recheck {change.kind.value} matches"
    if change.bank is not None:
        config["bank"] = change.bank
        name = f"recheck matches of the bank {change.bank}"
    key = name if after is None else f"{name} since {change.since} after {after}"
    return NewJob(PipelineType.RECHECK_MATCHES, name, config, priority=PRIORITY, dedup_key=key)


async def recheck(jobs: JobsBehind, change: Change, now: datetime) -> None:
    """Have content looked at again once the transaction has committed. Where the job that waits is about later changes
    alone, another one does it."""
    waiting = await jobs.add_behind(recheck_job(change), now)
    since = waiting.config.get("since")
    if isinstance(since, int) and since > change.since:
        await jobs.add_behind(recheck_job(change, after=0), now)


class Rechecks:
    """Queues the job in the transaction of the change, so that neither is there without the other (`ports.Watch`)."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def changed(self, unit: BankUnit, change: Change) -> None:
        """Have content looked at again once this transaction has committed."""
        await recheck(unit.jobs, change, self._clock.now())
