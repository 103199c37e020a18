"""Graphs of both runtimes behind one face."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from tests.upstream_hub import doubling

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.inference.onnx import OnnxGraph, open_session
from socialflow.inference.records import Tensor
from socialflow.inference.tflite import TfliteGraph


@pytest.fixture
def graph(tmp_path: Path) -> OnnxGraph:
    (tmp_path / "doubling.onnx").write_bytes(doubling())
    return OnnxGraph(tmp_path / "doubling.onnx")


class TestOnnx:
    def test_tells_its_tensors(self, graph: OnnxGraph) -> None:
        assert graph.inputs == (Tensor("x", "float32", ("n", 3)),)
        assert graph.outputs == (Tensor("y", "float32", ("n", 3)),)

    def test_runs(self, graph: OnnxGraph) -> None:
        answer = graph.run({"x": np.arange(6, dtype=np.float32).reshape(2, 3)})
        assert answer["y"].tolist() == [[0.0, 2.0, 4.0], [6.0, 8.0, 10.0]]

    @pytest.mark.parametrize(
        ("feeds", "said"),
        [
            ({}, "takes x, not nothing"),
            ({"z": np.zeros((1, 3), np.float32)}, "takes x, not z"),
            ({"x": np.zeros((1, 4), np.float32)}, r"x takes float32 of shape \['n', 3\], not float32 of \[1, 4\]"),
            ({"x": np.zeros((1, 3))}, "not float64"),
            ({"x": np.zeros(3, np.float32)}, r"of \[3\]"),
        ],
    )
    def test_other_inputs_are_refused_by_name(self, graph: OnnxGraph, feeds: dict[str, np.ndarray], said: str) -> None:
        with pytest.raises(InvalidInput, match=said):
            graph.run(feeds)

    def test_runs_on_one_thread_without_spinning(self, tmp_path: Path) -> None:
        (tmp_path / "doubling.onnx").write_bytes(doubling())
        options = open_session(tmp_path / "doubling.onnx").get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (1, 1)
        assert options.get_session_config_entry("session.intra_op.allow_spinning") == "0"

    def test_threads_of_a_run_spin_no_longer_than_it(self, tmp_path: Path) -> None:
        (tmp_path / "doubling.onnx").write_bytes(doubling())
        options = open_session(tmp_path / "doubling.onnx", threads=2).get_session_options()
        assert (options.intra_op_num_threads, options.inter_op_num_threads) == (2, 1)
        assert options.get_session_config_entry("session.force_spinning_stop") == "1"

    @pytest.mark.parametrize("content", [b"", b"not a model", doubling()[:-9]])
    def test_what_is_no_graph_is_named(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "broken.onnx").write_bytes(content)
        with pytest.raises(ArtefactError, match=r"broken\.onnx cannot be loaded"):
            OnnxGraph(tmp_path / "broken.onnx")
        with pytest.raises(ArtefactError, match=r"absent\.onnx"):
            OnnxGraph(tmp_path / "absent.onnx")

    def test_threads_share_it(self, graph: OnnxGraph) -> None:
        answers: dict[int, float] = {}

        def ask(number: int) -> None:
            answers[number] = float(graph.run({"x": np.full((1, 3), number, np.float32)})["y"][0, 0])

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert answers == {number: 2.0 * number for number in range(8)}


class TestTflite:
    def test_without_its_package_the_extra_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
        monkeypatch.setitem(sys.modules, "ai_edge_litert.interpreter", None)
        with pytest.raises(ModelUnavailable, match=r"pip install 'socialflow\[media\]'"):
            TfliteGraph(tmp_path / "model.tflite")

    def test_what_is_no_graph_is_named(self, tmp_path: Path) -> None:
        pytest.importorskip("ai_edge_litert")
        (tmp_path / "broken.tflite").write_bytes(b"not a model")
        with pytest.raises(ArtefactError, match=r"broken\.tflite cannot be loaded"):
            TfliteGraph(tmp_path / "broken.tflite")

    def test_importing_the_module_loads_no_runtime(self) -> None:
        code = (
            "import sys, socialflow.inference.tflite, socialflow.inference.onnx, socialflow.inference.loaded; "
            "print([name for name in ('onnxruntime', 'ai_edge_litert') if name in sys.modules])"
        )
        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert result.stdout.strip() == "[]"


class TestTensor:
    @pytest.mark.parametrize(
        ("there", "told", "covered"),
        [
            (("n", 3), ("batch", 3), True),
            (("n", "m"), (1, 3), True),
            ((1, 3), (1, 3), True),
            ((1, 3), ("n", 3), False),
            ((1, 3), (1, 4), False),
            ((1, 3), (1, 3, 1), False),
        ],
    )
    def test_covers_what_fits_it(self, there: tuple, told: tuple, covered: bool) -> None:
        assert Tensor("x", "float32", there).covers(Tensor("x", "float32", told)) is covered
        assert not Tensor("x", "float32", there).covers(Tensor("x", "uint8", told))
