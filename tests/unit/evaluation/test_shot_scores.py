"""Changes of shot against true ones, and the annotations they are read from."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.evaluation.shots import Change, Found, Kind, score
from socialflow.evaluation.shots_truth import read_truth


def cut(frame: int, *, optional: bool = False) -> Change:
    return Change("cut", frame, frame, optional)


def slow(first: int, last: int, kind: Kind = "dissolve") -> Change:
    return Change(kind, first, last)


class TestScores:
    def test_a_cut_may_be_off_by_one_frame(self) -> None:
        truth = [cut(10), cut(50), cut(90)]
        assert score(truth, [cut(11), cut(49), cut(92)]).cuts == Found(2, 3, 3)

    def test_each_is_found_once(self) -> None:
        assert score([cut(10)], [cut(9), cut(10), cut(11)]).cuts == Found(1, 3, 1)
        assert score([cut(10), cut(12)], [cut(11), cut(11)]).cuts == Found(2, 2, 2)

    def test_gradual_ones_are_found_where_they_overlap(self) -> None:
        found = score([slow(10, 30), slow(60, 80)], [slow(30, 40), slow(81, 90)])
        assert found.gradual == Found(1, 2, 2)
        assert found.cuts == Found(0, 0, 0)

    def test_a_cut_in_a_gradual_change_is_a_false_cut(self) -> None:
        found = score([slow(10, 30)], [cut(20)])
        assert found.cuts == Found(0, 1, 0)
        assert found.gradual == Found(0, 0, 1)

    def test_without_kinds_it_is_what_finds_it(self) -> None:
        found = score([slow(10, 30), cut(50)], [cut(20), cut(25), cut(50), cut(70)], kinds=False)
        assert found.gradual == Found(1, 2, 1)
        assert found.cuts == Found(1, 2, 1)

    def test_where_no_kind_is_asked_places_count(self) -> None:
        assert score([slow(10, 30), cut(50)], [cut(20), slow(48, 53)]).all == Found(2, 2, 2)

    def test_short_gradual_changes_count_as_cuts(self) -> None:
        for told in (cut(12), slow(8, 14)):
            assert score([slow(10, 13)], [told]).cuts == Found(1, 1, 1)
            assert score([slow(10, 13)], [told]).gradual == Found(0, 0, 0)

    def test_optional_ones_count_neither_way(self) -> None:
        for told in ([], [cut(10)]):
            assert score([cut(10, optional=True)], told).cuts == Found(0, 0, 0)

    def test_nothing_told_of_nothing_is_right(self) -> None:
        assert score([], []).cuts.f1 == 1.0
        assert score([], [cut(1)]).cuts.f1 == 0.0

    def test_scores_add_up(self) -> None:
        one, other = score([cut(1)], [cut(1)]), score([cut(1)], [slow(30, 50)])
        assert (one + other).cuts == Found(1, 1, 2)
        assert (one + other).gradual == Found(0, 1, 0)

    @given(st.lists(st.tuples(st.integers(3, 40), st.integers(0, 30)), max_size=15))
    def test_the_truth_itself_scores_one(self, drawn: list[tuple[int, int]]) -> None:
        truth, at = [], 0
        for gap, length in drawn:
            truth.append(slow(at + gap, at + gap + length) if length else cut(at + gap))
            at = truth[-1].last
        scored = score(truth, truth)
        assert (scored.cuts.f1, scored.gradual.f1, scored.all.f1) == (1.0, 1.0, 1.0)

    @given(*[st.lists(st.tuples(st.integers(0, 99), st.integers(0, 9)), max_size=10)] * 2, st.booleans())
    def test_no_more_hits_than_told_or_there(
        self, one: list[tuple[int, int]], other: list[tuple[int, int]], kinds: bool
    ) -> None:
        truth = [slow(first, first + length) for first, length in one]
        told = [cut(first) if not kinds or not length else slow(first, first + length) for first, length in other]
        scored = score(truth, told, kinds=kinds)
        for found in (scored.cuts, scored.gradual, scored.all):
            assert 0 <= found.hits <= min(found.told, found.there)
            assert 0 <= found.f1 <= 1


class TestAnnotations:
    def test_tables(self) -> None:
        expected = [cut(20), slow(40, 60), slow(90, 99, "fade")]
        for heading in ("kind,first,last\n", ""):
            assert read_truth(heading + "cut,20\nfade through black, 90, 99\ndissolve,40,60\n\n") == expected

    def test_documents(self) -> None:
        told = [
            {"type": "cut", "first_frame_of_new_shot": 20},
            {"type": "fast_dissolve", "from_frame": 40, "to_frame": 42, "note": "short"},
            {"type": "dissolve", "first_mixed_frame": 50, "last_mixed_frame": 60},
            {"type": "fade_through_black", "fade_out_from": 90, "black_frame": 95, "fade_in_until": 99},
            {"type": "cut", "first_frame_of_new_shot": 120, "optional": True},
        ]
        expected = [cut(20), slow(40, 42), slow(50, 60), slow(90, 99, "fade"), cut(120, optional=True)]
        assert read_truth(json.dumps({"fps": 25, "transitions": told})) == expected
        assert read_truth(json.dumps(told)) == expected

    @pytest.mark.parametrize(
        ("text", "says"),
        [
            ("cut\n", "line 1"),
            ("cut,10\nsplice,20\n", "line 2.*'splice'"),
            ("cut,ten\n", "line 1"),
            ("dissolve,20,10\n", "20 to 10"),
            ("{", "no JSON"),
            ('{"cuts": []}', "transitions"),
            ('{"transitions": [{"type": "cut"}]}', "transition 1"),
            ('{"transitions": ["cut"]}', "transition 1"),
        ],
    )
    def test_wrong_ones_are_refused_with_their_place(self, text: str, says: str) -> None:
        with pytest.raises(InvalidInput, match=says):
            read_truth(text)
