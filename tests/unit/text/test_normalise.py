"""Normalisation: what is said stays, where it stood is known, and no string is too strange."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from socialflow.text.normalise import MOST_MARKS, Normalised, normalise

ANY = st.text(st.characters(codec=None), max_size=60)
"""Every code point, lone surrogates among them."""

PIECES = (
    *("@", "@ann", "user", ".", " ", "\t", "http", "https://", "www.", "a", "e", ":", "😂"),
    *("\u0301", "\u0323", "\u1100", "\u1161", "\u11a8", "\u09c7", "\u09be", "\u0915", "\u093c"),
    *("\x00", "\u200b", "\ud83d", "\u05d0", "\u202e"),
)
WOVEN = st.lists(st.sampled_from(PIECES), max_size=30).map("".join)
"""Strings where the rules meet."""


class TestWhatIsSaid:
    @pytest.mark.parametrize(
        ("given", "read"),
        [
            ("plain words stay as they are", "plain words stay as they are"),
            ("  two\t\tspaces\r\nand a line  ", "two spaces and a line"),
            ("thanks @ann.lee-9, and @bob_!", "thanks @user, and @user!"),
            ("write to ann@example.org", "write to ann@example.org"),
            ("see https://example.org/a?b=1 (or www.example.org).", "see http (or http)."),
            ("HTTPS://EXAMPLE.ORG", "http"),
            ("ba\u200bd wo\u00adrd\ufeff", "bad word"),
            ("\u202eabc\u202c \u05e9\u05dc\u05d5\u05dd", "abc \u05e9\u05dc\u05d5\u05dd"),
            ("one\x00two\ud800three", "onetwothree"),
            ("cafe\u0301", "caf\u00e9"),
            ("\u1112\u1161\u11ab", "\ud55c"),
            ("@\u0930\u093e\u092e hi", "@user hi"),
            ("\u2764\ufe0f 😂😂", "heart face with tears of joy"),
            ("so good👍🏽!", "so good thumbs up sign !"),
            ("from 🇧🇷🇵🇹", "from flag br flag pt"),
            ("", ""),
            (" \u200b \x00", ""),
        ],
    )
    def test_only_what_looks_different_goes(self, given: str, read: str) -> None:
        assert normalise(given).text == read

    def test_marks_are_kept_as_far_as_any_language_needs_them(self) -> None:
        assert normalise("x" + "\u0329" * 500).text == "x" + "\u0329" * MOST_MARKS

    @pytest.mark.timeout(20)
    @pytest.mark.parametrize(
        "piece", ["word ", "\u0301\u0323", "http://", "@a", "😂", "\u200b", "\ud800", "\u05d0", "e\u0301", ".", "www."]
    )
    def test_a_hundred_thousand_characters_are_read(self, piece: str) -> None:
        assert normalise(piece * (100_000 // len(piece))).origin[-1] <= 100_000


class TestWhereItStood:
    def told(self, found: Normalised, given: str, part: str) -> str:
        """The given text's words for a part of what was read."""
        start = found.text.index(part)
        first, last = found.span(start, start + len(part))
        return given[first:last]

    @pytest.mark.parametrize(
        ("given", "part", "told"),
        [
            ("hello  there", "there", "there"),
            ("hi @ann_lee you", "@user", "@ann_lee"),
            ("hi @ann_lee you", "user", "@ann_lee"),
            ("go to https://example.org/x now", "http", "https://example.org/x"),
            ("so ba\u200bd!", "bad", "ba\u200bd"),
            ("so bad\u200b", "bad", "bad"),
            ("cafe\u0301 au lait", "caf\u00e9", "cafe\u0301"),
            ("\u0958 two", "\u0915", "\u0958"),
            ("\x00\x00 last", "last", "last"),
            ("end  ", "end", "end"),
            ("ha😂😂 no", "tears", "😂😂"),
        ],
    )
    def test_a_span_is_told_in_the_given_text(self, given: str, part: str, told: str) -> None:
        assert self.told(normalise(given), given, part) == told


class TestAnyString:
    @given(st.one_of(ANY, WOVEN))
    @example("@j\u0323")
    @example("@a\u09c7.b")
    @example("www.@a")
    def test_offsets_never_decrease_and_stay_inside(self, text: str) -> None:
        found = normalise(text)
        assert len(found.origin) == len(found.text) + 1
        assert list(found.origin) == sorted(found.origin)
        assert found.origin[0] >= 0
        assert found.origin[-1] <= len(text)
        for place in range(len(found.text)):
            start, end = found.span(place, place + 1)
            assert 0 <= start < end <= len(text)

    @given(st.one_of(ANY, WOVEN))
    def test_many_places_are_told_as_each_is(self, text: str) -> None:
        found = normalise(text)
        size = len(found.text)
        places = [(start, end) for start in range(size + 1) for end in range(start, size + 1)]
        told = [found.span(*place) if place[0] < place[1] else (-1, -1) for place in places]
        assert found.spans(places) == told

    @given(st.one_of(ANY, WOVEN))
    @example("\u0344" * 40)
    def test_a_second_time_changes_nothing(self, text: str) -> None:
        once = normalise(text).text
        assert normalise(once).text == once

    @given(st.one_of(ANY, WOVEN))
    def test_what_is_left_is_clean(self, text: str) -> None:
        read = normalise(text).text
        assert unicodedata.is_normalized("NFC", read)
        assert read == " ".join(read.split())
        assert not {unicodedata.category(character) for character in read} & {"Cc", "Cs"}
        read.encode()
