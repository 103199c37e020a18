"""Texts in banks: folding, shingles, and the index against comparing all with all."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from socialflow.errors import ArtefactError
from socialflow.moderation.banks.texts import (
    BANDS,
    FEW,
    TextIndex,
    bands_of,
    folded,
    print_of,
    shingles_in,
    shingles_of,
)

WORDS = ["the", "bridge", "over", "river", "was", "closed", "for", "repair", "while", "many", "people", "waited"]


def payload(text: str) -> bytes:
    made = print_of(text)
    assert made is not None
    assert made.payload is not None
    return made.payload


def share(one: str, other: str) -> float:
    mine, theirs = (set(shingles_of(folded(text)).tolist()) for text in (one, other))
    return len(mine & theirs) / len(mine | theirs)


def needed(one: str, other: str) -> float:
    return 1.0 if min(len(shingles_of(folded(text))) for text in (one, other)) < FEW else 0.8


class TestFolding:
    @pytest.mark.parametrize(
        "disguised",
        [
            "FREE COINS for you",
            "f r e e  c.o.i.n.s for you",
            "fr\u200bee c\u00adoins for you",
            "fr33 c0ins for you",
            "frее соіns for you",  # Cyrillic among Latin letters
            "ｆｒｅｅ 𝐜𝐨𝐢𝐧𝐬 for you",
            "frée cöins for you",
            "free \U0001f4b0 coins \U0001f525\U0001f525 for you",
            "freeee coinsss for youuu",
            "free coins for you https://a.example/x @somebody",
        ],
    )
    def test_disguises_come_off(self, disguised: str) -> None:
        assert folded(disguised) == folded("free coins for you") == "frecoinsforyou"

    @pytest.mark.parametrize("text", ["", "!!!", "\U0001f525", "https://a.example", "@ann @bob", "\ud800"])
    def test_where_nothing_is_left_nothing_is_kept(self, text: str) -> None:
        assert print_of(text) is None

    def test_other_scripts_stay(self) -> None:
        assert folded("Купи подписчиков") == "купиподписчиков"
        assert folded("買ってください") != ""

    @given(st.text())
    def test_any_text_is_taken_and_folding_twice_changes_no_letter_into_a_sign(self, text: str) -> None:
        read = folded(text)
        assert all(mark.isalnum() for mark in read)
        made = print_of(text)
        assert (made is None) == (read == "")

    def test_what_is_kept_does_not_change_between_processes(self) -> None:
        made = print_of("the same bytes on every machine")
        assert made is not None
        assert made.digest.hex() == "42cb14abc300e213bcb5d60aa9d4d2a09f7f52fd1f33ac3cacba95c9dc943139"


class TestShingles:
    def test_a_text_shorter_than_a_shingle_is_one(self) -> None:
        assert len(shingles_of("abc")) == len(shingles_of("abcd")) == 1
        assert len(shingles_of("abcde")) == 2

    def test_bands_agree_about_as_often_as_they_should(self) -> None:
        rng = np.random.default_rng(0)
        agreed, wanted = [], []
        for _ in range(300):
            both = rng.integers(0, 1 << 32, 60, np.uint32)
            one, other = np.unique(both[:45]), np.unique(both[15:])
            wanted.append(len(np.intersect1d(one, other)) / len(np.union1d(one, other)))
            agreed.append((bands_of(one) == bands_of(other)).mean())
        assert np.mean(agreed) == pytest.approx(np.mean(np.array(wanted) ** 3), abs=0.02)

    @pytest.mark.parametrize("wrong", [b"", b"abc", bytes(4 * BANDS), bytes(4 * BANDS + 1)])
    def test_what_is_no_kept_text_is_refused(self, wrong: bytes) -> None:
        with pytest.raises(ArtefactError):
            shingles_in(wrong)


class TestIndex:
    def test_nearest_first_with_the_shares(self) -> None:
        base = "the bridge over the river was closed for repair while people waited in the rain"
        others = [base + " again", "something else that nobody has written here before", base]
        index = TextIndex()
        index.extend([payload(text) for text in others])
        found = index.search(payload(base), 0.5)
        assert [row for row, *_ in found] == [2, 0]
        assert found[0][1:] == (1.0, 1.0, 1.0)
        assert found[1][1] == pytest.approx(share(base, others[0]))
        assert found[1][2] == 1.0

    def test_short_texts_are_found_by_the_very_same_alone(self) -> None:
        index = TextIndex()
        index.extend([payload("buy coins"), payload("buy coins now")])
        assert len(shingles_of(folded("buy coins now"))) < FEW
        assert [row for row, *_ in index.search(payload("Buy c0ins!!"), 0.3)] == [0]

    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.lists(st.sampled_from(WORDS), min_size=6, max_size=20), min_size=1, max_size=30), st.data())
    def test_all_that_are_alike_and_no_others(self, texts: list[list[str]], data: st.DataObject) -> None:
        listed = [" ".join(words) for words in texts]
        asked = data.draw(st.sampled_from(listed))
        index = TextIndex()
        cut = data.draw(st.integers(0, len(listed)))
        index.extend([payload(text) for text in listed[:cut]])
        index.settle()
        index.extend([payload(text) for text in listed[cut:]])
        found = {row for row, *_ in index.search(payload(asked), 0.8)}
        assert found == {row for row, text in enumerate(listed) if share(asked, text) >= needed(asked, text)}

    def test_nothing_is_found_in_nothing(self) -> None:
        index = TextIndex()
        assert index.search(payload("a text to look for"), 0.5) == []
        index.extend([])
        assert len(index) == 0
