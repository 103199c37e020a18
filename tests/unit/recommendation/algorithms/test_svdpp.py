import numpy as np
import pytest
from scipy import sparse

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.svdpp import SvdPlusPlus, _as_input, _candidates, _gradients, _start, _Step
from socialflow.recommendation.interactions import Histories, Interactions

WIDTH = 4


def rated_log(seed: int = 0) -> Interactions:
    """40 users, 20 items, weights 0.5 to 1.5."""
    rng = np.random.default_rng(seed)
    users, items = rng.integers(0, 40, 300), np.append(rng.integers(0, 20, 280), range(20))
    return Interactions(users, items, rng.choice([0.5, 1.0, 1.5], 300).astype(np.float32), np.arange(300.0))


class TestFormula:
    def test_a_person_is_what_was_taken_and_how_much_it_was_liked(self) -> None:
        model = SvdPlusPlus(factors=WIDTH, epochs=3).fit(rated_log())
        taken, liked, candidate, bias = (model._learnt[name] for name in ("taken", "liked", "candidate", "bias"))
        weights = np.array([0.5, 1.5], np.float32)
        person = (taken[[3, 8]] + (weights - model._usual)[:, None] * liked[[3, 8]]).sum(axis=0) / np.sqrt(2)
        history = Histories(np.array([0, 2]), np.array([3, 8]), weights, np.zeros(2))
        assert np.allclose(model.score(history)[0], bias + candidate @ person, atol=1e-5)

    def test_ratings_matter_where_they_differ_and_only_there(self) -> None:
        log = rated_log()
        equal = Interactions(log.users, log.items, np.ones(300, np.float32), log.at)
        distinct = np.unique(np.stack((log.users, log.items)), axis=1, return_index=True)[1]
        assert SvdPlusPlus(factors=WIDTH, epochs=2).fit(log)._learnt["liked"].any()
        assert (
            not SvdPlusPlus(factors=WIDTH, epochs=2)
            .fit(equal.where(np.isin(np.arange(300), distinct)))
            ._learnt["liked"]
            .any()
        )

    def test_dislikes_are_left_out(self) -> None:
        model = SvdPlusPlus(factors=WIDTH, epochs=2).fit(rated_log())
        mixed = Histories(np.array([0, 2]), np.array([3, 8]), np.array([1.0, -1.0], np.float32), np.zeros(2))
        assert np.allclose(model.score(mixed), model.score(Histories.from_lists([[3]])), atol=1e-6)


class TestFit:
    def test_gradients_are_those_of_the_likelihood(self) -> None:
        rng = np.random.default_rng(2)
        vectors = {name: array.astype(np.float64) for name, array in _start(6, WIDTH, rng).items()}
        vectors["liked"] += 0.1 * rng.standard_normal((6, WIDTH))
        known = sparse.csr_array(np.array([[1, 2, 0, 0, 0, 0], [0, 0, 1, 0.5, 0, 0]], np.float32))
        asked = sparse.csr_array(np.array([[0, 0, 0, 0, 1, 0], [1, 0, 0, 0, 0, 2]], np.float32))
        step, all_items = _Step(*_as_input(known, 1.0), asked), np.arange(6)

        def loss() -> float:
            person = step.shown @ vectors["taken"] + step.excess @ vectors["liked"]
            scores = person @ vectors["candidate"].T + vectors["bias"]
            return float(
                -(asked.toarray() * (scores - np.log(np.exp(scores).sum(1, keepdims=True)))).sum() / asked.sum()
            )

        for name, (rows, gradient) in _gradients(vectors, step, all_items).items():  # type: ignore[arg-type]
            place = (rows[0], 1) if gradient.ndim > 1 else (rows[0],)
            vectors[name][place] += 1e-5
            above = loss()
            vectors[name][place] -= 2e-5
            slope = (above - loss()) / 2e-5
            vectors[name][place] += 1e-5
            assert slope == pytest.approx(float(gradient[(0, *place[1:])]), abs=1e-5), name

    def test_of_many_items_those_asked_for_are_always_ranked(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("socialflow.recommendation.algorithms.svdpp._CANDIDATES", 5)
        asked = sparse.csr_array(np.eye(3, 30, 10, dtype=np.float32))
        step = _Step(asked, asked, asked)
        columns = _candidates(step, np.ones(30, np.float32), np.random.default_rng(0))
        assert set(columns) >= {10, 11, 12}
        assert len(columns) <= 5
        log = rated_log()
        assert np.isfinite(SvdPlusPlus(factors=WIDTH, epochs=2).fit(log).score(Histories.from_lists([[1]]))).all()

    def test_the_seed_decides(self) -> None:
        asked = Histories.from_lists([[1, 2]])
        scores = [SvdPlusPlus(factors=WIDTH, epochs=2, seed=seed).fit(rated_log()).score(asked) for seed in (0, 0, 1)]
        assert np.array_equal(scores[0], scores[1])
        assert not np.allclose(scores[0], scores[2])

    def test_settings_are_checked(self) -> None:
        with pytest.raises(InvalidInput, match="factors"):
            SvdPlusPlus(factors=0)
