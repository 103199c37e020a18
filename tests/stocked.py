"""A store of models that others trained whose cards are the real ones and whose files are the test's own."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from socialflow.catalogue.upstream.cards import CARDS, Cards
from socialflow.catalogue.upstream.store import UpstreamModels
from tests.upstream_hub import file_text


def stocked(folder: Path, models: Mapping[str, Mapping[str, bytes]]) -> UpstreamModels:
    """A store with a mirror of these files by model and path; all other models are absent."""
    mirror, cards = folder / "mirror", folder / "cards"
    cards.mkdir(parents=True, exist_ok=True)
    for name, files in models.items():
        head, _, rest = (CARDS / f"{name}.toml").read_text(encoding="utf-8").partition("[[files]]")
        graphs = rest[rest.index("[[graphs]]") :]
        listed = "".join(file_text(path, content) for path, content in files.items())
        head = "\n".join(line for line in head.splitlines() if not line.startswith("folder"))
        (cards / f"{name}.toml").write_text(f"{head}\n{listed}\n{graphs}", encoding="utf-8")
        for path, content in files.items():
            (mirror / name / path).parent.mkdir(parents=True, exist_ok=True)
            (mirror / name / path).write_bytes(content)
    return UpstreamModels(folder / "root", mirror, cards=Cards(cards))


def reddish() -> bytes:
    """In place of the model of decency: the redder a picture is, the more it is `porn`; the greener, `sexy`; else it is
    `neutral`. It takes and gives what the real one does."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.zeros((3, 5), np.float32)
    weights[:, 3], weights[:, 4] = [40, -20, -20], [-20, 40, -20]
    bias = np.array([-4, -4, 4, 0, 0], np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2], keepdims=0),
            helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
            helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
        ],
        "reddish",
        [helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 224, 224, 3])],
        [helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 5])],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())
