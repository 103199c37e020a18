"""One encoding, typed answers, and what could not be had by name."""

from pathlib import Path

import numpy as np
import pytest
from tests.text_bundle import clear_bundle

from socialflow.errors import InvalidInput
from socialflow.inference.onnx import open_session
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.text import encoder
from socialflow.text.analyser import Analyser
from socialflow.text.reading import MOST_WINDOWS, OVERLAP, WINDOW
from socialflow.text.records import (
    Analysis,
    Choice,
    Combination,
    Detection,
    Emotions,
    Labels,
    Polarities,
    Sentiment,
    Span,
    Spans,
    Vector,
)


@pytest.fixture(scope="module")
def analyser(tmp_path_factory: pytest.TempPathFactory) -> Analyser:
    return Analyser(clear_bundle(tmp_path_factory.mktemp("models")))


def ask(analyser: Analyser, text: str, *questions: str) -> Analysis:
    (analysis,) = analyser.analyse([text], questions)
    return analysis


class TestRecords:
    @pytest.mark.parametrize(
        ("text", "label", "sign"),
        [("the city is good", "positive", 1), ("awful!", "negative", -1), ("i see", "neutral", 0)],
    )
    def test_sentiment_has_a_label_and_a_score(self, analyser: Analyser, text: str, label: str, sign: int) -> None:
        told = ask(analyser, text, "sentiment").record("sentiment", Sentiment)
        assert told is not None
        assert told.label == label
        assert round(told.score) == sign
        assert sum(told.probabilities.values()) == pytest.approx(1.0)

    def test_several_emotions_may_be_present(self, analyser: Analyser) -> None:
        told = ask(analyser, "good surprise", "emotion").record("emotion", Emotions)
        assert told is not None
        assert told.present == ("joy", "surprise")
        assert told.dominant in told.present
        assert told.intensity == max(told.scores["joy"], told.scores["surprise"])

    def test_a_calm_text_has_no_emotion_and_little_intensity(self, analyser: Analyser) -> None:
        told = ask(analyser, "i see the city", "emotion").record("emotion", Emotions)
        assert told is not None
        assert told.present == ()
        assert told.intensity == pytest.approx(1 / (1 + np.e), rel=0.01)  # every logit is -1

    def test_toxicity_names_labels_and_words(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "see,  you IDIOT!", "toxicity", "toxic_spans")
        labels, spans = analysis.record("toxicity", Labels), analysis.record("toxic_spans", Spans)
        assert labels is not None
        assert labels.found == ("insult",)
        assert spans is not None
        assert [(span.start, span.end, span.label) for span in spans.spans] == [(10, 15, "toxic")]

    def test_detections_and_choices(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "free free free", "spam", "irony", "hate_speech")
        spam, irony = analysis.record("spam", Detection), analysis.record("irony", Detection)
        speech = analysis.record("hate_speech", Choice)
        assert spam is not None
        assert irony is not None
        assert speech is not None
        assert (spam.found, irony.found, speech.label) == (True, False, "normal")
        assert speech.confidence == speech.probabilities["normal"]

    def test_entities_are_told_in_the_given_text(self, analyser: Analyser) -> None:
        told = ask(analyser, "@ann_lee: Pa\u200bris york, new york", "entities").record("entities", Spans)
        assert told is not None
        assert [(span.start, span.end, span.label) for span in told.spans] == [(10, 21, "LOC"), (27, 31, "LOC")]
        assert all(span.score > 0.9 for span in told.spans)

    def test_the_pieces_of_a_word_go_with_its_first(self, analyser: Analyser) -> None:
        told = ask(analyser, "you idiots", "toxic_spans").record("toxic_spans", Spans)
        assert told is not None
        assert [(span.start, span.end) for span in told.spans] == [(4, 10)]

    def test_each_target_has_a_polarity_of_its_own(self, analyser: Analyser) -> None:
        text = "good city, awful cafe"
        (analysis,) = analyser.analyse([text], ["aspect"], [[(0, 9), (11, 21)]])
        told = analysis.record("aspect", Polarities)
        assert told is not None
        assert [(one.start, one.end, one.sentiment.label) for one in told.targets] == [
            (0, 9, "positive"),
            (11, 21, "negative"),
        ]

    def test_vectors_have_length_one_and_alike_texts_are_near(self, analyser: Analyser) -> None:
        analyses = analyser.analyse(["good", "good good the", "awful"], ["sentence"])
        vectors = [told.values for one in analyses if (told := one.record("sentence", Vector)) is not None]
        assert np.linalg.norm(vectors, axis=1) == pytest.approx([1.0] * 3)
        assert vectors[0] @ vectors[1] == pytest.approx(1.0)
        assert vectors[0] @ vectors[2] == pytest.approx(0.0, abs=0.001)

    def test_an_answer_says_what_made_it(self, analyser: Analyser) -> None:
        answer = ask(analyser, "good", "sentiment").answers["sentiment"]
        assert answer.provenance == Provenance("text", "small", Tier.BUNDLED)
        assert answer.combination is None

    def test_a_record_asked_for_as_another_is_a_mistake_of_the_program(self, analyser: Analyser) -> None:
        with pytest.raises(TypeError, match="sentiment is answered by Sentiment, not Labels"):
            ask(analyser, "good", "sentiment").record("sentiment", Labels)


