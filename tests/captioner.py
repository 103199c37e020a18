"""A captioner so small that what it says can be told beforehand: "a red picture" of what is mostly red, and so on."""

import json
from pathlib import Path

import numpy as np

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.captioning import EDGE, MODEL
from tests.upstream_hub import card_text, file_text, write_cards

WORDS = (EDGE, "a", "red", "green", "blue", "picture")
_SIDE = 8


def tiny_captioner(folder: Path) -> UpstreamModels:
    """A catalogue that has it, in a mirror."""
    files = {"encoder.onnx": _encoder(), "decoder.onnx": _decoder(), "tokenizer.json": _tokens()}
    mirror = folder / "mirror" / MODEL
    mirror.mkdir(parents=True)
    for name, content in files.items():
        (mirror / name).write_bytes(content)
    card = card_text(
        *(file_text(name, content) for name, content in files.items()),
        _graph(
            "encoder", [("pixel_values", "float32", ["batch", 3, _SIDE, _SIDE])], ("last_hidden_state", ["batch", 1, 3])
        ),
        _graph(
            "decoder",
            [("input_ids", "int64", ["batch", "tokens"]), ("encoder_hidden_states", "float32", ["batch", 1, 3])],
            ("logits", ["batch", "tokens", len(WORDS)]),
        ),
        f'[image]\nsize = [{_SIDE}, {_SIDE}]\ncolour = "rgb"\nlayout = "nchw"\ndivisor = 255.0\n',
    )
    cards = Cards(write_cards(folder / "cards", **{MODEL: card}))
    return UpstreamModels(folder / "root", folder / "mirror", cards=cards)


def _graph(name: str, inputs: list[tuple[str, str, list[int | str]]], output: tuple[str, list[int | str]]) -> str:
    taken = ", ".join(
        f'{{ name = "{one}", dtype = "{dtype}", shape = {json.dumps(shape)} }}' for one, dtype, shape in inputs
    )
    given = f'{{ name = "{output[0]}", dtype = "float32", shape = {json.dumps(output[1])} }}'
    return f'[[graphs]]\nname = "{name}"\nfile = "{name}.onnx"\ninputs = [{taken}]\noutputs = [{given}]\n'


def _tensor(name: str, dtype: str, shape: list[int | str]) -> str:
    return f'{{ name = "{name}", dtype = "{dtype}", shape = {json.dumps(shape)} }}'


def _encoder() -> bytes:
    """The mean of each colour."""
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("ReduceMean", ["pixel_values"], ["means"], axes=[2, 3], keepdims=0),
        helper.make_node("Unsqueeze", ["means", "one"], ["last_hidden_state"]),
    ]
    inputs = [helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, _SIDE, _SIDE])]
    outputs = [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", 1, 3])]
    return _saved(nodes, inputs, outputs, one=np.array([1], np.int64))


def _decoder() -> bytes:
    """Which word follows which; between colours the picture decides."""
    from onnx import TensorProto, helper

    follows = np.zeros((len(WORDS), len(WORDS)), np.float32)
    for word, after in ((0, [1]), (1, [2, 3, 4]), (2, [5]), (3, [5]), (4, [5]), (5, [0])):
        follows[word, after] = 20
    colours = np.zeros((3, len(WORDS)), np.float32)
    colours[[0, 1, 2], [2, 3, 4]] = 10
    nodes = [
        helper.make_node("Gather", ["follows", "input_ids"], ["expected"]),
        helper.make_node("MatMul", ["encoder_hidden_states", "colours"], ["seen"]),
        helper.make_node("Add", ["expected", "seen"], ["logits"]),
    ]
    inputs = [
        helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"]),
        helper.make_tensor_value_info("encoder_hidden_states", TensorProto.FLOAT, ["batch", 1, 3]),
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", "tokens", len(WORDS)])]
    return _saved(nodes, inputs, outputs, follows=follows, colours=colours)


def _saved(nodes: list, inputs: list, outputs: list, **values: np.ndarray) -> bytes:
    from onnx import helper, numpy_helper

    held = [numpy_helper.from_array(value, name) for name, value in values.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, held)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def _tokens() -> bytes:
    from tokenizers import Tokenizer, models

    words = {word: number for number, word in enumerate(WORDS)}
    return Tokenizer(models.WordLevel(words, unk_token=EDGE)).to_str().encode()
