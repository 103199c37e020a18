"""The cards against the models themselves."""

from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import shared_models

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.loading import load
from socialflow.catalogue.upstream.records import Runtime, State
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.inference.onnx import OnnxGraph
from socialflow.inference.records import Tensor

pytestmark = pytest.mark.shared

CHECKED = [name for name in Cards().names() if Cards().card(name).checked]
RUNNABLE = [name for name in CHECKED if Cards().card(name).runtime is not Runtime.OPENCV]
LABELS = {
    "yolox-nano-coco": "yolox-nano-coco/coco_classes.txt",
    "yolox-s-coco": "yolox-nano-coco/coco_classes.txt",
    "ssd-mobilenet-v1-coco": "ssd-mobilenet-v1-coco/labelmap.txt",
    "segmentation-deeplabv3-voc": "segmentation-deeplabv3-voc/labelmap.txt",
    "nsfw-mobilenet-v2": "nsfw-mobilenet-v2/nsfw_classes.txt",
    "face-emotion-mini-xception": "face-emotion-mini-xception/emotions.txt",
}
"""Files of class names that stand beside models whose cards hold them."""


@pytest.fixture(scope="module")
def mirrored(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return UpstreamModels(tmp_path_factory.mktemp("models"), shared_models())


class TestEveryCheckedCard:
    @pytest.mark.parametrize("name", CHECKED)
    async def test_is_used_in_place_and_pulled(self, mirrored: UpstreamModels, name: str, tmp_path: Path) -> None:
        assert mirrored.state(name) is State.IN_MIRROR
        in_place = mirrored.open(name)
        pulled = await UpstreamModels(tmp_path, shared_models()).pull(name)
        assert pulled.files == in_place.files
        assert pulled.directory == tmp_path / name

    def test_every_folder_has_one(self, mirrored: UpstreamModels) -> None:
        folders = {path.name for path in shared_models().iterdir()}
        assert {mirrored.card(name).folder or name for name in CHECKED} == folders

    @pytest.mark.parametrize("name", RUNNABLE)
    def test_has_the_tensors_that_the_files_have(self, mirrored: UpstreamModels, name: str) -> None:
        if mirrored.card(name).runtime is Runtime.TFLITE:
            pytest.importorskip("ai_edge_litert")
        model = load(mirrored.open(name))
        for told in model.installed.card.graphs:
            graph = model.graph(told.name)
            assert list(map(exact, told.inputs)) == list(map(exact, graph.inputs))
            assert list(map(exact, told.outputs)) == list(map(exact, graph.outputs))

    def test_the_tracker_has_them_too(self, mirrored: UpstreamModels) -> None:
        tracker = mirrored.open("tracker-nanotrack-v2")
        for told in tracker.card.graphs:
            graph = OnnxGraph(tracker.path(told.file))
            assert list(map(exact, told.inputs)) == list(map(exact, graph.inputs))
            assert list(map(exact, told.outputs)) == list(map(exact, graph.outputs))

    @pytest.mark.parametrize("name", RUNNABLE)
    def test_runs(self, mirrored: UpstreamModels, name: str) -> None:
        if mirrored.card(name).runtime is Runtime.TFLITE:
            pytest.importorskip("ai_edge_litert")
        model = load(mirrored.open(name))
        for told in model.installed.card.graphs:
            answers = model.graph(told.name).run({tensor.name: nothing(tensor) for tensor in told.inputs})
            assert set(answers) == {tensor.name for tensor in told.outputs}
            for tensor in told.outputs:
                tensor.check(answers[tensor.name])

    @pytest.mark.parametrize("name", [name for name in CHECKED if name in LABELS or Cards().card(name).labels_file])
    def test_names_each_class_of_its_output(self, mirrored: UpstreamModels, name: str) -> None:
        installed = mirrored.open(name)
        classes = {"yolox-nano-coco": 80, "ssd-mobilenet-v1-coco": 90, "imagenet-mobilenet-v2-onnx": 1001}
        last = installed.card.graphs[0].outputs[0].shape[-1]
        assert len(installed.labels()) == classes.get(name, last)


class TestLabelsInCards:
    @pytest.mark.parametrize("name", LABELS)
    def test_are_those_beside_the_model(self, name: str) -> None:
        text = (shared_models() / LABELS[name]).read_text(encoding="utf-8")
        assert list(Cards().card(name).labels) == [line.strip() for line in text.splitlines() if line.strip()]


def test_a_voice_is_none_in_silence(mirrored: UpstreamModels) -> None:
    graph = load(mirrored.open("vad-silero")).graph()
    feeds = {
        "input": np.zeros((1, 576), np.float32),
        "state": np.zeros((2, 1, 128), np.float32),
        "sr": np.array(16000, np.int64),
    }
    answer = graph.run(feeds)
    assert answer["output"][0, 0] < 0.1
    assert answer["stateN"].shape == (2, 1, 128)


def exact(tensor: Tensor) -> tuple[str, str, tuple[int | None, ...]]:
    """Name, type and shape, free dimensions without their names."""
    return tensor.name, tensor.dtype, tuple(length if isinstance(length, int) else None for length in tensor.shape)


def nothing(tensor: Tensor) -> np.ndarray:
    """Zeros of the tensor's shape, free dimensions small ones that suit every model here."""
    free = {"samples": 576, "height": 64, "width": 64}
    shape = [free.get(length, 1) if isinstance(length, str) else length for length in tensor.shape]
    return np.full(shape, 16000 if tensor.name == "sr" else 0, np.dtype(tensor.dtype))


def test_what_is_installed_says_where_its_files_are(mirrored: UpstreamModels) -> None:
    installed = mirrored.open("quality-brisque")
    assert {path: installed.path(path).is_file() for path in installed.files} == {
        "brisque_model_live.yml": True,
        "brisque_range_live.yml": True,
    }
