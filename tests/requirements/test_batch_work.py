"""The examples of batch work and its schedules, with only their import lines changed."""

from types import SimpleNamespace
from uuid import uuid4

import pytest
from tests.requirements.examples import in_requirements, run, run_blocking

from socialflow import pipelines
from socialflow.jobs.records import JobState, PipelineType
from socialflow.kit.defaults import Resident

VIDEO_ANALYSIS = """
from app.ml_pipelines.orchestrator import PipelineOrchestrator, PipelineType

orchestrator = PipelineOrchestrator()
await orchestrator.initialize()

# Submit batch video analysis
task = await orchestrator.submit_task(
    pipeline_type=PipelineType.BATCH_VIDEO_ANALYSIS,
    name="Analyze new uploads",
    config={
        "video_ids": [video1.id, video2.id, video3.id],
        "analyses": ["scene", "object", "action", "quality"]
    },
    priority=7
)

# Check progress
status = await orchestrator.get_task_status(task.task_id)
print(f"Progress: {status['progress']}%")
"""

SCHEDULED_TASKS = """
# In app/ml_pipelines/scheduler.py
scheduler.add_job(
    func=warm_cache,
    trigger="interval",
    minutes=30,
    id="cache_warmer"
)

scheduler.add_job(
    func=precompute_recommendations,
    trigger="interval",
    hours=2,
    id="recommendation_precomputer"
)

scheduler.add_job(
    func=update_trending,
    trigger="interval",
    hours=1,
    id="trending_updater"
)
"""


@pytest.mark.parametrize("example", [VIDEO_ANALYSIS, SCHEDULED_TASKS])
def test_the_examples_are_those_of_the_document(example: str) -> None:
    assert in_requirements(example, "1")


class TestVideoAnalysis:
    async def test_the_task_is_stored_and_watched(self, resident: Resident, capsys: pytest.CaptureFixture[str]) -> None:
        videos = {f"video{number}": SimpleNamespace(id=uuid4()) for number in (1, 2, 3)}
        after = await run(
            VIDEO_ANALYSIS,
            {
                "from app.ml_pipelines.orchestrator import PipelineOrchestrator, PipelineType": (
                    "from socialflow.pipelines import PipelineOrchestrator, PipelineType"
                )
            },
            videos,
        )
        assert capsys.readouterr().out == "Progress: 0%\n"
        job = await resident.run(lambda platform: platform.jobs.get(after["task"].task_id))  # type: ignore[attr-defined]
        assert (job.pipeline_type, job.name, job.priority) == (
            PipelineType.BATCH_VIDEO_ANALYSIS,
            "Analyze new uploads",
            7,
        )
        assert job.config["video_ids"] == [str(video.id) for video in videos.values()]
        assert job.state is JobState.QUEUED
        assert set(after["status"]) == {
            "task_id",
            "pipeline_type",
            "name",
            "state",
            "priority",
            "progress",
            "attempts",
            "created_at",
            "started_at",
            "finished_at",
            "result",
            "error",
        }


class TestScheduledTasks:
    def test_are_in_the_store_however_often_they_are_declared(self, resident: Resident) -> None:
        names = {
            name: getattr(pipelines, name)
            for name in ("scheduler", "warm_cache", "precompute_recommendations", "update_trending")
        }
        for _ in range(2):
            run_blocking(SCHEDULED_TASKS, {}, names)
        stored = {schedule.id: schedule for schedule in pipelines.scheduler.get_jobs()}
        assert {
            name: (schedule.pipeline_type, schedule.trigger.interval_seconds) for name, schedule in stored.items()
        } == {
            "cache_warmer": (PipelineType.CACHE_WARM, 1800),
            "recommendation_precomputer": (PipelineType.RECOMMENDATION_PRECOMPUTE, 7200),
            "trending_updater": (PipelineType.TRENDING_UPDATE, 3600),
        }
