"""Collection as a job: orders, what follows, and a run under the real runner."""

from collections.abc import AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.engines import SqliteFiles
from tests.outside_api import NOW, TOKEN, Answer, OutsideServer, outside_server, post, user, view
from tests.unit.pipelines.runs import FakeRun

from socialflow.errors import InvalidInput, SourceNotConfigured
from socialflow.intake.external.client import OutsideApi, Patience
from socialflow.intake.external.endpoints import Endpoint
from socialflow.intake.external.ports import Pages
from socialflow.intake.records import Moderation
from socialflow.jobs.records import Job, JobState, NewJob, PipelineType
from socialflow.jobs.runner import Runner
from socialflow.jobs.service import JobService
from socialflow.jobs.work import Outcome
from socialflow.kit.clock import FixedClock
from socialflow.moderation.created import PIPELINES
from socialflow.pipelines.collect import GATHERING, Collect, collection_job, outside_api
from socialflow.storage.unit_of_work import Store

COLLECT = PipelineType.COLLECT_DATA
REFITS = {"embeddings of what was collected", "refit als on what was collected", "refit hybrid on what was collected"}


async def no_pause(_seconds: float) -> None:
    """Do not wait."""


class Work:
    """A store, an outside API, and the handler between them."""

    def __init__(self, store: Store, server: OutsideServer) -> None:
        self.store, self.server = store, server
        self.clock = FixedClock(NOW)
        self.jobs = JobService(store, self.clock)
        self.models: Collection[str] = ("hybrid", "als")
        self.handler = Collect(store, self.clock, self._connect, lambda: self.models)

    def _connect(self) -> AbstractAsyncContextManager[Pages]:
        return OutsideApi(self.server.url, TOKEN, patience=Patience(tries=1), sleep=no_pause)

    async def run(self, **config: Any) -> Outcome:
        run = FakeRun(COLLECT, config)
        run.job = replace(run.job, id=f"job-{len(self.server.asked)}")
        outcome = await self.handler(run)
        if outcome.effect is not None:
            async with self.store.write() as unit:
                await outcome.effect(unit)
        return outcome

    async def stored(self, *states: JobState) -> list[Job]:
        """What follows a collection; the analysis and moderation of what came in are stored with it and apart."""
        jobs = await self.jobs.page(states=states)
        apart = {PipelineType.ANALYZE_CONTENT, *PIPELINES.values()}
        return [job for job in reversed(jobs) if job.pipeline_type not in apart]

    async def claimed(self, new: NewJob) -> Job:
        """Submit a job and have the real runner do it."""
        job = await self.jobs.submit(new)
        runner = Runner(self.store, {COLLECT: self.handler}, self.clock, worker_id="w")
        done = await runner.run(job.id)
        assert done is not None
        return await self.jobs.get(job.id)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    folder: Path = tmp_path_factory.mktemp("sqlite")
    return SqliteFiles(folder)


@pytest.fixture
async def work(files: SqliteFiles) -> AsyncIterator[Work]:
    store = Store(files.fresh())
    async with outside_server() as server:
        yield Work(store, server)
    await store.close()


class TestOneEndpoint:
    async def test_is_collected_and_told(self, work: Work) -> None:
        work.server.serve("/posts/summary/get", "posts", [post(1, boosted=1), post(2), {"id": None}])
        outcome = await work.run(endpoint="all-posts", page_size=2)
        result = outcome.result
        assert (result["endpoint"], result["source"]) == ("all-posts", work.server.url.removeprefix("http://"))
        assert (result["stored"], result["rejected"]) == (2, {"invalid_input:id": 1})
        assert result["drift"]["new"] == {"boosted": 1}  # type: ignore[index]
        assert not outcome.partial

    async def test_items_arrive_as_the_job_says_else_as_the_settings_say(self, work: Work) -> None:
        work.handler = Collect(work.store, work.clock, work._connect, list, Moderation.TRUSTED)
        work.server.serve("/posts/summary/get", "posts", [post(1)])
        await work.run(endpoint="all-posts", moderation="pending")
        work.server.serve("/posts/summary/get", "posts", [post(2)])
        await work.run(endpoint="all-posts")
        async with work.store.read() as unit:
            assert [(await unit.items.get(one)).moderation_status for one in "12"] == ["pending", "approved"]

    @pytest.mark.parametrize(
        ("config", "said"),
        [
            ({"endpoint": "all-cats"}, "endpoint"),
            ({"endpoint": "all-posts", "page": 0}, "page"),
            ({"endpoint": "all-posts", "page_size": 10**6}, "page_size"),
            ({"endpoint": "all-posts", "moderation": "loved"}, "moderation"),
            ({"endpoint": "all-posts", "pages": 1}, "pages"),
        ],
    )
    async def test_what_is_wrong_with_an_order_is_named(self, work: Work, config: dict[str, Any], said: str) -> None:
        with pytest.raises(InvalidInput, match=said):
            await work.run(**config)

    async def test_without_settings_says_what_to_set(self, work: Work) -> None:
        with pytest.raises(SourceNotConfigured, match="API_BASE_URL and FLIC_TOKEN"):
            outside_api("https://api.example.org", None, work.clock)()


