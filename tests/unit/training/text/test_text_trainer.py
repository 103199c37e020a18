"""The trainer of the text encoder, on a language of a few words."""

from pathlib import Path

import numpy as np
import pytest

from socialflow.training.text.lessons import UNTOLD, Lesson, Tokens
from socialflow.training.text.shape import Shape

pytestmark = pytest.mark.train
torch = pytest.importorskip("torch")

SHAPE = Shape(vocabulary=30, width=32, layers=2, heads=2, inner=64, positions=16)
GOOD, NAME = 7, 11
"""Words that the two heads are about."""


def texts(n: int = 200) -> tuple[Tokens, np.ndarray]:
    """Texts of 3 to 8 words between marks, and all their tokens as rows."""
    rng = np.random.default_rng(3)
    rows = [np.array([2, *rng.integers(4, 14, rng.integers(3, 9)), 3], np.int32) for _ in range(n)]
    indptr = np.concatenate(([0], np.cumsum([len(row) for row in rows])))
    return Tokens(np.concatenate(rows), indptr), np.array([GOOD in row for row in rows])


def lessons() -> dict[str, Lesson]:
    tokens, good = texts()
    tags = np.where(tokens.ids == NAME, 1, 0)
    tags[tokens.ids < 4] = UNTOLD
    return {
        "good": Lesson("good", "multi_class", ("no", "yes"), tokens, good.astype(np.int64)),
        "names": Lesson(
            "names",
            "tokens",
            ("O", "B-NAME", "I-NAME"),
            tokens,
            tags.astype(np.int64),
            cases=np.ones(len(tokens.ids), np.int64),
        ),
    }


def trained(checkpoint: Path | None = None, stop_at: int | None = None):
    from socialflow.training.text.fitting.losses import Heads, Network
    from socialflow.training.text.fitting.network import Encoder, Noise
    from socialflow.training.text.fitting.trainer import Trainer
    from socialflow.training.text.plan import Course

    def progress(done: int, _all: int) -> None:
        if done == stop_at:
            raise KeyboardInterrupt

    torch.manual_seed(0)
    noise, known = Noise(0.1, 0), lessons()
    network = Network(Encoder(SHAPE, noise), Heads(known, SHAPE.width, 16, noise))
    course = Course(rounds=12, size=16, rate=2e-3, head_rate=5e-3, most=200, patience=12)
    trainer = Trainer(network, known, course, lambda made: right(made, known), checkpoint)
    return network, trainer, progress


def right(network, known: dict[str, Lesson]) -> float:
    """Share of texts of which it is told rightly whether they are good."""
    from socialflow.training.text.fitting.answers import answers

    return float((answers(network, known["good"]).argmax(axis=1) == known["good"].targets).mean())


class TestTrainer:
    def test_one_encoder_learns_both_heads(self) -> None:
        from socialflow.training.text.fitting.answers import answers

        network, trainer, progress = trained()
        assert trainer.run(progress) > 0.95
        names = lessons()["names"]
        told = answers(network, names).argmax(axis=1)
        asked = names.targets != UNTOLD
        assert (told[asked] == names.targets[asked]).mean() > 0.95

    def test_goes_on_to_the_same_end_after_a_stop(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        from socialflow.training.text.fitting import trainer as module

        monkeypatch.setattr(module, "_WRITTEN_EVERY", 5)
        whole, trainer, progress = trained()
        trainer.run(progress)
        _, broken, stopping = trained(tmp_path / "x.pt", stop_at=32)
        with pytest.raises(KeyboardInterrupt):
            broken.run(stopping)
        again, resumed, progress = trained(tmp_path / "x.pt")
        resumed.run(progress)
        for name, value in whole.state_dict().items():
            assert torch.allclose(value, again.state_dict()[name], atol=1e-5), name
