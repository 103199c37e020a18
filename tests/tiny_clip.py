"""A CLIP of one small layer a tower, with weights put in by hand: the architecture and a toy world of three colours.

Both towers are as in the original: pictures in patches behind a class token, texts of byte-pair tokens with causal
attention, read off where they end; layer norms, QuickGELU, a projection into one space. The tower of pictures measures
the mean colour, that of texts knows the words red, green and blue; everything has a direction in common, as pictures
and texts of the real one do, and words that it does not know lie about at random.
"""

import json
from collections.abc import Mapping

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

COLOURS = ("red", "green", "blue")
KNOWN = (*COLOURS, "photo", "of", "a", "the")
WIDTH, SPACE = 16, 512
START, END = "<|startoftext|>", "<|endoftext|>"
_COMMON = 15
"""The axis that everything has."""
_SPLIT = r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"


def tiny_clip(seed: int = 0) -> dict[str, bytes]:
    """The files of the card, of another version for another seed."""
    rng = np.random.default_rng(seed)
    turned = np.linalg.qr(rng.normal(size=(SPACE, WIDTH)))[0].T.astype(np.float32)
    return {
        "onnx/vision_model.onnx": pictures(turned),
        "onnx/text_model.onnx": texts(turned, rng),
        "tokenizer.json": json.dumps(tokenizer()).encode(),
    }


def vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """Tokens and merges: letters and figures, and the words that are known, a letter at a time."""
    letters = [chr(code) for code in (*range(ord("a"), ord("z") + 1), *range(ord("0"), ord("9") + 1))]
    tokens = [*letters, *(f"{letter}</w>" for letter in letters)]
    merges: list[tuple[str, str]] = []
    for word in KNOWN:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        for pair in merges:  # those that words before it brought are tried first
            for place in range(len(parts) - 2, -1, -1):
                if tuple(parts[place : place + 2]) == pair:
                    parts[place : place + 2] = ["".join(pair)]
        while len(parts) > 1:
            merges.append((parts[0], parts[1]))
            parts[:2] = ["".join(parts[:2])]
            tokens.append(parts[0])
    return {token: place for place, token in enumerate([*dict.fromkeys(tokens), START, END])}, merges


def tokenizer() -> Mapping[str, object]:
    """As the original's `tokenizer.json`, with fewer tokens."""
    tokens, merges = vocabulary()
    added = [
        {"id": tokens[text], "content": text, "special": True, "normalized": False}
        | dict.fromkeys(("single_word", "lstrip", "rstrip"), False)
        for text in (START, END)
    ]
    cut = {"type": "Split", "pattern": {"Regex": _SPLIT}, "behavior": "Removed", "invert": True}
    bytes_ = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    spaces = {"type": "Replace", "pattern": {"Regex": r"\s+"}, "content": " "}
    return {
        "version": "1.0",
        "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [{"type": "NFC"}, spaces, {"type": "Lowercase"}]},
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [cut, bytes_]},
        "post_processor": {
            "type": "RobertaProcessing",
            "sep": [END, tokens[END]],
            "cls": [START, tokens[START]],
            "trim_offsets": False,
            "add_prefix_space": False,
        },
        "decoder": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": END,
            "continuing_subword_prefix": "",
            "end_of_word_suffix": "</w>",
            "fuse_unk": False,
            "vocab": tokens,
            "merges": [" ".join(pair) for pair in merges],
        },
    }


def pictures(turned: np.ndarray) -> bytes:
    """The mean of every patch's three colours, seen by the class token."""
    patches = np.zeros((WIDTH, 3, 32, 32), np.float32)
    for channel in range(3):
        patches[channel, channel] = 1 / (32 * 32)
    first = np.zeros((1, 1, WIDTH), np.float32)
    positions = np.zeros((50, WIDTH), np.float32)
    positions[:, _COMMON] = 0.6
    constants = {
        "patches": patches,
        "class": first,
        "positions": positions,
        "flat": np.array([0, WIDTH, 49], np.int64),
        "projection": turned,
        **_layer(),
    }
    nodes = [
        helper.make_node("Conv", ["pixel_values", "patches"], ["seen"], strides=[32, 32]),
        helper.make_node("Reshape", ["seen", "flat"], ["rows"]),
        helper.make_node("Transpose", ["rows"], ["tokens"], perm=[0, 2, 1]),
        helper.make_node("Shape", ["tokens"], ["count"], end=1),
        helper.make_node("Concat", ["count", "ones"], ["many"], axis=0),
        helper.make_node("Expand", ["class", "many"], ["classes"]),
        helper.make_node("Concat", ["classes", "tokens"], ["all"], axis=1),
        helper.make_node("Add", ["all", "positions"], ["placed"]),
        _norm("placed", "h0"),
        *_block("h0", "h2"),
        helper.make_node("Gather", ["h2", "zero"], ["first"], axis=1),
        _norm("first", "pooled"),
        helper.make_node("MatMul", ["pooled", "projection"], ["image_embeds"]),
    ]
    constants |= {"ones": np.array([1, WIDTH], np.int64), "zero": np.array(0, np.int64)}
    given = helper.make_tensor_value_info("pixel_values", TensorProto.FLOAT, ["batch", 3, 224, 224])
    gives = helper.make_tensor_value_info("image_embeds", TensorProto.FLOAT, ["batch", SPACE])
    return _saved(nodes, given, gives, constants)


