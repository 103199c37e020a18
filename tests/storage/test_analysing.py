"""The job that analyses items: what it leaves in the store, run whole, in pieces, killed, and without a model."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Collection, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from socialflow.analysis.content import ContentAnalyser
from socialflow.content.service import ContentService
from socialflow.errors import ModelUnavailable
from socialflow.jobs.records import Job, JobState, NewJob, PipelineType
from socialflow.jobs.runner import Runner
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import FixedClock
from socialflow.pipelines import analyse_job
from socialflow.pipelines.analyse_job import AnalyseContent
from socialflow.storage.unit_of_work import Store
from socialflow.text.analyser import Analyser
from socialflow.text.records import Analysis
from socialflow.text.service import TextService
from tests.storage.nouns import item, later
from tests.storage.test_analyses import analysis_jobs, read, waiting
from tests.storage.work import add, get
from tests.text_bundle import clear_bundle

KIND = PipelineType.ANALYZE_CONTENT
_KEPT: list[tempfile.TemporaryDirectory[str]] = []


@cache
def model(version: str) -> Analyser:
    """The clear model under any version."""
    _KEPT.append(tempfile.TemporaryDirectory())
    bundle = clear_bundle(Path(_KEPT[-1].name))
    return Analyser(replace(bundle, provenance=Provenance("text", version, Tier.BUNDLED), digest=version))


class Reader(TextService):
    """Keeps what it was given; texts with `poison` break it. Without a version there is no model."""

    def __init__(self) -> None:
        super().__init__(self._model)
        self.version: str | None = "v1"
        self.texts: list[str] = []
        self.calls: list[int] = []

    def _model(self) -> Analyser:
        if self.version is None:
            raise ModelUnavailable("there is no text model; run `make it`")
        return model(self.version)

    async def analyse(self, texts: Sequence[str], questions: Collection[str], targets: object = None) -> list[Analysis]:
        if any("poison" in text for text in texts):
            raise ValueError("no such text was expected")
        self.texts += texts
        self.calls.append(len(texts))
        return await super().analyse(texts, questions)


class Desk:
    """A worker that analyses content of a store."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        self.store, self.clock = store, clock
        self.reader = Reader()
        self.analyser = ContentAnalyser(store, self.reader, lambda: None, clock)
        self.content = ContentService(store, clock)

    async def run(self, job: Job) -> Job:
        handler = AnalyseContent(self.store, self.analyser, self.clock)
        await Runner(self.store, {KIND: handler}, self.clock, worker_id="w").run(job.id)
        return await get(self.store, job)

    async def analyse(self, **config: object) -> Job:
        (job,) = await add(self.store, NewJob(KIND, "analyse", config))
        return await self.run(job)


@pytest.fixture
async def desk(store: Store, clock: FixedClock) -> AsyncIterator[Desk]:
    desk = Desk(store, clock)
    yield desk
    await desk.analyser.close()
    await desk.reader.close()


def told(job: Job) -> dict[str, object]:
    assert job.result is not None
    return dict(job.result)