class TestLongTexts:
    def test_a_text_of_one_window_is_read_whole(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "good " * (WINDOW - 2), "sentiment")
        assert (analysis.windows, analysis.status, analysis.coverage) == (1, Status.COMPLETE, 1.0)

    def test_harm_is_that_of_the_worst_window(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "good city " * 200 + "free " * 120, "spam", "sentiment")
        spam = analysis.record("spam", Detection)
        assert spam is not None
        assert spam.found
        assert analysis.answers["spam"].combination is Combination.MAX
        assert analysis.answers["sentiment"].combination is Combination.MEAN
        assert (analysis.windows, analysis.status) == (6, Status.COMPLETE)

    def test_tone_is_the_mean_of_the_windows(self, analyser: Analyser) -> None:
        told = ask(analyser, "good " * 300 + "awful " * 300, "sentiment").record("sentiment", Sentiment)
        assert told is not None
        assert told.score == pytest.approx(0.0, abs=0.15)

    def test_a_stretch_across_two_windows_is_one(self, analyser: Analyser) -> None:
        before = "the " * (WINDOW - 2 - OVERLAP - 1)  # the second window begins inside the name
        told = ask(analyser, before + "paris york" + " the" * 60, "entities")
        spans = told.record("entities", Spans)
        assert told.windows == 2
        assert spans is not None
        assert [(span.start, span.end) for span in spans.spans] == [(len(before), len(before) + 10)]
        assert told.answers["entities"].combination is Combination.UNION

    def test_what_lies_beyond_the_last_window_is_told(self, analyser: Analyser) -> None:
        text = "good " * 10_000
        (analysis,) = analyser.analyse([text], ["aspect", "sentiment"], [[(0, 4), (49_995, 49_999)]])
        read = (MOST_WINDOWS - 1) * (WINDOW - 2 - OVERLAP) + WINDOW - 2
        assert analysis.windows == MOST_WINDOWS
        assert analysis.coverage == pytest.approx(read / 10_000)
        assert analysis.status is Status.PARTIAL
        assert analysis.missing == ("aspect:49995-49999", "text:windows")
        told = analysis.record("aspect", Polarities)
        assert told is not None
        assert [one.start for one in told.targets] == [0]


