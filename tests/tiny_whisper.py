"""A Whisper of one small layer with random weights, its tokenizer and its card: the architecture, not the knowledge."""

import json
from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.store import UpstreamModels
from tests.upstream_hub import file_text, write_cards

NAME = "speech-whisper-tiny"
HEADS, WIDTH, BANDS = 2, 4, 80
SIZE = HEADS * WIDTH
WORDS = ["a", "b", "c", "Ġ", "Ġhi", "Ã", "©", ".", "Ġyou", "Ġthere"]
SPECIAL = [
    "<|endoftext|>",
    "<|startoftranscript|>",
    "<|en|>",
    "<|de|>",
    "<|translate|>",
    "<|transcribe|>",
    "<|nospeech|>",
    "<|notimestamps|>",
]
VOCABULARY = len(WORDS) + len(SPECIAL) + 1501


def tokenizer() -> str:
    added = [{"id": len(WORDS) + place, "content": text} for place, text in enumerate(SPECIAL)]
    vocabulary = {text: place for place, text in enumerate(WORDS)}
    return json.dumps({"model": {"vocab": vocabulary}, "added_tokens": added})


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {
        "conv": (SIZE, BANDS, 3),
        "embed": (VOCABULARY, SIZE),
        "out": (SIZE, VOCABULARY),
        **{f"{side}_{part}": (SIZE, SIZE) for side in ("own", "cross") for part in ("q", "k", "v")},
    }
    return {name: rng.normal(0, 0.5, shape).astype(np.float32) for name, shape in shapes.items()}


def _value(name: str, shape: list[int | str | None], kind: int = TensorProto.FLOAT) -> onnx.ValueInfoProto:
    return helper.make_tensor_value_info(name, kind, shape)


def _saved(nodes: list, inputs: list, outputs: list, constants: dict[str, np.ndarray]) -> bytes:  # type: ignore[type-arg]
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "whisper", inputs, outputs, kept)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())


def encoder() -> bytes:
    nodes = [
        helper.make_node("Conv", ["input_features", "conv"], ["wide"], strides=[2], pads=[1, 1]),
        helper.make_node("Tanh", ["wide"], ["bent"]),
        helper.make_node("Transpose", ["bent"], ["last_hidden_state"], perm=[0, 2, 1]),
    ]
    inputs = [_value("input_features", ["batch", BANDS, 3000])]
    outputs = [_value("last_hidden_state", ["batch", 1500, SIZE])]
    return _saved(nodes, inputs, outputs, {"conv": weights()["conv"]})


def _heads(source: str, weight: str, told: str) -> list:  # type: ignore[type-arg]
    """(batch, n, size) to (batch, heads, n, width)."""
    return [
        helper.make_node("MatMul", [source, weight], [f"{told}_flat"]),
        helper.make_node("Reshape", [f"{told}_flat", "split"], [f"{told}_split"]),
        helper.make_node("Transpose", [f"{told}_split"], [told], perm=[0, 2, 1, 3]),
    ]


def _attention(query: str, key: str, value: str, told: str) -> list:  # type: ignore[type-arg]
    return [
        helper.make_node("Transpose", [key], [f"{told}_kt"], perm=[0, 1, 3, 2]),
        helper.make_node("MatMul", [query, f"{told}_kt"], [f"{told}_raw"]),
        helper.make_node("Softmax", [f"{told}_raw"], [f"{told}_share"], axis=-1),
        helper.make_node("MatMul", [f"{told}_share", value], [f"{told}_heads"]),
        helper.make_node("Transpose", [f"{told}_heads"], [f"{told}_back"], perm=[0, 2, 1, 3]),
        helper.make_node("Reshape", [f"{told}_back", "join"], [told]),
    ]


def _cached(part: str) -> list:  # type: ignore[type-arg]
    """The encoder's side: from the cache where there is one, and then given back empty, as the merged kind does."""
    past, shape = f"past_key_values.0.encoder.{part}", [None] * 4
    used = _value(f"used_{part}", list(shape))
    kept = _value(f"kept_{part}", list(shape))
    read = helper.make_graph([helper.make_node("Identity", [past], [f"used_{part}"])], "read", [], [used])
    fresh_used = _value(f"fresh_used_{part}", list(shape))
    fresh = helper.make_graph(
        _heads("encoder_hidden_states", f"cross_{part[0]}", f"fresh_used_{part}"), "fresh", [], [fresh_used]
    )
    empty = helper.make_graph(
        [helper.make_node("Slice", [past, "zero", "zero", "two"], [f"kept_{part}"])], "empty", [], [kept]
    )
    same_value = _value(f"same_{part}", list(shape))
    same = helper.make_graph(
        [helper.make_node("Identity", [f"enc_{part}"], [f"same_{part}"])], "same", [], [same_value]
    )
    flag = "use_cache_branch"
    return [
        helper.make_node("If", [flag], [f"enc_{part}"], then_branch=read, else_branch=fresh),
        helper.make_node("If", [flag], [f"present.0.encoder.{part}"], then_branch=empty, else_branch=same),
    ]


