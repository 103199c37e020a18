"""Models by name: save, find again, go back, clear away."""

import json
from pathlib import Path
from typing import Self

import numpy as np
import pytest

from socialflow.catalogue.manager import ModelManager
from socialflow.errors import Conflict, InvalidInput, ModelNotFound, ModelUnavailable


class TagClassifier:
    def __init__(self, weights: list[float]) -> None:
        self.weights = np.array(weights)

    def save(self, directory: Path) -> None:
        np.save(directory / "weights.npy", self.weights)
        (directory / "state.json").write_text(json.dumps({"tags": len(self.weights)}))

    @classmethod
    def load(cls, directory: Path) -> Self:
        return cls(np.load(directory / "weights.npy").tolist())


@pytest.fixture
def manager(tmp_path: Path) -> ModelManager:
    return ModelManager(tmp_path)


def test_a_model_comes_back_as_it_was_saved(manager: ModelManager) -> None:
    manager.save_model(TagClassifier([0.1, 0.9]), "tag_classifier", version="1.0")
    model = manager.load_model("tag_classifier")
    assert isinstance(model, TagClassifier)
    assert model.weights.tolist() == [0.1, 0.9]


def test_the_last_saved_is_loaded_and_older_ones_by_version(manager: ModelManager) -> None:
    manager.save_model(TagClassifier([1.0]), "tag_classifier", version="1.0")
    manager.save_model(TagClassifier([2.0]), "tag_classifier", version="2.0")
    newest, older = manager.load_model("tag_classifier"), manager.load_model("tag_classifier", "1.0")
    assert isinstance(newest, TagClassifier)
    assert isinstance(older, TagClassifier)
    assert (newest.weights[0], older.weights[0]) == (2.0, 1.0)
    manager.roll_back("tag_classifier")
    back = manager.load_model("tag_classifier")
    assert isinstance(back, TagClassifier)
    assert back.weights[0] == 1.0


def test_another_process_needs_the_class_and_is_told_so(manager: ModelManager, tmp_path: Path) -> None:
    manager.save_model(TagClassifier([1.0]), "tag_classifier")
    fresh = ModelManager(tmp_path)
    with pytest.raises(ModelUnavailable, match=r"load=TagClassifier\.load"):
        fresh.load_model("tag_classifier")
    assert isinstance(fresh.load_model("tag_classifier", load=TagClassifier.load), TagClassifier)
    named = ModelManager(tmp_path, loaders={"TagClassifier": TagClassifier.load})
    assert isinstance(named.load_model("tag_classifier"), TagClassifier)


def test_history_and_clean_up(manager: ModelManager) -> None:
    for n in range(4):
        manager.save_model(TagClassifier([float(n)]), "tag_classifier", metadata={"accuracy": n / 4})
    assert [about.metadata["accuracy"] for about in manager.history("tag_classifier")] == [0.0, 0.25, 0.5, 0.75]
    assert manager.clean_up("tag_classifier", keep=1) == ["0001", "0002", "0003"]


def test_refusals_say_what_is_wrong(manager: ModelManager) -> None:
    with pytest.raises(InvalidInput, match="no save"):
        manager.save_model(object(), "tag_classifier")  # type: ignore[arg-type]
    with pytest.raises(ModelNotFound):
        manager.load_model("tag_classifier")
    manager.save_model(TagClassifier([1.0]), "tag_classifier", version="1.0")
    with pytest.raises(Conflict):
        manager.save_model(TagClassifier([2.0]), "tag_classifier", version="1.0")