class TestWhatCameIn:
    async def test_is_analysed_in_one_encoding(self, desk: Desk) -> None:
        await desk.content.put_items([item(f"i{n}", title=f"good {n}") for n in range(40)])
        (job,) = await analysis_jobs(desk.store)
        job = await desk.run(job)
        assert (job.state, told(job)["analysed"]) == (JobState.SUCCEEDED, 40)
        assert desk.reader.calls == [40]
        stored, facts, _ = await read(desk.store, "i7")
        assert stored.analysis is not None
        assert (stored.analysis.sentiment, facts.mood, facts.category) == ("positive", "joyful", "sport")
        assert stored.analysis.provenance[0] == Provenance("text", "v1", Tier.BUNDLED)

    async def test_title_description_and_text_are_read_together(self, desk: Desk) -> None:
        await desk.content.put_items([item("i", title="Rye", description="bread", text="rose")])
        await desk.run((await analysis_jobs(desk.store))[0])
        assert desk.reader.texts == ["Rye\nbread\nrose"]

    async def test_a_text_that_breaks_the_model_is_named_and_keeps_no_other_from_its_turn(self, desk: Desk) -> None:
        await desk.content.put_items([item("bad", title="poison"), *(item(f"i{n}", title="good") for n in range(5))])
        job = await desk.run((await analysis_jobs(desk.store))[0])
        assert (job.state, told(job)["analysed"], told(job)["failed"]) == (JobState.PARTIAL, 5, 1)
        assert await waiting(desk.store) == ["bad"]

    async def test_more_than_one_run_takes_goes_on_in_another_job(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(analyse_job, "MOST", 3)
        await desk.content.put_items([item(f"i{n}", title="good") for n in range(7)])
        (job,) = await analysis_jobs(desk.store)
        for left in (4, 1, 0):
            await desk.run(job)
            assert len(await waiting(desk.store)) == left
            job = (await analysis_jobs(desk.store))[0]
        assert len(desk.reader.texts) == 7
        assert {one.state for one in await analysis_jobs(desk.store)} == {JobState.SUCCEEDED}

    async def test_words_that_change_while_they_are_read_are_read_again(self, desk: Desk) -> None:
        await desk.content.put_items([item("i", title="good")])
        (job,) = await analysis_jobs(desk.store)
        found = desk.analyser.read

        async def slow(texts: Sequence[str]) -> object:
            await desk.content.put_items([item("i", title="awful")])
            return await found(texts)

        desk.analyser.read = slow  # type: ignore[assignment, method-assign]
        assert told(await desk.run(job))["analysed"] == 0
        desk.analyser.read = found  # type: ignore[method-assign]
        second = (await analysis_jobs(desk.store))[0]
        assert second.id != job.id
        await desk.run(second)
        stored, _, _ = await read(desk.store)
        assert stored.analysis is not None
        assert stored.analysis.sentiment == "negative"


class TestNamedItems:
    async def test_are_analysed_though_they_do_not_wait(self, desk: Desk) -> None:
        await desk.content.put_items([item("i", title="good"), item("j", title="good"), item("mute")])
        await desk.analyse(content_id="i", content_type="video")
        job = await desk.analyse(item_ids=["i", "mute", "none"])
        assert (told(job)["analysed"], told(job)["left_out"]) == (1, 2)
        assert await waiting(desk.store) == ["j"]

    async def test_an_unknown_one_fails(self, desk: Desk) -> None:
        job = await desk.analyse(content_id="none")
        assert job.state is JobState.FAILED
        assert job.error is not None
        assert job.error.code == "item_not_found"


class TestAnotherModel:
    async def test_reads_everything_again_and_only_where_that_is_asked(self, desk: Desk) -> None:
        await desk.content.put_items([item(f"i{n}", title="good") for n in range(3)])
        await desk.analyse()
        desk.reader.version = "v2"
        assert told(await desk.analyse())["analysed"] == 0
        assert told(await desk.analyse(outdated=True))["analysed"] == 3
        assert told(await desk.analyse(outdated=True))["analysed"] == 0
        stored, _, _ = await read(desk.store, "i1")
        assert stored.analysis is not None
        assert stored.analysis.provenance[0].version == "v2"

    async def test_without_one_the_job_is_partial_and_a_later_one_goes_over_it(self, desk: Desk) -> None:
        desk.reader.version = None
        await desk.content.put_items([item("i", title="good market")])
        job = await desk.run((await analysis_jobs(desk.store))[0])
        assert (job.state, told(job)["missing"]) == (JobState.PARTIAL, ["model:text"])
        assert "make it" in str(told(job)["reason"])
        stored, _, _ = await read(desk.store)
        assert stored.analysis is not None
        assert (stored.analysis.sentiment, stored.analysis.tags[0]) == (None, "good market")
        desk.reader.version = "v1"
        await desk.analyse(outdated=True)
        stored, _, _ = await read(desk.store)
        assert stored.analysis is not None
        assert stored.analysis.sentiment == "positive"

    async def test_that_went_away_takes_nothing_of_what_it_found_along(self, desk: Desk) -> None:
        await desk.content.put_items([item("i", title="good")])
        await desk.analyse()
        desk.reader.version = None
        assert told(await desk.analyse(outdated=True))["analysed"] == 0
        stored, _, _ = await read(desk.store)
        assert stored.analysis is not None
        assert stored.analysis.sentiment == "positive"


CHILD = """
import asyncio, sys
from socialflow.analysis.content import ContentAnalyser
from socialflow.jobs.runner import Runner
from socialflow.kit.clock import FixedClock
from socialflow.pipelines import analyse_job
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW
from tests.storage.test_analysing import KIND, Reader

class Slow(Reader):
    async def analyse(self, *given):
        await asyncio.sleep(0.05)
        return await super().analyse(*given)

async def main(url, job):
    analyse_job.CHUNK = 4
    store, clock = Store(url), FixedClock(NOW)
    analyser = ContentAnalyser(store, Slow(), lambda: None, clock)
    handler = analyse_job.AnalyseContent(store, analyser, clock)
    await Runner(store, {KIND: handler}, clock, worker_id="child").run(job)

asyncio.run(main(*sys.argv[1:]))
"""


class TestKilled:
    async def test_in_the_middle_loses_nothing_and_does_nothing_twice(
        self, desk: Desk, url: str, clock: FixedClock
    ) -> None:
        count = 400
        await desk.content.put_items([item(f"i{n}", title=f"good {n}") for n in range(count)])
        (job,) = await analysis_jobs(desk.store)
        child = subprocess.Popen([sys.executable, "-c", CHILD, url, job.id])  # noqa: ASYNC220 - it is killed
        deadline = time.monotonic() + 60
        while len(left := await waiting_all(desk.store, count)) == count:
            assert time.monotonic() < deadline
            assert child.poll() is None
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        left = await waiting_all(desk.store, count)
        assert 0 < len(left) < count
        clock.at = later(5)
        claimed = await get(desk.store, job)
        assert claimed.state is JobState.RUNNING
        async with desk.store.write() as unit:  # as the dispatcher does once the lease ran out
            assert await unit.jobs.lose(claimed, JobState.QUEUED, clock.now())
        again = await desk.run(job)
        assert (again.state, again.losses, told(again)["analysed"]) == (JobState.SUCCEEDED, 1, len(left))
        assert sorted(desk.reader.texts) == sorted(f"good {one.removeprefix('i')}" for one in left)
        assert await waiting(desk.store) == []


async def waiting_all(store: Store, count: int) -> list[str]:
    async with store.read() as unit:
        items = await unit.items.by_keys(await unit.analyses.pending(count))
    return [one.id for one in items.values()]
