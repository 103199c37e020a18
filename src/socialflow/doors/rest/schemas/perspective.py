"""Bodies as clients of Perspective know them, names and all."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from socialflow.moderation.suggestions.records import NewSuggestion, SuggestedScores, SuggestedSpan

_TEXT = "You are an idiot. Have a nice day."
_SCORE = {"value": 0.93, "type": "PROBABILITY"}
_SCORES = {"TOXICITY": {"summaryScore": _SCORE, "spanScores": [{"begin": 0, "end": 17, "score": _SCORE}]}}


class TextType(StrEnum):
    """How a text is written."""

    TEXT_TYPE_UNSPECIFIED = "TEXT_TYPE_UNSPECIFIED"
    PLAIN_TEXT = "PLAIN_TEXT"
    HTML = "HTML"


class ScoreType(StrEnum):
    """What a score means."""

    SCORE_TYPE_UNSPECIFIED = "SCORE_TYPE_UNSPECIFIED"
    PROBABILITY = "PROBABILITY"
    STD_DEV_SCORE = "STD_DEV_SCORE"
    PERCENTILE = "PERCENTILE"
    RAW = "RAW"


class _Message(BaseModel):
    """Names in camel case, and in snake case too, as JSON of protocol buffers may be written."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


class TextEntryIn(_Message):
    """A text."""

    text: Annotated[str | None, Field(description="What it says; of a comment, needed.", examples=[_TEXT])] = None
    type: Annotated[
        TextType | None,
        Field(description="PLAIN_TEXT where it is not given; HTML is refused, as ever.", examples=["PLAIN_TEXT"]),
    ] = None


class AttributeIn(_Message):
    """How one attribute is to be answered."""

    score_type: Annotated[
        ScoreType | None, Field(description="PROBABILITY, or nothing, which means it.", examples=["PROBABILITY"])
    ] = None
    score_threshold: Annotated[float | None, Field(description="Scores below it are left out.", examples=[0.5])] = None


class ArticleAndParentComment(_Message):
    """What a comment stands under."""

    article: Annotated[TextEntryIn | None, Field(description="What is commented on.")] = None
    parent_comment: Annotated[TextEntryIn | None, Field(description="What the comment answers.")] = None


class ContextIn(_Message):
    """What a comment answers. It changes no score."""

    entries: Annotated[tuple[TextEntryIn, ...] | None, Field(description="What was said before.")] = None
    article_and_parent_comment: Annotated[
        ArticleAndParentComment | None, Field(description="Instead of `entries`.")
    ] = None


class _CommentIn(_Message):
    """What both calls are told of a comment."""

    comment: Annotated[TextEntryIn | None, Field(description="The comment; needed.")] = None
    context: Annotated[
        ContextIn | None, Field(description="What it answers. It changes no score; kept with a suggestion.")
    ] = None
    languages: Annotated[
        tuple[str, ...] | None,
        Field(description="ISO 639-1 or BCP 47; without them the language is found out.", examples=[["en"]]),
    ] = None
    client_token: Annotated[str | None, Field(description="Comes back in the answer.", examples=["c-53922"])] = None
    session_id: Annotated[str | None, Field(description="Taken and not read.", examples=["7"])] = None
    community_id: Annotated[
        str | None, Field(description="Changes no score; kept with a suggestion.", examples=["/forum/films"])
    ] = None


class AnalyzeCommentIn(_CommentIn):
    """A comment, and what to score."""

    requested_attributes: Annotated[
        dict[str, AttributeIn] | None,
        Field(
            description="TOXICITY, SEVERE_TOXICITY, IDENTITY_ATTACK, INSULT, PROFANITY, THREAT, each also with "
            "_EXPERIMENTAL behind it; needed.",
            examples=[{"TOXICITY": {}}],
        ),
    ] = None
    span_annotations: Annotated[
        bool | None, Field(description="Whether each sentence is scored too.", examples=[True])
    ] = None
    do_not_store: Annotated[bool | None, Field(description="Nothing is stored, either way.", examples=[True])] = None
    drop_unsupported_attributes: Annotated[
        bool | None,
        Field(description="Leave out what the language has no model for instead of refusing.", examples=[False]),
    ] = None


class ScoreOut(_Message):
    """One score."""

    value: Annotated[float, Field(description="0 to 1.", examples=[0.93])]
    type: Annotated[ScoreType, Field(description="Always PROBABILITY.", examples=["PROBABILITY"])]


class SpanScoreOut(_Message):
    """The score of a stretch of the comment."""

    begin: Annotated[int, Field(description="Where it begins, in UTF-16 code units.", examples=[0])]
    end: Annotated[int, Field(description="Where it has ended.", examples=[17])]
    score: Annotated[ScoreOut, Field(description="Its score.")]


