"""`socialflow serve` and its worker as processes: work gets done, and neither outlives or blocks the other."""

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from tests.e2e.service import DEADLINE_S, Platform, Service, fill

BASE = "/api/v1/ai-pipelines"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """An empty platform, embedded, with its worker."""
    return Platform(tmp_path_factory.mktemp("platform") / "var").with_worker()


@pytest.fixture
def service(platform: Platform) -> Iterator[Service]:
    with platform.serving() as running:
        running.until(lambda: len(workers_of(platform)) > 1)
        yield running
    eventually(lambda: not alive(workers_of(platform)))


def workers_of(platform: Platform) -> list[psutil.Process]:
    """Processes of Celery that work for this platform."""
    found = []
    for process in psutil.process_iter(["cmdline"]):
        with contextlib.suppress(psutil.Error):
            of_celery = "socialflow.doors.tasks.celery_app" in (process.info["cmdline"] or [])
            if of_celery and process.environ().get("SOCIALFLOW_HOME") == str(platform.home.absolute()):
                found.append(process)
    return found


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def submit(client: httpx.Client) -> str:
    answer = client.post(f"{BASE}/pipelines/recommendation-precompute", json={"user_ids": ["u0", "u1"]})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["task_id"])


def ended(service: Service, client: httpx.Client, task_id: str) -> dict[str, Any]:
    job: dict[str, Any] = {}

    def over() -> bool:
        job.update(client.get(f"{BASE}/pipelines/{task_id}").json())
        return job["finished_at"] is not None

    service.until(over)
    return job


def test_work_is_done_beside_the_server_and_what_it_made_is_served(service: Service) -> None:
    with service.client() as client:
        fill(client, users=3, items=30)
        job = ended(service, client, submit(client))
        assert (job["state"], job["result"]["done"]) == ("succeeded", 2)
        answer = client.post(f"{BASE}/recommendations", json={"user_id": "u0"}).json()
        assert answer["cached"] is True
        like = {"username": "name-0", "post_id": answer["items"][0]["id"], "interaction_type": "like"}
        assert client.post("/api/v1/interaction", json=like).status_code == 202
        after = client.post(f"{BASE}/recommendations", json={"user_id": "u0"}).json()
        assert after["cached"] is False
        assert like["post_id"] not in [entry["id"] for entry in after["items"]]


def test_what_comes_in_is_analysed(service: Service) -> None:
    with service.client() as client:
        post = {"kind": "post", "text": "We walked through the night market and the food was wonderful #travel"}
        assert client.put("/api/v1/items/market", json=post).json()["analysis"] is None
        service.until(lambda: client.get("/api/v1/items/market").json()["analysis"] is not None)
        found = client.get("/api/v1/items/market").json()["analysis"]
        assert (found["language"], found["tags"][0]) == ("en", "travel")
        assert found["sentiment"] == "positive" or "sentiment" in found["missing"]
        assert client.get("/api/v1/ml/status").json()["analysis"]["items"] >= 1


def test_the_worker_steps_back_behind_the_server_as_far_as_is_set(service: Service, platform: Platform) -> None:
    own = psutil.Process(service.process.pid).nice()
    assert {process.nice() for process in workers_of(platform)} == {own + 5}


@pytest.mark.skipif(not hasattr(os, "SCHED_IDLE"), reason="needs the idle class of Linux")
def test_a_worker_that_steps_back_all_the_way_runs_where_nobody_else_wants_to(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "var").with_worker(niceness=19)
    with platform.serving() as service:
        service.until(lambda: bool(workers_of(platform)))
        assert {os.sched_getscheduler(process.pid) for process in workers_of(platform)} == {os.SCHED_IDLE}


def test_a_killed_worker_is_replaced(service: Service, platform: Platform) -> None:
    before = {process.pid for process in workers_of(platform)}
    for process in workers_of(platform):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    with service.client() as client:
        job = ended(service, client, submit(client))
    assert job["state"] == "succeeded"
    assert not before & {process.pid for process in workers_of(platform)}


def test_the_worker_ends_with_a_server_that_is_killed(service: Service, platform: Platform) -> None:
    running = workers_of(platform)
    assert running
    service.kill()
    eventually(lambda: not alive(running))


def test_the_worker_ends_with_a_server_that_is_stopped(service: Service, platform: Platform) -> None:
    running = workers_of(platform)
    service.terminate()
    assert service.process.wait(DEADLINE_S) == 0
    assert not alive(running)


def test_two_servers_share_one_worker(service: Service, platform: Platform) -> None:
    with platform.serving() as second:
        with second.client() as client:
            assert ended(second, client, submit(client))["state"] == "succeeded"
        parents = {process.pid for process in workers_of(platform)} & {
            child.pid
            for server in (service, second)
            for child in psutil.Process(server.process.pid).children(recursive=False)
        }
        assert len(parents) == 1


def test_what_waited_while_nothing_was_up_is_done_at_the_next_start(platform: Platform, service: Service) -> None:
    with service.client() as client:
        client.post(f"{BASE}/orchestrator/shutdown")
        task_id = submit(client)
    service.kill()
    with platform.serving() as again, again.client() as client:
        assert client.get(f"{BASE}/pipelines/{task_id}").json()["state"] == "queued"
        client.post(f"{BASE}/orchestrator/resume")
        assert ended(again, client, task_id)["state"] == "succeeded"


def test_the_queue_folder_holds_nothing_that_stays(service: Service, platform: Platform) -> None:
    with service.client() as client:
        ended(service, client, submit(client))
    assert not list(Path(platform.home, "queue").glob("*.msg"))
