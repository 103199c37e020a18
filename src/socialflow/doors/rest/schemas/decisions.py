"""Bodies of decisions and of the chain that seals them."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from socialflow.doors.rest.schemas.moderation import Because, Decided, Flags, PolicyOut, Risk, RuleOut, Signals, Sure
from socialflow.moderation.records import ActorKind, ContentKind, Decision, Trust
from socialflow.moderation.told import RuleTold

_ID = "0198f0c2a1b27c3d8e4f5a6b7c8d9e0f"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"


class ReasonOut(BaseModel):
    """Why something was decided."""

    code: Annotated[str, Field(description="Stable name.", examples=["toxicity"])]
    text: Annotated[str, Field(description="In words.", examples=["It is rude or disrespectful."])]


class OwnDecisionOut(BaseModel):
    """A decision as the author of the content reads it."""

    id: Annotated[str, Field(description="Its id.", examples=[_ID])]
    content_id: Annotated[str, Field(description="What it is about.", examples=["1234"])]
    status: Decided
    reasons: Annotated[list[ReasonOut], Field(description="Why; empty where nothing is held against it.")]
    at: Annotated[datetime, Field(description="When.", examples=["2026-01-01T12:00:00Z"])]
    automated: Annotated[bool, Field(description="Whether nobody looked.", examples=[True])]
    grounds: Annotated[
        list[str],
        Field(
            description="Why, and on what that rests.",
            examples=[["It is spam. This rests on the rules of the platform: Community rules, spam."]],
        ),
    ]
    follows: Annotated[
        list[str], Field(description="What it means for the content.", examples=[["Nobody but you can see it."]])
    ]
    appeal: Annotated[
        str, Field(description="How to appeal, and what else can be done.", examples=["There is nothing to appeal."])
    ]
    appeal_until: Annotated[
        datetime | None,
        Field(description="When appeals close; null: nothing to appeal.", examples=["2026-01-15T12:00:00Z"]),
    ]
    how_to_appeal: Annotated[
        str | None,
        Field(
            description="What to call.",
            examples=[f"POST /api/v1/moderation/appeals with decision_id {_ID} and why it is wrong"],
        ),
    ]


class ActorOut(BaseModel):
    """The service, or a person by pseudonym."""

    kind: Annotated[ActorKind, Field(description="The service or a person.", examples=["service"])]
    name: Annotated[str, Field(description="Of a person the pseudonym.", examples=["socialflow"])]


class FactsOut(BaseModel):
    """What was known besides."""

    kind: Annotated[ContentKind, Field(description="What it is.", examples=["post"])]
    community: Annotated[str | None, Field(description="Where it stands.", examples=[None])]
    language: Annotated[str | None, Field(description="ISO 639-1.", examples=["en"])]
    trust: Annotated[Trust, Field(description="How well its author is known.", examples=["usual"])]


class DecisionOut(BaseModel):
    """All of a decision."""

    id: Annotated[str, Field(description="Its id.", examples=[_ID])]
    content_id: Annotated[str, Field(description="What it is about.", examples=["1234"])]
    status: Decided
    acts: Annotated[list[str], Field(description="What it brings about.", examples=[["approve"]])]
    flags: Flags
    confidence: Sure
    risk_score: Risk
    rules: Annotated[list[RuleOut], Field(description="Rules that applied, in the words of the policy that stands.")]
    signals: Signals
    missing_because: Because
    facts: Annotated[FactsOut, Field(description="What was known besides what it shows.")]
    policy: Annotated[PolicyOut, Field(description="What it was judged by.")]
    actor: Annotated[ActorOut, Field(description="Who decided.")]
    at: Annotated[datetime, Field(description="When.", examples=["2026-01-01T12:00:00Z"])]
    supersedes: Annotated[str | None, Field(description="The decision whose place it took.", examples=[None])]
    note: Annotated[str, Field(description="What a reviewer wrote beside it.", examples=[""])]
    input_digest: Annotated[
        str, Field(description="Stands for what was judged, by the author's own key.", examples=[_DIGEST])
    ]
    seal: Annotated[str, Field(description="SHA-256 of everything else.", examples=[_DIGEST])]


class DecisionsOut(BaseModel):
    """All decisions about some content."""

    decisions: Annotated[
        list[DecisionOut] | list[OwnDecisionOut], Field(description="The first first; authors read the short form.")
    ]


class FaultOut(BaseModel):
    """What is not as it was sealed."""

    table: Annotated[str, Field(description="In which table.", examples=["decisions"])]
    row: Annotated[str, Field(description="In which row.", examples=[_ID])]
    part: Annotated[str, Field(description="In which part of it.", examples=["seal"])]
    problem: Annotated[str, Field(description="What is wrong.", examples=["the seal is not that of the body"])]


class HeadOut(BaseModel):
    """The end of the chain, to be kept elsewhere."""

    number: Annotated[int, Field(description="Of the last batch, from 1.", examples=[12])]
    hash: Annotated[str, Field(description="SHA-256, over all before.", examples=[_DIGEST])]


class VerifiedOut(BaseModel):
    """What became of recomputing a decision."""

    id: Annotated[str, Field(description="Of the decision.", examples=[_ID])]
    ok: Annotated[bool, Field(description="Whether it is as it was sealed.", examples=[True])]
    batch: Annotated[
        HeadOut | None, Field(description="The batch of the chain that holds it; null: not sealed in one yet.")
    ]
    fault: Annotated[FaultOut | None, Field(description="Null where nothing is wrong.")]


class ChainOut(BaseModel):
    """What became of recomputing the chain."""

    ok: Annotated[bool, Field(description="Whether everything is as it was sealed.", examples=[True])]
    events: Annotated[int, Field(description="Recomputed.", examples=[4096])]
    decisions: Annotated[int, Field(description="Recomputed.", examples=[4090])]
    batches: Annotated[int, Field(description="Recomputed.", examples=[1])]
    unsealed: Annotated[int, Field(description="Events that wait for their batch.", examples=[3])]
    head: Annotated[HeadOut | None, Field(description="The end of the chain; null: nothing is sealed yet.")]
    fault: Annotated[FaultOut | None, Field(description="The first thing that is wrong.")]


class AuditHeadOut(BaseModel):
    """The end of the chain."""

    head: Annotated[HeadOut | None, Field(description="Null where nothing is sealed yet.")]


def decision_out(decision: Decision, rules: list[RuleTold]) -> dict[str, Any]:
    """The body of a `DecisionOut`."""
    verdict = decision.verdict
    return {
        "id": decision.id,
        "content_id": decision.content_id,
        "status": verdict.status,
        "acts": verdict.acts,
        "flags": verdict.flags,
        "confidence": verdict.confidence,
        "risk_score": verdict.risk,
        "rules": rules,
        "signals": decision.signals.readings,
        "missing_because": decision.signals.missing,
        "facts": decision.facts,
        "policy": decision.policy,
        "actor": decision.actor,
        "at": decision.at,
        "supersedes": decision.supersedes,
        "note": decision.note,
        "input_digest": decision.input_digest,
        "seal": decision.seal,
    }
