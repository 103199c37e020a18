"""How well reviewers agree, golden items, and advice on thresholds, as they come in and go out."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.common import Body
from socialflow.doors.rest.schemas.review import SaidStatus
from socialflow.ids import ExternalId
from socialflow.moderation.records import ContentKind
from socialflow.moderation.review.quality import Accuracy, QualityReport

_ID = "019506a2c5f47c3a9d0e1f2a3b4c5d6e"


class AgreementOut(BaseModel):
    """A coefficient of agreement: 1 is perfect, 0 is chance."""

    value: Annotated[float | None, Field(description="Null where it is not defined.", examples=[0.71])]
    low: Annotated[float | None, Field(description="Lower end of its 95% interval.", examples=[0.55])]
    high: Annotated[float | None, Field(description="Upper end.", examples=[0.84])]
    items: Annotated[int, Field(description="Items it rests on.", examples=[120])]


class AccuracyOut(BaseModel):
    """Golden items answered rightly."""

    share: Annotated[float | None, Field(description="0 to 1; null where none was answered.", examples=[0.95])]
    low: Annotated[float | None, Field(description="Lower end of its 95% interval.", examples=[0.84])]
    high: Annotated[float | None, Field(description="Upper end.", examples=[0.99])]
    right: Annotated[int, Field(description="Answered rightly.", examples=[38])]
    answered: Annotated[int, Field(description="Answered.", examples=[40])]


class ReviewerQualityOut(BaseModel):
    """One reviewer."""

    reviewer: Annotated[str, Field(description="Their pseudonym.", examples=["0d4a4f7f8f1f3c2d1e0b9a879b2f6c1e"])]
    verdicts: Annotated[int, Field(description="Verdicts of the first line.", examples=[430])]
    kappa: Annotated[AgreementOut, Field(description="Cohen's kappa with whoever judged the same.")]
    golden: Annotated[AccuracyOut, Field(description="Their answers to golden items.")]


class QualityOut(BaseModel):
    """One policy."""

    scope: Annotated[str, Field(description="Its scope.", examples=["default"])]
    first_line: Annotated[int, Field(description="Verdicts of the first line it rests on.", examples=[2400])]
    kappa: Annotated[AgreementOut, Field(description="Cohen's kappa of first and second reviews.")]
    alpha: Annotated[AgreementOut, Field(description="Krippendorff's alpha of all who judged the same.")]
    golden: Annotated[AccuracyOut, Field(description="Answers to golden items.")]
    reviewers: Annotated[list[ReviewerQualityOut], Field(description="By pseudonym.")]
    cut: Annotated[bool, Field(description="Whether older verdicts were left out.", examples=[False])]


class GoldenIn(Body):
    """Content whose right answer is known."""

    decision_id: Annotated[ExternalId, Field(description="A decision about it, that asked people.", examples=[_ID])]
    expected: Annotated[SaidStatus, Field(description="The right answer.", examples=["rejected"])]


class GoldenOut(BaseModel):
    """A golden item."""

    golden_id: Annotated[str, Field(description="Its id.", examples=["9b2f6c1e0d4a4f7f8f1f3c2d1e0b9a87"])]
    decision_id: Annotated[str, Field(description="The decision that asked people.", examples=[_ID])]
    content_id: Annotated[str, Field(description="The content.", examples=["1234"])]
    kind: Annotated[ContentKind, Field(description="What it is.", examples=["post"])]
    scope: Annotated[str, Field(description="Scope of the policy in whose queue it is mixed.", examples=["default"])]
    language: Annotated[str | None, Field(description="Its language; null: of any queue.", examples=["en"])]
    expected: Annotated[SaidStatus, Field(description="The right answer.", examples=["rejected"])]


class BinOut(BaseModel):
    """Decisions whose signal lay between two values, both included."""

    low: Annotated[float, Field(description="The least.", examples=[0.7])]
    high: Annotated[float, Field(description="The greatest.", examples=[0.74])]
    confirmed: Annotated[int, Field(description="Where people brought something about too.", examples=[2])]
    overturned: Annotated[int, Field(description="Where they approved.", examples=[9])]


class AdviceOut(BaseModel):
    """One condition of a rule."""

    rule: Annotated[str, Field(description="The rule.", examples=["insults"])]
    signal: Annotated[str, Field(description="The signal it asks for.", examples=["text.insult"])]
    threshold: Annotated[float, Field(description="How much it asks for now.", examples=[0.7])]
    judged: Annotated[int, Field(description="Decisions of it that people judged.", examples=[80])]
    confirmed: Annotated[int, Field(description="Those they confirmed.", examples=[61])]
    bins: Annotated[list[BinOut], Field(description="By the signal, about equally many each.")]
    advised: Annotated[
        float | None, Field(description="The lowest threshold that would have reached the target.", examples=[0.82])
    ]
    share: Annotated[float | None, Field(description="Confirmed from there on.", examples=[0.91])]
    low: Annotated[float | None, Field(description="Lower end of its 95% interval.", examples=[0.8])]
    high: Annotated[float | None, Field(description="Upper end.", examples=[0.97])]
    above: Annotated[int | None, Field(description="Decisions from there on.", examples=[55])]
    why: Annotated[str, Field(description="Why nothing is advised.", examples=[""])]


class AdvicesOut(BaseModel):
    """Advice on the rules of one version."""

    advice: Annotated[list[AdviceOut], Field(description="By rule and signal.")]


def quality_out(report: QualityReport) -> Mapping[str, Any]:
    """The body of a `QualityOut`."""
    return {
        "scope": report.scope,
        "first_line": report.first_line,
        "kappa": report.kappa,
        "alpha": report.alpha,
        "golden": _accuracy(report.golden),
        "reviewers": [
            {"reviewer": one.reviewer, "verdicts": one.verdicts, "kappa": one.kappa, "golden": _accuracy(one.golden)}
            for one in report.reviewers
        ],
        "cut": report.cut,
    }


def _accuracy(golden: Accuracy) -> Mapping[str, Any]:
    return {name: getattr(golden, name) for name in AccuracyOut.model_fields}
