"""Models handed to a child process."""

import json
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.upstream.handed import NoModels, first_of, handed, received, runnable
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError, ModelUnavailable


class TestHanded:
    def test_it_goes_through_json_and_runs_once_loaded(self, mirrored: UpstreamModels) -> None:
        told = json.loads(json.dumps(handed(mirrored.open("doubling"))))
        assert received(told) == mirrored.open("doubling")
        assert runnable(told) is runnable(json.loads(json.dumps(told)))
        graph = runnable(told).graph()
        feeds = {
            one.name: np.zeros([n if isinstance(n, int) else 1 for n in one.shape], one.dtype) for one in graph.inputs
        }
        assert set(graph.run(feeds)) == {one.name for one in graph.outputs}

    @pytest.mark.parametrize(
        "told", [{}, {"card": {}, "directory": "/", "files": {}}, {"card": 1, "files": [], "directory": ""}]
    )
    def test_what_is_no_model_is_refused(self, told: dict[str, object]) -> None:
        with pytest.raises(ArtefactError):
            received(told)


class TestTiers:
    def test_the_first_at_hand_is_taken_and_better_ones_are_named(self, mirrored: UpstreamModels) -> None:
        found, lacking = first_of(mirrored, "no-such-model", "doubling")
        assert found is not None
        assert (found.card.name, lacking) == ("doubling", ("model:no-such-model",))

    def test_a_damaged_model_is_lacking(self, mirrored: UpstreamModels, mirror: Path) -> None:
        file = mirror / "doubling" / "model.onnx"
        file.write_bytes(bytes(len(file.read_bytes())))
        assert first_of(mirrored, "doubling") == (None, ("model:doubling",))

    def test_without_any_the_command_is_told(self) -> None:
        with pytest.raises(ModelUnavailable, match="socialflow models pull face-yunet"):
            NoModels().open("face-yunet")


class TestShared:
    def test_an_installation_s_models_are_those_of_its_settings(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path))
        monkeypatch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
        shared_models.cache_clear()
        try:
            assert first_of(shared_models(), "face-yunet") == (None, ("model:face-yunet",))
        finally:
            shared_models.cache_clear()
