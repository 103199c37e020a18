"""Attributes are made of our labels, by language; sentences are scored with the whole; offsets are those of clients."""

from collections.abc import Collection, Sequence

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.moderation.perspective import (
    ATTRIBUTES,
    MOST_SPANS,
    UNTOLD,
    attribute_of,
    primary,
    scored,
    sentences,
    utf16,
)
from socialflow.text.analyser import unspoken
from socialflow.text.records import Analysis, Answer, Choice, Detection, Labels, Record

MADE_BY = Provenance("text", "small", Tier.BUNDLED)
ALL = tuple(ATTRIBUTES)
HARM = dict.fromkeys(ATTRIBUTES.values(), 0.1)


class Stub:
    """Knows `idiot` in English, a few labels in Portuguese and the stand-ins of other languages; counts its calls."""

    digest = makers = "stub"
    questions = ("toxicity", "offensive", "hate_speech", "hate")
    languages = ("ar", "de", "en", "ko", "pt")
    provenance = MADE_BY

    def __init__(self, spoken: str = "en") -> None:
        self.language = spoken
        self.calls: list[tuple[str, list[str], list[str]]] = []

    def spoken(self, texts: Sequence[str]) -> list[str]:
        return [self.language] * len(texts)

    def analyse(self, texts: Sequence[str], questions: Collection[str], targets: object = None) -> list[Analysis]:
        raise AssertionError("the language is known")

    def analyse_in(self, language: str, texts: Sequence[str], questions: Collection[str]) -> list[Analysis]:
        self.calls.append((language, list(texts), list(questions)))
        return [self._of(language, text, questions) for text in texts]

    def _of(self, language: str, text: str, questions: Collection[str]) -> Analysis:
        if not text.strip("\u200b "):
            return Analysis({}, Status.ABSTAINED, (*questions, "text:empty"), 1.0, 0)
        insult = 0.9 if "idiot" in text else 0.1
        known: dict[str, dict[str, Record]] = {
            "en": {"toxicity": Labels(HARM | {"insult": insult, "obscene": 0.3}, ())},
            "pt": {"toxicity": Labels({"toxicity": 0.8, "obscene": 0.2, "insult": 0.6, "identity_hate": 0.1}, ())},
            "de": {"offensive": Detection.of(0.7)},
            "ko": {"hate_speech": Choice.of({"normal": 0.2, "offensive": 0.5, "hatespeech": 0.3})},
            "ar": {"hate": Detection.of(0.4)},
        }
        if language not in known:
            return unspoken(language, questions)
        answers = {name: Answer(record, MADE_BY, None) for name, record in known[language].items()}
        return Analysis(answers, Status.COMPLETE, (), 1.0, 1)


class TestAttributes:
    def test_each_is_the_label_it_stands_for(self) -> None:
        told = scored(Stub(), "you idiot", ALL)
        assert told.summary == dict.fromkeys(ALL, 0.1) | {"INSULT": 0.9, "PROFANITY": 0.3}
        assert (told.languages, told.detected, told.unsupported) == (("en",), "en", ())
        assert told.provenance == (MADE_BY,)

    def test_all_come_from_one_pass(self) -> None:
        model = Stub()
        scored(model, "One. Two! Three?", ALL, by_sentence=True)
        assert model.calls == [("en", ["One. Two! Three?", "One.", "Two!", "Three?"], ["toxicity"])]

    @pytest.mark.parametrize(
        ("name", "attribute"),
        [("TOXICITY", "TOXICITY"), ("THREAT_EXPERIMENTAL", "THREAT"), ("toxicity", None), ("TOXICITY@6", None)],
    )
    def test_known_names(self, name: str, attribute: str | None) -> None:
        assert attribute_of(name) == attribute


