"""Stored content held against hash banks that changed, as batch work."""

from pydantic import Field

from socialflow.errors import InvalidInput
from socialflow.ids import MAX_INT
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.work import Effect, Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.rechecks import recheck_job
from socialflow.moderation.banks.records import BankKind
from socialflow.moderation.rechecking import Rechecking
from socialflow.pipelines.job_config import JobConfig, read_config

MOST = 100_000
"""Prints or items that one run looks through; another job goes on where there are more."""


class RecheckConfig(JobConfig):
    """Configuration of `recheck_matches`; entries that changed `since`, or all of one bank."""

    kind: BankKind = Field(description="Kind of the banks that changed.")
    since: int = Field(-1, ge=-1, le=MAX_INT, description="Version of the banks after which entries changed.")
    bank: str | None = Field(None, min_length=1, max_length=128, description="Only this bank, all of its entries.")
    after: int = Field(0, ge=0, le=MAX_INT, description="Where an earlier run ended.")


class RecheckMatches:
    """Finds stored content that entries are like which came or act again, and has people look at whatever would have
    been decided otherwise. What was found and raised is stored page by page: a run that was cut short loses nothing."""

    def __init__(self, rechecking: Rechecking, clock: Clock) -> None:
        self._rechecking = rechecking
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, Overloaded, StoreUnavailable."""
        config = read_config(RecheckConfig, run.job.config)
        if config.bank is None and config.since < 0 and config.after == 0:
            raise InvalidInput("config: say `since` which version of the banks, or which `bank`", field="config")
        change = Change(config.kind, config.since, config.bank)
        wanted = await self._rechecking.sought(change)
        after: int | None = config.after
        looked = found = undecided = 0
        while after is not None and looked < MOST:
            page = await self._rechecking.search(wanted, after)
            looked, found, undecided = looked + page.looked, found + page.found, undecided + page.undecided
            after = page.next
            run.progress(min(looked, MOST), MOST)
        raised = await self._rechecking.raise_reviews(change)
        told = {"looked": looked, "found": found, "raised": raised, "undecided": undecided}
        return Outcome(told, effect=None if after is None else self._go_on(change, after))

    def _go_on(self, change: Change, after: int) -> Effect:
        async def queue(unit: JobUnit) -> None:
            await unit.jobs.add([recheck_job(change, after)], self._clock.now())

        return queue
