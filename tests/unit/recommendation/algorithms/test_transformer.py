import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.recommendation.algorithms.transformer import Transformer
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable

SMALL = {"width": 16, "heads": 2, "length": 4, "dropout": 0.1, "epochs": 120}


def a_round(users: int = 40, steps: int = 6) -> Interactions:
    """Everybody walks 0, 1, ... 9, 0, 1, ...; each from another place."""
    pairs = [(user, (user + step) % 10) for user in range(users) for step in range(steps)]
    return Interactions.from_pairs(*np.array(pairs).T)


@pytest.fixture(scope="module")
def model() -> Transformer:
    pytest.importorskip("torch")
    return Transformer(**SMALL).fit(a_round())


@pytest.mark.train
class TestOrder:
    def test_what_comes_next_is_told(self, model: Transformer) -> None:
        assert model.top(Histories.from_lists([[3, 4], [8, 9]]), 1).items.tolist() == [[5], [0]]

    def test_the_same_items_in_another_order_are_another_history(self, model: Transformer) -> None:
        scores = model.score(Histories.from_lists([[3, 4], [4, 3]]))
        assert not np.allclose(scores[0], scores[1], atol=1e-3)

    def test_only_the_newest_count(self, model: Transformer) -> None:
        scores = model.score(Histories.from_lists([[9, 1, 2, 3, 4], [5, 1, 2, 3, 4], [1, 2, 3, 4]]))
        assert np.allclose(scores[0], scores[1])
        assert np.allclose(scores[0], scores[2], atol=1e-5)

    def test_weights_do_not_but_dislikes_are_left_out(self, model: Transformer) -> None:
        weights = np.array([0.2, 5.0, -1.0], np.float32)
        mixed = Histories(np.array([0, 3]), np.array([3, 4, 7]), weights, np.arange(3.0))
        assert np.allclose(model.score(mixed), model.score(Histories.from_lists([[3, 4]])), atol=1e-5)


@pytest.mark.train
class TestServing:
    def test_agrees_with_the_network_that_was_trained(self) -> None:
        torch = pytest.importorskip("torch")
        from socialflow.recommendation.fitting import sasrec

        network = sasrec.Network(sasrec.Shape(16, 3, 2, 8, 0.2), 10, np.zeros((10, 0), np.float32), 0).eval()
        weights = {key: value.numpy() for key, value in network.state_dict().items() if not key.startswith("vectors.")}
        model = Transformer(width=16, blocks=3, heads=2, length=8)
        with torch.no_grad():
            model._take_up(network.vectors().numpy(), weights)
            with torch.autocast("cpu", enabled=False):
                hidden = network(network.vectors(), torch.tensor([[1, 5, 2, 7]]))[0, -1].numpy()
        found = model._represent(Histories.from_lists([[1, 5, 2, 7]]))[0]
        assert np.allclose(found, hidden, atol=0.05)  # the network computes in bfloat16

    def test_needs_no_torch(self, model: Transformer, tmp_path: Path) -> None:
        model.save(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from socialflow.recommendation.algorithms.transformer import Transformer\n"
            "from socialflow.recommendation.interactions import Histories\n"
            "Transformer.load(Path(sys.argv[1])).top(Histories.from_lists([[2]]), 3)\n"
            "assert 'torch' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)

    def test_long_batches_are_read_in_parts(self, model: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
        histories = Histories.from_lists([[1, 2], [], [3], [4, 5, 6, 7], [8, 9]])
        whole = model.score(histories)
        monkeypatch.setattr("socialflow.recommendation.algorithms.transformer._TOKENS", 3)
        assert np.allclose(model.score(histories), whole, atol=1e-5, equal_nan=True)


@pytest.mark.train
class TestWords:
    def test_a_new_item_is_scored_by_its_words(self) -> None:
        pytest.importorskip("torch")
        kinds = ("cat", "guitar")
        ids = np.arange(22)
        table = ItemTable(
            ids, [f"{kinds[i % 2]} {i}" for i in ids], [""] * 22, [()] * 22, [None] * 22, np.full(22, -1), np.zeros(22)
        )
        rng = np.random.default_rng(0)
        pairs = [(user, 2 * rng.integers(10) + user % 2) for user in range(60) for _ in range(6)]
        model = Transformer(**SMALL).fit(Interactions.from_pairs(*np.array(pairs).T), table)
        scores = model.score_items(Histories.from_lists([[0, 2, 4], [1, 3, 5]]), np.array([20, 21]))
        assert scores[0, 0] > scores[0, 1]
        assert scores[1, 1] > scores[1, 0]


class TestMistakes:
    def test_sizes_must_fit(self) -> None:
        with pytest.raises(InvalidInput, match="multiple"):
            Transformer(width=10, heads=4)
        with pytest.raises(InvalidInput, match="dropout"):
            Transformer(dropout=1.0)
        with pytest.raises(InvalidInput, match="at least 1"):
            Transformer(blocks=0)

    def test_missing_torch_is_named_with_what_to_install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("socialflow.recommendation.protocol.find_spec", lambda name: None)
        with pytest.raises(ModelUnavailable, match=r"socialflow\[train\]"):
            Transformer().fit(a_round())
