"""The examples of background tasks and of cache keys, with only their import lines changed."""

import ast
import inspect
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from tests.requirements.examples import in_requirements, run_blocking

from socialflow.broker.app import QUEUE
from socialflow.jobs.records import Job, JobState, PipelineType
from socialflow.jobs.work import KINDS
from socialflow.kit.cache import moderation_key, prediction_key, recommendations_key
from socialflow.kit.defaults import Resident
from socialflow.settings import Settings

ON_CREATION = """
# Video upload (video_service.py)
from app.tasks.ml_tasks import moderate_video_task
moderate_video_task.apply_async(args=[str(video_id)])

# Post creation (post_service.py)
from app.tasks.ml_tasks import moderate_post_task
moderate_post_task.apply_async(args=[str(post.id)])
"""

TASK_CONFIGURATION = """
# Retry configuration
max_retries=3
default_retry_delay=60  # seconds

# Queues
queue="ai_processing"

# Task binding
bind=True  # Access to self for retry
"""

CACHE_KEYS = """
# Moderation results (1 hour TTL)
f"moderation:{content_id}"

# Recommendations (5 minutes TTL)
f"recommendations:{user_id}:{content_type}"

# Model predictions (variable TTL)
f"ml_prediction:{model_name}:{content_id}"
"""

VIDEO, POST = UUID("123e4567-e89b-12d3-a456-426614174000"), UUID("223e4567-e89b-12d3-a456-426614174000")


@pytest.mark.parametrize("example", [ON_CREATION, TASK_CONFIGURATION, CACHE_KEYS])
def test_the_examples_are_those_of_the_document(example: str) -> None:
    assert in_requirements(example, "2")


class TestTasks:
    def test_on_creation_are_durable_jobs(self, resident: Resident) -> None:
        run_blocking(
            ON_CREATION,
            {
                f"from app.tasks.ml_tasks import {task}": f"from socialflow.doors.tasks import {task}"
                for task in ("moderate_video_task", "moderate_post_task")
            },
            {"video_id": VIDEO, "post": SimpleNamespace(id=POST)},
        )

        async def stored(platform: Any) -> list[Job]:
            return list(await platform.jobs.page())

        post, video = resident.call(stored)
        assert (video.pipeline_type, video.config) == (PipelineType.MODERATE_VIDEO, {"video_id": str(VIDEO)})
        assert (post.pipeline_type, post.config) == (PipelineType.MODERATE_POST, {"post_id": str(POST)})
        assert post.state is video.state is JobState.QUEUED

    def test_are_configured_as_asked(self) -> None:
        asked = run_blocking(TASK_CONFIGURATION, {}, {})
        assert {kind.attempts - 1 for kind in KINDS.values()} == {asked["max_retries"]}
        assert Settings.model_fields["job_retry_delay"].default == asked["default_retry_delay"]
        assert asked["queue"] == QUEUE

    @pytest.mark.parametrize(
        "name",
        [
            "ml.moderate_video",
            "ml.moderate_post",
            "ml.moderate_comment",
            "ml.analyze_content",
            "ml.update_recommendations",
            "ml.calculate_trending",
            "ml.predict_virality",
            "ml.generate_captions",
            "ml.generate_thumbnail",
            "ml.batch_update_all_recommendations",
            "ml.batch_calculate_trending",
        ],
    )
    def test_have_the_names_that_were_asked_for(self, name: str) -> None:
        assert name in {kind.task for kind in KINDS.values()}


class TestCacheKeys:
    def test_are_those_that_were_asked_for(self) -> None:
        given = {"content_id": POST, "user_id": VIDEO, "content_type": "video", "model_name": "nsfw"}
        expressions = [
            node.value for node in ast.parse(inspect.cleandoc(CACHE_KEYS)).body if isinstance(node, ast.Expr)
        ]
        moderation, recommendations, prediction = (eval(ast.unparse(node), dict(given)) for node in expressions)
        assert moderation_key(str(POST)) == moderation
        assert recommendations_key(str(VIDEO), "video", "digest") == f"{recommendations}:digest"
        assert prediction_key("nsfw", str(POST)) == prediction
