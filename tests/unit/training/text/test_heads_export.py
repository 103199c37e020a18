"""The nodes of heads behind an encoder say what the heads' arrays say, as near as integers come."""

from dataclasses import replace

import numpy as np
import pytest
from tests import text_bundle

from socialflow.kit.answers import Tier
from socialflow.text.bundle import ENCODER_FILE, NODES_FILE, PACKAGED, Bundle, read_bundle
from socialflow.text.layout import Layout
from socialflow.training.text.heads_export import heads_graph
from socialflow.training.text.lessons import FloatArray, Lesson, tokens_of
from socialflow.training.text.served import answered, served

onnx = pytest.importorskip("onnx", reason="needs onnx (extra train or dev)")
WORDS = len(text_bundle.VOCABULARY)


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """Every number drawn, 48 wide."""
    return text_bundle.random_bundle(tmp_path_factory.mktemp("models"), width=48)


@pytest.fixture(scope="module")
def graph(bundle: Bundle) -> bytes:
    return (bundle.directory / ENCODER_FILE).read_bytes()


def lesson(name: str, bundle: Bundle, vocabulary: int = WORDS, count: int = 60) -> Lesson:
    """Texts of three to twenty tokens."""
    rng, part = np.random.default_rng(3), bundle.heads[name]
    tokens = tokens_of([rng.integers(1, vocabulary, size).astype(np.int32) for size in rng.integers(3, 21, count)])
    cases = rng.integers(0, 5, len(tokens.ids)) if part.kind == "tokens" else None
    return Lesson(name, part.kind, part.labels, tokens, np.empty((count, 0), np.float32), cases=cases)


def both(name: str, bundle: Bundle, graph: bytes) -> tuple[FloatArray, FloatArray]:
    """What arrays say, divided by the temperature, and what nodes say."""
    asked, part = lesson(name, bundle), bundle.heads[name]
    return served(graph, part, asked), answered(graph, part, asked)


def run(bundle: Bundle, ids: np.ndarray, outputs: list[str]) -> list[np.ndarray]:
    """What the graph of a whole bundle gives of texts; 0 is padding."""
    import onnxruntime

    graph = b"".join((bundle.directory / name).read_bytes() for name in (ENCODER_FILE, NODES_FILE))
    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    given = {"input_ids": ids, "attention_mask": (ids > 0).astype(np.int64), "cases": np.zeros_like(ids)}
    found: list[np.ndarray] = session.run(outputs, given)
    return found


LABELLED = ["category", "emoji", "hate", "toxicity", "emotion", "entities", "toxic_spans"]


class TestAnswers:
    @pytest.mark.parametrize("name", LABELLED)
    def test_logits_are_near_those_of_the_arrays(self, name: str, bundle: Bundle, graph: bytes) -> None:
        exact, near = both(name, bundle, graph)
        assert near.shape == exact.shape
        assert np.square(near - exact).mean() ** 0.5 < 0.02 * exact.std()

    def test_vectors_point_where_those_of_the_arrays_do(self, bundle: Bundle, graph: bytes) -> None:
        exact, near = both("sentence", bundle, graph)
        assert (exact * near).sum(axis=1).min() > 0.9995

    def test_one_head_alone_says_what_it_says_among_all(self, bundle: Bundle, graph: bytes) -> None:
        asked = lesson("hate", bundle)
        row = Layout.of(bundle.heads).rows["hate"]
        for text, alone in enumerate(answered(graph, bundle.heads["hate"], asked)):
            (labels,) = run(bundle, asked.tokens.row(text)[None].astype(np.int64), ["labels"])
            assert labels[row, 0, :2] == pytest.approx(alone, abs=1e-4)

    def test_a_text_is_the_same_whoever_stands_beside_it(self, bundle: Bundle, graph: bytes) -> None:
        quiet, loud = np.array([[2, 9, 3, 0, 0]] * 2), np.array([[2, 9, 3, 0, 0], [2, 5, 6, 7, 3]])
        outputs = ["chances", "vectors"]
        for one, other in zip(run(bundle, quiet, outputs), run(bundle, loud, outputs), strict=True):
            rows = (one[:, 0], other[:, 0]) if one.ndim == 3 else (one[0], other[0])
            assert (rows[0] == rows[1]).all()

    def test_nodes_of_a_head_of_spans_are_its_arrays(self, bundle: Bundle, graph: bytes) -> None:
        asked, part = replace(lesson("aspect", bundle), spans=np.array([[1, 2]] * 60)), bundle.heads["aspect"]
        assert (answered(graph, part, asked) == served(graph, part, asked)).all()


class TestPackaged:
    def test_the_nodes_are_those_of_the_arrays(self) -> None:
        bundle = read_bundle(PACKAGED, Tier.BUNDLED)
        stored, anew = onnx.ModelProto(), onnx.ModelProto()
        stored.ParseFromString((PACKAGED / NODES_FILE).read_bytes())
        anew.ParseFromString(heads_graph(bundle.heads))
        assert stored == anew
