"""Training settings: defaults, file, overrides; a wrong key or value is named."""

from pathlib import Path

import pytest

from socialflow.errors import InvalidInput
from socialflow.training.config import build, load_config


def test_defaults_are_complete() -> None:
    config = load_config("item_item")
    assert config.gate.floor == "popularity"
    assert config.gate.metric == "ndcg@10"
    assert config.build().parameters == build("item_item", {}).parameters


def test_the_width_of_learned_vectors_is_a_default() -> None:
    assert load_config("als", width=32).build().parameters["factors"] == 32
    assert load_config("transformer", width=32).build().parameters["width"] == 32
    assert load_config("als", None, ["factors=64"], width=32).build().parameters["factors"] == 64
    assert load_config("content_based", width=32).build().parameters["width"] == 512


def test_what_serves_fresh_items_is_judged_against_chance() -> None:
    assert load_config("trending").gate.floor == "chance"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("run.toml", "[parameters]\nneighbours = 50\n[gate]\ntolerance = 0.1\n"),
        ("run.json", '{"parameters": {"neighbours": 50}, "gate": {"tolerance": 0.1}}'),
    ],
)
def test_a_file_then_overrides(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    config = load_config("item_item", tmp_path / name, ["neighbours=70", "evaluation.users=10"])
    assert config.build().parameters["neighbours"] == 70
    assert config.gate.tolerance == 0.1
    assert config.evaluation.users == 10


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("neighbors=50", "no setting.*neighbors.*neighbours"),
        ("neighbours=many", "neighbours.*integer.*'many'"),
        ("neighbours=0", "at least 1"),
        ("gate.toleranz=1", "no setting 'gate.toleranz'.*tolerance"),
        ("gate.tolerance=2", r"gate\.tolerance"),
        ("optimiser.lr=1", "no section"),
        ("neighbours", "not key=value"),
    ],
)
def test_a_wrong_override_is_named(override: str, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        load_config("item_item", None, [override])


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("run.toml", "[parameters", "not TOML"),
        ("run.json", "[1]", "one table"),
        ("run.json", "{", "not JSON"),
        ("run.toml", "model = 'als'", "must not name a model"),
        ("run.toml", "[optimiser]\nlr = 1", "no setting 'optimiser'"),
        ("missing.toml", None, "cannot be read"),
    ],
)
def test_a_wrong_file_is_named(tmp_path: Path, name: str, text: str | None, message: str) -> None:
    if text is not None:
        (tmp_path / name).write_text(text)
    with pytest.raises(InvalidInput, match=message):
        load_config("item_item", tmp_path / name)


def test_an_unknown_model_names_those_there_are() -> None:
    with pytest.raises(InvalidInput, match=r"no model 'magic'.*item_item"):
        load_config("magic")
