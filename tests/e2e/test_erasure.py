"""A person is erased from a live platform: no table, file, process or model keeps anything that names them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.e2e.service import Platform, Service, fill, token

ID, NAME, ABOUT, HOBBY = "person-7f3a9c", "quagmire.ada", "I-keep-ferrets", "zymurgy-at-home"
FILM, SPARE, REPLY = "film-9d21e7", "film-44b0aa", "reply-c0a55e"
TITLE, TAG, EVENT, DEVICE = "Wobblegong", "xylographer", "event-5b8e13", "phone-of-ada-81"
NAMES = (ID, NAME, ABOUT, HOBBY, FILM, SPARE, REPLY, TITLE, TITLE.lower(), TAG, EVENT, DEVICE)
"""What may stand nowhere, not even in the records of what other people were shown."""
USERS, ITEMS = 24, 40
pytestmark = pytest.mark.slow


def do(answer: httpx.Response) -> Any:
    """The body of an answer that must be good."""
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


def live(client: httpx.Client) -> None:
    """The person makes, takes, follows, is followed, blocks and is blocked, among others who like what they like."""
    fill(client, users=USERS, items=ITEMS)
    person = {"username": NAME, "profile": {"about": ABOUT}, "interests": [HOBBY], "locale": "en-GB"}
    do(client.put(f"/api/v1/users/{ID}", json=person))
    do(client.put("/api/v1/channels/hers", json={"name": "A channel", "owner": ID}))
    do(client.put("/api/v1/channels/other", json={"name": "Another"}))
    for film in (FILM, SPARE):
        video = {"title": f"{TITLE} {film}", "tags": [TAG], "author": ID, "channel": "hers", "category": "genre-1"}
        do(client.put(f"/api/v1/items/{film}", json={**video, "moderation_status": "approved"}))
    do(client.put(f"/api/v1/items/{REPLY}", json={"kind": "comment", "parent": FILM, "text": f"well done {NAME}"}))
    acts = [(f"u{user}", f"i{item}") for user in range(USERS) for item in range(user % 4, ITEMS, 4)]
    acts += [(NAME, f"i{item}") for item in range(1, ITEMS, 4)] + [(f"u{user}", FILM) for user in range(0, USERS, 3)]
    context = {"device": DEVICE, "surface": "feed"}
    rows = [
        {"username": user, "post_id": item, "interaction_type": "like", "id": f"{EVENT}-{number}"}
        | ({"context": context} if user == NAME else {})
        for number, (user, item) in enumerate(acts)
    ]
    assert do(client.post("/api/v1/interactions", json=rows))["stored"] == len(rows)
    for path in (
        f"{ID}/follows/u1",
        f"u2/follows/{ID}",
        f"{ID}/blocks/u3",
        f"u4/blocks/{ID}",
        f"{ID}/subscriptions/other",
        f"{ID}/mutes/users/u5",
        f"u6/mutes/users/{ID}",
    ):
        do(client.put(f"/api/v1/users/{path}"))


def feed(client: httpx.Client, username: str, **params: str) -> dict[str, Any]:
    asked = {"username": username, "page_size": "50", **params}
    answer: dict[str, Any] = do(client.get("/api/v1/feed", params=asked))
    return answer


def similar(client: httpx.Client, user: str) -> list[str]:
    return [row["id"] for row in do(client.get(f"/api/v1/users/{user}/similar", params={"limit": 50}))["users"]]


def named_in_files(home: Path) -> dict[str, list[str]]:
    """Which of the names stand in which file below the home folder."""
    found = {}
    for path in sorted(home.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        if names := [name for name in NAMES if name.encode() in content or name in path.name]:
            found[str(path.relative_to(home))] = names
    return found


def named_in_tables(platform: Platform) -> dict[str, list[str]]:
    """Which of the names stand in which table."""
    content = {table: str(platform.rows(f"SELECT * FROM {table}")) for table in platform.tables()}
    found = {table: [name for name in NAMES if name in text] for table, text in content.items()}
    return {table: names for table, names in found.items() if names}


def import_acts(platform: Platform, folder: Path) -> dict[str, Any]:
    """Import rows of which most are refused, and all name the person or what is theirs."""
    file = folder / "acts.csv"
    file.write_text(f"user,item,value\n{ID},nothing,1\n{NAME},nothing,1\nnobody,i1,1\nu1,i0,1\n{ID},i2,1\n")
    report: dict[str, Any] = json.loads(platform.run("import", "interactions", file, "--set", "type=like", "--json"))
    return report


@dataclass
class Erased:
    """Both processes after the erasure, and what was seen before."""

    platform: Platform
    services: tuple[Service, Service]
    receipt: dict[str, Any]
    feeds_before: list[dict[str, Any]] = field(default_factory=list)


@pytest.fixture(scope="module")
def erased(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Erased]:
    """Somebody lived on a platform of two processes with trained models; then one process was told to forget them."""
    with ExitStack() as stack:
        services = stack.enter_context(platform.serving_twice())
        here, there = (stack.enter_context(service.client()) for service in services)
        live(here)
        for model in ("item_item", "als", "content_based"):
            platform.run("train", model)
            platform.run("models", "promote", model, "0001")
        refused = import_acts(platform, tmp_path_factory.mktemp("files"))
        assert sum(refused["rejected"].values()) == 3
        before = []
        for client in (here, there):
            feed(client, NAME)
            before.append(feed(client, "name-2"))
            assert ID in similar(client, "u1")
        assert any(path.startswith("imports/") for path in named_in_files(platform.home))
        assert named_in_tables(platform).keys() == {"users", "items", "interactions"}
        killed = platform.home / "work" / ".snapshot-of-a-killed-training"
        killed.mkdir()
        (killed / "words.json").write_text(TITLE)
        receipt = do(here.delete(f"/api/v1/users/{ID}"))
        yield Erased(platform, services, receipt, before)


def test_no_file_names_the_person(erased: Erased) -> None:
    assert named_in_files(erased.platform.home) == {}


def test_no_table_names_the_person(erased: Erased) -> None:
    assert named_in_tables(erased.platform) == {}


def test_the_receipt_says_what_went_and_can_be_read_again(erased: Erased) -> None:
    rows = erased.receipt["rows"]
    assert rows["users"] == 1
    assert rows["items"] == 3
    assert rows["interactions"] == 10 + 8 + 1
    assert (rows["follows"], rows["blocks"], rows["subscriptions"], rows["user_mutes"]) == (2, 2, 1, 2)
    assert rows["impressions"] == 2
    assert erased.receipt["files"] == 2
    with erased.services[1].client() as client:
        assert do(client.get(f"/api/v1/erasures/{erased.receipt['receipt_id']}")) == erased.receipt


def test_no_process_shows_the_person_any_more(erased: Erased) -> None:
    assert all(SPARE in str(answer["items"]) for answer in erased.feeds_before)
    for service, before in zip(erased.services, erased.feeds_before, strict=True):
        with service.client() as client:
            shown = str([feed(client, f"name-{user}") for user in range(0, USERS, 3)])
            trending = do(client.get("/api/v1/trending", params={"page_size": 50}))
            near = [similar(client, f"u{user}") for user in range(1, USERS, 4)]
            again = feed(client, "name-2", request_id=before["request_id"])["items"]
            for name in (*NAMES, FILM, SPARE, REPLY):
                assert name not in f"{shown} {trending} {near} {again}"
            for gone in (FILM, SPARE, REPLY):
                assert client.get(f"/api/v1/items/{gone}").status_code == 404
                assert client.get(f"/api/v1/similar/{gone}").status_code == 404
            assert any(near)
            assert client.get("/api/v1/feed", params={"username": NAME}).status_code == 410


def test_the_id_is_closed_for_good(erased: Erased) -> None:
    like = {"username": ID, "post_id": "i1", "interaction_type": "like"}
    for service in erased.services:
        with service.client() as client:
            for answer in (
                client.get(f"/api/v1/users/{ID}"),
                client.put(f"/api/v1/users/{ID}", json={"username": "fresh"}),
                client.put("/api/v1/users/fresh", json={"username": NAME}),
                client.post("/api/v1/interaction", json=like),
                client.post("/api/v1/interaction", json={**like, "username": NAME}),
                client.delete(f"/api/v1/users/{ID}"),
            ):
                assert (answer.status_code, answer.json()["code"]) == (410, "erased"), answer.text
            refused = do(client.post("/api/v1/interactions", json=[like]))
            assert [row["code"] for row in refused["results"]] == ["erased"]
        with service.client(token(ID)) as client:
            assert client.post("/api/v1/interaction", json=like).status_code == 403


def test_nothing_comes_back_by_a_late_import_training_or_restart(erased: Erased, tmp_path: Path) -> None:
    report = import_acts(erased.platform, tmp_path)
    assert report["rejected"]["erased:user"] == 3
    erased.platform.run("train", "content_based")
    service = erased.services[1]
    service.terminate()
    assert service.process.wait(60) == 0
    service.start()
    with service.client() as client:
        assert feed(client, "name-2")["items"]
    assert named_in_tables(erased.platform) == {}
    assert named_in_files(erased.platform.home) == {}


def test_a_process_killed_before_it_emptied_the_log_empties_it_when_it_is_back(tmp_path: Path) -> None:
    platform = Platform(tmp_path / "var")
    database = platform.home / "socialflow.db"
    with platform.serving_twice() as (first, second):
        with first.client() as client:
            do(client.put(f"/api/v1/users/{ID}", json={"username": NAME}))
            with closing(sqlite3.connect(database)) as reader:
                reader.execute("BEGIN")
                reader.execute("SELECT count(*) FROM users").fetchall()  # its snapshot holds the log
                do(client.delete(f"/api/v1/users/{ID}"))
                first.kill()
                assert named_in_files(platform.home)
        first.start()
        with first.client() as client:
            do(client.put("/api/v1/users/u0", json={"username": "somebody"}))
        assert second.is_ready()  # it had the database open all the time
        assert named_in_files(platform.home) == {}