class TestEveryEndpoint:
    async def test_is_queued_people_first(self, work: Work) -> None:
        await work.run(page_size=50)
        jobs = await work.stored()
        assert [job.config["endpoint"] for job in jobs] == list(Endpoint)
        assert {job.config["page_size"] for job in jobs} == {50}
        await work.run()
        assert len(await work.stored()) == len(Endpoint)


class TestWhatFollows:
    async def test_embeddings_and_refits_wait_for_other_collections(self, work: Work) -> None:
        work.server.serve("/users/get_all", "users", [user(1)])
        work.server.serve("/posts/summary/get", "posts", [post(1)])
        await work.run(endpoint="all-users")
        await work.run(endpoint="all-posts")
        jobs = await work.stored()
        assert {job.name for job in jobs} == REFITS
        assert len(jobs) == 3
        assert {job.run_at for job in jobs} == {NOW + GATHERING}
        assert [job.config for job in jobs if job.pipeline_type is PipelineType.TRAIN_MODEL] == [
            {"model": "als"},
            {"model": "hybrid"},
        ]

    async def test_what_came_in_is_analysed(self, work: Work) -> None:
        work.server.serve("/posts/summary/get", "posts", [post(1)])
        await work.run(endpoint="all-posts")
        (job,) = await work.jobs.page(pipeline_types=[PipelineType.ANALYZE_CONTENT])
        assert (job.state, job.run_at) == (JobState.QUEUED, NOW)

    async def test_nothing_follows_where_nothing_was_new(self, work: Work) -> None:
        work.server.serve("/users/get_all", "users", [])
        assert (await work.run(endpoint="all-users")).effect is None

    async def test_a_refit_that_runs_already_is_followed_by_another(self, work: Work) -> None:
        work.models = ()
        work.server.serve("/users/get_all", "users", [user(1)])
        work.server.serve("/posts/summary/get", "posts", [post(1)])
        work.server.serve("/posts/view", "posts", [view(1)])
        await work.run(endpoint="all-users")
        (first,) = await work.stored()
        work.clock.at += GATHERING
        handler = _Asking(work)
        await Runner(work.store, {first.pipeline_type: handler}, work.clock, worker_id="w").run(first.id)
        assert [job.state for job in await work.stored()] == [JobState.SUCCEEDED, JobState.QUEUED]


class _Asking:
    """Collects twice while it runs itself."""

    def __init__(self, work: Work) -> None:
        self._work = work

    async def __call__(self, run: object) -> Outcome:
        await self._work.run(endpoint="all-posts")
        await self._work.run(endpoint="viewed-posts")
        return Outcome()


class TestUnderTheRunner:
    async def test_a_job_succeeds_with_its_report(self, work: Work) -> None:
        work.server.serve("/posts/view", "posts", [view(n) for n in range(5)])
        done = await work.claimed(collection_job(Endpoint.VIEWED_POSTS))
        assert done.state is JobState.SUCCEEDED
        assert done.result is not None
        assert done.result["stored"] == 5
        assert {job.name for job in await work.stored(JobState.QUEUED)} == REFITS

    async def test_a_source_that_is_down_is_tried_again_later(self, work: Work) -> None:
        work.server.always("/posts/view", lambda _page, _size: Answer(b"", 502))
        done = await work.claimed(collection_job(Endpoint.VIEWED_POSTS))
        assert (done.state, done.attempts) == (JobState.QUEUED, 1)
        assert done.error is not None
        assert done.error.code == "source_unavailable"

    async def test_a_refused_token_fails_for_good(self, work: Work) -> None:
        work.server.always("/posts/view", lambda _page, _size: Answer(b"", 403))
        done = await work.claimed(collection_job(Endpoint.VIEWED_POSTS))
        assert done.state is JobState.FAILED
        assert done.error is not None
        assert "FLIC_TOKEN" in done.error.detail
