import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from socialflow.recommendation.algorithms.transformer import Transformer
from socialflow.recommendation.fitting.sequences import Sequences, batches, hold_out, padded, sequences_of, windows
from socialflow.recommendation.interactions import Histories, Interactions
from socialflow.recommendation.protocol import FitData


def ragged(*rows: list[int]) -> Sequences:
    items = np.array([item for row in rows for item in row])
    return Sequences(np.cumsum([0, *map(len, rows)]), items, np.arange(len(items)))


class TestSequences:
    def test_users_in_time_without_dislikes(self) -> None:
        log = Interactions(
            np.array([0, 1, 0, 0]),
            np.array([5, 2, 4, 3]),
            np.array([1, 1, 1, -1], np.float32),
            np.array([9.0, 1, 2, 3]),
        )
        sequences = sequences_of(FitData(log, None, 2, 6))
        assert [sequences[row].tolist() for row in range(len(sequences))] == [[2], [4, 5]]

    def test_nothing_liked_gives_no_sequences(self) -> None:
        log = Interactions(np.zeros(1, np.int64), np.zeros(1, np.int64), -np.ones(1, np.float32), np.zeros(1))
        assert len(sequences_of(FitData(log, None, 1, 1))) == 0

    def test_the_newest_of_some_users_are_held_out(self) -> None:
        kept, held = hold_out(ragged([1, 2, 3], [4, 5]), seed=0)
        assert [row.tolist() for row in held.histories] == [[1, 2]]
        assert held.targets.tolist() == [3]
        assert kept.items.tolist() == [1, 2, 4, 5]
        assert kept.rows.tolist() == [0, 1, 3, 4]
        assert [row.tolist() for row in held.places] == [[0, 1]]

    def test_windows_leave_no_label_out_and_share_one_item(self) -> None:
        rng = np.random.default_rng(0)
        for _ in range(20):
            pieces = windows(ragged(list(range(30)), [7], [1, 2]), 4, rng)
            labels = sorted(int(label) for piece in pieces for label in piece[1:])
            assert labels == sorted([*range(1, 30), 2])
            assert max(map(len, pieces)) <= 5

    def test_batches_hold_every_piece_once(self) -> None:
        pieces = [np.arange(size) for size in (2, 9, 3, 5, 7)]
        drawn = [len(piece) for batch in batches(pieces, 2, np.random.default_rng(0)) for piece in batch]
        assert sorted(drawn) == [2, 3, 5, 7, 9]

    def test_padding_is_at_the_end(self) -> None:
        assert padded([np.array([1, 2]), np.array([3])], 9).tolist() == [[1, 2], [3, 9]]


@pytest.mark.train
class TestLoss:
    def test_is_the_cross_entropy_with_its_gradient(self) -> None:
        torch = pytest.importorskip("torch")
        from socialflow.recommendation.fitting.softmax import catalogue_loss

        torch.manual_seed(0)
        hidden, items = torch.randn(700, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
        targets = torch.randint(0, 30, (700,))
        loss = catalogue_loss(hidden, items, targets)
        found = torch.autograd.grad(loss, (hidden, items))
        expected = torch.nn.functional.cross_entropy(hidden @ items.T, targets)
        assert math.isclose(loss.item(), expected.item(), rel_tol=0.01)
        for one, other in zip(found, torch.autograd.grad(expected, (hidden, items)), strict=True):
            assert torch.allclose(one, other, atol=0.02 * other.abs().max().item())

    def test_a_sample_of_everything_is_the_whole(self) -> None:
        torch = pytest.importorskip("torch")
        from socialflow.recommendation.fitting.softmax import catalogue_loss

        torch.manual_seed(0)
        hidden, items = torch.randn(50, 8, requires_grad=True), torch.randn(30, 8, requires_grad=True)
        targets = torch.randint(0, 30, (50,))
        whole, sampled = (catalogue_loss(hidden, items, targets, sample) for sample in (None, torch.arange(30)))
        assert math.isclose(whole.item(), sampled.item(), rel_tol=0.02)
        for one, other in zip(*(torch.autograd.grad(loss, (hidden, items)) for loss in (whole, sampled)), strict=True):
            assert torch.allclose(one, other, atol=0.03 * other.abs().max().item())


@pytest.mark.train
class TestGoingOn:
    def test_a_stopped_fit_ends_like_one_that_was_not(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        pytest.importorskip("torch")
        from socialflow.recommendation.fitting import training

        rng = np.random.default_rng(0)
        log = Interactions.from_pairs(np.repeat(np.arange(30), 5), rng.integers(0, 9, 150))
        histories = Histories.from_lists([[1, 2], [3]])

        def fit(directory: Path | None) -> np.ndarray:
            model = Transformer(width=8, heads=2, length=4, epochs=30)
            model.checkpoints = directory
            return model.fit(log).score(histories)

        monkeypatch.setattr(training, "_ROUND_STEPS", 5)
        whole, look, looks = fit(None), training.Learning.look, []

        def stop(learning: training.Learning, quality: Callable[[], float]) -> float:
            looks.append(1)
            if len(looks) == 3:
                raise KeyboardInterrupt
            return look(learning, quality)

        with monkeypatch.context() as patch:
            patch.setattr(training.Learning, "look", stop)
            with pytest.raises(KeyboardInterrupt):
                fit(tmp_path)
        assert len(list(tmp_path.glob("transformer-*.pt"))) == 1
        assert np.array_equal(fit(tmp_path), whole)


@pytest.mark.train
class TestStopping:
    def test_without_anybody_to_hold_out_the_loss_decides(self) -> None:
        pytest.importorskip("torch")
        pairs = [(user, item) for user in range(40) for item in (user % 4, user % 4 + 4)]
        model = Transformer(width=16, heads=2, length=4, dropout=0.0, epochs=150)
        model.fit(Interactions.from_pairs(*np.array(pairs).T))
        assert model.top(Histories.from_lists([[0], [3]]), 1).items.tolist() == [[4], [7]]

    def test_people_of_one_item_teach_nothing(self) -> None:
        pytest.importorskip("torch")
        model = Transformer(width=8, heads=2).fit(Interactions.from_pairs([1, 2], [1, 2]))
        assert model.score(Histories.from_lists([[1]])).shape == (1, 2)