class TestLanguages:
    @pytest.mark.parametrize(
        ("language", "summary"),
        [
            ("pt", {"TOXICITY": 0.8, "IDENTITY_ATTACK": 0.1, "INSULT": 0.6, "PROFANITY": 0.2}),
            ("de", {"TOXICITY": 0.7}),
            ("ko", {"TOXICITY": pytest.approx(0.8)}),
            ("ar", {"IDENTITY_ATTACK": 0.4}),
            ("fr", {}),
        ],
    )
    def test_a_language_answers_what_its_model_was_taught(self, language: str, summary: dict[str, float]) -> None:
        told = scored(Stub(language), "words", ALL)
        assert (told.summary, told.detected) == (summary, language)
        assert told.unsupported == tuple(name for name in ALL if name not in summary)

    def test_the_callers_word_goes_before_what_is_found_out(self) -> None:
        told = scored(Stub("de"), "you idiot", ["INSULT"], ["en-US"])
        assert (told.summary, told.languages, told.detected) == ({"INSULT": 0.9}, ("en",), "de")

    def test_of_several_the_greatest_score_counts_where_all_have_one(self) -> None:
        told = scored(Stub(), "you idiot", ALL, ["pt-BR", "en", "EN_gb"])
        assert told.languages == ("pt", "en")
        assert told.summary == {"TOXICITY": 0.8, "IDENTITY_ATTACK": 0.1, "INSULT": 0.9, "PROFANITY": 0.3}
        assert told.unsupported == ("SEVERE_TOXICITY", "THREAT")

    def test_another_script_is_not_read_as_english(self) -> None:
        told = scored(Stub(), "バカ野郎、死ね", ALL)
        assert (told.detected, told.languages, told.summary) == (UNTOLD, (UNTOLD,), {})
        assert scored(Stub(), "バカ野郎 means idiot", ["INSULT"]).summary == {"INSULT": 0.9}
        assert scored(Stub(), "👍", ALL).detected == "en"

    def test_tags_are_read_to_their_language(self) -> None:
        assert [primary(tag) for tag in ("en", "PT-br", "zh_Hant_TW")] == ["en", "pt", "zh"]


class TestSpans:
    def test_without_sentences_the_whole_is_the_only_one(self) -> None:
        (span,) = scored(Stub(), "One. You idiot!", ["INSULT"]).spans
        assert (span.start, span.end, span.scores) == (0, 15, {"INSULT": 0.9})

    def test_each_sentence_has_its_own_scores(self) -> None:
        spans = scored(Stub(), "One. You idiot!", ["INSULT"], by_sentence=True).spans
        assert [(span.start, span.end, span.scores["INSULT"]) for span in spans] == [(0, 4, 0.1), (5, 15, 0.9)]

    def test_a_sentence_that_says_nothing_has_none(self) -> None:
        spans = scored(Stub(), "One.\n\u200b\nTwo.", ["INSULT"], by_sentence=True).spans
        assert [(span.start, span.end) for span in spans] == [(0, 4), (7, 11)]

    def test_a_comment_that_says_nothing_has_no_scores_at_all(self) -> None:
        told = scored(Stub(), "\u200b", ALL, by_sentence=True)
        assert (told.summary, told.spans, told.unsupported, told.missing) == ({}, (), (), ("text:empty",))

    def test_what_is_said_twice_is_scored_once(self) -> None:
        model = Stub()
        assert len(scored(model, "Go! Go!", ["INSULT"], by_sentence=True).spans) == 2
        assert model.calls[0][1] == ["Go! Go!", "Go!"]


class TestSentences:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("One. Two", ["One.", "Two"]),
            ('What?! (No.) "Yes." Fine', ["What?!", "(No.)", '"Yes."', "Fine"]),
            ("Version 1.2 of a.b.c", ["Version 1.2 of a.b.c"]),
            ("これは文。次です！終わり", ["これは文。", "次です！", "終わり"]),
            ("a line\n\r\nanother", ["a line", "another"]),
            ("wait... what… ok", ["wait...", "what…", "ok"]),
            ("   ", []),
        ],
    )
    def test_where_they_end(self, text: str, expected: list[str]) -> None:
        assert [text[start:end] for start, end in sentences(text)] == expected

    @given(st.text(alphabet="ab .!?…。\n\"')\u3000😀", max_size=300))
    @example("a. " * 5000)
    @example("." * 20_000)
    @example(".)" * 10_000)
    def test_they_are_in_order_apart_and_leave_out_only_white_space(self, text: str) -> None:
        found = sentences(text)
        assert len(found) <= MOST_SPANS
        ends = [0, *(end for _, end in found)]
        starts = [*(start for start, _ in found), len(text)]
        assert all(start < end for start, end in found)
        assert not "".join(text[end:start] for end, start in zip(ends, starts, strict=True)).strip()
        assert all(text[start:end] == text[start:end].strip() for start, end in found)


@given(st.text(max_size=40), st.integers(0, 40))
def test_offsets_are_utf_16(text: str, place: int) -> None:
    units = text.encode("utf-16-le", "surrogatepass")
    assert units[: 2 * utf16(text, place)] == text[:place].encode("utf-16-le", "surrogatepass")
