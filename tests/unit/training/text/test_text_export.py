"""The encoder's ONNX graph against the same arithmetic in numpy."""

import numpy as np
import pytest
from scipy.special import erf

from socialflow.training.text.export import encoder_graph
from socialflow.training.text.lessons import Lesson, tokens_of
from socialflow.training.text.reach import best_step, reaches
from socialflow.training.text.shape import Shape

pytest.importorskip("onnx", reason="needs onnx (extra train or dev)")
SHAPE = Shape(vocabulary=40, width=16, layers=2, heads=4, inner=32, positions=12)


def weights(seed: int = 0) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def drawn(*size: int, mean: float = 0.0) -> np.ndarray:
        return (mean + 0.3 * rng.standard_normal(size)).astype(np.float32)

    made = {"words.weight": drawn(40, 16), "places.weight": drawn(12, 16)}
    norms = ["first"]
    for number in range(SHAPE.layers):
        name = f"layers.{number}"
        norms += [f"{name}.after_attention", f"{name}.after_all"]
        for part, out, into in (("inward", 48, 16), ("outward", 16, 16), ("up", 32, 16), ("down", 16, 32)):
            made |= {f"{name}.{part}.weight": drawn(out, into), f"{name}.{part}.bias": drawn(out)}
    for name in norms:
        made |= {f"{name}.weight": drawn(16, mean=1.0), f"{name}.bias": drawn(16)}
    return made


def norm(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    centred = x - x.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred**2).mean(axis=-1, keepdims=True) + 1e-12)
    return centred / spread * w[f"{name}.weight"] + w[f"{name}.bias"]


def linear(x: np.ndarray, w: dict[str, np.ndarray], name: str) -> np.ndarray:
    return x @ w[f"{name}.weight"].T + w[f"{name}.bias"]


def hidden_of(ids: list[int], w: dict[str, np.ndarray]) -> np.ndarray:
    """Vectors (t, width) of one text, without padding."""
    x = norm(w["words.weight"][ids] + w["places.weight"][: len(ids)], w, "first")
    for number in range(SHAPE.layers):
        name = f"layers.{number}"
        query, key, value = np.split(linear(x, w, f"{name}.inward"), 3, axis=-1)
        mixed = []
        for head in range(SHAPE.heads):
            mine = slice(4 * head, 4 * head + 4)
            likeness = np.exp(query[:, mine] @ key[:, mine].T / 2.0)
            mixed.append(likeness / likeness.sum(axis=1, keepdims=True) @ value[:, mine])
        x = norm(x + linear(np.concatenate(mixed, axis=1), w, f"{name}.outward"), w, f"{name}.after_attention")
        up = linear(x, w, f"{name}.up")
        x = norm(x + linear(0.5 * up * (1 + erf(up / np.sqrt(2))), w, f"{name}.down"), w, f"{name}.after_all")
    return x


def run(model: bytes, ids: np.ndarray, mask: np.ndarray) -> np.ndarray:
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    hidden: np.ndarray = session.run(["hidden"], {"input_ids": ids, "attention_mask": mask})[0]
    return hidden


IDS = np.array([[2, 7, 31, 9, 3], [2, 15, 3, 0, 0]])
MASK = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0]])


class TestFloats:
    def test_is_the_arithmetic_of_the_encoder_whatever_stands_beside_a_text(self) -> None:
        w = weights()
        hidden = run(encoder_graph(w, SHAPE), IDS, MASK)
        assert hidden.shape == (2, 5, 16)
        assert hidden[0] == pytest.approx(hidden_of([2, 7, 31, 9, 3], w), abs=2e-5)
        assert hidden[1, :3] == pytest.approx(hidden_of([2, 15, 3], w), abs=2e-5)


def lesson(seed: int = 0) -> Lesson:
    """Fifty texts of one to eight tokens."""
    rng = np.random.default_rng(seed)
    tokens = tokens_of([rng.integers(0, 40, size).astype(np.int32) for size in rng.integers(1, 9, 50)])
    return Lesson("any", "vector", (), tokens, np.empty((50, 0), np.float32))


def integers_of(w: dict[str, np.ndarray], shape: Shape = SHAPE) -> bytes:
    return encoder_graph(w, shape, reaches(encoder_graph(w, shape), shape, {"any": lesson()}, 0))


class TestIntegers:
    def test_comes_near_the_floats_in_a_quarter_of_the_bytes(self) -> None:
        w = weights()
        exact, near = run(encoder_graph(w, SHAPE), IDS, MASK)[0], run(integers_of(w), IDS, MASK)[0]
        cosines = (exact * near).sum(axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(near, axis=1)
        assert cosines.min() > 0.99
        wide = Shape(vocabulary=4000, width=16, layers=2, heads=4, inner=32, positions=12)
        w["words.weight"] = np.ones((4000, 16), np.float32)
        assert len(integers_of(w, wide)) < 0.4 * len(encoder_graph(w, wide))

    def test_a_text_is_the_same_whoever_stands_beside_it(self) -> None:
        graph = integers_of(weights())
        loud = np.array([[2, 39, 38, 37, 36], [2, 15, 3, 0, 0]])
        assert (run(graph, IDS, MASK)[1, :3] == run(graph, loud, MASK)[1, :3]).all()
        assert run(graph, IDS[1:, :3], MASK[1:, :3])[0] == pytest.approx(run(graph, IDS, MASK)[1, :3], abs=1e-6)


class TestReach:
    def test_a_far_value_is_cut_where_that_serves_the_rest(self) -> None:
        values = np.random.default_rng(0).standard_normal((10_000, 16)).astype(np.float32)
        values[0, 0] = 20.0
        assert 4.0 < 127 * best_step(values) < 16.0

    def test_every_product_is_measured_but_the_one_that_goes_by_rows(self) -> None:
        w = weights()
        found = reaches(encoder_graph(w, SHAPE), SHAPE, {"any": lesson()}, 0)
        assert sorted(found) == sorted(f"layers.{n}.{part}" for n in (0, 1) for part in ("inward", "outward", "up"))
        assert found["layers.0.outward"].sizes is None
        sizes = found["layers.1.up"].sizes
        assert sizes is not None
        assert np.log(sizes).mean() == pytest.approx(0.0, abs=1e-4)
