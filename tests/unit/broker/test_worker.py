"""One worker process: an event loop beside the one thread that Celery knows, over a real SQLite database."""

import asyncio
import os
import socket
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager

import pytest
from tests.engines import SqliteFiles
from tests.fakes import NOW
from tests.storage.work import Unsteady, done, forever, until

from socialflow.broker import worker as module
from socialflow.broker.worker import Leaving, WorkerParts, WorkerProcess
from socialflow.errors import StoreUnavailable
from socialflow.jobs.ports import JobStore
from socialflow.jobs.records import Job, JobState, NewJob, PipelineType, Worker
from socialflow.jobs.runner import Runner
from socialflow.jobs.work import Handler, Outcome, Run
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store, Unit

WARM, POST = PipelineType.CACHE_WARM, PipelineType.MODERATE_POST
CLOCK = FixedClock(NOW)


class Slow(Unsteady):
    """A store that, while `held`, has committed and does not say so."""

    held = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        async with super().write() as unit:
            yield unit
        while self.held:  # noqa: ASYNC110 - set on another thread
            await asyncio.sleep(0)


class Place:
    """A database as another process sees it, and worker processes over it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.store = Store(url)
        self.handlers: Mapping[PipelineType, Handler] = {WARM: done, POST: forever}
        self.unsteady: Slow | None = None
        self.closed: list[str] = []
        self.leaving = Leaving()

    async def open_parts(self, worker_id: str) -> WorkerParts:
        own = Store(self.url)
        self.unsteady = Slow(own)
        store: JobStore = self.unsteady

        async def close() -> None:
            await own.close()
            self.closed.append(worker_id)

        runner = Runner(store, self.handlers, CLOCK, worker_id=worker_id)
        return WorkerParts(runner, store, CLOCK, close)

    def process(self) -> WorkerProcess:
        return WorkerProcess(self.open_parts, self.leaving)

    async def add(self, kind: PipelineType = WARM) -> str:
        async with self.store.write() as unit:
            return (await unit.jobs.add([NewJob(kind, "job")], NOW))[0].id

    async def get(self, job_id: str) -> Job:
        async with self.store.read() as unit:
            return await unit.jobs.get(job_id)

    async def workers(self) -> list[Worker]:
        async with self.store.read() as unit:
            return list(await unit.workers.alive(NOW))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> SqliteFiles:
    return SqliteFiles(tmp_path_factory.mktemp("worker"))


@pytest.fixture
async def place(files: SqliteFiles, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Place]:
    monkeypatch.setattr(module, "_LOOK", 0.001)
    made = Place(files.fresh())
    yield made
    await made.store.close()


@pytest.fixture
async def process(place: Place) -> AsyncIterator[WorkerProcess]:
    opened = await asyncio.to_thread(place.process)
    yield opened
    if not place.closed:
        await asyncio.to_thread(opened.close)


def runs(place: Place, job_id: str) -> Callable[[], Awaitable[bool]]:
    async def look() -> bool:
        return (await place.get(job_id)).state is JobState.RUNNING

    return look


class TestRunning:
    async def test_returns_once_the_end_is_written(self, place: Place, process: WorkerProcess) -> None:
        job_id = await place.add()
        ran = await asyncio.to_thread(process.run, job_id)
        assert ran is not None
        assert ran.id == job_id
        assert (await place.get(job_id)).state is JobState.SUCCEEDED

    async def test_is_under_the_name_of_the_process(self, place: Place, process: WorkerProcess) -> None:
        ran = await asyncio.to_thread(process.run, await place.add())
        assert ran is not None
        assert ran.lease is not None
        assert ran.lease.worker == process.id == f"{socket.gethostname()}:{os.getpid()}"

    async def test_of_what_is_done_or_unknown_does_nothing(self, place: Place, process: WorkerProcess) -> None:
        job_id = await place.add()
        for wanted in (job_id, job_id, "unknown"):
            ran = await asyncio.to_thread(process.run, wanted)
        assert ran is None
        assert (await place.get(job_id)).attempts == 1

    async def test_keeps_one_event_loop_and_thread(self, place: Place) -> None:
        seen: set[tuple[int, str]] = set()

        async def look(run: Run) -> Outcome:
            seen.add((id(asyncio.get_running_loop()), threading.current_thread().name))
            return Outcome()

        place.handlers = {WARM: look}
        process = await asyncio.to_thread(place.process)
        for _ in range(3):
            await asyncio.to_thread(process.run, await place.add())
        await asyncio.to_thread(process.close)
        assert [name for _, name in seen] == ["jobs"]

    async def test_while_the_database_is_away_fails_the_message_and_not_the_job(
        self, place: Place, process: WorkerProcess
    ) -> None:
        job_id = await place.add()
        assert place.unsteady is not None
        place.unsteady.down = True
        with pytest.raises(StoreUnavailable):
            await asyncio.to_thread(process.run, job_id)
        place.unsteady.down = False
        assert await asyncio.to_thread(process.run, job_id) is not None


class TestAdopting:
    async def test_stores_the_job_and_runs_it(self, place: Place, process: WorkerProcess) -> None:
        ran = await asyncio.to_thread(process.adopt, NewJob(WARM, "foreign", {"a": 1}))
        assert ran is not None
        stored = await place.get(ran.id)
        assert (stored.name, stored.config, stored.state) == ("foreign", {"a": 1}, JobState.SUCCEEDED)


class TestSignsOfLife:
    async def test_are_given_while_nothing_runs(self, place: Place, process: WorkerProcess) -> None:
        async def seen() -> bool:
            return bool(await place.workers())

        await until(seen)
        (told,) = await place.workers()
        assert (told.id, told.host, told.pid, told.concurrency) == (process.id, socket.gethostname(), os.getpid(), 1)

    async def test_come_again_after_the_database_was_away(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "SIGN_OF_LIFE", 0.001)
        process = await asyncio.to_thread(place.process)
        assert place.unsteady is not None
        place.unsteady.down = True
        refused = place.unsteady.refused

        async def missed() -> bool:
            return place.unsteady is not None and place.unsteady.refused > refused + 2

        await until(missed)
        async with place.store.write() as unit:
            await unit.workers.left(process.id)
        place.unsteady.down = False

        async def seen() -> bool:
            return bool(await place.workers())

        await until(seen)
        await asyncio.to_thread(process.close)

    async def test_end_with_a_farewell(self, place: Place, process: WorkerProcess) -> None:
        await asyncio.to_thread(process.run, await place.add())
        await asyncio.to_thread(process.close)
        assert await place.workers() == []


class TestClosing:
    async def test_gives_back_what_runs_at_once_and_without_a_mark(self, place: Place, process: WorkerProcess) -> None:
        job_id = await place.add(POST)
        running = asyncio.create_task(asyncio.to_thread(process.run, job_id))
        await until(runs(place, job_id))
        await asyncio.to_thread(process.close)
        await running
        job = await place.get(job_id)
        assert (job.state, job.attempts, job.losses, job.lease) == (JobState.QUEUED, 0, 0, None)

    async def test_gives_back_what_was_claimed_at_that_instant(self, place: Place, process: WorkerProcess) -> None:
        assert place.unsteady is not None
        job_id = await place.add(POST)
        place.unsteady.held = True
        running = asyncio.create_task(asyncio.to_thread(process.run, job_id))
        await until(runs(place, job_id))
        closing = asyncio.create_task(asyncio.to_thread(process.close))

        async def began() -> bool:
            return process._alive.done()

        await until(began)
        place.unsteady.held = False
        await closing
        await running
        job = await place.get(job_id)
        assert (job.state, job.attempts, job.losses) == (JobState.QUEUED, 0, 0)

    async def test_closes_the_parts_and_ends_the_thread(self, place: Place, process: WorkerProcess) -> None:
        await asyncio.to_thread(process.close)
        assert place.closed == [process.id]
        assert "jobs" not in {thread.name for thread in threading.enumerate()}

    async def test_closes_the_parts_though_the_database_is_away(self, place: Place, process: WorkerProcess) -> None:
        assert place.unsteady is not None
        place.unsteady.down = True
        await asyncio.to_thread(process.close)
        assert place.closed == [process.id]


class TestLeaving:
    async def test_gives_back_what_still_runs_when_its_time_is_over(self, place: Place, process: WorkerProcess) -> None:
        job_id = await place.add(POST)
        running = asyncio.create_task(asyncio.to_thread(process.run, job_id))
        await until(runs(place, job_id))
        place.leaving.set(0.0)
        await running
        job = await place.get(job_id)
        assert (job.state, job.attempts, job.losses) == (JobState.QUEUED, 0, 0)

    async def test_lets_what_runs_end_until_then(self, place: Place, process: WorkerProcess) -> None:
        place.leaving.set(3600.0)
        job_id = await place.add()
        await asyncio.to_thread(process.run, job_id)
        assert (await place.get(job_id)).state is JobState.SUCCEEDED

    def test_is_nothing_to_a_process_that_was_not_told(self) -> None:
        leaving = Leaving()
        assert leaving.now is False
        leaving.set(3600.0)
        assert leaving.now is False
        leaving.set(0.0)
        assert leaving.now is True

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_is_told_to_processes_forked_before(self) -> None:
        leaving = Leaving()
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            os.read(told, 1)
            os._exit(0 if leaving.now else 1)
        leaving.set(0.0)
        os.write(tell, b".")  # only now does the other one look
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
