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
    nodes = [
        helper.make_node("ReduceMean", ["input"], ["mean"], axes=[1, 2], keepdims=0),
        helper.make_node("Gemm", ["mean", "weights", "bias"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["probabilities"], axis=1),
    ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 224, 224, 3])
    gives = helper.make_tensor_value_info("probabilities", TensorProto.FLOAT, ["batch", 5])
    constants = [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(bias, "bias")]
    return _model(nodes, given, gives, constants)


def colour_classes(red: int, green: int) -> dict[str, bytes]:
    """In place of the thousand classes: of red pictures the class `red`, of green ones `green`, of others all alike."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.zeros((3, 1000), np.float32)
    weights[:, red], weights[:, green] = [8, -8, -4], [-8, 8, -4]
    nodes = [
        helper.make_node("GlobalAveragePool", ["input"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["mean"]),
        helper.make_node("Gemm", ["mean", "weights"], ["output"]),
    ]
    given = helper.make_tensor_value_info("input", TensorProto.FLOAT, ["batch", 3, 224, 224])
    gives = helper.make_tensor_value_info("output", TensorProto.FLOAT, ["batch", 1000])
    labels = "\n".join(["background", *(f"class {number}" for number in range(1000))])
    graph = _model(nodes, given, gives, [numpy_helper.from_array(weights, "weights")])
    return {"mobilenetv2-12-int8.onnx": graph, "labels.txt": labels.encode()}


def words_and_colours(red: str, green: str) -> dict[str, bytes]:
    """In place of CLIP: red pictures lie where the word `red` does, green ones where `green` does."""
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from tokenizers.processors import TemplateProcessing

    vocabulary = {"[start]": 0, "?": 1, red: 2, green: 3, "[end]": 4}
    tokenizer = Tokenizer(WordLevel(vocabulary, "?"))
    tokenizer.pre_tokenizer = Whitespace()  # type: ignore[assignment]
    tokenizer.post_processor = TemplateProcessing(  # type: ignore[assignment]
        single="[start] $A [end]", special_tokens=[("[start]", 0), ("[end]", 4)]
    )
    places = np.zeros((5, 512), np.float32)
    places[2, 0], places[3, 1], places[1, 2] = 10, 10, 0.1
    text = _model(
        [
            helper.make_node("Gather", ["places", "input_ids"], ["found"]),
            helper.make_node("ReduceMean", ["found"], ["text_embeds"], axes=[1], keepdims=0),
        ],
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"]),
        helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", 512]),
        [numpy_helper.from_array(places, "places")],
    )
    weights = np.zeros((3, 512), np.float32)
    weights[0, 0] = weights[1, 1] = weights[2, 2] = 1
    image = _model(
        [
            helper.make_node("GlobalAveragePool", ["pixel_values"], ["pooled"]),
            helper.make_node("Flatten", ["pooled"], ["mean"]),
            helper.make_node("Gemm", ["mean", "weights"], ["image_embeds"]),
        ],
        helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, 224, 224]),
        helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["batch", 512]),
        [numpy_helper.from_array(weights, "weights")],
    )
    words = tokenizer.to_str().encode()
    return {"onnx/vision_model.onnx": image, "onnx/text_model.onnx": text, "tokenizer.json": words}


def colour_actions(red: int, green: int) -> dict[str, bytes]:
    """In place of the four hundred actions: of red clips the class `red`, of green ones `green`."""
    from onnx import TensorProto, helper, numpy_helper

    weights = np.zeros((3, 400), np.float32)
    weights[:, red], weights[:, green] = [4, -4, -2], [-4, 4, -2]
    nodes = [
        helper.make_node("GlobalAveragePool", ["video"], ["pooled"]),
        helper.make_node("Flatten", ["pooled"], ["mean"]),
        helper.make_node("Gemm", ["mean", "weights"], ["logits"]),
    ]
    given = helper.make_tensor_value_info("video", TensorProto.FLOAT, ["batch", 3, 16, 112, 112])
    gives = helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 400])
    labels = "\n".join(f"action {number}" for number in range(400))
    graph = _model(nodes, given, gives, [numpy_helper.from_array(weights, "weights")])
    return {"r3d_18_kinetics400.onnx": graph, "kinetics400_labels.txt": labels.encode()}


def _model(nodes: list[object], given: object, gives: object, constants: list[object]) -> bytes:
    """A graph of one input and one output as a file."""
    from onnx import helper

    graph = helper.make_graph(nodes, "tiny", [given], [gives], constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())
