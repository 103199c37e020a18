"""What every recommender must do, asked of every class in the table of builders."""

import inspect
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from _pytest.mark import ParameterSet
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from socialflow.errors import ArtefactError, InvalidInput, ModelUnavailable
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.query import Ranked
from socialflow.recommendation.ranking import best_columns

TASTES = ("cats dogs pets", "guitar piano music", "football running sport")
HISTORIES = Histories.from_lists([[100, 103, 106], [], [101, 104], [102], [107, 100]])
UNSEEN = 999_999


def a_platform(seed: int = 3) -> tuple[Interactions, ItemTable]:
    """60 users of three tastes with 30 items, ids 100 to 129; item 130 has words and no interactions."""
    rng = np.random.default_rng(seed)
    users = np.repeat(np.arange(60), 8)
    items = 100 + 3 * rng.integers(0, 10, len(users)) + users % 3
    weights = rng.choice(np.array([0.5, 1.0, 1.5], np.float32), len(users))
    weights[::17] = -1.0
    at = 1_700_000_000 + np.arange(len(users)) * 600.0
    ids = np.arange(100, 131)
    words = [TASTES[(i - 100) % 3].split() for i in ids]
    table = ItemTable(
        ids=ids,
        titles=[f"{kind[i % 3]} {kind[(i + 1) % 3]} number{i // 7}" for i, kind in zip(ids, words, strict=True)],
        descriptions=[" ".join(kind) for kind in words],
        tags=[kind[:1] for kind in words],
        categories=[kind[-1] for kind in words],
        channels=np.where(ids % 2, 5, -1),
        created_at=np.zeros(len(ids)),
    )
    return Interactions(users, items, weights, at), table


def kinds() -> Iterator[ParameterSet]:
    """All algorithms; those trained with torch belong to `make test-train` and are left out where it is missing."""
    missing = pytest.mark.skipif(find_spec("torch") is None, reason="is trained with torch, which is not installed")
    for name, algorithm in ALGORITHMS.items():
        yield pytest.param(algorithm, id=name, marks=(pytest.mark.train, missing) if algorithm.needs_torch else ())


@pytest.fixture(params=kinds())
def algorithm(request: pytest.FixtureRequest) -> type[Recommender]:
    return request.param


@cache
def fitted(algorithm: type[Recommender]) -> Recommender:
    return algorithm().fit(*a_platform())


@pytest.fixture
def model(algorithm: type[Recommender]) -> Recommender:
    return fitted(algorithm)  # immutable: all tests may share it


def same(left: np.ndarray, right: np.ndarray, tolerance: float = 0.0) -> bool:
    return np.allclose(left, right, rtol=tolerance, atol=tolerance, equal_nan=True)


class TestTable:
    def test_every_algorithm_file_is_in_the_table(self) -> None:
        folder = Path(inspect.getfile(ALGORITHMS["trending"])).parent
        files = {path.stem for path in folder.glob("*.py")} - {"__init__"}
        assert files == set(ALGORITHMS) - {"collaborative", "social"}  # made of others: in blends

    def test_names_agree(self, algorithm: type[Recommender]) -> None:
        assert ALGORITHMS[algorithm.name] is algorithm

    def test_parameters_are_the_constructors_and_json(self, algorithm: type[Recommender]) -> None:
        keywords = inspect.signature(algorithm.__init__).parameters
        parameters = algorithm().parameters
        assert list(parameters) == [name for name in keywords if name != "self"]
        assert dict(algorithm(**json.loads(json.dumps(parameters))).parameters) == dict(parameters)


