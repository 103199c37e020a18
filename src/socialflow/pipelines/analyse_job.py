"""Analysis of the words of items as batch work: what came in, and what another model analysed."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Field

from socialflow.analysis.content import RECIPE, ContentAnalyser, whole
from socialflow.analysis.created import created_job
from socialflow.content.ports import ContentStore
from socialflow.errors import ItemNotFound, ModelUnavailable
from socialflow.ids import ExternalId, ItemKey
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.work import Effect, Outcome, Run
from socialflow.kit.clock import Clock
from socialflow.pipelines.batch import BatchProcessor
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.pipelines.watching import watched

CHUNK = 256
"""Items that are read together; what is found in them is stored in one transaction."""
MOST = 20_000
"""Items of one run; another job goes on where there are more."""

Ids = Annotated[list[ExternalId], Field(max_length=10_000)]


class AnalyseConfig(JobConfig):
    """Configuration of `analyze_content`; naming nothing: items whose words are new since they were analysed."""

    item_ids: Ids | None = None
    content_id: ExternalId | None = Field(default=None, description="One item, as `item_ids` with it alone.")
    content_type: str | None = Field(default=None, description="Its kind; the id says it already.")
    outdated: bool = Field(default=False, description="Then also those that another version of the model analysed.")

    @property
    def named(self) -> Sequence[str] | None:
        """The items that are named; None where none is."""
        if self.content_id is not None:
            return [*(self.item_ids or ()), self.content_id]
        return self.item_ids


class AnalyseContent:
    """Does `analyze_content`: all texts of a chunk go through one encoding.

    Findings land chunk by chunk, only beside the words they were found in, so that a run that was cut short, or met
    another, loses nothing and does nothing twice. Without a text model it finds what needs none, says so, and leaves
    what a model has found.
    """

    def __init__(self, store: ContentStore, analyser: ContentAnalyser, clock: Clock) -> None:
        self._store = store
        self._analyser = analyser
        self._clock = clock

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, ItemNotFound, Overloaded, StoreUnavailable."""
        config = read_config(AnalyseConfig, run.job.config)
        made_by, reason = await self._made_by()
        keys = await self._wanted(config, None if reason else made_by)
        landed = 0

        async def work(chunk: Sequence[ItemKey]) -> None:
            nonlocal landed
            landed += await self._analyse(chunk, made_by)

        report = await BatchProcessor[ItemKey](chunk_size=CHUNK).run(keys, work, progress=watched(run))
        report.raise_if_all_failed()
        told = {**report.as_json(), "analysed": landed, "made_by": made_by}
        if config.named is not None:
            told["left_out"] = len(set(config.named)) - len(keys)
        if reason and landed:
            told |= {"missing": ["model:text"], "reason": reason}
        more = config.named is None and len(keys) == MOST
        return Outcome(told, partial=report.partial or "reason" in told, effect=self._go_on(config) if more else None)

    async def _made_by(self) -> tuple[str, str]:
        """What findings are made by, and why there is no text model, if there is none."""
        try:
            return await self._analyser.made_by(), ""
        except ModelUnavailable as problem:
            return f"{RECIPE} no model", problem.message

    async def _wanted(self, config: AnalyseConfig, made_by: str | None) -> Sequence[ItemKey]:
        async with self._store.read() as unit:
            if config.named is None:
                return await unit.analyses.pending(MOST, made_by if config.outdated else None)
            keys = sorted((await unit.analyses.keys(config.named)).values())
        if not keys:
            raise ItemNotFound("none of these items can be analysed: unknown, without words, or not permitted")
        return keys

    async def _analyse(self, keys: Sequence[ItemKey], made_by: str) -> int:
        """Read the words of items and store what they say; how many were stored."""
        async with self._store.read() as unit:
            words = await unit.analyses.words(keys)
        found = await self._analyser.read([whole(one.title, one.description, one.text) for one in words])
        async with self._store.write() as unit:
            return await unit.analyses.land(list(zip(words, found, strict=True)), made_by)

    def _go_on(self, config: AnalyseConfig) -> Effect:
        rest = replace(created_job(), config={"outdated": True}, dedup_key="analyse the rest")
        job = rest if config.outdated else created_job()

        async def queue(unit: JobUnit) -> None:
            await unit.jobs.add([job], self._clock.now())

        return queue
