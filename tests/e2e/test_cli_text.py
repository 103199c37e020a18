"""`socialflow analyze text` as people and scripts meet it."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.language_bundle import small_languages
from tests.text_bundle import clear_bundle
from typer.testing import CliRunner, Result

from socialflow.doors.cli.app import app
from socialflow.text import analyser, multilingual


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small model in the place of the one that comes with the package."""
    monkeypatch.setattr(analyser, "PACKAGED", clear_bundle(tmp_path).directory)
    monkeypatch.setattr(multilingual, "PACKAGED", small_languages(tmp_path / "languages"))
    analyser.bundled.cache_clear()
    multilingual.multilingual.cache_clear()
    yield tmp_path
    analyser.bundled.cache_clear()
    multilingual.multilingual.cache_clear()


def cli(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["analyze", "text", *arguments])


class TestAnalyzeText:
    def test_all_answers_in_a_table(self, model: Path) -> None:
        result = cli("you idiot, paris is awful and the city is free")
        assert result.exit_code == 0, result.output
        rows = {line.split("\t")[0]: line.split("\t")[1] for line in result.stdout.splitlines()}
        assert (rows["language"], rows["sentiment"], rows["toxicity"]) == ("English", "negative", "insult")
        assert (rows["entities"], rows["toxic_spans"], rows["spam"]) == ("LOC 11-16", "toxic 4-9", "yes")

    def test_chosen_answers_as_json(self, model: Path) -> None:
        result = cli("good xyzzy", "--ask", "sentiment, sentence", "--json")
        told = json.loads(result.stdout)
        assert list(told["answers"]) == ["sentiment", "sentence"]
        assert told["answers"]["sentiment"]["record"]["label"] == "positive"
        assert told["answers"]["sentiment"]["provenance"]["tier"] == "bundled"
        assert len(told["answers"]["sentence"]["record"]["values"]) == 8
        assert (told["status"], told["missing"]) == ("partial", ["text:vocabulary"])

    def test_other_languages_are_answered_by_their_own_model(self, model: Path) -> None:
        told = json.loads(cli("das ist ja gratis und ganz gut", "--ask", "sentiment,spam,emotion", "--json").stdout)
        assert told["language"]["code"] == "de"
        assert told["answers"]["sentiment"]["provenance"]["model"] == "text-languages"
        assert told["answers"]["sentiment"]["record"]["label"] == "positive"
        assert told["missing"] == ["emotion", "language:de"]

    def test_what_is_missing_is_noted_beside_the_table(self, model: Path) -> None:
        result = cli("good xyzzy", "--ask", "sentiment")
        assert "partial; missing: text:vocabulary" in result.stderr

    def test_an_unknown_question_is_one_line(self, model: Path) -> None:
        result = cli("good", "--ask", "mood")
        assert result.exit_code == 2
        assert result.stderr.startswith("error: 'mood' cannot be asked of a text")

    def test_without_a_model_the_command_that_makes_one_is_named(
        self, model: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(analyser, "PACKAGED", model / "nothing")
        result = cli("good")
        assert result.exit_code == 2
        assert "socialflow train text" in result.stderr
