"""Captions: words grouped by the rules of subtitling, and files that say the same when they are read again."""

import re
from contextlib import suppress
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.video.cues import GAP, LINE, LONGEST, SHORTEST, Cue, Word, cues_of
from socialflow.video.subtitles import from_srt, from_vtt, read_captions, to_srt, to_vtt

SPEECH = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"


def words_of(text: str, *, begin: float = 0.0, each: float = 0.35) -> list[Word]:
    """Words that follow each other at once."""
    return [Word(word, begin + each * place, begin + each * (place + 1)) for place, word in enumerate(text.split())]


@st.composite
def utterances(draw: st.DrawFn) -> list[Word]:
    at, words = draw(st.floats(0, 20)), []
    for _ in range(draw(st.integers(1, 40))):
        text = draw(st.text("abcdefgh,.?日", min_size=1, max_size=draw(st.sampled_from([3, 9, 60]))))
        at += draw(st.sampled_from([0.0, 0.0, 0.1, 0.5, 3.0]))
        end = at + draw(st.floats(0.01, 0.9))
        words.append(Word(text, at, end))
        at = end
    return words


class TestGrouping:
    @given(utterances())
    def test_keeps_every_rule_and_every_word(self, words: list[Word]) -> None:
        cues = cues_of(words)
        assert "".join(cue.text for cue in cues).replace("\n", "").replace(" ", "") == "".join(w.text for w in words)
        for cue in cues:
            assert len(cue.lines) <= 2
            assert all(len(line) <= LINE for line in cue.lines)
            assert cue.end - cue.start <= LONGEST + 0.002
        assert all(one.end <= other.start for one, other in pairwise(cues))

    def test_pauses_part(self) -> None:
        words = [*words_of("he was not ill"), *words_of("experience proves this", begin=4.0)]
        assert [(cue.start, cue.text) for cue in cues_of(words)] == [
            (0, "he was not ill"),
            (4, "experience proves this"),
        ]

    def test_sentences_end_cues_before_words_do(self) -> None:
        text = "The boat came late. Nobody had waited for it since noon, and the harbour was empty by then, all of it."
        assert cues_of(words_of(text))[0].text == "The boat came late."

    def test_no_line_or_cue_ends_on_an_article(self) -> None:
        text = "we saw the big old house of the man who sold us the only car that ever went over the hill to the sea"
        lines = [line for cue in cues_of(words_of(text)) for line in cue.lines]
        assert not [line for line in lines if line.split()[-1] in ("the", "of", "to", "who")]

    def test_short_words_stay_long_enough(self) -> None:
        cues = cues_of([Word("yes", 1.0, 1.2), Word("no", 5.0, 5.1), Word("well", 5.95, 6.4)])
        assert [(cue.start, cue.end) for cue in cues] == [(1, 1 + SHORTEST), (5.0, 5.95 - GAP), (5.95, 6.95)]

    def test_what_is_said_fast_stays_while_nothing_follows(self) -> None:
        (cue,) = cues_of(
            words_of("eighty characters within two seconds are more than can be read so it stays", each=0.1)
        )
        assert len(cue.text) / (cue.end - cue.start) <= 17.1

    def test_nothing_is_shown_after_the_end(self) -> None:
        assert cues_of([Word("bye", 9.5, 9.8)], 10.0)[-1].end == pytest.approx(10.0 - GAP)

    def test_a_word_longer_than_a_line_is_cut(self) -> None:
        cues = cues_of([Word("x" * 100, 1.0, 3.0)])
        assert "".join(cue.text for cue in cues).replace("\n", "") == "x" * 100
        assert max(len(line) for cue in cues for line in cue.lines) <= LINE

    def test_no_words_make_no_cues(self) -> None:
        assert cues_of([]) == []


texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(
    lambda text: text.strip()
)


@st.composite
def shown(draw: st.DrawFn) -> list[Cue]:
    at, cues = 0, []
    for lines in draw(st.lists(st.lists(texts, min_size=1, max_size=2), max_size=5)):
        start = at + draw(st.integers(0, 40_000_000))
        at = start + draw(st.integers(1, 7_000))
        cues.append(Cue(start / 1000, at / 1000, "\n".join(line.strip() for line in lines)))
    return cues


def told(cues: list[Cue]) -> list[tuple[int, int, str]]:
    return [(round(1000 * cue.start), round(1000 * cue.end), cue.text) for cue in cues]


class TestFiles:
    @given(shown())
    def test_webvtt_says_the_same_when_read(self, cues: list[Cue]) -> None:
        assert told(read_captions(to_vtt(cues))) == told(cues)

    @given(shown())
    def test_subrip_says_the_same_when_read(self, cues: list[Cue]) -> None:
        plain = [Cue(cue.start, cue.end, re.sub(r"[<>{}]", "-", cue.text)) for cue in cues]
        assert told(read_captions(to_srt(plain))) == told(plain)

    @given(st.text(max_size=200))
    def test_any_text_is_read_or_refused(self, text: str) -> None:
        for begins in ("", "WEBVTT\n\n", "00:01.000 --> 00:02.000\n"):
            with suppress(InvalidInput):
                assert all(cue.end > cue.start for cue in read_captions(begins + text))

    def test_what_would_be_markup_is_text(self) -> None:
        cue = Cue(1.0, 2.0, "a --> b & <i>c</i>\n{\\an8}d")
        assert from_vtt(to_vtt([cue])) == [cue]
        assert "-->" not in to_vtt([cue]).splitlines()[3]
        assert from_srt(to_srt([cue]))[0].text == "a --> b & ‹i›c‹/i›\n(\\an8)d"

    def test_subrip_ends_lines_as_it_is_used_to(self) -> None:
        text = to_srt([Cue(0.0, 1.0, "one\ntwo"), Cue(360_000.0, 360_001.5, "late")])
        first = "1\r\n00:00:00,000 --> 00:00:01,000\r\none\r\ntwo\r\n"
        assert text == f"{first}\r\n2\r\n100:00:00,000 --> 100:00:01,500\r\nlate\r\n"

    def test_blank_lines_do_not_end_a_cue(self) -> None:
        assert [cue.text for cue in from_vtt(to_vtt([Cue(0.0, 1.0, "one\n\n\ntwo")]))] == ["one\ntwo"]

    def test_files_of_others_are_understood(self) -> None:
        text = (
            "\ufeffWEBVTT - by hand\r\nKind: captions\r\n\r\nNOTE\r\nnot shown\r\n\r\nSTYLE\r\n::cue {}\r\n\r\n"
            "intro\r\n00:01.000 --> 00:02.500 align:start\r\n<v Ann>Fish &amp; chips&nbsp;<c.loud>now</c></v>\r\n"
        )
        assert from_vtt(text) == [Cue(1.0, 2.5, "Fish & chips\xa0now")]
        assert from_srt("00:00:01.50 --> 00:00:02,000 X1:0\n{\\an8}<font color='red'>Hi</font>\n\n\n") == [
            Cue(1.5, 2.0, "Hi")
        ]

    @pytest.mark.parametrize(
        ("text", "line"),
        [("1\nhello\n", 2), ("WEBVTT\n\n00:01 --> 00:02\nhello\n", 3), ("1\n00:00:02,0 --> 00:00:01,0\nhello\n", 2)],
    )
    def test_what_cannot_be_is_refused_with_its_line(self, text: str, line: int) -> None:
        with pytest.raises(InvalidInput, match=f"line {line}:"):
            read_captions(text)
