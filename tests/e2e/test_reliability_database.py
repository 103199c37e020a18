"""The database goes away under a running server and comes back: 503 meanwhile, nothing lost, nothing restarted."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.service import Platform, Service, fill
from tests.engines import PostgresServer

USERS, ITEMS = 20, 500
pytestmark = pytest.mark.slow

Switch = Callable[[], None]


@contextmanager
def sqlite_in_a_folder(tmp_path: Path) -> Iterator[tuple[Platform, Switch, Switch]]:
    """The database in a folder that is moved away, like a volume that is unmounted."""
    folder, away = tmp_path / "volume", tmp_path / "away"
    folder.mkdir()
    yield (
        Platform(tmp_path / "var", f"sqlite:///{folder / 'socialflow.db'}"),
        lambda: folder.rename(away) and None,
        lambda: away.rename(folder) and None,
    )


@contextmanager
def postgresql_stopped(tmp_path: Path, server: PostgresServer) -> Iterator[tuple[Platform, Switch, Switch]]:
    """A server that is stopped and started."""
    try:
        yield Platform(tmp_path / "var", server.fresh()), server.stop, server.start
    finally:
        server.start()  # does nothing where it runs


@pytest.fixture(params=["sqlite", "postgresql"])
def outage(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Platform, Switch, Switch]]:
    """A platform, what takes its database away, and what brings it back."""
    if request.param == "sqlite":
        made = sqlite_in_a_folder(tmp_path)
    else:
        made = postgresql_stopped(tmp_path, request.getfixturevalue("database_server"))
    with made as platform_and_switches:
        yield platform_and_switches


class Poster(threading.Thread):
    """Posts single interactions without a pause, and keeps what was acknowledged."""

    def __init__(self, service: Service) -> None:
        super().__init__()
        self._service = service
        self._stop_asked = threading.Event()
        self.acknowledged: list[tuple[str, str]] = []
        self.answers: Counter[int] = Counter()
        self.codes: set[str] = set()

    def run(self) -> None:
        with self._service.client() as client:
            for number in range(USERS * ITEMS):
                if self._stop_asked.is_set():
                    return
                self._post(client, f"u{number % USERS}", f"i{number // USERS}")

    def finish(self) -> None:
        self._stop_asked.set()
        self.join()

    def _post(self, client: httpx.Client, user: str, item: str) -> None:
        answer = client.post("/api/v1/interaction", json=like(user, item))
        self.answers[answer.status_code] += 1
        if answer.status_code == 202:
            self.acknowledged.append((user, item))
        else:
            self.codes.add(answer.json()["code"])


def like(user: str, item: str) -> dict[str, Any]:
    return {"username": user, "post_id": item, "interaction_type": "like", "id": f"{user}-{item}"}


def test_503_while_it_is_gone_and_back_by_itself(outage: tuple[Platform, Switch, Switch]) -> None:
    platform, take_away, bring_back = outage
    with platform.serving() as service, service.client() as client:
        fill(client, users=USERS, items=ITEMS)
        poster = Poster(service)
        poster.start()
        service.until(lambda: poster.answers[202] > 20)

        take_away()
        service.until(lambda: poster.answers[503] > 0)
        for answer in (
            client.get("/api/v1/feed", params={"username": "name-1"}),
            client.post("/api/v1/interaction", json=like("u1", "i499")),
            client.post("/api/v1/interactions", json=[like("u1", "i499")] * 100),
            client.get("/api/v1/users/u1"),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable"), answer.text
        ready = client.get("/ready")
        assert ready.status_code == 503
        parts = ready.json()["parts"]
        assert [name for name, part in parts.items() if not part["ready"]] == ["store"]
        assert parts["store"]["reason"]
        assert client.get("/health").status_code == 200

        bring_back()
        service.until(service.is_ready)
        before = poster.answers[202]
        service.until(lambda: poster.answers[202] > before + 20)
        poster.finish()
        assert client.get("/api/v1/feed", params={"username": "name-1"}).status_code == 200
        assert client.get("/ready").json()["ready"] is True

    assert poster.answers.keys() == {202, 503}
    assert poster.codes == {"store_unavailable"}
    stored = Counter(platform.interactions())
    assert set(stored.values()) == {1}
    assert not set(poster.acknowledged) - set(stored)
