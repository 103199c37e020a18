"""Batch work over HTTP: submit, watch, cancel, run again, hold; schedules; lists from the cache."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from socialflow.errors import StoreUnavailable
from socialflow.jobs.records import Job, JobError, JobState, Lease
from socialflow.jobs.work import KINDS
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform

BASE = "/api/v1/ai-pipelines"
LIMITS = {kind: rules.at_once for kind, rules in KINDS.items()}
FIELDS = {
    *("task_id", "pipeline_type", "name", "state", "priority", "progress", "attempts"),
    *("created_at", "started_at", "finished_at", "result", "error"),
}


async def submitted(client: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    answer = await client.post(f"{BASE}/pipelines/cache-warm", json=body, headers=SERVICE)
    assert answer.status_code == 202
    job: dict[str, Any] = answer.json()
    return job


async def begin(platform: FakePlatform, task_id: str) -> Job:
    """As a worker would."""
    now = datetime.now(UTC)
    async with platform.store.write() as unit:
        job = await unit.jobs.claim(task_id, Lease("t", "w", now + timedelta(seconds=60)), now, LIMITS)
    assert job is not None
    return job


async def end(platform: FakePlatform, task_id: str, state: JobState, error: JobError | None = None) -> None:
    async with platform.store.write() as unit:
        assert await unit.jobs.finish(task_id, "t", state, datetime.now(UTC), result={"done": 3}, error=error)


class TestSubmitting:
    async def test_a_job_is_answered_as_the_contract_says(self, client: httpx.AsyncClient) -> None:
        job = await submitted(client, name="evening", priority=7)
        assert set(job) == FIELDS
        assert (job["name"], job["priority"], job["state"], job["progress"]) == ("evening", 7, "queued", 0)
        again = (await client.get(f"{BASE}/pipelines/{job['task_id']}", headers=SERVICE)).json()
        assert again == job

    async def test_videos_and_analyses_reach_the_job(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        body = {"video_ids": ["i-1", "i-2"], "analyses": ["scene"]}
        answer = await client.post(f"{BASE}/pipelines/batch-video-analysis", json=body, headers=SERVICE)
        assert (await platform.jobs.get(answer.json()["task_id"])).config == body

    async def test_named_users_are_a_batch_and_none_means_the_active_ones(self, client: httpx.AsyncClient) -> None:
        path = f"{BASE}/pipelines/recommendation-precompute"
        named = await client.post(path, json={"user_ids": ["u-bob"]}, headers=SERVICE)
        active = await client.post(path, json={"shards": 2}, headers=SERVICE)
        assert named.json()["pipeline_type"] == "batch_recommendations"
        assert active.json()["pipeline_type"] == "recommendation_precompute"

    @pytest.mark.parametrize(
        ("body", "field"),
        [({"priority": 11}, "priority"), ({"name": ""}, "name"), ({"surprise": 1}, "surprise")],
    )
    async def test_what_cannot_be_is_refused_by_name(
        self, client: httpx.AsyncClient, body: dict[str, Any], field: str
    ) -> None:
        answer = await client.post(f"{BASE}/pipelines/cache-warm", json=body, headers=SERVICE)
        assert answer.status_code == 422
        assert answer.json()["field"] == field

    @pytest.mark.parametrize(
        ("body", "status", "field"),
        [({"limit": 51}, 422, "limit"), ({"algorithm": "magic"}, 422, "algorithm")],
    )
    async def test_lists_that_could_never_be_made_are_refused_at_once(
        self, client: httpx.AsyncClient, body: dict[str, Any], status: int, field: str | None
    ) -> None:
        answer = await client.post(f"{BASE}/pipelines/recommendation-precompute", json=body, headers=SERVICE)
        assert (answer.status_code, answer.json().get("field")) == (status, field)

    async def test_lists_by_every_kind_of_algorithm_are_taken_on(self, client: httpx.AsyncClient) -> None:
        for algorithm in ("graph", "smart"):
            body = {"algorithm": algorithm}
            answer = await client.post(f"{BASE}/pipelines/recommendation-precompute", json=body, headers=SERVICE)
            assert answer.status_code == 202


class TestWatching:
    async def test_an_unknown_job_is_404_with_a_code(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(f"{BASE}/pipelines/none", headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (404, "job_not_found")

    async def test_the_reason_of_a_failure_is_shown(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        job = await submitted(client)
        await begin(platform, job["task_id"])
        await end(platform, job["task_id"], JobState.FAILED, JobError("model_unavailable", "no model"))
        shown = (await client.get(f"{BASE}/pipelines/{job['task_id']}", headers=SERVICE)).json()
        assert shown["error"] == {"code": "model_unavailable", "detail": "no model"}
        assert (shown["state"], shown["attempts"]) == ("failed", 1)

    async def test_a_stream_tells_every_change_and_ends_with_the_job(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        job = await submitted(client)
        await begin(platform, job["task_id"])
        await end(platform, job["task_id"], JobState.SUCCEEDED)
        answer = await client.get(f"{BASE}/pipelines/{job['task_id']}/events", headers=SERVICE)
        assert answer.headers["content-type"].startswith("text/event-stream")
        events = [dict(line.split(": ", 1) for line in part.splitlines()) for part in answer.text.strip().split("\n\n")]
        assert [event["event"] for event in events] == ["progress", "end"]
        assert json.loads(events[0]["data"])["result"] == {"done": 3}
        assert json.loads(events[1]["data"]) == {"state": "succeeded"}


class TestCancelling:
    async def test_a_waiting_job_is_cancelled_at_once_and_can_be_run_again(self, client: httpx.AsyncClient) -> None:
        path = f"{BASE}/pipelines/{(await submitted(client))['task_id']}"
        assert (await client.post(f"{path}/cancel", headers=SERVICE)).json()["state"] == "cancelled"
        assert (await client.post(f"{path}/retry", headers=SERVICE)).json()["state"] == "queued"

    async def test_a_running_job_is_asked(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        job = await submitted(client)
        await begin(platform, job["task_id"])
        answer = await client.post(f"{BASE}/pipelines/{job['task_id']}/cancel", headers=SERVICE)
        assert (answer.status_code, answer.json()["state"]) == (202, "running")
        assert (await platform.jobs.get(job["task_id"])).cancel_requested

    async def test_what_has_ended_is_a_conflict(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        job = await submitted(client)
        await begin(platform, job["task_id"])
        await end(platform, job["task_id"], JobState.SUCCEEDED)
        for act in ("cancel", "retry"):
            answer = await client.post(f"{BASE}/pipelines/{job['task_id']}/{act}", headers=SERVICE)
            assert (answer.status_code, answer.json()["code"]) == (409, "conflict")


class TestTheQueue:
    async def test_figures_follow_the_jobs(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        first, _ = await submitted(client), await submitted(client)
        await begin(platform, first["task_id"])
        shown = (await client.get(f"{BASE}/orchestrator/status", headers=SERVICE)).json()
        assert (shown["queued"], shown["running"], shown["workers"]) == (1, 1, 0)
        assert shown["oldest_seconds"] >= 0
        await end(platform, first["task_id"], JobState.SUCCEEDED)
        shown = (await client.get(f"{BASE}/orchestrator/status", headers=SERVICE)).json()
        assert shown["finished"]["succeeded"] == 1
        assert shown["throughput_per_minute"] > 0

    async def test_jobs_are_listed_newest_first_in_pages(self, client: httpx.AsyncClient) -> None:
        ids = [(await submitted(client))["task_id"] for _ in range(3)]
        path = f"{BASE}/orchestrator/tasks"
        first = (await client.get(path, params={"limit": 2}, headers=SERVICE)).json()
        rest = (await client.get(path, params={"limit": 2, "before": first["next_before"]}, headers=SERVICE)).json()
        assert [job["task_id"] for job in first["tasks"] + rest["tasks"]] == ids[::-1]
        assert rest["next_before"] is None

    async def test_shutdown_holds_the_work_until_it_is_resumed(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        job = await submitted(client)
        held = (await client.post(f"{BASE}/orchestrator/shutdown", headers=SERVICE)).json()
        assert held["held_since"] is not None
        async with platform.store.read() as unit:
            assert await unit.jobs.sendable(datetime.now(UTC), 10) == []
        assert (await client.post(f"{BASE}/orchestrator/resume", headers=SERVICE)).json()["held_since"] is None
        assert (await begin(platform, job["task_id"])).id == job["task_id"]


class TestSchedules:
    async def test_a_schedule_is_made_paused_resumed_and_deleted(self, client: httpx.AsyncClient) -> None:
        body = {"name": "nightly", "pipeline_type": "trending_update", "trigger": {"cron": "0 3 * * *"}, "id": "night"}
        made = await client.post(f"{BASE}/scheduler/schedule", json=body, headers=SERVICE)
        assert made.status_code == 201
        assert made.json()["next_run_at"] is not None
        path = f"{BASE}/scheduler/jobs"
        assert [one["id"] for one in (await client.get(path, headers=SERVICE)).json()["jobs"]] == ["night"]
        assert (await client.post(f"{path}/night/pause", headers=SERVICE)).json()["paused"] is True
        assert (await client.post(f"{path}/night/resume", headers=SERVICE)).json()["paused"] is False
        assert (await client.delete(f"{path}/night", headers=SERVICE)).status_code == 204
        gone = await client.delete(f"{path}/night", headers=SERVICE)
        assert (gone.status_code, gone.json()["code"]) == (404, "schedule_not_found")

    @pytest.mark.parametrize("trigger", [{}, {"interval": 60, "cron": "* * * * *"}, {"cron": "every day"}])
    async def test_a_trigger_that_says_nothing_or_too_much_is_refused(
        self, client: httpx.AsyncClient, trigger: dict[str, Any]
    ) -> None:
        body = {"name": "n", "pipeline_type": "cache_warm", "trigger": trigger}
        answer = await client.post(f"{BASE}/scheduler/schedule", json=body, headers=SERVICE)
        assert answer.status_code == 422
        assert answer.json()["field"]


class TestLists:
    async def test_a_list_says_what_made_it_and_whether_it_was_kept(self, client: httpx.AsyncClient) -> None:
        body = {"user_id": "u-bob", "limit": 5}
        first = (await client.post(f"{BASE}/recommendations", json=body, headers=SERVICE)).json()
        second = (await client.post(f"{BASE}/recommendations", json=body, headers=SERVICE)).json()
        assert (first["cached"], second["cached"]) == (False, True)
        assert first["provenance"]
        assert [entry["position"] for entry in first["items"]] == list(range(1, len(first["items"]) + 1))

    @pytest.mark.parametrize(
        ("content_type", "found", "status"), [("user", "u-ann", "complete"), ("channel", "c-ann", "partial")]
    )
    async def test_people_and_channels_are_lists_too(
        self, client: httpx.AsyncClient, content_type: str, found: str, status: str
    ) -> None:
        body = {"user_id": "u-bob", "content_type": content_type}
        made = (await client.post(f"{BASE}/recommendations", json=body, headers=SERVICE)).json()
        assert ([one["id"] for one in made["items"]], made["status"]) == ([found], status)
        assert made["request_id"] is None

    async def test_the_same_by_id_alone(self, client: httpx.AsyncClient) -> None:
        for asked, found in ((("user", "u-bob"), ["u-ann"]), (("channel", "u-bob"), ["c-ann"])):
            params = dict(zip(("content_type", "user_id"), asked, strict=True))
            made = (await client.get("/api/v1/ml/recommendations", params=params, headers=SERVICE)).json()
            assert (made["recommendations"], made["count"], made["user_id"]) == (found, 1, "u-bob")

    async def test_a_person_need_not_say_who_asks_and_may_ask_for_nobody_else(self, client: httpx.AsyncClient) -> None:
        path = "/api/v1/ml/recommendations"
        own = await client.get(path, params={"limit": 2}, headers=token("u-bob"))
        assert (own.json()["user_id"], len(own.json()["recommendations"])) == ("u-bob", 2)
        assert (await client.get(path, params={"user_id": "u-ann"}, headers=token("u-bob"))).status_code == 403
        assert (await client.get("/api/v1/ml/recommendations/u-ann", headers=token("u-bob"))).status_code == 403

    @pytest.mark.parametrize(("params", "field"), [({}, "user_id"), ({"user_id": "u-bob", "limit": 51}, "limit")])
    async def test_what_is_missing_or_too_much_is_named(
        self, client: httpx.AsyncClient, params: dict[str, Any], field: str
    ) -> None:
        answer = await client.get("/api/v1/ml/recommendations", params=params, headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, field)

    async def test_channels_of_a_user_with_reasons(self, client: httpx.AsyncClient) -> None:
        made = (await client.get("/api/v1/ml/recommendations/u-bob", headers=SERVICE)).json()
        assert [(one["id"], one["reason"]) for one in made["items"]] == [("c-ann", "because")]

    async def test_a_batch_answers_each_user_and_names_the_unknown(self, client: httpx.AsyncClient) -> None:
        body = {"user_ids": ["u-bob", "nobody", "u-ann"]}
        answer = (await client.post(f"{BASE}/recommendations/batch", json=body, headers=SERVICE)).json()
        assert [one["user_id"] for one in answer["results"]] == ["u-bob", "u-ann"]
        assert [(one["user_id"], one["code"]) for one in answer["refused"]] == [("nobody", "user_not_found")]

    async def test_a_person_may_ask_for_nobody_else_in_a_batch(self, client: httpx.AsyncClient) -> None:
        body = {"user_ids": ["u-bob", "u-ann"]}
        answer = await client.post(f"{BASE}/recommendations/batch", json=body, headers=token("u-bob"))
        assert answer.status_code == 403


class TestMetrics:
    async def test_the_queue_is_in_the_metrics(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        job = await submitted(client)
        await submitted(client)
        await begin(platform, job["task_id"])
        await end(platform, job["task_id"], JobState.SUCCEEDED)
        text = (await client.get("/metrics")).text
        assert 'socialflow_jobs{state="queued"} 1.0' in text
        assert 'socialflow_jobs_ended_recently{pipeline_type="cache_warm",state="succeeded"} 1.0' in text
        assert "socialflow_store_up 1.0" in text

    async def test_a_store_that_is_away_is_told_and_the_rest_still_shown(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        async def away() -> None:
            raise StoreUnavailable("gone")

        platform.jobs.status = away  # type: ignore[assignment]
        text = (await client.get("/metrics")).text
        assert "socialflow_store_up 0.0" in text
        assert "socialflow_requests_total" in text
        assert 'socialflow_jobs{state="queued"}' not in text
