"""Completions of a draft: the rest of replies, by how well their situation fits and how much they save."""

import numpy as np
import pytest

from socialflow.generation.bank import Bank, BankReply, Situation, Tone
from socialflow.generation.completing import completions, from_bank
from socialflow.generation.continuations import Phrases


def bank(*texts: str) -> Bank:
    """Each reply in a situation of its own."""
    situations = tuple(Situation(text, frozenset(), frozenset(), (), grave=False) for text in texts)
    replies = tuple(BankReply(text, Tone.FRIENDLY, text, 0, place) for place, text in enumerate(texts))
    return Bank(situations, replies, frozenset(), "1")


THANKS = bank("Thank you so much!", "Thank you for asking.", "Happy to help!")


class TestFromBank:
    def test_is_what_is_left_of_replies_that_begin_like_the_last_sentence(self) -> None:
        assert {one.added: one.share for one in from_bank(THANKS, "Hi! THANK  you ", None)} == {
            "so much!": 0.5,
            "for asking.": 0.5,
        }

    def test_the_better_a_situation_fits_the_greater_its_share(self) -> None:
        first, second = from_bank(THANKS, "thank you ", np.array([0.2, 0.5, 0.9]))
        assert (first.added, second.added) == ("for asking.", "so much!")
        assert first.share / second.share == pytest.approx(np.exp(10 * 0.3))

    def test_a_situation_that_must_not_be_used_gives_nothing(self) -> None:
        (only,) = from_bank(THANKS, "thank you ", np.array([0.2, -np.inf, 0.9]))
        assert (only.added, only.share) == ("so much!", 1.0)
        assert from_bank(THANKS, "happy", np.array([0.2, 0.5, -np.inf])) == []

    @pytest.mark.parametrize("draft", ["", "t", "Happy to help!", "Happy to help! ", "unlike anything"])
    def test_nothing_where_nothing_is_begun_or_left(self, draft: str) -> None:
        assert from_bank(THANKS, draft, None) == []


class TestTogether:
    def test_what_saves_most_letters_comes_first_and_says_its_source(self) -> None:
        platform = Phrases({"happy": 20, "happy to": 4, "happy to see you all again": 4})
        told = completions(THANKS, "Happy ", None, platform)
        assert [(one["added"], one["source"], one["share"]) for one in told] == [
            ("to help!", "replies", 1.0),
            ("to see you all again", "platform", 0.2),
        ]
        assert {one["text"] for one in told} == {"Happy to help!", "Happy to see you all again"}
