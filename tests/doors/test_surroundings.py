"""What surrounds every call: ids, errors, CORS, limits, health, metrics, draining."""

import os
import signal
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest
import structlog
from fastapi import FastAPI

from socialflow.access.limits import Limiter
from socialflow.doors.rest.app import create_app
from socialflow.errors import StoreUnavailable
from socialflow.recommendation.present import ModelAge
from tests.doors.conftest import SERVICE, Stage, token
from tests.doors.fakes import METRICS_TOKEN, FakePlatform

BOB = token("u-bob")


def from_address(app: FastAPI, address: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://test")


class TestRequestIds:
    async def test_a_sane_one_is_kept(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/health", headers={"X-Request-ID": "trace-1.2:3"})
        assert answer.headers["X-Request-ID"] == "trace-1.2:3"

    @pytest.mark.parametrize("given", ["", "a b", "x" * 65, "<script>", "a\tb"])
    async def test_another_is_replaced(self, client: httpx.AsyncClient, given: str) -> None:
        answer = await client.get("/health", headers={"X-Request-ID": given})
        assert len(answer.headers["X-Request-ID"]) == 32

    async def test_errors_carry_it_in_the_body_too(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/feed", headers={"X-Request-ID": "mine"})
        assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "mine"


async def test_the_access_log_names_routes_and_nobody(client: httpx.AsyncClient) -> None:
    with structlog.testing.capture_logs() as lines:
        await client.get("/api/v1/feed", params={"username": "bob"}, headers=BOB)
        await client.get("/api/v1/users/u-bob", headers=BOB)
        await client.get("/private/u-bob")
    assert [(line["route"], line["status"]) for line in lines] == [
        ("/api/v1/feed", 200),
        ("/api/v1/users/{user_id}", 200),
        ("unmatched", 404),
    ]
    assert "bob" not in str(lines)


class TestErrors:
    @pytest.mark.parametrize(
        ("method", "path", "status", "code"),
        [
            ("GET", "/nowhere", 404, "not_found"),
            ("GET", "/api/v1/nowhere", 404, "not_found"),
            ("DELETE", "/health", 405, "method_not_allowed"),
            ("PATCH", "/api/v1/feed", 405, "method_not_allowed"),
        ],
    )
    async def test_unknown_paths_and_methods_have_the_same_body(
        self, client: httpx.AsyncClient, method: str, path: str, status: int, code: str
    ) -> None:
        answer = await client.request(method, path, headers=SERVICE)
        assert answer.status_code == status
        assert {"detail", "status_code", "code", "request_id"} == set(answer.json())
        assert answer.json()["code"] == code

    async def test_a_wrong_parameter_is_named(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/feed", params={"username": "bob", "page": 0}, headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, "page")


class TestCredentials:
    async def status(self, client: httpx.AsyncClient, headers: dict[str, str]) -> tuple[int, str, str | None]:
        answer = await client.get("/api/v1/trending", headers=headers)
        return answer.status_code, answer.json().get("code", ""), answer.headers.get("WWW-Authenticate")

    async def test_none_is_401_with_a_challenge(self, client: httpx.AsyncClient) -> None:
        assert await self.status(client, {}) == (401, "authentication_required", 'Bearer realm="socialflow"')

    async def test_a_bad_or_expired_token_is_401_and_says_so(self, client: httpx.AsyncClient) -> None:
        for headers in ({"Authorization": "Bearer x.y.z"}, token("u-bob", lifetime=timedelta(hours=-1))):
            status, code, challenge = await self.status(client, dict(headers))
            assert (status, code) == (401, "invalid_token")
            assert 'error="invalid_token"' in str(challenge)

    async def test_a_wrong_key_is_403(self, client: httpx.AsyncClient) -> None:
        assert await self.status(client, {"X-API-Key": "wrong"}) == (403, "invalid_credentials", None)

    async def test_they_are_settled_before_the_body_is_read(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/interactions", content=b"not json")
        assert answer.status_code == 401


class TestLimits:
    async def test_too_many_calls_are_429_with_retry_after(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        with patch.object(platform.access, "_limiter", Limiter(2)):
            for _ in range(2):
                assert (await client.get("/api/v1/trending", headers=BOB)).status_code == 200
            refused = await client.get("/api/v1/trending", headers=BOB)
            assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
            assert 1 <= int(refused.headers["Retry-After"]) <= 60
            assert (await client.get("/api/v1/trending", headers=token("u-ann"))).status_code == 200
            assert (await client.get("/health")).status_code == 200


class TestCors:
    async def preflight(self, client: httpx.AsyncClient, origin: str) -> httpx.Response:
        headers = {
            "Origin": origin,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        }
        return await client.options("/api/v1/interaction", headers=headers)

    async def test_an_allowed_origin_may_call(self, client: httpx.AsyncClient) -> None:
        answer = await self.preflight(client, "https://app.example.org")
        assert answer.status_code == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"

    async def test_another_may_not(self, client: httpx.AsyncClient) -> None:
        answer = await self.preflight(client, "https://evil.example.org")
        assert "Access-Control-Allow-Origin" not in answer.headers

    async def test_errors_can_be_read_by_the_browser_too(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.recommendation.failure = RuntimeError("broken")
        headers = {"Origin": "https://app.example.org", **SERVICE}
        answer = await client.get("/api/v1/trending", headers=headers)
        assert answer.status_code == 500
        assert answer.headers["Access-Control-Allow-Origin"] == "https://app.example.org"
        assert "X-Request-ID" in answer.headers["Access-Control-Expose-Headers"]


class TestOperation:
    async def test_health_needs_nothing(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/health")).json()["status"] == "ok"

    async def test_ready_tells_each_part_and_model(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/ready")
        assert answer.status_code == 200
        assert answer.json()["parts"]["store"] == {"ready": True, "reason": "reachable"}
        assert answer.json()["models"] == {"als": "no version of als is active", "text": "read at the first text"}

    async def test_without_the_store_it_is_not_ready_and_says_why(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        with patch.object(platform.store, "ping", side_effect=StoreUnavailable("the database cannot be reached")):
            answer = await client.get("/ready")
        assert answer.status_code == 503
        assert answer.json()["parts"]["store"]["reason"] == "the database cannot be reached"
        assert (await client.get("/ready")).status_code == 200

    async def test_a_recommender_that_is_not_ready_is_told(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.recommendation.state.ready = False
        assert (await client.get("/ready")).status_code == 503

    @pytest.mark.parametrize("path", ["/docs", "/redoc"])
    async def test_the_docs_load_nothing_from_elsewhere(self, client: httpx.AsyncClient, path: str) -> None:
        page = await client.get(path)
        assert page.status_code == 200
        assert "https://" not in page.text
        for part in page.text.split('"'):
            if part.startswith("/static"):
                assert (await client.get(part)).status_code == 200


class TestMetrics:
    @pytest.fixture
    def stage(self) -> Stage:
        """Of its own: nothing was counted yet."""
        return Stage()

    async def test_this_machine_reads_them(self, client: httpx.AsyncClient) -> None:
        await client.get("/api/v1/items/i-1", headers=SERVICE)
        text = (await client.get("/metrics")).text
        assert 'socialflow_requests_total{method="GET",route="/api/v1/items/{item_id}",status="200"} 1.0' in text
        assert "i-1" not in text

    async def test_unknown_paths_make_no_labels(self, client: httpx.AsyncClient) -> None:
        await client.get("/wp-admin.php")
        await client.request("BREW", "/coffee")
        text = (await client.get("/metrics")).text
        assert 'route="unmatched"' in text
        assert "wp-admin" not in text
        assert "BREW" not in text

    async def test_models_tell_their_age_and_what_they_do_not_know(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        now = platform.clock.now()
        ages = platform.recommendation.ages
        ages["item_item"] = ModelAge(now - timedelta(hours=2), now - timedelta(seconds=20), 7)
        ages["svd"] = ModelAge(now - timedelta(days=1), None, 0)
        text = (await client.get("/metrics")).text
        assert 'socialflow_model_age_seconds{model="item_item"} 7200.' in text
        assert 'socialflow_model_update_age_seconds{model="item_item"} 20.' in text
        assert 'socialflow_model_unknown_items{model="item_item"} 7.0' in text
        assert 'socialflow_model_age_seconds{model="svd"} 86400.' in text
        assert 'socialflow_model_update_age_seconds{model="svd"}' not in text
        del ages["svd"]
        assert 'model="svd"' not in (await client.get("/metrics")).text

    async def test_interactions_and_feeds_are_counted(self, client: httpx.AsyncClient) -> None:
        await client.post("/api/v1/interactions", json=[{"username": "bob"}], headers=SERVICE)
        await client.get("/api/v1/feed", params={"username": "bob"}, headers=SERVICE)
        text = (await client.get("/metrics")).text
        assert 'socialflow_interactions_total{status="rejected"} 1.0' in text
        assert 'socialflow_feeds_total{algorithm="hybrid",status="partial"} 1.0' in text

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 403),
            ({"Authorization": f"Bearer {METRICS_TOKEN}"}, 200),
        ],
    )
    async def test_others_need_the_token(self, app: FastAPI, headers: dict[str, str], status: int) -> None:
        async with from_address(app, "203.0.113.9") as client:
            assert (await client.get("/metrics", headers=headers)).status_code == status

    async def test_a_proxy_on_this_machine_does_not_open_them(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"})
        assert answer.status_code == 401


class TestLife:
    async def test_making_the_application_makes_no_platform(self) -> None:
        def no_platform() -> FakePlatform:
            raise AssertionError("too early")

        assert create_app(no_platform).openapi()["paths"]

    async def test_the_platform_is_closed_with_the_server(self, platform: FakePlatform) -> None:
        app = create_app(lambda: platform)
        async with app.router.lifespan_context(app):
            assert not platform.closed
        assert platform.closed

    async def test_a_platform_that_cannot_start_stops_the_start_and_is_closed(self, platform: FakePlatform) -> None:
        platform.failure_at_start = StoreUnavailable("the database cannot be reached")
        app = create_app(lambda: platform)
        with pytest.raises(StoreUnavailable):
            async with app.router.lifespan_context(app):
                pass
        assert platform.closed

    async def test_from_sigterm_on_it_is_not_ready_but_still_answers(self, platform: FakePlatform) -> None:
        seen: list[int] = []
        before = signal.signal(signal.SIGTERM, lambda number, frame: seen.append(number))
        try:
            app = create_app(lambda: platform)
            async with app.router.lifespan_context(app), from_address(app, "127.0.0.1") as client:
                os.kill(os.getpid(), signal.SIGTERM)
                ready = await client.get("/ready")
                feed = await client.get("/api/v1/feed", params={"username": "bob"}, headers=SERVICE)
            assert (ready.status_code, ready.json()["parts"]["server"]["ready"]) == (503, False)
            assert feed.status_code == 200
            assert seen == [signal.SIGTERM]
        finally:
            signal.signal(signal.SIGTERM, before)