def decoder() -> bytes:
    nodes = [helper.make_node("Gather", ["embed", "input_ids"], ["x"])]
    for part in ("key", "value"):
        nodes += _heads("x", f"own_{part[0]}", f"new_{part}")
        joined = [f"past_key_values.0.decoder.{part}", f"new_{part}"]
        nodes += [helper.make_node("Concat", joined, [f"present.0.decoder.{part}"], axis=2), *_cached(part)]
    nodes += _heads("x", "own_q", "own_query") + _heads("x", "cross_q", "cross_query")
    nodes += _attention("own_query", "present.0.decoder.key", "present.0.decoder.value", "own")
    nodes += _attention("cross_query", "enc_key", "enc_value", "cross")
    nodes += [
        helper.make_node("Sum", ["x", "own", "cross"], ["all"]),
        helper.make_node("MatMul", ["all", "out"], ["logits"]),
    ]
    caches = [f"0.{side}.{part}" for side in ("decoder", "encoder") for part in ("key", "value")]
    inputs = [
        _value("input_ids", ["batch", "tokens"], TensorProto.INT64),
        _value("encoder_hidden_states", ["batch", "positions", SIZE]),
        _value("use_cache_branch", [1], TensorProto.BOOL),
        *(_value(f"past_key_values.{one}", ["batch", HEADS, f"{one}_past", WIDTH]) for one in caches),
    ]
    outputs = [
        _value("logits", ["batch", "tokens", VOCABULARY]),
        *(_value(f"present.{one}", ["batch", HEADS, f"{one}_now", WIDTH]) for one in caches),
    ]
    made = {name: value for name, value in weights().items() if name != "conv"}
    whole = {
        "split": np.array([0, -1, HEADS, WIDTH], np.int64),
        "join": np.array([0, -1, SIZE], np.int64),
        "zero": np.array([0], np.int64),
        "two": np.array([2], np.int64),
    }
    return _saved(nodes, inputs, outputs, {**made, **whole})


def tiny_whisper(folder: Path) -> UpstreamModels:
    """A store that has it, under the name of the smallest real one."""
    files = {
        "onnx/encoder_model_quantized.onnx": encoder(),
        "onnx/decoder_model_merged_quantized.onnx": decoder(),
        "tokenizer.json": tokenizer().encode(),
    }
    for path, content in files.items():
        place = folder / "mirror" / NAME / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content)
    card = f"""task = "speech_recognition"
summary = "Knows nothing."
licence = "MIT"
source = "https://hub.example/whisper"
runtime = "onnx"
checked = true
quality = ["none"]
limitations = ["random"]
{"".join(file_text(path, content) for path, content in files.items())}
[[graphs]]
name = "encoder"
file = "onnx/encoder_model_quantized.onnx"
inputs = [{{ name = "input_features", dtype = "float32", shape = ["batch", {BANDS}, 3000] }}]
outputs = [{{ name = "last_hidden_state", dtype = "float32", shape = ["batch", 1500, {SIZE}] }}]

[[graphs]]
name = "decoder"
file = "onnx/decoder_model_merged_quantized.onnx"
partial = true
inputs = [
  {{ name = "input_ids", dtype = "int64", shape = ["batch", "tokens"] }},
  {{ name = "encoder_hidden_states", dtype = "float32", shape = ["batch", "positions", {SIZE}] }},
  {{ name = "use_cache_branch", dtype = "bool", shape = [1] }},
]
outputs = [{{ name = "logits", dtype = "float32", shape = ["batch", "tokens", {VOCABULARY}] }}]

[audio]
sample_rate = 16000
samples = 480000
features = "log_mel"
bands = {BANDS}
"""
    cards = write_cards(folder / "cards", speech_whisper_tiny=card)
    return UpstreamModels(folder / "root", folder / "mirror", cards=Cards(cards))
