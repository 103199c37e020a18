"""Spelling that hides a word is told from spelling that does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.moderation.gather.spelling import disguised


class TestForms:
    @pytest.mark.parametrize(
        "text",
        [
            "i d i o t",
            "i.d.i.o.t",
            "I-D-I-O-T!",
            "id*ot",
            "f**k",
            "id\u200biot",
            "id\xadiot",
            "idi\u043et",  # Cyrillic o
            "i_d_i_o_t",
        ],
    )
    def test_hidden(self, text: str) -> None:
        share, places = disguised(text)
        assert share == 1.0
        assert len(places) == 1

    @pytest.mark.parametrize(
        "text",
        [
            "plain words in a row",
            "U.S. and e.g. and Ph.D.",
            "a b c are letters",
            "2*x*y and a*b",
            "**bold** and *slanted* words",
            "mp3, b2b, 2nd, covid19",
            "Привет всем, как дела?",
            "αβγ and \u0394x of the \u00b5m",
            "می\u200cخواهم",  # needed in Persian
            "co-op state-of-the-art x-ray",
            "👩\u200d👩\u200d👧 family",
            "- a - b -",
        ],
    )
    def test_not_hidden(self, text: str) -> None:
        assert disguised(text) == (0.0, ())

    def test_what_a_reader_found_counts(self) -> None:
        assert disguised("you 1d10t there", [(4, 9)]) == (0.3333, ((4, 9),))


class TestAnyText:
    @given(st.text(max_size=300))
    def test_a_share_and_places_inside(self, text: str) -> None:
        share, places = disguised(text)
        assert 0.0 <= share <= 1.0
        assert all(0 <= start < end <= len(text) for start, end in places)
        assert (share > 0) == bool(places)

    @pytest.mark.parametrize("piece", ["a*", "a ", "a\u200b", "a\u043e", "*", "a-", "**a", "i*ot "])
    def test_time_grows_with_the_length_alone(self, piece: str) -> None:
        disguised(piece * 20_000)