def texts(turned: np.ndarray, rng: np.random.Generator) -> bytes:
    """What the end of a text makes of the words before it."""
    tokens, _ = vocabulary()
    words = np.zeros((len(tokens), WIDTH), np.float32)
    words[:, 4:_COMMON] = rng.normal(0, 0.4, (len(tokens), _COMMON - 4))
    words[:, _COMMON] = 0.6
    for axis, colour in enumerate(COLOURS):
        words[tokens[f"{colour}</w>"], :_COMMON] = 0
        words[tokens[f"{colour}</w>"], axis] = 6
    words[[tokens[START], tokens[END]], 4:_COMMON] = 0
    later = np.triu(np.full((77, 77), -1e9, np.float32), 1)
    constants = {"words": words, "later": later, "projection": turned, "zero": np.array(0, np.int64), **_layer()}
    constants |= {"begin": np.array([0, 0], np.int64), "axes": np.array([0, 1], np.int64)}
    nodes = [
        helper.make_node("Gather", ["words", "input_ids"], ["h0"]),
        helper.make_node("Shape", ["input_ids"], ["length"], start=1),
        helper.make_node("Concat", ["length", "length"], ["square"], axis=0),
        helper.make_node("Slice", ["later", "begin", "square", "axes"], ["mask"]),
        *_block("h0", "h2", "mask"),
        _norm("h2", "normed"),
        helper.make_node("ArgMax", ["input_ids"], ["end"], axis=1, keepdims=1),
        helper.make_node("GatherND", ["normed", "end"], ["pooled"], batch_dims=1),
        helper.make_node("MatMul", ["pooled", "projection"], ["text_embeds"]),
    ]
    given = helper.make_tensor_value_info("input_ids", TensorProto.INT64, ["batch", "tokens"])
    gives = helper.make_tensor_value_info("text_embeds", TensorProto.FLOAT, ["batch", SPACE])
    return _saved(nodes, given, gives, constants)


def _layer() -> dict[str, np.ndarray]:
    """Attention that looks at all tokens alike and hands on what it sees, and a perceptron that adds nothing."""
    whole, none = np.eye(WIDTH, dtype=np.float32), np.zeros((WIDTH, WIDTH), np.float32)
    return {
        "query": none,
        "key": none,
        "value": whole,
        "out": whole,
        "up": np.ones((WIDTH, 2 * WIDTH), np.float32),
        "down": np.zeros((2 * WIDTH, WIDTH), np.float32),
        "gelu": np.array(1.702, np.float32),
        "scale": np.ones(WIDTH, np.float32),
        "bias": np.zeros(WIDTH, np.float32),
    }


def _norm(given: str, made: str) -> NodeProto:
    return helper.make_node("LayerNormalization", [given, "scale", "bias"], [made], axis=-1)


def _block(given: str, made: str, mask: str = "") -> list[NodeProto]:
    """Attention and perceptron, each behind a layer norm and added to what came in."""
    nodes = [_norm(given, "n1")]
    nodes += [helper.make_node("MatMul", ["n1", name], [f"own_{name}"]) for name in ("query", "key", "value")]
    nodes += [
        helper.make_node("Transpose", ["own_key"], ["keys"], perm=[0, 2, 1]),
        helper.make_node("MatMul", ["own_query", "keys"], ["weights"]),
        *([helper.make_node("Add", ["weights", mask], ["masked"])] if mask else []),
        helper.make_node("Softmax", ["masked" if mask else "weights"], ["shares"], axis=-1),
        helper.make_node("MatMul", ["shares", "own_value"], ["mixed"]),
        helper.make_node("MatMul", ["mixed", "out"], ["attended"]),
        helper.make_node("Add", [given, "attended"], ["h1"]),
        _norm("h1", "n2"),
        helper.make_node("MatMul", ["n2", "up"], ["u"]),
        helper.make_node("Mul", ["u", "gelu"], ["ug"]),
        helper.make_node("Sigmoid", ["ug"], ["gate"]),
        helper.make_node("Mul", ["u", "gate"], ["act"]),
        helper.make_node("MatMul", ["act", "down"], ["added"]),
        helper.make_node("Add", ["h1", "added"], [made]),
    ]
    return nodes


def _saved(nodes: list[NodeProto], given: object, gives: object, constants: Mapping[str, np.ndarray]) -> bytes:
    kept = [numpy_helper.from_array(value, name) for name, value in constants.items()]
    graph = helper.make_graph(nodes, "clip", [given], [gives], kept)  # type: ignore[list-item]
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    return bytes(model.SerializeToString())
