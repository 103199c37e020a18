"""What may be suggested, and what becomes of it in training."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.moderation.perspective import ATTRIBUTES
from socialflow.moderation.suggestions.checks import check_suggestion
from socialflow.moderation.suggestions.records import (
    MAX_SPANS,
    NewSuggestion,
    SuggestedScores,
    SuggestedSpan,
    Suggestion,
)
from socialflow.moderation.suggestions.training import training_row

WHEN = datetime(2026, 3, 14, tzinfo=UTC)


def said(text: str = "you 😀", **fields: object) -> NewSuggestion:
    known: dict[str, object] = {"scores": {"TOXICITY": SuggestedScores(0.0)}}
    return NewSuggestion(text, **{**known, **fields})  # type: ignore[arg-type]


def spans(*stretches: tuple[int, int, float]) -> dict[str, SuggestedScores]:
    return {"INSULT": SuggestedScores(None, tuple(SuggestedSpan(*one) for one in stretches))}


class TestChecking:
    def test_offsets_count_utf16_code_units(self) -> None:
        assert check_suggestion(said(scores=spans((4, 6, 0.5)))).scores == spans((4, 6, 0.5))
        with pytest.raises(InvalidInput, match="within the comment's 6"):
            check_suggestion(said(scores=spans((4, 7, 0.5))))

    @pytest.mark.parametrize(
        ("wrong", "message"),
        [
            ({"scores": {}}, "must not be empty"),
            ({"scores": {"FLIRTATION": SuggestedScores(0.0)}}, "it knows TOXICITY"),
            ({"scores": {"THREAT": SuggestedScores()}}, "suggests no score"),
            ({"scores": {"THREAT": SuggestedScores(float("nan"))}}, "must be 0 to 1, not nan"),
            ({"scores": spans((0, 1, -0.1))}, "must be 0 to 1"),
            ({"scores": spans((2, 2, 0.1))}, "not be empty"),
            ({"scores": spans(*[(0, 1, 0.1)] * (MAX_SPANS + 1))}, "may have 200"),
            ({"text": "a\0"}, "NUL"),
            ({"text": "é" * 10_241}, "20482 bytes; at most 20480"),
            ({"client_token": "\ud800"}, "broken"),
            ({"community": "c" * 513}, "at most 512"),
            ({"languages": ("en",) * 17}, "at most 16"),
            ({"languages": ("",)}, "BCP 47"),
            ({"languages": ("ünü",)}, "BCP 47"),
            ({"context": {"entries": [{"text": "w" * 65_537}]}}, "at most 65536"),
        ],
    )
    def test_what_cannot_be_kept_is_named(self, wrong: dict[str, object], message: str) -> None:
        with pytest.raises(InvalidInput, match=message):
            check_suggestion(said(**wrong))  # type: ignore[arg-type]

    @given(
        st.text(min_size=1, max_size=40).filter(lambda text: "\0" not in text),
        st.floats(),
        st.integers(-3, 90),
        st.integers(-3, 90),
    )
    def test_what_passes_lies_within_the_comment(self, text: str, value: float, begin: int, end: int) -> None:
        try:
            kept = check_suggestion(said(text, scores=spans((begin, end, value))))
        except InvalidInput:
            return
        (span,) = kept.scores["INSULT"].spans
        assert 0.0 <= span.value <= 1.0
        assert text.encode("utf-16-le")[2 * span.begin : 2 * span.end]


class TestRowsToTrainWith:
    def row(self, suggested: NewSuggestion) -> dict[str, object]:
        return dict(training_row(Suggestion("s", WHEN, "sender", suggested)))

    def test_what_was_not_suggested_is_not_known(self) -> None:
        scores = {"TOXICITY": SuggestedScores(0.5), "THREAT": SuggestedScores(0.49), **spans((0, 1, 1.0))}
        row = self.row(said(scores=scores, detected=("pt",)))
        assert row == {
            "id": "s",
            "text": "you 😀",
            "language": "pt",
            "toxicity": 1,
            "severe_toxicity": None,
            "identity_hate": None,
            "insult": None,
            "obscene": None,
            "threat": 0,
        }
        assert set(ATTRIBUTES.values()) < set(row)

    def test_the_word_of_the_caller_goes_before_what_was_detected(self) -> None:
        assert self.row(said(detected=("en",), languages=("de", "en")))["language"] == "de"
        assert self.row(said())["language"] is None

    def test_of_one_attribute_named_twice_the_greater_counts(self) -> None:
        scores = {"INSULT": SuggestedScores(0.1), "INSULT_EXPERIMENTAL": SuggestedScores(0.9)}
        assert self.row(said(scores=scores))["insult"] == 1
