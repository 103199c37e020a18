"""What a model answers to lessons: from the ONNX graph of its encoder, by its heads' arrays or by their nodes."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.text.bundle import HeadPart
from socialflow.text.head import attended, perceptron, spanned
from socialflow.text.layout import HIDDEN, LABELS, TAGS, VECTORS
from socialflow.training.text.heads_export import heads_graph
from socialflow.training.text.lessons import FloatArray, IntArray, Lesson, gathered, padded

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Run:
    """b texts of a lesson of like length after one run of a graph: `found` are what it gave, (b, t, ...) each, `mask`
    (b, t) is true where a token stands."""

    texts: IntArray
    found: Sequence[FloatArray]
    mask: npt.NDArray[np.bool_]


def served(graph: bytes, part: HeadPart, lesson: Lesson) -> FloatArray:
    """Logits divided by the head's temperature, or vectors, of a lesson's texts: (n, labels), or (all tokens, tags) of
    a tokens head; by the head's arrays, in floats."""
    return _in_order(lesson, ((run.texts, _told(part, lesson, run)) for run in runs(graph, lesson, [HIDDEN])))


def answered(graph: bytes, part: HeadPart, lesson: Lesson) -> FloatArray:
    """As `served`, but by the head's nodes, as a bundle answers; a head of spans has none."""
    if part.kind == "span":
        return served(graph, part, lesson)
    whole = graph + heads_graph({lesson.head: part})
    if part.kind == "vector":
        vectors = _in_order(lesson, ((run.texts, run.found[0]) for run in runs(whole, lesson, [VECTORS])))
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
    if part.kind == "tokens":
        return _in_order(lesson, ((run.texts, run.found[0]) for run in runs(whole, lesson, [TAGS])))
    return _in_order(lesson, ((run.texts, run.found[0][0]) for run in runs(whole, lesson, [LABELS])))


def _in_order(lesson: Lesson, runs: Iterable[tuple[IntArray, FloatArray]]) -> FloatArray:
    """What was told of the texts of each run, as the lesson has them; of tokens without padding."""
    told: dict[int, FloatArray] = {}
    for texts, rows in runs:
        for text, row in zip(texts.tolist(), rows, strict=True):
            told[text] = row[: lesson.tokens.lengths[text]] if lesson.kind == "tokens" else row
    every = [told[text] for text in range(len(lesson))]
    return np.concatenate(every) if lesson.kind == "tokens" else np.stack(every)


def runs(graph: bytes, lesson: Lesson, names: Sequence[str]) -> Iterator[Run]:
    """Every text of a lesson through a graph once; `names` are the outputs wanted."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    taken = {node.name for node in session.get_inputs()}
    order = np.argsort(lesson.tokens.lengths, kind="stable")
    for start in range(0, len(order), _AT_ONCE):
        texts = order[start : start + _AT_ONCE]
        batch = gathered({lesson.head: lesson}, [lesson.head], np.zeros(len(texts), np.int64), texts)
        given = {"input_ids": batch.ids, "attention_mask": batch.mask, "cases": _cases(lesson, texts, batch.ids.shape)}
        found = session.run(names, {name: values for name, values in given.items() if name in taken})
        yield Run(texts, found, batch.mask.astype(np.bool_))


def _cases(lesson: Lesson, texts: IntArray, shape: tuple[int, ...]) -> IntArray:
    """How the words of some texts are written, (b, t); none of them in any way where the lesson does not tell."""
    return np.zeros(shape, np.int64) if lesson.cases is None else padded(lesson, lesson.cases, texts, shape[1], 0)


def _told(part: HeadPart, lesson: Lesson, run: Run) -> FloatArray:
    (hidden,), mask, arrays = run.found, run.mask, part.arrays
    if lesson.cases is not None:
        return perceptron(hidden, part, arrays["case"][_cases(lesson, run.texts, mask.shape)])
    if part.kind == "vector":
        real = mask.astype(np.float32)
        vectors: FloatArray = (real[:, None] @ hidden)[:, 0] / real.sum(axis=1, keepdims=True) @ arrays["w"]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
    if lesson.spans is None:
        return perceptron(attended(hidden, hidden @ arrays["pool"], mask), part)
    spans, places = lesson.spans[run.texts], np.arange(mask.shape[1])
    return spanned(hidden, (places >= spans[:, :1]) & (places < spans[:, 1:]), mask, part)
