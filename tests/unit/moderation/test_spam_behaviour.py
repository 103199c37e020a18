"""What authors do is judged by bounds, and only as far as it is known."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.moderation.behaviour import ALIKE, MOST_TEXTS, Author, behaviour_signals, copies_of, shingles


def values(text: str, author: Author) -> dict[str, float]:
    return {signal.name: signal.value for signal in behaviour_signals(text, author)}


class TestAuthors:
    def test_what_is_not_known_is_not_judged(self) -> None:
        author = Author(followers=3)
        assert values("Hello", author) == {}
        assert author.unknown == ("account_age_days", "following", "posts_last_hour", "recent_texts")

    def test_an_ordinary_account_raises_nothing(self) -> None:
        author = Author(400, followers=80, following=120, posts_last_hour=2, recent_texts=("A lovely day", "Goal!"))
        assert set(values("What a match", author).values()) == {0.0}

    def test_a_bot_raises_everything(self) -> None:
        text = "Get free followers now, link in my profile"
        author = Author(0, followers=1, following=4000, posts_last_hour=90, recent_texts=(text.upper(),) * 5)
        assert set(values(text, author).values()) == {1.0}

    def test_following_many_says_nothing_of_somebody_who_is_followed(self) -> None:
        assert values("Hi", Author(followers=2000, following=3000)) == {"account_one_sided": 0.0}

    @pytest.mark.parametrize("field", ["account_age_days", "followers", "following", "posts_last_hour"])
    def test_figures_below_zero_are_refused_by_name(self, field: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            Author(**{field: -1})
        assert raised.value.field == field

    def test_an_age_that_is_no_number_is_refused(self) -> None:
        with pytest.raises(InvalidInput):
            Author(account_age_days=float("nan"))


class TestCopies:
    def test_case_marks_and_a_changed_number_do_not_hide_a_copy(self) -> None:
        text = "Earn money from home today, ask me how, offer number 17"
        assert copies_of(text, ["EARN MONEY from home today -- ask me how! Offer number 18", "Good night all"]) == 1

    def test_texts_without_letters_are_no_copies(self) -> None:
        assert copies_of("!!!", ["???", "!!!"]) == 0

    def test_short_texts_are_copies_where_they_are_equal(self) -> None:
        assert copies_of("Wow", ["wow!", "cow"]) == 1

    def test_only_the_first_texts_are_compared(self) -> None:
        assert copies_of("The same text again", ["another one entirely"] * MOST_TEXTS + ["The same text again"]) == 0

    def test_shingles(self) -> None:
        assert shingles("Ab-cde F") == {"abcde", "bcdef"}

    @given(st.text("abc ", max_size=40), st.lists(st.text("abc ", max_size=40), max_size=4), st.integers(0, 40))
    def test_they_are_those_of_the_definition(self, text: str, others: list[str], cut: int) -> None:
        others += [text[cut:] + text[:cut], text[:cut], text + text[:cut]]

        def near(one: frozenset[str], other: frozenset[str]) -> bool:
            return bool(one & other) and len(one & other) >= ALIKE * len(one | other)

        assert copies_of(text, others) == sum(near(shingles(text), shingles(other)) for other in others)
