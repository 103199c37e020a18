import numpy as np
import pytest
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.cooccurrence import Kernel, choose_kernel, link
from socialflow.recommendation.interactions import Histories, Interactions


def random_log(users: int = 40, items: int = 25, rows: int = 300, seed: int = 0) -> Interactions:
    rng = np.random.default_rng(seed)
    return Interactions.from_pairs(rng.integers(0, users, rows), rng.integers(0, items, rows))


class TestFormula:
    @pytest.mark.parametrize("kernel", [(1.0, 0.5, 0.5), (1.0, 1.0, 0.0), (0.5, 0.7, 0.3)])
    def test_scores_follow_the_written_formula(self, kernel: tuple[float, float, float]) -> None:
        log = random_log()
        taken = np.zeros((40, 25))
        taken[log.users, log.items] = 1.0
        users, items = np.maximum(taken.sum(1), 1e-9), np.maximum(taken.sum(0), 1e-9)
        weigh, source, target = kernel
        expected = taken.T @ np.diag(users**-weigh) @ taken
        expected = np.diag(items**-source) @ expected @ np.diag(items**-target)
        np.fill_diagonal(expected, 0.0)
        scores = ItemItem(kernel=kernel).fit(log).score(Histories.from_lists([[3, 7]]))
        assert np.allclose(np.nan_to_num(scores[0]), expected[3] + expected[7], rtol=1e-5)

    def test_a_disliked_item_pulls_down_what_goes_with_it(self) -> None:
        log = Interactions.from_pairs([1, 1, 1, 2, 2, 2], [1, 2, 9, 3, 4, 9])
        model = ItemItem(kernel=(1.0, 0.5, 0.5)).fit(log)
        history = Histories(np.array([0, 2]), np.array([1, 3]), np.array([1.0, -1.0], np.float32), np.zeros(2))
        scores = dict(zip(model.item_ids.tolist(), model.score(history)[0].tolist(), strict=True))
        assert scores[2] > 0 > scores[4]

    def test_one_loud_user_counts_once(self) -> None:
        quiet = Interactions.from_pairs([1, 1, 2, 2], [10, 20, 10, 30])
        loud = Interactions.from_pairs([1] * 50 + [1, 2, 2], [10] * 50 + [20, 10, 30])
        asked = Histories.from_lists([[10]])
        kernel = (1.0, 0.5, 0.5)
        scores = [ItemItem(kernel=kernel).fit(log).score(asked) for log in (loud, quiet)]
        assert np.allclose(*scores, equal_nan=True)

    def test_names_of_users_do_not_matter(self) -> None:
        log = random_log()
        renamed = Interactions(5_000 - log.users, log.items, log.weights, log.at)
        asked = Histories.from_lists([[1, 2, 3]])
        scores = [ItemItem(kernel=(1.0, 0.5, 0.5)).fit(rows).score(asked) for rows in (log, renamed)]
        assert np.allclose(*scores, rtol=1e-5, equal_nan=True)


class TestTruncation:
    def test_the_strongest_links_are_kept(self) -> None:
        log = random_log()
        whole = ItemItem(neighbours=25, kernel=(1.0, 0.5, 0.5)).fit(log)
        short = ItemItem(neighbours=4, kernel=(1.0, 0.5, 0.5)).fit(log)
        items = np.arange(25)
        assert short.neighbours(items, 4).items.tolist() == whole.neighbours(items, 4).items.tolist()
        assert (short.neighbours(items, 5).items[:, 4] == -1).all()

    def test_blocks_do_not_show(self, monkeypatch: pytest.MonkeyPatch) -> None:
        rng = np.random.default_rng(1)
        taken = sparse.csr_array((rng.random((30, 20)) < 0.3).astype(np.float32))
        whole = link(taken, Kernel(), 5).toarray()
        monkeypatch.setattr("socialflow.recommendation.cooccurrence._BLOCK_PRODUCTS", 7)
        assert np.array_equal(link(taken, Kernel(), 5).toarray(), whole)

    def test_at_least_one_neighbour(self) -> None:
        with pytest.raises(InvalidInput, match="neighbours"):
            ItemItem(neighbours=0)


class TestChoiceOfKernel:
    def test_depends_on_the_seed_alone(self) -> None:
        taken = sparse.csr_array((np.random.default_rng(2).random((80, 30)) < 0.2).astype(np.float32))
        assert choose_kernel(taken, 20, 5) == choose_kernel(taken, 20, 5)

    def test_popular_noise_is_corrected_away(self) -> None:
        """Tastes are pairs; the popular items 0 to 39 go with everything, so they must be held back to find a pair."""
        rng = np.random.default_rng(0)
        users, items = [], []
        for user in range(900):
            pair = 40 + 2 * (user % 300)
            noise = rng.choice(40, 6, replace=False).tolist()
            users += [user] * 8
            items += [*noise, pair, pair + 1]
        model = ItemItem().fit(Interactions.from_pairs(users, items))
        assert model.kernel.target > 0.2

    def test_what_users_cannot_tell_apart_is_left_uncorrected(self) -> None:
        rng = np.random.default_rng(1)
        taken = sparse.csr_array((rng.random((200, 40)) < 0.2).astype(np.float32))
        assert choose_kernel(taken, 40, 0).target <= 0.1

    def test_too_little_data_takes_the_default(self) -> None:
        taken = sparse.csr_array(np.eye(4, dtype=np.float32))
        assert choose_kernel(taken, 20, 0) == Kernel()

    def test_a_fixed_kernel_is_kept(self) -> None:
        assert ItemItem(kernel=(0.5, 0.3, 0.1)).fit(random_log()).kernel == Kernel(0.5, 0.3, 0.1)