class TestFit:
    def test_a_second_fit_forgets_the_first(self, algorithm: type[Recommender]) -> None:
        first, table = a_platform(seed=3)
        second, _ = a_platform(seed=4)
        again = algorithm().fit(first, table).fit(second, table)
        assert same(again.score(HISTORIES), algorithm().fit(second, table).score(HISTORIES))

    def test_equal_input_gives_equal_models(self, model: Recommender, algorithm: type[Recommender]) -> None:
        assert same(model.score(HISTORIES), algorithm().fit(*a_platform()).score(HISTORIES))

    def test_order_of_rows_does_not_matter(self, model: Recommender, algorithm: type[Recommender]) -> None:
        log, table = a_platform()
        mixed = np.random.default_rng(0).permutation(len(log))
        shuffled = Interactions(log.users[mixed], log.items[mixed], log.weights[mixed], log.at[mixed])
        assert same(model.score(HISTORIES), algorithm().fit(shuffled, table).score(HISTORIES), 1e-4)

    def test_names_of_users_do_not_matter(self, model: Recommender, algorithm: type[Recommender]) -> None:
        if algorithm.name in {"item_item", "hybrid"}:
            pytest.skip("the users on which the kernel is chosen are drawn by number; see the fixed-kernel test")
        log, table = a_platform()
        renamed = Interactions(7_000 - log.users, log.items, log.weights, log.at)
        assert same(model.score(HISTORIES), algorithm().fit(renamed, table).score(HISTORIES), 1e-3)

    def test_items_without_interactions_are_on_the_axis(self, model: Recommender) -> None:
        assert model.item_ids.tolist() == list(range(100, 131))

    def test_only_dislikes_can_be_fitted(self, algorithm: type[Recommender]) -> None:
        log, table = a_platform()
        disliked = Interactions(log.users, log.items, -np.abs(log.weights), log.at)
        assert algorithm().fit(disliked, table).score(HISTORIES).shape == (5, 31)

    def test_nothing_to_learn_from_is_refused(self, algorithm: type[Recommender]) -> None:
        with pytest.raises(InvalidInput):
            algorithm().fit(Interactions.from_pairs([], []))

    def test_weights_that_are_no_numbers_are_refused(self, algorithm: type[Recommender]) -> None:
        log, table = a_platform()
        log.weights[3] = np.nan
        with pytest.raises(InvalidInput, match="finite"):
            algorithm().fit(log, table)

    def test_missing_words_are_named(self, algorithm: type[Recommender]) -> None:
        if not algorithm.needs_items:
            pytest.skip("needs no words")
        with pytest.raises(InvalidInput, match="ItemTable"):
            algorithm().fit(a_platform()[0])

    def test_asking_before_fitting_says_so(self, algorithm: type[Recommender]) -> None:
        with pytest.raises(ModelUnavailable, match="fit"):
            algorithm().score(HISTORIES)


class TestScore:
    def test_shape_and_type(self, model: Recommender) -> None:
        scores = model.score(HISTORIES)
        assert scores.shape == (5, 31)
        assert scores.dtype == np.float32

    def test_taste_is_recognised(self, model: Recommender) -> None:
        if model.name == "trending":
            pytest.skip("trending says the same to everybody")
        best = model.top(Histories.from_lists([[100, 103, 106], [101, 104, 107], [102, 105, 108]]), 3).items
        assert (best % 3 == np.array([[1], [2], [0]])).all()

    def test_unknown_items_in_a_history_are_ignored(self, model: Recommender) -> None:
        known = model.score(Histories.from_lists([[100, 103]]))
        assert same(known, model.score(Histories.from_lists([[UNSEEN, 100, 103]])))
        assert same(model.score(Histories.from_lists([[]])), model.score(Histories.from_lists([[UNSEEN, -5]])))

    def test_an_empty_history_is_answered(self, model: Recommender) -> None:
        scores = model.score(Histories.from_lists([[]]))
        if model.name in {"trending", "hybrid"}:
            assert np.isfinite(scores).all()
        else:
            assert np.isnan(scores).all()

    def test_batch_agrees_with_single(self, model: Recommender) -> None:
        together = model.score(HISTORIES)
        alone = np.concatenate([model.score(HISTORIES.rows(row, row + 1)) for row in range(len(HISTORIES))])
        assert same(together, alone, 1e-5)

    def test_batch_agrees_with_single_where_nobody_took_the_first_item(self, algorithm: type[Recommender]) -> None:
        log, table = a_platform()
        model = algorithm().fit(log, replace(table, ids=np.concatenate(([99], table.ids[1:]))))
        together = model.score(HISTORIES)
        alone = np.concatenate([model.score(HISTORIES.rows(row, row + 1)) for row in range(len(HISTORIES))])
        assert same(together, alone, 1e-5)

    def test_no_history_at_all_gives_no_rows(self, model: Recommender) -> None:
        assert model.score(Histories.from_lists([])).shape == (0, 31)
        assert model.top(Histories.from_lists([]), 4).items.shape == (0, 4)

    def test_some_items_agree_with_all(self, model: Recommender) -> None:
        wanted = np.array([117, 100, UNSEEN, 130, 117])
        scores = model.score_items(HISTORIES, wanted)
        assert same(scores[:, [0, 1, 3, 4]], model.score(HISTORIES)[:, [17, 0, 30, 17]], 1e-5)
        assert np.isnan(scores[:, 2]).all()

    def test_a_history_may_take_an_item_again_and_stays_as_it_is(self, model: Recommender) -> None:
        again = Histories.from_lists([[106, 103, 100, 103, 106], [101], [104, 104]])
        before = [part.copy() for part in (again.indptr, again.items, again.weights, again.at)]
        query = model.query(again)
        best = query.top(4, exclude_seen=True).items
        assert not {100, 103, 106} & set(best[0].tolist())
        assert same(query.score_items(model.item_ids), model.score(again))
        assert all(map(np.array_equal, before, (again.indptr, again.items, again.weights, again.at)))

    def test_asking_changes_nothing(self, model: Recommender) -> None:
        before = model.score(HISTORIES)
        model.top(HISTORIES, 5)
        model.score(HISTORIES)[:] = 7.0
        assert same(before, model.score(HISTORIES))

    def test_threads_may_share_a_model(self, model: Recommender) -> None:
        expected = model.score(HISTORIES)
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: model.score(HISTORIES), range(32)))
        assert all(same(expected, answer) for answer in answers)

    def test_a_broken_history_is_refused(self, model: Recommender) -> None:
        whole = Histories.from_lists([[100, 101]])
        with pytest.raises(InvalidInput, match="indptr"):
            model.score(Histories(np.array([0, 1]), whole.items, whole.weights, whole.at))
        with pytest.raises(InvalidInput, match="finite"):
            model.score(Histories(whole.indptr, whole.items, np.array([1, np.inf], np.float32), whole.at))