class TestWhatCannotBeHad:
    @pytest.mark.parametrize("text", ["", "   \n", "\x00\u200b\ud800"])
    def test_a_text_that_says_nothing_is_not_answered(self, analyser: Analyser, text: str) -> None:
        analysis = ask(analyser, text, "sentiment", "toxicity")
        assert analysis == Analysis({}, Status.ABSTAINED, ("sentiment", "toxicity", "text:empty"), 1.0, 0)

    def test_a_text_without_a_known_word_is_not_answered(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "\u05e9\u05dc\u05d5\u05dd xyzzy", "sentiment")
        assert analysis == Analysis({}, Status.ABSTAINED, ("sentiment", "text:vocabulary"), 0.0, 0)

    def test_unknown_words_among_known_ones_are_told(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "good xyzzy", "sentiment")
        assert analysis.status is Status.PARTIAL
        assert analysis.missing == ("text:vocabulary",)
        assert analysis.coverage == pytest.approx(4 / 9)

    def test_a_head_that_the_model_lacks_is_named(self, tmp_path: Path) -> None:
        small = Analyser(clear_bundle(tmp_path, heads=("sentiment", "spam")))
        assert small.questions == ("spam", "sentiment")
        analysis = ask(small, "good", "sentiment", "toxicity")
        assert list(analysis.answers) == ["sentiment"]
        assert (analysis.status, analysis.missing) == (Status.PARTIAL, ("toxicity",))
        assert analysis.record("toxicity", Labels) is None
        nothing = ask(small, "good", "toxicity")
        assert (nothing.status, nothing.answers) == (Status.ABSTAINED, {})

    def test_an_unknown_question_is_refused(self, analyser: Analyser) -> None:
        with pytest.raises(InvalidInput, match="'mood' cannot be asked of a text; ask one of toxicity") as problem:
            analyser.analyse(["good"], ["sentiment", "mood"])
        assert problem.value.field == "questions"

    @pytest.mark.parametrize(
        ("targets", "message"),
        [
            (None, "needs to be told"),
            ([], "targets are given for 0 texts, not 1"),
            ([[(0, 5)]], "no stretch of a text of 4"),
            ([[(2, 2)]], "no stretch"),
            ([[(-1, 2)]], "no stretch"),
        ],
    )
    def test_targets_must_be_stretches_of_their_text(
        self, analyser: Analyser, targets: list[list[tuple[int, int]]] | None, message: str
    ) -> None:
        with pytest.raises(InvalidInput, match=message) as problem:
            analyser.analyse(["good"], ["aspect"], targets)
        assert problem.value.field == "targets"

    def test_no_text_is_no_answer(self, analyser: Analyser) -> None:
        assert analyser.analyse([], ["sentiment"]) == []

    def test_the_marks_of_the_tokeniser_are_only_text(self, analyser: Analyser) -> None:
        analysis = ask(analyser, "good [SEP]", "sentiment")
        assert analysis.missing == ("text:vocabulary",)


class TestStrangeTexts:
    @pytest.mark.parametrize(
        "text", ["😂" * 5000, "\u202egood\u202c", "a" * 100_000, "good \u0301" * 20_000, "@" * 50_000, "\ud83dgood\x00"]
    )
    def test_any_text_is_answered_or_its_lack_is_told(self, analyser: Analyser, text: str) -> None:
        questions = [name for name in analyser.questions if name != "aspect"]
        (analysis,) = analyser.analyse([text], questions)
        assert 0.0 <= analysis.coverage <= 1.0
        assert set(analysis.answers) | set(analysis.missing) >= set(questions)

    def test_span_records_hold_offsets_of_the_given_text(self, analyser: Analyser) -> None:
        text = "caf\u0065\u0301 \U0001f600 you\u200b\u200b idiot\u200b!"
        told = ask(analyser, text, "toxic_spans").record("toxic_spans", Spans)
        assert told is not None
        (span,) = told.spans
        assert isinstance(span, Span)
        assert text[span.start : span.end].strip("\u200b") == "idiot"


class TestTwoCores:
    @pytest.fixture
    def widths(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
        """Threads of the sessions that were opened."""
        opened: list[int] = []

        def noted(*graph: bytes, threads: int = 1) -> object:
            opened.append(threads)
            return open_session(*graph, threads=threads)

        monkeypatch.setattr(encoder, "open_session", noted)
        monkeypatch.setattr(encoder, "_AT_ONCE", 2)
        return opened

    @pytest.mark.parametrize("free", [True, False])
    def test_a_run_by_itself_takes_a_core_that_is_free(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, widths: list[int], *, free: bool
    ) -> None:
        monkeypatch.setattr(encoder, "core_is_free", lambda: free)
        told = ask(Analyser(clear_bundle(tmp_path)), "the city is good", "sentiment").record("sentiment", Sentiment)
        assert told is not None
        assert told.label == "positive"
        assert widths == ([1, 2] if free else [1])

    def test_runs_of_a_call_take_a_core_each(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, widths: list[int]
    ) -> None:
        monkeypatch.setattr(encoder, "core_is_free", lambda: True)
        Analyser(clear_bundle(tmp_path)).analyse(["good " * 60, "awful"] * 20, ["sentiment"])
        assert widths == [1]
