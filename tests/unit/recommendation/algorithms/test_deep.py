import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.deep import Deep
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable

SMALL = {"width": 16, "layers": 2, "heads": 2, "length": 4, "dropout": 0.1, "epochs": 80}
MINUTE, DAY = 60.0, 86_400.0


def weekdays() -> tuple[Interactions, ItemTable]:
    """Odd people walk odd items, even people even ones, by two, a minute or a night apart; 20 and 21 are new."""
    users, items, at = [], [], []
    for user in range(60):
        item, now = user % 20, 0.0
        for step in range(8):
            users.append(user)
            items.append(item)
            at.append(now)
            night = (user + step) % 3 == 0
            now += DAY if night else MINUTE
            item = (item + 2) % 20
    n = 22
    table = ItemTable(
        np.arange(n),
        [""] * n,
        [""] * n,
        [()] * n,
        ["even" if item % 2 == 0 else "odd" for item in range(n)],
        np.arange(n) % 2 + 7,
        np.zeros(n),
    )
    return Interactions(np.array(users), np.array(items), np.ones(len(users), np.float32), np.array(at)), table


@pytest.fixture(scope="module")
def model() -> Deep:
    pytest.importorskip("torch")
    return Deep(**SMALL).fit(*weekdays())


def history(items: list[int], weights: list[float], at: list[float]) -> Histories:
    return Histories(np.array([0, len(items)]), np.array(items), np.array(weights, np.float32), np.array(at))


@pytest.mark.train
class TestSignals:
    def test_what_comes_next_is_told(self, model: Deep) -> None:
        assert model.top(history([3, 5, 7], [1, 1, 1], [0, 60, 120]), 1).items.tolist() == [[9]]

    def test_weight_and_pause_are_looked_at(self, model: Deep) -> None:
        plain = model.score(history([3, 5], [1, 1], [0, MINUTE]))
        assert not np.allclose(plain, model.score(history([3, 5], [1, 9], [0, MINUTE])), atol=1e-3)
        assert not np.allclose(plain, model.score(history([3, 5], [1, 1], [0, DAY])), atol=1e-3)

    def test_a_new_item_is_scored_by_category_and_channel(self, model: Deep) -> None:
        even, odd = model.score_items(Histories.from_lists([[2, 4, 6], [3, 5, 7]]), np.array([20, 21]))
        assert even[0] > even[1]
        assert odd[1] > odd[0]


@pytest.mark.train
class TestAttention:
    def test_shares_of_each_history_sum_to_one(self, model: Deep) -> None:
        histories = Histories.from_lists([[1, 3, 5], [], [4]])
        shares = model.attention(histories)
        assert shares.shape == (4,)
        assert np.isclose(shares[:3].sum(), 1.0, atol=1e-5)
        assert np.isclose(shares[3], 1.0)
        assert (shares > 0).all()

    def test_rows_that_are_left_out_have_none(self, model: Deep) -> None:
        shares = model.attention(history([1, 999, 3, 5], [1, 1, -1, 1], [0, 1, 2, 3]))
        assert (shares[[1, 2]] == 0).all()
        assert np.isclose(shares[[0, 3]].sum(), 1.0, atol=1e-5)
        assert model.attention(Histories.from_lists([[1, 3, 5, 7, 9]]))[0] == 0  # length is 4


@pytest.mark.train
class TestServing:
    def test_agrees_with_the_network_that_was_trained(self) -> None:
        torch = pytest.importorskip("torch")
        from socialflow.recommendation.fitting import deep

        torch.manual_seed(0)
        signals = deep.Signals(np.zeros(0, np.int64), np.zeros(0, np.int64), 6, 8)
        network = deep.Network(deep.Shape(16, 3, 2, 8, 0.2), 10, np.zeros((10, 2), np.int64), signals, 0).eval()
        torch.nn.init.uniform_(network.even.running_mean)
        torch.nn.init.uniform_(network.even.running_var, 0.5, 2.0)
        model = Deep(width=16, layers=3, heads=2, length=8)
        with torch.no_grad():
            everything = torch.ones(10)
            model._take_up({name: value.numpy() for name, value in network.served(everything).items()})
            weights, pauses = torch.full((1, 4), 3), torch.tensor([[0, 2, 2, 2]])
            hidden = network(network.vectors(everything), torch.tensor([[1, 5, 2, 7]]), weights, pauses)
            expected = network.judge(hidden[:, -1]).numpy()
        found = model._represent(Histories.from_lists([[1, 5, 2, 7]]))
        assert np.allclose(found, expected, atol=0.05)  # the network computes in bfloat16

    def test_needs_no_torch(self, model: Deep, tmp_path: Path) -> None:
        model.save(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from socialflow.recommendation.algorithms.deep import Deep\n"
            "from socialflow.recommendation.interactions import Histories\n"
            "Deep.load(Path(sys.argv[1])).attention(Histories.from_lists([[2, 3]]))\n"
            "assert 'torch' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)


class TestMistakes:
    def test_sizes_must_fit(self) -> None:
        with pytest.raises(InvalidInput, match="multiple"):
            Deep(width=10, heads=4)
        with pytest.raises(InvalidInput, match="dropout"):
            Deep(dropout=1.0)
        with pytest.raises(InvalidInput, match="at least 1"):
            Deep(layers=0)