class TestTop:
    def test_one_query_answers_what_separate_questions_do(self, model: Recommender) -> None:
        wanted = np.array([103, UNSEEN, 110])
        one, other = model.query(HISTORIES), model.query(HISTORIES)
        assert alike(one.top(5), model.top(HISTORIES, 5))
        assert same(one.score_items(wanted), other.score_items(wanted), 1e-4)
        assert same(other.score_items(wanted), model.score_items(HISTORIES, wanted), 1e-4)
        assert alike(one.top(5), other.top(5))

    def test_one_history_of_many_is_answered_as_alone(self, model: Recommender) -> None:
        wanted, together = np.array([103, UNSEEN, 110]), model.query(HISTORIES)
        for row in range(len(HISTORIES)):
            alone = model.query(HISTORIES.rows(row, row + 1))
            assert same(together.row(row).score_items(wanted), alone.score_items(wanted), 1e-4)
            assert alike(together.row(row).top(5), alone.top(5), 1e-5)

    def test_agrees_with_scores(self, model: Recommender) -> None:
        scores, ranked = model.score(HISTORIES), model.top(HISTORIES, 31, exclude_seen=False)
        for row, line in enumerate(scores):
            order = [item for item in np.lexsort((np.arange(31), -line)) if not np.isnan(line[item])]
            assert ranked.items[row].tolist() == [100 + item for item in order] + [-1] * (31 - len(order))

    def test_leaves_out_what_was_seen(self, model: Recommender) -> None:
        ranked = model.top(HISTORIES, 31).items
        assert not np.isin([100, 103, 106], ranked[0]).any()
        assert not np.isin([101, 104], ranked[2]).any()

    def test_keeps_to_what_is_allowed(self, model: Recommender) -> None:
        allowed = np.array([128, 103, UNSEEN, 109, 103])
        free = model.top(HISTORIES, 31, exclude_seen=False)
        bound = model.top(HISTORIES, 3, exclude_seen=False, allowed=allowed)
        for row in range(len(HISTORIES)):
            expected = [item for item in free.items[row].tolist() if item in {103, 109, 128}]
            assert bound.items[row].tolist() == (expected + [-1] * 3)[:3]
        assert 103 not in model.top(HISTORIES, 3, allowed=allowed).items[0]

    def test_nothing_allowed_gives_nothing(self, model: Recommender) -> None:
        assert (model.top(HISTORIES, 3, allowed=np.array([UNSEEN])).items == -1).all()

    def test_more_than_there_is_ends_in_nothing(self, model: Recommender) -> None:
        ranked = model.top(HISTORIES, 50)
        assert (ranked.items[:, -1] == -1).all()
        assert (np.isnan(ranked.scores) == (ranked.items == -1)).all()

    def test_k_must_be_positive(self, model: Recommender) -> None:
        with pytest.raises(InvalidInput, match="k must"):
            model.top(HISTORIES, 0)


