"""Values inside of a graph, made outputs of it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import ArtefactError
from socialflow.inference.onnx import OnnxGraph, with_outputs

onnx = pytest.importorskip("onnx", reason="needs the dev extra")


def chain(path: Path, middle: str = "middle") -> Path:
    """y = (x + 1) * 2, with x + 1 inside."""
    from onnx import TensorProto, helper, numpy_helper

    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "one"], [middle]), helper.make_node("Mul", [middle, "two"], ["y"])],
        "chain",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n"])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(np.array(value, np.float32), name) for name, value in (("one", 1), ("two", 2))],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    path.write_bytes(model.SerializeToString())
    return path


class TestOutputs:
    def test_a_value_inside_is_given_too(self, tmp_path: Path) -> None:
        graph = OnnxGraph(chain(tmp_path / "chain.onnx"), also=["middle"])
        assert [tensor.name for tensor in graph.outputs] == ["y", "middle"]
        found = graph.run({"x": np.array([1, 2], np.float32)})
        assert found["middle"].tolist() == [2, 3]
        assert found["y"].tolist() == [4, 6]

    def test_one_that_there_is_not(self, tmp_path: Path) -> None:
        with pytest.raises(ArtefactError):
            OnnxGraph(chain(tmp_path / "chain.onnx"), also=["nowhere"])
        with pytest.raises(ArtefactError):
            OnnxGraph(tmp_path / "none.onnx", also=["middle"])

    @given(
        st.lists(st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=300), max_size=4)
    )
    def test_the_file_is_what_onnx_itself_would_write(self, names: list[str]) -> None:
        import tempfile

        with tempfile.TemporaryDirectory() as folder:
            path = chain(Path(folder) / "chain.onnx")
            edited = onnx.load_from_string(with_outputs(path, names))
        assert [output.name for output in edited.graph.output] == ["y", *names]
        assert len(edited.graph.node) == 2