class AttributeScores(_Message):
    """Scores of one attribute; what is below the threshold is left out."""

    span_scores: Annotated[
        list[SpanScoreOut] | None, Field(description="One entry a sentence, or one for the whole comment.")
    ] = None
    summary_score: Annotated[ScoreOut | None, Field(description="Of the whole comment.")] = None


class AnalyzeCommentOut(_Message):
    """Scores of a comment."""

    attribute_scores: Annotated[
        dict[str, AttributeScores], Field(description="By the names that were requested.", examples=[_SCORES])
    ]
    languages: Annotated[list[str], Field(description="As given, or as found out.", examples=[["en"]])]
    detected_languages: Annotated[list[str], Field(description="What it is taken to be in.", examples=[["en"]])]
    client_token: Annotated[str | None, Field(description="As given; else absent.", examples=["c-53922"])] = None


class ScoreIn(_Message):
    """A score as it should be."""

    value: Annotated[float, Field(description="0 to 1.", examples=[0.0])]
    type: Annotated[ScoreType | None, Field(description="PROBABILITY, or nothing.", examples=["PROBABILITY"])] = None


class SpanScoreIn(_Message):
    """The score that a stretch of the comment should have."""

    begin: Annotated[int, Field(description="Where it begins, in UTF-16 code units.", examples=[0])]
    end: Annotated[int, Field(description="Where it has ended.", examples=[17])]
    score: Annotated[ScoreIn, Field(description="Its score.")]


class AttributeScoresIn(_Message):
    """Scores that one attribute should have: of the whole, of parts, or both."""

    span_scores: Annotated[tuple[SpanScoreIn, ...] | None, Field(description="Of parts.")] = None
    summary_score: Annotated[ScoreIn | None, Field(description="Of the whole comment.")] = None

    def record(self) -> SuggestedScores:
        """The scores for the service."""
        spans = (SuggestedSpan(span.begin, span.end, span.score.value) for span in self.span_scores or ())
        return SuggestedScores(None if self.summary_score is None else self.summary_score.value, tuple(spans))


class SuggestCommentScoreIn(_CommentIn):
    """A comment, and the scores that it should have."""

    attribute_scores: Annotated[
        dict[str, AttributeScoresIn] | None, Field(description="By attribute; needed.", examples=[_SCORES])
    ] = None

    def record(self, text: str, scores: Mapping[str, SuggestedScores], detected: str) -> NewSuggestion:
        """The suggestion for the service; the context as it was sent."""
        context = self.context
        return NewSuggestion(
            text=text,
            scores=scores,
            detected=(detected,),
            languages=self.languages or (),
            context=None if context is None else context.model_dump(mode="json", by_alias=True, exclude_none=True),
            community=self.community_id,
            client_token=self.client_token,
        )


class SuggestCommentScoreOut(_Message):
    """That a suggestion was kept."""

    client_token: Annotated[str | None, Field(description="As given; else absent.", examples=["c-53922"])] = None
    detected_languages: Annotated[
        list[str] | None, Field(description="What it is taken to be in.", examples=[["en"]])
    ] = None
    requested_languages: Annotated[list[str] | None, Field(description="As given.", examples=[["en"]])] = None


class DetailOut(BaseModel):
    """What a program needs to know of a refusal; further keys depend on its kind."""

    model_config = ConfigDict(extra="allow")

    type_: Annotated[
        str,
        Field(
            alias="@type",
            description="Which kind of detail this is.",
            examples=["type.googleapis.com/google.commentanalyzer.v1alpha1.Error"],
        ),
    ]


class ProblemOut(BaseModel):
    """Why a call was refused."""

    code: Annotated[int, Field(description="The HTTP status again.", examples=[400])]
    message: Annotated[str, Field(description="What was wrong.", examples=["Comment must be non-empty."])]
    status: Annotated[str, Field(description="Stable name of the status.", examples=["INVALID_ARGUMENT"])]
    details: Annotated[list[DetailOut], Field(description="For programs; may be empty.")]


class PerspectiveErrorOut(BaseModel):
    """A refusal as clients of that service know it."""

    error: Annotated[ProblemOut, Field(description="The refusal.")]


class DiscoveryOut(BaseModel):
    """A discovery document; what further keys mean is told in Google's description of such documents."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, alias_generator=to_camel)

    id: Annotated[str, Field(description="Name and version.", examples=["commentanalyzer:v1alpha1"])]
    root_url: Annotated[str, Field(description="Where it is served.", examples=["http://127.0.0.1:8000/"])]
    schemas: Annotated[dict[str, dict[str, object]], Field(description="Messages by name.", examples=[{}])]
    resources: Annotated[dict[str, dict[str, object]], Field(description="Methods by resource.", examples=[{}])]
