"""Word error rate: the alignment is the cheapest, and what counts as the same word."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.evaluation.words import MOST, compare, normalised, spoken

texts = st.lists(st.sampled_from("abc"), max_size=7)


def distance(said: list[str], told: list[str]) -> int:
    """By its definition."""
    if not said or not told:
        return len(said) + len(told)
    if said[0] == told[0]:
        return distance(said[1:], told[1:])
    return 1 + min(distance(said[1:], told), distance(said, told[1:]), distance(said[1:], told[1:]))


class TestAlignment:
    @given(texts, texts)
    def test_has_the_fewest_errors(self, said: list[str], told: list[str]) -> None:
        score = compare(said, told)
        assert score.changed + score.left_out + score.put_in == distance(said, told)
        assert len(score.matched) + score.changed + score.left_out == len(said)
        assert len(score.matched) + score.changed + score.put_in == len(told)

    @given(texts, texts)
    def test_matches_equal_words_in_order(self, said: list[str], told: list[str]) -> None:
        matched = compare(said, told).matched
        assert all(said[one] == told[other] for one, other in matched)
        assert sorted(set(matched)) == list(matched)

    def test_each_error_is_of_its_kind(self) -> None:
        score = compare(*map(str.split, ("the cat sat there on a soft mat", "the bat sat on a soft mat today")))
        assert (score.changed, score.left_out, score.put_in) == (1, 1, 1)
        assert score.rate == pytest.approx(3 / 8)

    def test_nothing_said_and_something_told_is_all_wrong(self) -> None:
        assert (compare([], []).rate, compare([], ["a", "b"]).rate) == (0.0, 1.0)

    def test_too_much_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="words"):
            compare(["a"] * (MOST + 1), ["a"])


class TestNormalising:
    def test_case_punctuation_and_titles_do_not_count(self) -> None:
        assert normalised("NASA’s Mr. Smith, 1990s") == ["nasa's", "mister", "smith", "1990s"]

    def test_what_nobody_says_is_left_out(self) -> None:
        assert normalised(spoken("MARY ANN: Yes (laughs) [door] we go\nBOB: no")) == ["yes", "we", "go", "no"]
