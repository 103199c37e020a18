"""Small text models whose answers can be worked out by hand: an embedding, no layers, and heads that read it."""

import json
import tempfile
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import numpy as np

from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.text.analyser import Analyser
from socialflow.text.builders import HEADS
from socialflow.text.bundle import Bundle, read_bundle, read_part
from socialflow.training.text.graph import MICROSOFT, OPSET
from socialflow.training.text.heads_export import heads_graph

MEANINGS = ("good", "awful", "idiot", "free", "paris", "york", "surprise", "really")
"""Words with a direction of their own: the token's vector is 4 there and 0 elsewhere."""
WIDTH = len(MEANINGS)
OTHERS = ("new", "the", "city", "##s", "i", "see", "and", "is", "you", ".", ",", "!", "?", "@", "user", "http", "cafe")
VOCABULARY = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *MEANINGS, *OTHERS)
SAYS = {
    "sentiment": {"good": "positive", "awful": "negative"},
    "toxicity": {"idiot": "insult"},
    "hate": {"idiot": "hate"},
    "hate_speech": {"idiot": "offensive"},
    "offensive": {"idiot": "offensive"},
    "spam": {"free": "spam"},
    "emotion": {"good": "joy", "awful": "sadness", "surprise": "surprise"},
    "emotion_tone": {"good": "joy", "awful": "sadness"},
    "irony": {"really": "irony"},
    "toxic_spans": {"idiot": "B-toxic"},
    "entities": {"paris": "B-LOC", "york": "I-LOC"},
    "aspect": {"good": "positive", "awful": "negative"},
}
"""What each word makes a head answer; without one it is the first label (of sentiment and aspect: neutral)."""

Arrays = dict[str, np.ndarray]
Documents = dict[str, dict[str, object]]


def encoder(table: np.ndarray) -> bytes:
    """`hidden` is the row of each token, zero at padding."""
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Gather", ["table", "input_ids"], ["rows"]),
        helper.make_node("Cast", ["attention_mask"], ["real"], to=TensorProto.FLOAT),
        helper.make_node("Unsqueeze", ["real", "last"], ["column"]),
        helper.make_node("Mul", ["rows", "column"], ["hidden"]),
    ]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["b", "t"]) for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("hidden", TensorProto.FLOAT, ["b", "t", table.shape[1]])
    constants = [
        numpy_helper.from_array(table.astype(np.float32), "table"),
        numpy_helper.from_array(np.array([-1], np.int64), "last"),
    ]
    graph = helper.make_graph(nodes, "small", inputs, [output], constants)
    model = helper.make_model(
        graph, opset_imports=[helper.make_opsetid("", OPSET), helper.make_opsetid(MICROSOFT, 1)], ir_version=9
    )
    return bytes(model.SerializeToString())


def tokenizer() -> str:
    """Lower-case words and pieces of `VOCABULARY`."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    made = Tokenizer(models.WordPiece({word: place for place, word in enumerate(VOCABULARY)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]"])
    made.enable_truncation(8)  # as published tokenisers come; windows are the encoder's own
    made.enable_padding(length=16)
    return str(made.to_str())


def labels(name: str) -> tuple[str, ...]:
    return HEADS[name].tags() or ("sport", "music")


def shapes(name: str, width: int) -> dict[str, tuple[int, ...]]:
    count = 0 if name == "sentence" else len(labels(name))
    last = {"w2": (width, count), "b2": (count,)}
    pooled = {"pool": (width,), "w1": (width, width), "b1": (width,), **last}
    return {
        "multi_class": pooled,
        "multi_label": pooled,
        "tokens": {"w1": (width, width), "b1": (width,), "case": (5, width), **last},
        "span": {"wq": (width, width), "w1": (2 * width, width), "b1": (width,), **last},
        "vector": {"w": (width, width)},
    }[HEADS[name].kind]


def document(name: str) -> dict[str, object]:
    kind = HEADS[name].kind
    names = list(labels(name)) if kind != "vector" else []
    thresholds = [0.5] * len(names) if kind == "multi_label" else []
    return {"kind": kind, "labels": names, "temperature": 1.0, "thresholds": thresholds}


def clear(name: str) -> Arrays:
    """The mean of the tokens (of the target, for aspect; each token, for spans) decides by `SAYS`."""
    arrays = {array: np.zeros(shape, np.float32) for array, shape in shapes(name, WIDTH).items()}
    if name == "sentence":
        return {"w": np.eye(WIDTH, dtype=np.float32)}
    arrays["w1"][:WIDTH] = np.eye(WIDTH)
    known = labels(name)
    arrays["b2"][known.index("neutral") if name in ("sentiment", "aspect") else 0] = 1.0
    if HEADS[name].kind == "multi_label":
        arrays["b2"][:] = -1.0
    for word, label in SAYS.get(name, {}).items():
        arrays["w2"][MEANINGS.index(word), known.index(label)] = 40.0
    return arrays


def clear_table() -> np.ndarray:
    table = np.zeros((len(VOCABULARY), WIDTH))
    table[VOCABULARY.index("[CLS]")] = 1e-4  # no text is without any direction
    for place, word in enumerate(MEANINGS):
        table[VOCABULARY.index(word), place] = 4.0
    return table


def write(
    directory: Path,
    *,
    table: np.ndarray,
    arrays: Callable[[str], Arrays],
    heads: tuple[str, ...] = tuple(HEADS),
    change: Callable[[Documents, Arrays], None] = lambda _documents, _arrays: None,
    version: str = "small",
    about: Mapping[str, object] | None = None,
) -> Path:
    """A catalogue version with the given heads; `change` may spoil what is written, `about` is its metadata."""
    documents = {name: document(name) for name in heads}
    stored = {f"{name}/{array}": values for name in heads for array, values in arrays(name).items()}
    nodes = heads_graph({name: read_part(name, documents[name], stored) for name in heads})
    change(documents, stored)

    def files(where: Path) -> None:
        (where / "encoder.onnx").write_bytes(encoder(table))
        (where / "tokenizer.json").write_text(tokenizer(), encoding="utf-8")
        (where / "heads.json").write_text(json.dumps({"heads": documents}), encoding="utf-8")
        np.savez(where / "heads.npz", **stored)
        (where / "heads.onnx").write_bytes(nodes)

    catalogue = Catalogue(directory, clock=FixedClock(datetime(2026, 1, 2, tzinfo=UTC)))
    made = catalogue.add("text", "text", files, about or {}, version=version)
    return catalogue.open("text", made.version)


def clear_bundle(directory: Path, heads: tuple[str, ...] = tuple(HEADS)) -> Bundle:
    """The model that can be worked out by hand."""
    return read_bundle(write(directory, table=clear_table(), arrays=clear, heads=heads), Tier.BUNDLED)


_kept: list[tempfile.TemporaryDirectory[str]] = []


@cache
def clear_analyser() -> Analyser:
    """Of `clear_bundle`, one a test run."""
    _kept.append(tempfile.TemporaryDirectory())
    return Analyser(clear_bundle(Path(_kept[0].name)))


def random_bundle(directory: Path, width: int = 12) -> Bundle:
    """Every number drawn: nothing cancels out by chance."""
    drawn = np.random.default_rng(7)

    def arrays(name: str) -> Arrays:
        return {array: drawn.normal(size=shape).astype(np.float32) for array, shape in shapes(name, width).items()}

    table = drawn.normal(size=(len(VOCABULARY), width))
    return read_bundle(write(directory, table=table, arrays=arrays), Tier.BUNDLED)
