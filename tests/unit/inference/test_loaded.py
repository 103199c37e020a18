"""Models in memory: loaded once, let go of in order, never more than the budget."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import ArtefactError, ModelUnavailable, Overloaded
from socialflow.inference.loaded import LoadedModels

SIZES = {"a": 4, "b": 3, "c": 3, "huge": 11}


class Shelf:
    """Counts loads; a model is its own name in capitals. `gate` holds back the loading of the named one."""

    def __init__(self, budget: int = 10, held_back: str = "") -> None:
        self.loads: list[str] = []
        self.begun, self.gate = threading.Event(), threading.Event()
        self.held_back = held_back
        self.broken: set[str] = set()
        self.models = LoadedModels(self.load, SIZES.__getitem__, budget=budget)

    def load(self, name: str) -> str:
        self.loads.append(name)
        if name == self.held_back:
            self.begun.set()
            assert self.gate.wait(10)
        if name in self.broken:
            raise ArtefactError(f"{name} is broken")
        return name.upper()


class TestLoading:
    def test_a_model_is_loaded_when_first_asked_for_and_then_kept(self) -> None:
        shelf = Shelf()
        assert (shelf.loads, shelf.models.names()) == ([], [])
        assert [shelf.models.get("a"), shelf.models.get("a")] == ["A", "A"]
        assert shelf.loads == ["a"]
        assert shelf.models.size == 4

    def test_two_threads_load_once(self) -> None:
        shelf = Shelf(held_back="a")
        with ThreadPoolExecutor(4) as threads:
            answers = [threads.submit(shelf.models.get, "a") for _ in range(4)]
            assert shelf.begun.wait(10)
            assert shelf.models.names() == []
            shelf.gate.set()
            assert [answer.result(10) for answer in answers] == ["A"] * 4
        assert shelf.loads == ["a"]

    def test_a_failure_reaches_everybody_and_the_next_call_tries_again(self) -> None:
        shelf = Shelf(held_back="a")
        shelf.broken.add("a")
        with ThreadPoolExecutor(2) as threads:
            answers = [threads.submit(shelf.models.get, "a") for _ in range(2)]
            assert shelf.begun.wait(10)
            shelf.gate.set()
            failures = [answer.exception(10) for answer in answers]
        assert all(isinstance(failure, ArtefactError) for failure in failures)
        assert shelf.models.size == 0
        shelf.broken.clear()
        assert shelf.models.get("a") == "A"

    def test_an_unknown_name_fails_before_anything_is_let_go(self) -> None:
        shelf = Shelf()
        shelf.models.get("a")
        with pytest.raises(KeyError):
            shelf.models.get("nobody")
        assert shelf.models.names() == ["a"]


class TestBudget:
    def test_what_was_used_longest_ago_leaves_first(self) -> None:
        shelf = Shelf(budget=7)
        for name in ("a", "b", "a", "c"):
            shelf.models.get(name)
        assert shelf.models.names() == ["a", "c"]
        assert shelf.models.get("b") == "B"
        assert shelf.loads == ["a", "b", "c", "b"]

    def test_one_larger_than_all_room_names_the_setting(self) -> None:
        shelf = Shelf()
        shelf.models.get("a")
        with pytest.raises(ModelUnavailable, match="ML_MODEL_MEMORY_MB to 1 or more"):
            shelf.models.get("huge")
        assert shelf.models.names() == ["a"]

    def test_models_being_loaded_are_not_pushed_out(self) -> None:
        shelf = Shelf(budget=6, held_back="a")
        with ThreadPoolExecutor(1) as threads:
            loading = threads.submit(shelf.models.get, "a")
            assert shelf.begun.wait(10)
            with pytest.raises(Overloaded, match="no room for b"):
                shelf.models.get("b")
            shelf.gate.set()
            assert loading.result(10) == "A"
        assert shelf.models.get("b") == "B"
        assert shelf.models.names() == ["b"]

    @given(st.lists(st.sampled_from(["a", "b", "c"]), max_size=30), st.integers(4, 12))
    def test_it_is_never_exceeded_and_the_last_is_there(self, asked: list[str], budget: int) -> None:
        shelf = Shelf(budget=budget)
        for name in asked:
            assert shelf.models.get(name) == name.upper()
            assert shelf.models.size <= budget
            assert shelf.models.names()[-1] == name


class TestUnloading:
    def test_an_unloaded_model_is_loaded_anew(self) -> None:
        shelf = Shelf()
        shelf.models.get("a")
        assert shelf.models.unload("a")
        assert not shelf.models.unload("a")
        assert shelf.models.size == 0
        shelf.models.get("a")
        assert shelf.loads == ["a", "a"]

    def test_unloading_while_it_loads_leaves_the_waiters_theirs(self) -> None:
        shelf = Shelf(held_back="a")
        with ThreadPoolExecutor(1) as threads:
            loading = threads.submit(shelf.models.get, "a")
            assert shelf.begun.wait(10)
            assert shelf.models.unload("a")
            shelf.gate.set()
            assert loading.result(10) == "A"
        assert shelf.models.names() == []


class TestObserver:
    def test_hears_of_loads_and_of_what_is_held(self) -> None:
        shelf, heard = Shelf(budget=7), list[tuple[object, ...]]()

        class Ear:
            def model_loaded(self, model: str, seconds: float) -> None:
                heard.append((model, seconds >= 0))

            def models_held(self, count: int, size: int) -> None:
                heard.append((count, size))

        shelf.models.observer = Ear()
        shelf.models.get("a")
        shelf.models.get("a")
        shelf.models.get("b")
        shelf.models.get("c")
        shelf.models.unload("c")
        assert heard == [("a", True), (1, 4), ("b", True), (2, 7), ("c", True), (2, 6), (1, 3)]
