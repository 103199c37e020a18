"""`socialflow moderation export`: statements of reasons in a file or a pipe, telling of nobody."""

import asyncio
import csv
import json
import os
from pathlib import Path

import pytest
from tests.unit.moderation.decided import APPROVED, REJECTED, WHEN, new
from typer.testing import CliRunner, Result

from socialflow import wiring
from socialflow.content.records import Item, ItemKind, User
from socialflow.doors.cli.app import app
from socialflow.moderation.transparency.dsa import FIELDS
from socialflow.settings import load_settings
from socialflow.storage import maintenance

ENVIRONMENT_OF_SETTINGS = ("SOCIALFLOW_", "DATABASE_URL", "JWT_", "REDIS_", "MODEL_PATH", "API_KEY")


def export(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["moderation", "export", *map(str, arguments)])


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Ann's post and a text of nobody's were rejected, another was approved."""
    home = tmp_path_factory.mktemp("installation") / "var"
    chosen = load_settings({"socialflow_home": home, "database_url": "", "redis_url": None})
    home.mkdir()
    maintenance.upgrade(chosen.store_url)

    async def decide() -> None:
        platform = wiring.assemble(chosen)
        async with platform.store.write() as unit:
            await unit.users.upsert([User("user-ann", "ann-the-author", WHEN)])
            post = Item("post-77", ItemKind.POST, WHEN, author="user-ann", text="what dreadful words")
            await unit.items.upsert([post])
            author = (await unit.users.get("user-ann")).key
        decisions = platform.moderation.decisions
        await decisions.record(new("post-77", REJECTED, "what dreadful words", author=author, note="dreadful Ann"))
        await decisions.record(new("text-1", REJECTED))
        await decisions.record(new("text-2", APPROVED))
        await platform.close()

    asyncio.run(decide())
    return home


@pytest.fixture(autouse=True)
def settings(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_OF_SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOCIALFLOW_HOME", str(home))


class TestExport:
    def test_json_lines_in_a_pipe(self) -> None:
        result = export()
        assert result.exit_code == 0, result.output
        lines = [json.loads(line) for line in result.stdout.splitlines()]
        assert [line["content_date"] for line in lines] == ["2026-03-14", None]
        assert "2 statements written" in result.stderr
        assert "1 have no content_date" in result.stderr

    def test_a_table_in_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "statements.csv"
        result = export("--format", "csv", "--out", path)
        assert result.exit_code == 0, result.output
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        assert tuple(header) == FIELDS
        assert [len(row) for row in rows] == [len(FIELDS)] * 2
        assert list(tmp_path.iterdir()) == [path]

    @pytest.mark.parametrize("form", ["jsonl", "csv"])
    def test_tells_of_nobody(self, form: str) -> None:
        written = export("--format", form).stdout
        for secret in ("user-ann", "ann-the-author", "Ann", "dreadful", "post-77", "text-1"):
            assert secret not in written

    def test_of_a_period(self) -> None:
        assert export("--until", "2026-01-01").stdout == ""
        assert export("--since", "2100-01-01", "--format", "csv").stdout.splitlines() == [",".join(FIELDS)]

    def test_a_file_that_cannot_be_written(self, tmp_path: Path) -> None:
        result = export("--out", tmp_path / "none" / "statements.jsonl")
        assert result.exit_code == 2
        assert "cannot write" in result.stderr

    def test_a_failure_leaves_no_file(self, tmp_path: Path) -> None:
        path = tmp_path / "statements.jsonl"
        assert export("--since", "2026-02-01", "--until", "2026-01-01", "--out", path).exit_code == 2
        assert list(tmp_path.iterdir()) == []
