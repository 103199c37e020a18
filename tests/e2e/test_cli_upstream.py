"""`socialflow models` on models that others trained, as people and scripts meet it."""

import json
import os
from pathlib import Path

import pytest
from tests.upstream_hub import MODEL, sha256, tiny_cards, tiny_mirror
from typer.testing import CliRunner, Result

from socialflow import wiring
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.doors.cli.app import app
from socialflow.settings import Settings

ENVIRONMENT_OF_SETTINGS = ("SOCIALFLOW_", "DATABASE_URL", "MODEL_PATH")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tiny_mirror(tmp_path / "mirror")


@pytest.fixture
def home(tmp_path: Path, mirror: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A fresh installation whose catalogue holds the tiny models."""
    for name in list(os.environ):
        if name.startswith(ENVIRONMENT_OF_SETTINGS):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("SOCIALFLOW_MODEL_MIRROR", str(mirror))
    monkeypatch.chdir(tmp_path)
    cards = tiny_cards(tmp_path / "cards")

    def tiny(settings: Settings) -> UpstreamModels:
        return UpstreamModels(settings.upstream_dir, settings.socialflow_model_mirror, cards=cards)

    monkeypatch.setattr(wiring, "upstream_models", tiny)
    return tmp_path / "var"


def cli(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["models", *map(str, arguments)])


def rows(*arguments: object, code: int = 0) -> list[dict[str, object]]:
    result = cli(*arguments, "--json")
    assert result.exit_code == code, result.output
    answer: list[dict[str, object]] = json.loads(result.stdout)
    return answer


@pytest.mark.usefixtures("home")
class TestList:
    def test_shows_what_is_here_beside_what_was_trained(self, home: Path) -> None:
        Catalogue(home / "models").add("als", "als", lambda folder: (folder / "a.txt").write_text("a"), {})  # type: ignore[arg-type, return-value]
        found = rows("list")
        assert [(row["name"], row["origin"], row["state"]) for row in found] == [
            ("als", "trained", "candidate"),
            ("doubling", "upstream", "in_mirror"),
            ("foldered", "upstream", "in_mirror"),
        ]
        assert "doubling\tin_mirror\timage_classification\t0.0\tMIT\tDoubles." in cli("list").stdout

    def test_shows_the_whole_catalogue(self) -> None:
        states = {row["name"]: row["state"] for row in rows("list", "--all")}
        assert states["unknown"] == "absent"
        assert len(states) == 6


@pytest.mark.usefixtures("home")
class TestPull:
    def test_brings_named_ones(self, home: Path) -> None:
        result = cli("pull", "doubling", "foldered")
        assert result.exit_code == 0, result.output
        assert (home / "upstream" / "doubling" / "model.onnx").read_bytes() == MODEL
        assert result.stdout.splitlines()[1].startswith("foldered: installed (")
        assert result.stderr == ""

    def test_brings_all_that_can_be_had_and_says_why_not_the_others(self) -> None:
        made = {str(row["name"]): row for row in rows("pull", "--all")}
        assert {name for name, row in made.items() if row["state"] == "installed"} == {"doubling", "foldered"}
        assert "--sha256" in str(made["unknown"]["detail"])
        assert "the mirror lacks" in str(made["wide"]["detail"])

    def test_a_damaged_file_fails_the_command(self, mirror: Path) -> None:
        (mirror / "doubling" / "model.onnx").write_bytes(b"x" * len(MODEL))
        states = {row["name"]: row["state"] for row in rows("pull", "--all", code=1)}
        assert (states["doubling"], states["foldered"]) == ("failed", "installed")

    def test_a_digest_can_be_given(self, home: Path, mirror: Path) -> None:
        (mirror / "unknown").mkdir()
        (mirror / "unknown" / "model.onnx").write_bytes(MODEL)
        assert cli("pull", "unknown", "--sha256", "0" * 64).exit_code == 2
        assert cli("pull", "unknown", "--sha256", sha256(MODEL)).exit_code == 0
        assert cli("remove", "unknown").stdout.strip() == "removed unknown"
        assert cli("pull", "unknown", "--sha256", f"model.onnx={sha256(MODEL)}").exit_code == 0
        assert (home / "upstream" / "unknown" / "model.onnx").is_file()

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ([], "give names of models, or --all"),
            (["doubling", "--all"], "give names of models, or --all"),
            (["nobody"], "no model nobody in the catalogue; models: doubling"),
            (["unknown"], "--sha256 model.onnx=DIGEST"),
            (["wide"], "the mirror lacks model.onnx"),
            (["doubling", "foldered", "--sha256", "a=b"], "name one"),
            (["doubling", "--sha256", "0" * 64], "--sha256 takes field=value, like model.onnx="),
            (["doubling", "--url", "model.onnx=http://a.b/c"], "https address"),
            (["../doubling"], "a model name is"),
        ],
    )
    def test_what_is_wrong_is_one_line(self, arguments: list[str], said: str) -> None:
        result = cli("pull", *arguments)
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


@pytest.mark.usefixtures("home")
class TestVerify:
    def test_reads_all_that_is_here(self, home: Path) -> None:
        cli("pull", "doubling")
        Catalogue(home / "models").add("als", "als", lambda folder: (folder / "a.txt").write_text("a"), {})  # type: ignore[arg-type, return-value]
        assert [(row["name"], row["version"], row["state"]) for row in rows("verify")] == [
            ("als", "0001", "whole"),
            ("doubling", None, "whole"),
            ("foldered", None, "whole"),
        ]

    def test_finds_what_is_damaged(self, home: Path) -> None:
        cli("pull", "doubling")
        path = home / "upstream" / "doubling" / "model.onnx"
        path.chmod(0o644)
        path.write_bytes(b"x" * len(MODEL))
        (row,) = rows("verify", "doubling", code=1)
        assert row["state"] == "damaged"
        assert "socialflow models pull doubling" in str(row["detail"])
        assert cli("verify").exit_code == 1

    def test_an_absent_one_is_told_with_what_gets_it(self) -> None:
        result = cli("verify", "wide")
        assert result.exit_code == 2
        assert "socialflow models pull wide" in result.stderr

    def test_nothing_is_not_damaged(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("SOCIALFLOW_MODEL_MIRROR", "")
        assert cli("verify").stdout.strip() == "no model is here"


@pytest.mark.usefixtures("home")
class TestShowAndRemove:
    def test_shows_the_card_and_the_place(self, mirror: Path) -> None:
        shown = json.loads(cli("show", "doubling", "--json").stdout)
        assert (shown["state"], shown["path"]) == ("in_mirror", str(mirror / "doubling"))
        assert shown["files"][0]["copies"][0]["sha256"] == sha256(MODEL)
        assert "get it with: socialflow models pull wide" in cli("show", "wide").stdout

    def test_removes_what_was_pulled(self, home: Path) -> None:
        cli("pull", "doubling")
        assert cli("remove", "doubling").stdout.strip() == "removed doubling"
        assert not (home / "upstream" / "doubling").exists()
        assert "mirror" in cli("remove", "doubling").stderr
        assert "not installed" in cli("remove", "wide").stderr

    def test_other_names_are_those_of_trained_models_as_before(self) -> None:
        assert "no version of als is active" in cli("show", "als").stderr
        assert "--keep" in cli("remove", "als").stderr