class TestNeighbours:
    def test_best_first_without_the_item_itself(self, model: Recommender) -> None:
        near = model.neighbours(np.array([100, 117]), 5)
        assert near.items.shape == (2, 5)
        assert not np.isin(100, near.items[0])
        for scores in near.scores:
            present = scores[~np.isnan(scores)]
            assert (np.diff(present) <= 0).all()

    def test_an_unknown_item_has_none(self, model: Recommender) -> None:
        near = model.neighbours(np.array([UNSEEN, 100]), 2)
        assert near.items[0].tolist() == [-1, -1]
        assert np.isnan(near.scores[0]).all()

    def test_alike_are_near(self, model: Recommender) -> None:
        if model.name == "trending":
            pytest.skip("trending knows no likeness")
        assert (model.neighbours(np.array([100, 101, 102]), 3).items % 3 == np.array([[1], [2], [0]])).all()


class TestSaving:
    def test_a_loaded_model_answers_alike(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        loaded = type(model).load(tmp_path)
        assert dict(loaded.parameters) == dict(model.parameters)
        assert same(loaded.score(HISTORIES), model.score(HISTORIES))
        assert alike(loaded.top(HISTORIES, 5), model.top(HISTORIES, 5))
        items = np.array([100, 130, UNSEEN])
        assert alike(loaded.neighbours(items, 4), model.neighbours(items, 4))

    def test_a_half_life_fades_histories_and_is_kept(self, algorithm: type[Recommender], tmp_path: Path) -> None:
        model = algorithm().fit(*a_platform())
        faded = model.score(HISTORIES.faded(2.0))
        model.half_life = 2.0
        assert same(model.score(HISTORIES), faded)
        model.save(tmp_path)
        assert type(model).load(tmp_path).half_life == 2.0
        assert same(type(model).load(tmp_path).score(HISTORIES), faded)

    def test_only_json_and_plain_arrays_are_written(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        files = [path for path in tmp_path.rglob("*") if path.is_file()]
        assert {path.suffix for path in files} <= {".json", ".npy"}
        for path in files:
            if path.suffix == ".npy":
                np.load(path, allow_pickle=False)

    def test_a_model_is_never_overwritten(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        with pytest.raises(ArtefactError, match="empty"):
            model.save(tmp_path)

    def test_an_unfitted_model_is_not_saved(self, algorithm: type[Recommender], tmp_path: Path) -> None:
        with pytest.raises(ModelUnavailable):
            algorithm().save(tmp_path)

    def test_every_damaged_file_is_noticed(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        for path in sorted(path for path in tmp_path.rglob("*") if path.is_file()):
            whole = path.read_bytes()
            for damage in (b"", whole[: len(whole) // 2], b"\x80\x04garbage"):
                path.write_bytes(damage)
                with pytest.raises(ArtefactError):
                    type(model).load(tmp_path)
            path.unlink()
            with pytest.raises(ArtefactError):
                type(model).load(tmp_path)
            path.write_bytes(whole)
        type(model).load(tmp_path)

    def test_another_format_is_refused(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        state = tmp_path / "state.json"
        for change in ({"format": 999}, {"name": "other"}, {"parameters": {"no_such": 1}}, {"parameters": None}):
            document = json.loads(state.read_text("utf-8"))
            whole = dict(document)
            document.update(change)
            state.write_text(json.dumps(document), "utf-8")
            with pytest.raises(ArtefactError):
                type(model).load(tmp_path)
            state.write_text(json.dumps(whole), "utf-8")

    def test_pickled_arrays_are_refused(self, model: Recommender, tmp_path: Path) -> None:
        model.save(tmp_path)
        array = next(iter(sorted(tmp_path.rglob("*.npy"))))
        np.save(array, np.array([{"an": "object"}], dtype=object), allow_pickle=True)
        with pytest.raises(ArtefactError):
            type(model).load(tmp_path)


def alike(left: Ranked, right: Ranked, tolerance: float = 0.0) -> bool:
    return np.array_equal(left.items, right.items) and same(left.scores, right.scores, tolerance)


class TestBestColumns:
    @given(
        arrays(
            np.float32,
            st.tuples(st.integers(0, 4), st.integers(0, 40)),
            elements=st.one_of(st.sampled_from([np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0]), st.floats(-9, 9, width=32)),
        ),
        st.integers(1, 45),
    )
    @settings(max_examples=200, deadline=None)
    def test_agrees_with_sorting_everything(self, scores: np.ndarray, k: int) -> None:
        columns, values = best_columns(scores, k)
        for row, line in enumerate(scores):
            ranked = sorted((i for i in range(len(line)) if not np.isnan(line[i])), key=lambda i: (-line[i], i))[:k]
            assert columns[row].tolist() == ranked + [-1] * (k - len(ranked))
            assert same(values[row][: len(ranked)], line[ranked])
            assert np.isnan(values[row][len(ranked) :]).all()
