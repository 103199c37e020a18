"""A network becomes a bundle that answers as the network does."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests import text_bundle

from socialflow.catalogue.registry import Catalogue
from socialflow.kit.answers import Tier
from socialflow.kit.progress import no_progress
from socialflow.text.analyser import Analyser
from socialflow.text.builders import HEADS
from socialflow.text.bundle import read_bundle
from socialflow.text.records import Choice, Detection, Vector
from socialflow.training.text.bias import Probe
from socialflow.training.text.curriculum import Curriculum
from socialflow.training.text.lessons import UNTOLD, Lesson, Tokens
from socialflow.training.text.making import Draft, Measured, judged, made
from socialflow.training.text.plan import Gate, Plan
from socialflow.training.text.served import served
from socialflow.training.text.shape import Shape

pytestmark = pytest.mark.train
torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

WORDS = text_bundle.VOCABULARY
SHAPE = Shape(vocabulary=len(WORDS), width=16, layers=2, heads=2, inner=32, positions=16)
COUNT = 40


def lessons() -> dict[str, Lesson]:
    """One of each kind, of random texts."""
    rng = np.random.default_rng(1)
    start, end = WORDS.index("[CLS]"), WORDS.index("[SEP]")
    rows = [np.array([start, *rng.integers(4, len(WORDS), rng.integers(2, 9)), end], np.int32) for _ in range(COUNT)]
    tokens = Tokens(np.concatenate(rows), np.cumsum([0, *map(len, rows)]))
    tags = np.where(np.isin(tokens.ids, (start, end)), UNTOLD, rng.integers(0, 13, len(tokens.ids)))
    vectors = rng.normal(size=(COUNT, SHAPE.width)).astype(np.float32)
    targets = {
        "spam": rng.integers(0, 2, COUNT),
        "category": rng.integers(0, 2, COUNT),
        "toxicity": rng.integers(0, 2, (COUNT, 6)).astype(np.float32),
        "entities": tags,
        "aspect": rng.integers(0, 3, COUNT),
        "sentence": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
    }
    spans = np.stack((np.ones(COUNT), 1 + rng.integers(1, 3, COUNT)), axis=1).astype(np.int64)
    drawn = rng.integers(0, 5, len(tokens.ids))
    found = {}
    for name, values in targets.items():
        labels = tuple(text_bundle.labels(name)) if name != "sentence" else ()
        spanned, cases = spans if name == "aspect" else None, drawn if name == "entities" else None
        found[name] = Lesson(name, HEADS[name].kind, labels, tokens, values, spanned, cases=cases)
    return found


def draft() -> tuple[Draft, dict[str, np.ndarray]]:
    """An untrained model, and what its network says of its lessons."""
    from socialflow.training.text.fitting.answers import answers
    from socialflow.training.text.fitting.losses import Heads, Network
    from socialflow.training.text.fitting.network import Encoder, Noise
    from socialflow.training.text.fitting.weights import encoder_weights, head_part

    torch.manual_seed(0)
    known, noise = lessons(), Noise(0.0, 0)
    network = Network(Encoder(SHAPE, noise), Heads(known, SHAPE.width, 8, noise))
    torch.nn.init.normal_(network.heads["entities"].case.weight)
    network.eval()
    heads = {name: head_part(network, lesson) for name, lesson in known.items()}
    said = {name: answers(network, lesson) for name, lesson in known.items()}
    learnt = Curriculum(known, known, {})
    return Draft(encoder_weights(network), SHAPE, heads, learnt, Plan(gate=Gate(agreement=0, loss=1))), said


class TestMade:
    def test_arrays_answer_as_the_network(self) -> None:
        from socialflow.training.text.export import encoder_graph

        made_of, said = draft()
        graph = encoder_graph(made_of.encoder, SHAPE)
        for name, lesson in made_of.curriculum.lessons.items():
            told = served(graph, made_of.heads[name], lesson)
            np.testing.assert_allclose(told, said[name], atol=0.03, err_msg=name)

    def test_the_bundle_is_read_and_answers(self, tmp_path: Path) -> None:
        made_of, _ = draft()
        tokenizer = tmp_path / "tokenizer.json"
        tokenizer.write_text(text_bundle.tokenizer(), encoding="utf-8")
        catalogue = Catalogue(tmp_path / "models")
        version = made(made_of, tokenizer, catalogue, no_progress)
        assert version.metadata["gate"]["accepted"]
        analyser = Analyser(read_bundle(catalogue.open("text", version.version), Tier.BUNDLED))
        (told,) = analyser.analyse(["good city"], ["spam", "category", "sentence"])
        assert told.record("spam", Detection)
        assert told.record("category", Choice)
        vector = told.record("sentence", Vector)
        assert vector is not None
        assert np.linalg.norm(vector.values) == pytest.approx(1.0, abs=1e-5)

    def test_a_model_that_integers_spoil_is_kept_but_refused(self, tmp_path: Path) -> None:
        made_of, _ = draft()
        tokenizer = tmp_path / "tokenizer.json"
        tokenizer.write_text(text_bundle.tokenizer(), encoding="utf-8")
        strict = replace(made_of, plan=Plan(gate=Gate(agreement=1.0, loss=0.0)))
        version = made(strict, tokenizer, Catalogue(tmp_path / "models"), no_progress)
        assert not version.metadata["gate"]["accepted"]

    def test_the_card_tells_how_groups_are_judged(self, tmp_path: Path) -> None:
        made_of, _ = draft()
        tokenizer = tmp_path / "tokenizer.json"
        tokenizer.write_text(text_bundle.tokenizer(), encoding="utf-8")
        asked = made_of.curriculum.lessons["toxicity"]
        probe = Probe(["deaf", "old"] * (COUNT // 2), asked.targets[:, 0] > 0.5, asked)
        catalogue = Catalogue(tmp_path / "models")
        version = made(replace(made_of, probes={"madlibs": probe}), tokenizer, catalogue, no_progress)
        told = version.metadata["unintended_bias"]["madlibs"]
        assert told["bpsn"]["groups"] == 2
        (line,) = (one for one in catalogue.card("text", version.version).limitations if "madlibs" in one)
        assert f"{told['bpsn']['least']:.3f}" in line


class TestJudged:
    def test_agreement_is_that_of_all_heads(self) -> None:
        heads = {"spam": Measured(10, 0.9, 0.9, 1.0), "irony": Measured(10, 0.7, 0.7, 0.97)}
        assert not judged(heads, Gate(agreement=0.99)).accepted
        assert judged(heads, Gate(agreement=0.98)).accepted
