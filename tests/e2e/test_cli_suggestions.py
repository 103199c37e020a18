"""`socialflow moderation suggestions`: what was accepted, as rows that the measuring of heads reads."""

import asyncio
import json
import os
from math import isnan
from pathlib import Path

import pytest
from tests.e2e.test_cli_moderation import ENVIRONMENT_OF_SETTINGS
from typer.testing import CliRunner

from socialflow import wiring
from socialflow.doors.cli.app import app
from socialflow.moderation.perspective import ATTRIBUTES
from socialflow.moderation.suggestions.records import NewSuggestion, SuggestedScores
from socialflow.settings import load_settings
from socialflow.storage import maintenance
from socialflow.training.text.heads import HEADS
from socialflow.training.text.labelled_file import Columns, read_labelled


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """One suggestion was accepted, one declined, one waits."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_OF_SETTINGS):
            monkeypatch.delenv(name)
    home = tmp_path / "var"
    monkeypatch.setenv("SOCIALFLOW_HOME", str(home))
    home.mkdir()
    chosen = load_settings({"socialflow_home": home, "database_url": "", "redis_url": None})
    maintenance.upgrade(chosen.store_url)

    async def suggest() -> None:
        platform = wiring.assemble(chosen)
        suggestions = platform.moderation.suggestions
        scores = {"TOXICITY": SuggestedScores(0.9), "THREAT": SuggestedScores(0.0)}
        sent = [await suggestions.suggest("ann", NewSuggestion(f"text {n}", scores, ("en",))) for n in range(3)]
        await suggestions.judge("mia", sent[0].id, accepted=True)
        await suggestions.judge("mia", sent[1].id, accepted=False)
        await platform.close()

    asyncio.run(suggest())
    return home


def test_what_was_accepted_is_written_and_read_as_labels(home: Path) -> None:
    path = home.parent / "suggestions.jsonl"
    result = CliRunner().invoke(app, ["moderation", "suggestions", "--out", str(path)])
    assert result.exit_code == 0, result.output
    assert "1 rows written" in result.stderr
    (row,) = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (row["text"], row["language"], row["toxicity"], row["threat"], row["insult"]) == ("text 0", "en", 1, 0, None)
    head = HEADS["toxicity"]
    (example,) = read_labelled(path, head, Columns(label=",".join(ATTRIBUTES.values()))).examples
    told = dict(zip(head.labels, example.target, strict=True))  # type: ignore[arg-type]
    assert (told.pop("toxicity"), told.pop("threat")) == (1.0, 0.0)
    assert all(isnan(value) for value in told.values())
