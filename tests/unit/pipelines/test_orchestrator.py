"""Batch work as Python code sees it."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.unit.pipelines.runs import NOW

from socialflow.errors import Conflict, InvalidInput, JobNotFound
from socialflow.jobs.records import JobState, PipelineType
from socialflow.jobs.service import JobService
from socialflow.kit.clock import FixedClock
from socialflow.pipelines import PipelineOrchestrator
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store


@pytest.fixture
async def orchestrator(tmp_path: Path) -> AsyncIterator[PipelineOrchestrator]:
    url = f"sqlite:///{tmp_path / 'work.db'}"
    await asyncio.to_thread(upgrade, url)
    store = Store(url)
    yield PipelineOrchestrator(JobService(store, FixedClock(NOW)))
    await store.close()


class TestTasks:
    async def test_are_submitted_by_type_or_its_name(self, orchestrator: PipelineOrchestrator) -> None:
        await orchestrator.initialize()
        by_type = await orchestrator.submit_task(PipelineType.CACHE_WARM, "a")
        by_name = await orchestrator.submit_task("cache_warm", "b", {"users": 1}, priority=10)
        assert by_type.pipeline_type is by_name.pipeline_type
        assert (by_type.priority, by_name.priority) == (5, 10)
        assert await orchestrator.get_task_status(by_name.task_id) == {
            "task_id": by_name.id,
            "pipeline_type": "cache_warm",
            "name": "b",
            "state": "queued",
            "priority": 10,
            "progress": 0,
            "attempts": 0,
            "created_at": "2026-03-01T12:00:00Z",
            "started_at": None,
            "finished_at": None,
            "result": None,
            "error": None,
        }

    async def test_can_be_cancelled_and_run_again(self, orchestrator: PipelineOrchestrator) -> None:
        task = await orchestrator.submit_task("cache_warm", "a")
        assert (await orchestrator.cancel(task.task_id))["state"] == "cancelled"
        with pytest.raises(Conflict):
            await orchestrator.cancel_task(task.task_id)
        assert (await orchestrator.retry_task(task.task_id))["state"] == "queued"

    async def test_are_listed_newest_first(self, orchestrator: PipelineOrchestrator) -> None:
        for name in "abc":
            await orchestrator.submit_task("cache_warm", name)
        await orchestrator.cancel((await orchestrator.submit_task("trending_update", "d")).task_id)
        assert [task["name"] for task in await orchestrator.list_tasks(limit=2)] == ["d", "c"]
        waiting = await orchestrator.list_tasks(states=[JobState.QUEUED], pipeline_types=[PipelineType.CACHE_WARM])
        assert [task["name"] for task in waiting] == ["c", "b", "a"]

    async def test_that_do_not_exist_are_told_so(self, orchestrator: PipelineOrchestrator) -> None:
        with pytest.raises(JobNotFound):
            await orchestrator.get_task_status("nothing")

    async def test_of_no_known_type_are_refused_with_the_types_there_are(
        self, orchestrator: PipelineOrchestrator
    ) -> None:
        with pytest.raises(InvalidInput, match=r"must be one of moderate_video, .*, not 'dance'"):
            await orchestrator.submit_task("dance", "a")


class TestTheWhole:
    async def test_status_in_figures(self, orchestrator: PipelineOrchestrator) -> None:
        await orchestrator.submit_task("cache_warm", "a")
        status = await orchestrator.get_status()
        assert (status["queued"], status["running"], status["workers"]) == (1, 0, 0)
        assert set(status) >= {"throughput_per_minute", "oldest_seconds", "finished"}

    async def test_after_shutdown_nothing_is_taken_and_nothing_is_lost(
        self, orchestrator: PipelineOrchestrator
    ) -> None:
        task = await orchestrator.submit_task("cache_warm", "a")
        await orchestrator.shutdown()
        with pytest.raises(Conflict, match="shut down"):
            await orchestrator.submit_task("cache_warm", "b")
        assert (await orchestrator.get_task_status(task.task_id))["state"] == "queued"
