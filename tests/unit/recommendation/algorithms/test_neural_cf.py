import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.neural_cf import NeuralCF
from socialflow.recommendation.interactions import Histories, Interactions


def two_tastes() -> Interactions:
    """Even people take even items of 0 to 11, odd people odd ones."""
    rng = np.random.default_rng(0)
    pairs = [(user, 2 * item + user % 2) for user in range(60) for item in rng.permutation(6)[:5]]
    return Interactions.from_pairs(*np.array(pairs).T)


def weighted(items: list[int], weights: list[float]) -> Histories:
    n = len(items)
    return Histories(np.array([0, n]), np.array(items), np.array(weights, np.float32), np.arange(n, dtype=float))


@pytest.fixture(scope="module")
def model() -> NeuralCF:
    pytest.importorskip("torch")
    return NeuralCF(width=8, hidden=8, rivals=8, epochs=150).fit(two_tastes())


@pytest.mark.train
class TestTaste:
    def test_a_new_person_is_understood_from_one_item(self, model: NeuralCF) -> None:
        best = model.top(Histories.from_lists([[4], [7]]), 3).items
        assert (best % 2 == [[0], [1]]).all()

    def test_weights_count_against_each_other_only(self, model: NeuralCF) -> None:
        once, thrice = model.score(weighted([0, 1], [1.0, 2.0])), model.score(weighted([0, 1], [3.0, 6.0]))
        assert np.allclose(once, thrice, atol=1e-4)
        assert not np.allclose(once, model.score(weighted([0, 1], [2.0, 1.0])), atol=1e-2)

    def test_a_tiny_weight_says_next_to_nothing(self, model: NeuralCF) -> None:
        faint, without = model.score(weighted([0, 1], [1.0, 1e-6])), model.score(weighted([0, 1], [1.0, -1.0]))
        steep = model._learnt["steepness"].max()  # the age of the first row counts in one and not in the other
        assert steep < 20
        assert np.allclose(faint, without, atol=0.05)


@pytest.mark.train
class TestServing:
    def test_agrees_with_the_network_that_was_trained(self) -> None:
        torch = pytest.importorskip("torch")
        from socialflow.recommendation.fitting import ncf

        torch.manual_seed(0)
        network = ncf.Network(ncf.Shape(8, 4, 6, 8, 0.2, 4), 10, 0).eval()
        torch.nn.init.normal_(network.bias.weight)
        model = NeuralCF(width=8, hidden=6, length=8)
        with torch.no_grad():
            model._take_up({name: value.numpy() for name, value in network.served().items()})
            pooled = network.pool(torch.tensor([[1, 5, 2, 7]]), torch.tensor([[3]]))[0]
            expected = network.pairs(pooled, torch.arange(10)).numpy()
            assert np.allclose(network.own(pooled.expand(10, 8), torch.arange(10)).numpy(), expected[0], atol=1e-5)
        histories = Histories.from_lists([[1, 5, 2, 7]])
        assert np.allclose(model._score(histories), expected, atol=1e-5)
        assert np.allclose(model._score_items(histories, np.array([3, 0])), expected[:, [3, 0]], atol=1e-5)

    def test_needs_no_torch(self, model: NeuralCF, tmp_path: Path) -> None:
        model.save(tmp_path)
        code = (
            "import sys; from pathlib import Path\n"
            "from socialflow.recommendation.algorithms.neural_cf import NeuralCF\n"
            "from socialflow.recommendation.interactions import Histories\n"
            "NeuralCF.load(Path(sys.argv[1])).top(Histories.from_lists([[2]]), 3)\n"
            "assert 'torch' not in sys.modules\n"
        )
        subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)


class TestMistakes:
    def test_sizes_must_fit(self) -> None:
        with pytest.raises(InvalidInput, match="multiple"):
            NeuralCF(width=10, heads=4)
        with pytest.raises(InvalidInput, match="dropout"):
            NeuralCF(dropout=-0.1)
        with pytest.raises(InvalidInput, match="at least 1"):
            NeuralCF(rivals=0)
