"""What comes in through REST is judged by a real worker: seen or not by everybody, once, whoever dies meanwhile."""

import contextlib
from collections.abc import Iterator
from typing import Any

import httpx
import psutil
import pytest
from tests.e2e.service import Platform, Service, token
from tests.e2e.test_embedded_worker import workers_of

from socialflow import wiring
from socialflow.doors.tasks import moderate_post_task
from socialflow.kit.defaults import substituted

KIND, HATE = "What a lovely loaf of rye bread, thank you!", "I will find you and kill you, you filthy subhuman"
MANY = 300
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """An empty platform, embedded, with its worker."""
    return Platform(tmp_path_factory.mktemp("platform") / "var").with_worker()


@pytest.fixture
def service(platform: Platform) -> Iterator[Service]:
    with platform.serving() as running:
        running.until(lambda: len(workers_of(platform)) > 1)
        with running.client() as client:
            people = [{"id": f"u{n}", "username": f"name-{n}"} for n in range(2)]
            assert client.post("/api/v1/users/bulk", json={"users": people}).status_code == 200
        yield running


def decisions(client: httpx.Client, item: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.get(f"/api/v1/moderation/content/{item}/decisions").json()["decisions"]
    return found


def put(client: httpx.Client, item: str, **fields: str) -> None:
    answer = client.put(f"/api/v1/items/{item}", json={"kind": "post", "author": "u0", "category": "bread", **fields})
    assert answer.status_code == 200, answer.text
    assert answer.json()["moderation_status"] == "pending"


def feed(client: httpx.Client) -> set[str]:
    answer = client.get("/api/v1/feed", params={"username": "name-1", "page_size": 20, "category": "bread"})
    return {entry["item"]["id"] for entry in answer.json()["items"]}


def test_what_is_approved_is_seen_and_what_is_rejected_is_not(service: Service) -> None:
    with service.client() as client, service.client(token("u1")) as reader, service.client(token("u0")) as author:
        put(client, "kind", text=KIND)
        put(client, "hate", text=HATE)
        assert reader.get("/api/v1/items/kind").status_code == 404
        service.until(lambda: all(decisions(client, name) for name in ("kind", "hate")))
        assert [reader.get(f"/api/v1/items/{name}").status_code for name in ("kind", "hate")] == [200, 404]
        assert feed(client) == {"kind"}
        assert author.get("/api/v1/items/hate").json()["moderation_status"] == "rejected"
        (told,) = decisions(author, "hate")
        assert told["reasons"][0]["text"] == "It threatens somebody with violence."
        assert decisions(reader, "hate") == []
        (whole,) = decisions(client, "hate")
        assert client.get(f"/api/v1/moderation/decisions/{whole['id']}/verify").json()["ok"] is True


def test_what_cannot_be_looked_at_waits_for_people_and_says_so(service: Service) -> None:
    with service.client() as client:
        put(client, "pictured", text=KIND, media_url="http://127.0.0.1:1/none.jpg")
        service.until(lambda: bool(decisions(client, "pictured")))
        (told,) = decisions(client, "pictured")
        assert told["status"] == "review_required"
        assert told["missing_because"]["image.nsfw"] == "media:refused"


def test_a_task_that_the_platform_calls_judges_again(
    service: Service, monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    with service.client() as client:
        put(client, "again", text=KIND)
        service.until(lambda: bool(decisions(client, "again")))
        for name, value in platform.settings.items():
            monkeypatch.setenv(name, value)
        with substituted(wiring.default_platform):
            moderate_post_task.delay("again")
        service.until(lambda: len(decisions(client, "again")) == 2)


def test_with_the_worker_killed_everything_is_moderated_after_all_and_once(
    service: Service, platform: Platform
) -> None:
    rows = [{"id": f"m{n}", "kind": "post", "text": f"{KIND} {n}"} for n in range(MANY)]
    with service.client() as client:
        assert client.post("/api/v1/items/bulk", json={"items": rows}).json()["stored"] == MANY
        for process in workers_of(platform):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        judged = "SELECT count(DISTINCT content_id), count(*) FROM decisions WHERE content_id LIKE 'm%'"
        service.until(lambda: platform.rows(judged)[0][0] == MANY)
        assert platform.rows(judged) == [(MANY, MANY)]
        assert client.get("/api/v1/moderation/audit/verify").json()["ok"] is True
