"""Collection over REST: who may, what is stored, what is told."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from socialflow.content.collection import Collection, CollectionCounts, CollectionState, Drift
from socialflow.intake.external.endpoints import Endpoint
from socialflow.jobs.records import JobState, PipelineType
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FLIC_TOKEN, FakePlatform

FLIC = {"Flic-Token": FLIC_TOKEN}
POSTS = "/api/v1/collect/all-posts"
STATUS = "/api/v1/collection-status"
WHEN = datetime(2026, 1, 1, tzinfo=UTC)


async def jobs(platform: FakePlatform) -> list[Any]:
    return list(await platform.jobs.page())


class TestAccess:
    @pytest.mark.parametrize(("method", "path"), [("POST", POSTS), ("GET", STATUS)])
    async def test_needs_the_flic_token(self, client: httpx.AsyncClient, method: str, path: str) -> None:
        for headers, status, code in [
            ({}, 401, "authentication_required"),
            ({"Flic-Token": ""}, 401, "authentication_required"),
            (SERVICE, 401, "authentication_required"),
            ({"Flic-Token": "another"}, 403, "invalid_credentials"),
        ]:
            answer = await client.request(method, path, headers=dict(headers))
            assert (answer.status_code, answer.json()["code"]) == (status, code)
        assert (await client.request(method, path, headers=FLIC)).is_success

    async def test_is_settled_before_the_call_is_read(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/v1/collect/nothing?page=0")).status_code == 401

    async def test_the_token_opens_nothing_else(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/v1/trending", headers=FLIC)).status_code == 401

    async def test_a_text_that_no_token_can_be_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(POSTS, headers={"Flic-Token": "schl\u00fcssel".encode("latin-1")})
        assert answer.status_code == 403


class TestNotSetUp:
    @pytest.mark.parametrize(("missing", "named"), [("flic_token", "FLIC_TOKEN"), ("api_base_url", "API_BASE_URL")])
    async def test_says_which_setting_is_missing(
        self, client: httpx.AsyncClient, platform: FakePlatform, missing: str, named: str
    ) -> None:
        platform.settings = replace(platform.settings, **{missing: None})
        answer = await client.post(POSTS, headers=FLIC)
        assert (answer.status_code, answer.json()["code"]) == (503, "source_not_configured")
        assert named in answer.json()["detail"]
        assert await jobs(platform) == []

    async def test_the_status_needs_no_address(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        platform.settings = replace(platform.settings, api_base_url=None)
        answer = await client.get(STATUS, headers=FLIC)
        assert answer.json()["source"] is None
        assert {one["state"] for one in answer.json()["endpoints"]} == {"never_run"}


class TestStarting:
    @pytest.mark.parametrize("endpoint", list(Endpoint))
    async def test_stores_a_job(self, client: httpx.AsyncClient, platform: FakePlatform, endpoint: Endpoint) -> None:
        answer = await client.post(f"/api/v1/collect/{endpoint}?page=3&page_size=50", headers=FLIC)
        assert answer.status_code == 202
        (job,) = await jobs(platform)
        assert answer.json() == {
            "task_id": job.id,
            "endpoint": endpoint,
            "state": "queued",
            "page": 3,
            "page_size": 50,
        }
        assert job.pipeline_type is PipelineType.COLLECT_DATA
        assert job.config == {"endpoint": endpoint, "page": 3, "page_size": 50, "moderation": "pending"}

    async def test_begins_where_the_last_one_stopped_unless_told(self, client: httpx.AsyncClient) -> None:
        body = (await client.post(POSTS, headers=FLIC)).json()
        assert (body["page"], body["page_size"]) == (None, 1000)

    async def test_a_second_call_answers_the_job_that_is_unfinished(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        first = (await client.post(POSTS + "?page=7", headers=FLIC)).json()
        second = (await client.post(POSTS, headers=FLIC)).json()
        assert second == first
        assert len(await jobs(platform)) == 1

    async def test_trusted_items_are_asked_for_in_the_job(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.settings = replace(platform.settings, collect_moderation="trusted")
        await client.post(POSTS, headers=FLIC)
        assert (await jobs(platform))[0].config["moderation"] == "trusted"

    @pytest.mark.parametrize(
        ("path", "field"),
        [
            (POSTS + "?page=0", "page"),
            (POSTS + "?page_size=0", "page_size"),
            (POSTS + "?page_size=10001", "page_size"),
            ("/api/v1/collect/nothing", "endpoint"),
        ],
    )
    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient, path: str, field: str) -> None:
        answer = await client.post(path, headers=FLIC)
        assert (answer.status_code, answer.json()["field"]) == (422, field)


class TestStatus:
    async def entry(self, client: httpx.AsyncClient, endpoint: Endpoint = Endpoint.ALL_POSTS) -> dict[str, Any]:
        body = (await client.get(STATUS, headers=FLIC)).json()
        assert body["source"] == "api.example.org"
        assert [one["endpoint"] for one in body["endpoints"]] == list(Endpoint)
        return next(one for one in body["endpoints"] if one["endpoint"] == endpoint)

    async def put(self, platform: FakePlatform, **changes: Any) -> None:
        stored = Collection(
            "api.example.org", "all-posts", CollectionState.RUNNING, "job-1", 4, 100, started_at=WHEN, updated_at=WHEN
        )
        async with platform.store.write() as unit:
            await unit.collections.put(replace(stored, **changes))

    async def test_an_endpoint_that_was_never_read(self, client: httpx.AsyncClient) -> None:
        entry = await self.entry(client)
        assert (entry["state"], entry["task_id"], entry["next_page"], entry["stored"]) == ("never_run", None, None, 0)

    async def test_one_that_waits(self, client: httpx.AsyncClient) -> None:
        job = (await client.post(POSTS, headers=FLIC)).json()
        entry = await self.entry(client)
        assert (entry["state"], entry["task_id"]) == ("queued", job["task_id"])
        assert (await self.entry(client, Endpoint.ALL_USERS))["state"] == "never_run"

    async def test_checkpoint_counts_and_drift_are_told(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        counts = CollectionCounts(
            pages=3,
            rows=300,
            stored=290,
            duplicates=7,
            rejected={"invalid_input:at": 3},
            drift=Drift(new={"boosted": 300}),
            missing_pages=(2,),
            list_names=("posts",),
        )
        await self.put(platform, state=CollectionState.SUCCEEDED, finished_at=WHEN, counts=counts)
        entry = await self.entry(client)
        assert (entry["state"], entry["task_id"], entry["next_page"]) == ("succeeded", "job-1", 4)
        assert (entry["pages"], entry["rows"], entry["stored"], entry["duplicates"]) == (3, 300, 290, 7)
        assert entry["rejected"] == {"invalid_input:at": 3}
        assert entry["drift"] == {"new": {"boosted": 300}, "missing": {}, "retyped": {}, "unusable": {}}
        assert (entry["missing_pages"], entry["list_names"]) == ([2], ["posts"])
        assert entry["finished_at"] == "2026-01-01T00:00:00Z"

    async def test_one_that_failed_says_why(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await self.put(platform, state=CollectionState.FAILED, error=("source_unavailable", "it answers 502"))
        entry = await self.entry(client)
        assert entry["state"] == JobState.FAILED
        assert entry["error"] == {"code": "source_unavailable", "detail": "it answers 502"}

    async def test_one_that_no_job_does_any_more_is_broken_off(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await self.put(platform)
        assert (await self.entry(client))["state"] == "broken_off"

    async def test_another_source_is_another_matter(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await self.put(platform, source="elsewhere.example.org")
        assert (await self.entry(client))["state"] == "never_run"
