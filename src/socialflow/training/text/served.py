"""What a model answers to lessons: from the ONNX graph of its encoder, by its heads' arrays or by their nodes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.text.bundle import HeadPart
from socialflow.text.head import attended, perceptron, spanned
from socialflow.training.text.lessons import FloatArray, Lesson, gathered, padded

_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Run:
    """b texts of a lesson of like length after one run of a graph: `found` are what it gave, (b, t, ...) each, `mask`
    (b, t) is true where a token stands."""

    texts: npt.NDArray[np.int64]
    found: Sequence[FloatArray]
    mask: npt.NDArray[np.bool_]


def served(graph: bytes, part: HeadPart, lesson: Lesson) -> FloatArray:
    """Logits divided by the head's temperature, or vectors, of a lesson's texts: (n, labels), or (all tokens, tags) of
    a tokens head."""
    told: dict[int, FloatArray] = {}
    for run in runs(graph, lesson, ["hidden"]):
        rows = _told(part, lesson, run)
        for text, row in zip(run.texts.tolist(), rows, strict=True):
            told[text] = row[: lesson.tokens.lengths[text]] if lesson.kind == "tokens" else row
    every = [told[text] for text in range(len(lesson))]
    return np.concatenate(every) if lesson.kind == "tokens" else np.stack(every)


def runs(graph: bytes, lesson: Lesson, names: Sequence[str]) -> Iterator[Run]:
    """Every text of a lesson through a graph once; `names` are the outputs wanted."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
    order = np.argsort(lesson.tokens.lengths, kind="stable")
    for start in range(0, len(order), _AT_ONCE):
        texts = order[start : start + _AT_ONCE]
        batch = gathered({lesson.head: lesson}, [lesson.head], np.zeros(len(texts), np.int64), texts)
        found = session.run(names, {"input_ids": batch.ids, "attention_mask": batch.mask})
        yield Run(texts, found, batch.mask.astype(np.bool_))


def _told(part: HeadPart, lesson: Lesson, run: Run) -> FloatArray:
    (hidden,), mask, arrays = run.found, run.mask, part.arrays
    if lesson.cases is not None:
        return perceptron(hidden, part, arrays["case"][padded(lesson, lesson.cases, run.texts, mask.shape[1], 0)])
    if part.kind == "vector":
        real = mask.astype(np.float32)
        vectors: FloatArray = (real[:, None] @ hidden)[:, 0] / real.sum(axis=1, keepdims=True) @ arrays["w"]
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors
    if lesson.spans is None:
        return perceptron(attended(hidden, hidden @ arrays["pool"], mask), part)
    spans, places = lesson.spans[run.texts], np.arange(mask.shape[1])
    return spanned(hidden, (places >= spans[:, :1]) & (places < spans[:, 1:]), mask, part)
