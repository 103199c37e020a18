"""Data in, a model trained and promoted, a live feed out, and the next like changes it: by commands alone."""

import contextlib
import csv
import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from tests.ports import free_port
from typer.testing import CliRunner, Result

from socialflow.doors.cli import demo
from socialflow.doors.cli.app import app

TASTES = ("jazz", "chess", "garden", "rally")
ITEMS_OF_TASTE, USERS_OF_TASTE = 15, 20


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in list(os.environ):
        if name.startswith(("SOCIALFLOW_", "DATABASE_URL", "JWT_", "REDIS_", "MODEL_PATH", "API_KEY")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


def cli(*arguments: object) -> Result:
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result


@contextlib.contextmanager
def server(home: Path) -> Iterator[httpx.Client]:
    """`socialflow serve` on a free port, stopped by SIGTERM."""
    port = free_port()
    command = [sys.executable, "-c", "from socialflow.doors.cli.app import main; main()", "serve", "--port", str(port)]
    process = subprocess.Popen(command, cwd=home.parent, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        lines = []
        for line in process.stderr:
            lines.append(line)
            if "Uvicorn running" in line:
                break
        else:
            pytest.fail("".join(lines))
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as client:
            yield client
        process.send_signal(signal.SIGTERM)
        assert process.wait(30) == 0, process.stderr.read()
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def write_platform() -> None:
    """Four tastes; everybody likes eight of the fifteen items of their own."""
    rng = np.random.default_rng(5)
    with Path("videos.csv").open("w", newline="") as stream:
        rows = csv.writer(stream)
        rows.writerow(["video_id", "name", "labels", "genre", "published"])
        for taste in TASTES:
            for n in range(ITEMS_OF_TASTE):
                rows.writerow([f"{taste}-{n}", f"{taste} film {n}", f"{taste}|film", taste, "2026-01-01T00:00:00Z"])
        rows.writerow(["", "without an id", "", "jazz", "2026-01-01T00:00:00Z"])
    with Path("likes.tsv").open("w") as stream:
        at = 1_767_225_600
        for number in range(USERS_OF_TASTE * len(TASTES)):
            taste = TASTES[number % len(TASTES)]
            for n in rng.choice(ITEMS_OF_TASTE, 8, replace=False):
                at += 60
                stream.write(f"fan-{number}\t{taste}-{n}\t{at}\n")


def tastes(feed: httpx.Response) -> list[str]:
    assert feed.status_code == 200, feed.text
    return [entry["item"]["category"] for entry in feed.json()["items"]]


def test_from_files_to_a_feed_that_follows_the_user(home: Path) -> None:
    write_platform()
    said = cli(
        "import", "items", "videos.csv", "--map", "id=video_id", "--map", "title=name", "--map", "tags=labels",
        "--map", "category=genre", "--map", "created_at=published", "--set", "kind=video",
        "--moderation", "trusted", "--rejects", "rejected.jsonl", "--json",
    )  # fmt: skip
    report = json.loads(said.stdout)
    assert (report["stored"], sum(report["rejected"].values())) == (60, 1)
    (rejected,) = Path("rejected.jsonl").read_text().splitlines()
    assert json.loads(rejected)["line"] == 62

    likes = ("import", "interactions", "likes.tsv", "--map", "user=0", "--map", "item=1", "--map", "at=2",
             "--set", "type=like", "--create-missing", "--json")  # fmt: skip
    assert json.loads(cli(*likes).stdout)["stored"] == 640
    again = json.loads(cli(*likes).stdout)
    assert again["stored"] + again["duplicates"] == 640

    trained = json.loads(cli("train", "item_item", "--promote", "--json").stdout)
    assert trained["promoted"] is True
    assert trained["metrics"]["ndcg@10"] > trained["popularity"]["ndcg@10"]
    assert trained["data"]["interactions"] == 640
    for model in ("als", "content_based"):
        cli("train", model, "--promote")
    (row,) = [row for row in json.loads(cli("models", "list", "--json").stdout) if row["name"] == "item_item"]
    assert row["active"] is True

    token = cli("token", "create", "fan-0").stdout.strip()
    with server(home) as client:
        client.headers["Authorization"] = f"Bearer {token}"
        before = tastes(client.get("/api/v1/feed", params={"username": "fan-0", "page_size": 5}))
        assert before.count("jazz") >= 4
        assert "chess" not in before[:3]
        for n in range(8):
            like = {"username": "fan-0", "post_id": f"chess-{n}", "interaction_type": "like"}
            assert client.post("/api/v1/interaction", json=like).status_code == 202
        after = tastes(client.get("/api/v1/feed", params={"username": "fan-0", "page_size": 5}))
        assert after.count("chess") > before.count("chess")


def test_training_again_promotes_and_rolls_back_under_a_running_server(home: Path) -> None:
    write_platform()
    cli("import", "interactions", "likes.tsv", "--map", "user=0", "--map", "item=1", "--map", "at=2",
        "--set", "type=like", "--moderation", "trusted", "--create-missing")  # fmt: skip
    cli("train", "item_item", "--promote")
    token = cli("token", "create", "fan-1").stdout.strip()
    with server(home) as client:
        client.headers["Authorization"] = f"Bearer {token}"

        def serving() -> str:
            answer = client.get("/api/v1/feed", params={"username": "fan-1"})
            assert answer.status_code == 200, answer.text
            return next(row["version"] for row in answer.json()["provenance"] if row["model"] == "item_item")

        def serves(version: str) -> bool:
            return any(serving() == version for _ in range(200))

        assert serving() == "0001"
        cli("train", "item_item", "--promote")
        assert serves("0002")
        cli("models", "rollback", "item_item")
        assert serves("0001")
        cli("models", "remove", "item_item", "0002")
        assert serving() == "0001"


class TestDemo:
    @pytest.fixture
    def printed(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
        """A small demo whose server is started apart; what each start printed."""
        monkeypatch.setattr(demo, "SIZE", {"users": 80, "items": 200, "days": 4, "seed": 7})
        monkeypatch.setattr(demo, "_serve", lambda config, announce: announce())
        return [cli("demo", "--port", "8999").stdout for _ in range(2)]

    def test_the_second_start_does_nothing_twice(self, home: Path, printed: list[str]) -> None:
        first, second = printed
        assert "simulated 80 users" in first
        assert "simulated" not in second.split("Social Flow AI is live")[0]
        assert first[first.index("Social Flow AI") :] == second[second.index("Social Flow AI") :]
        assert [row["version"] for row in json.loads(cli("models", "list", "--json").stdout)] == ["0001"] * 3
        assert len(json.loads(cli("key", "list", "--json").stdout)) == 1
        assert (home / "credentials.json").stat().st_mode & 0o777 == 0o600

    def test_the_three_lines_work_as_printed(self, home: Path, printed: list[str]) -> None:
        lines = [shlex.split(line) for line in printed[1].splitlines() if line.startswith("curl ")]
        assert len(lines) == 3
        with server(home) as client:
            answers = [_as_curl_would(client, line) for line in lines]
        assert [answer.status_code for answer in answers] == [200, 202, 200]
        before, after = ([row["item"]["id"] for row in answers[n].json()["items"]] for n in (0, 2))
        assert len(before) == 5
        liked = json.loads(lines[1][lines[1].index("-d") + 1])["post_id"]
        assert liked not in after

    def test_a_broken_off_simulation_goes_on(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from socialflow.simulation import service

        monkeypatch.setattr(demo, "SIZE", {"users": 80, "items": 200, "days": 4, "seed": 7})
        monkeypatch.setattr(demo, "_serve", lambda config, announce: announce())
        with monkeypatch.context() as broken:

            def fail(*_: object) -> None:
                raise RuntimeError("power cut")

            broken.setattr(service, "save_truth", fail)
            with pytest.raises(RuntimeError):
                CliRunner().invoke(app, ["demo"], catch_exceptions=False)
        assert "simulated 80 users" in cli("demo").stdout


def _as_curl_would(client: httpx.Client, line: list[str]) -> httpx.Response:
    """Send what a printed curl line says to the server under test."""
    options = {flag: [line[n + 1] for n, word in enumerate(line) if word == flag] for flag in ("-H", "-d", "-X")}
    (url,) = [word for word in line if word.startswith("http://")]
    headers = dict(header.split(": ", 1) for header in options["-H"])
    method, body = (options["-X"] or ["GET"])[0], (options["-d"] or [None])[0]
    path = url.removeprefix("http://127.0.0.1:8999")
    return client.request(method, path, headers=headers, content=body)
