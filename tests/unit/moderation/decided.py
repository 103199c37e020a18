"""Decisions for tests."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier
from socialflow.moderation.decisions import NewDecision
from socialflow.moderation.records import (
    Act,
    Actor,
    ActorKind,
    ContentKind,
    Decision,
    Facts,
    Hit,
    Place,
    PolicyVersion,
    Reading,
    Signals,
    Verdict,
)
from socialflow.moderation.sealing import Judged

WHEN = datetime(2026, 3, 14, 12, 0, tzinfo=UTC)
MACHINE, ADA = Actor(ActorKind.SERVICE, "socialflow"), Actor(ActorKind.PERSON, "reviewer-1")
POLICY = PolicyVersion("default", 1, "ab" * 32)
SIGNALS = Signals(
    {
        "text.toxicity": Reading(0.93, "english", "7", Tier.BUNDLED, 1.0, (Place(0, 12, 0.93),)),
        "text.language": Reading(("en",), "lingua", "2", Tier.BUNDLED),
    },
    {"image.nsfw": "model:nsfw"},
)
APPROVED, REJECTED = ModerationStatus.APPROVED, ModerationStatus.REJECTED


def verdict(status: ModerationStatus = REJECTED, acts: Sequence[Act] = ()) -> Verdict:
    if status is APPROVED:
        return Verdict(status, tuple(acts) or (Act.APPROVE,), (), 0.1, 0.9)
    hit = Hit("toxic", "toxicity", (Act.REJECT,), ("text.toxicity 0.93 >= 0.7",))
    return Verdict(status, tuple(acts) or (Act.REJECT,), (hit,), 0.93, 0.93)


def decision(name: str = "d1", content: str = "c1", status: ModerationStatus = REJECTED, **fields: Any) -> Decision:
    """A decision of the service about a post, not sealed."""
    made = Decision(
        name, content, Facts(ContentKind.POST), "aa" * 32, "", SIGNALS, POLICY, verdict(status), MACHINE, WHEN
    )
    return replace(made, **fields)


def new(content: str = "c1", status: ModerationStatus = REJECTED, words: str = "you", **fields: Any) -> NewDecision:
    """A decision of the service about a post, to be taken."""
    judged = Judged({"text": words})
    made = NewDecision(content, Facts(ContentKind.POST), judged, SIGNALS, POLICY, verdict(status), MACHINE)
    return replace(made, **fields)
