"""Policies of moderation on the wire."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, Field, StringConstraints

from socialflow.content.records import ModerationStatus
from socialflow.doors.rest.schemas.common import NO_NUL, Body, Instant
from socialflow.moderation.policy.checks import Finding, Severity
from socialflow.moderation.policy.fields import LONGEST_TEXT
from socialflow.moderation.policy.guard import Limits
from socialflow.moderation.policy.records import DEFAULT_SCOPE, PolicyState, StoredPolicy
from socialflow.moderation.policy.shadow import Told
from socialflow.moderation.policy.tree import LARGEST

MAX_VERSION = 2**31 - 1
_AT = "2026-03-01T09:00:00Z"
_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SHORT = """\
policy: 1
reasons:
  rude: {text: It is rude., severity: 0.5, ground: terms, clause: "Rules, 3", category: illegal_or_harmful_speech}
rules:
  - {name: rude, reason: rude, when: {text.toxicity: {at_least: 0.8}}, acts: [review]}
"""
"""A policy that examples show."""

Scope: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=160, pattern=NO_NUL)]
Words: TypeAlias = Annotated[str, StringConstraints(max_length=LONGEST_TEXT, pattern=NO_NUL)]
Share: TypeAlias = Annotated[float, Field(ge=0, le=1000, allow_inf_nan=False)]
_USUAL = Limits()


class PolicyIn(Body):
    """A policy as it was written."""

    text: Annotated[str, Field(max_length=LARGEST, description="The policy, as YAML or JSON.", examples=[SHORT])]
    scope: Annotated[Scope, Field(description="`default` or `community:ID`.", examples=["community:chess"])] = (
        DEFAULT_SCOPE
    )
    note: Annotated[Words, Field(description="Why it was written.", examples=["kinder to beginners"])] = ""


class LimitsIn(Body):
    """What a version may change before a reason must be given, as shares of the decisions."""

    flips: Annotated[Share, Field(description="Decisions that change.", examples=[0.05])] = _USUAL.flips
    new_rejections: Annotated[Share, Field(description="Decisions that become rejections.", examples=[0.01])] = (
        _USUAL.new_rejections
    )
    queue_growth: Annotated[Share, Field(description="Growth of the queue of people.", examples=[0.25])] = (
        _USUAL.queue_growth
    )
    unreadable: Annotated[Share, Field(description="Decisions that cannot be read.", examples=[0.01])] = (
        _USUAL.unreadable
    )

    def limits(self) -> Limits:
        """As the domain knows them."""
        return Limits(self.flips, self.new_rejections, self.queue_growth, self.unreadable)


class ReplayIn(Body):
    """Which decisions a version is tried on; nothing given: those of the last thirty days."""

    since: Annotated[Instant | None, Field(description="From.", examples=["2026-02-01T00:00:00Z"])] = None
    until: Annotated[Instant | None, Field(description="Until before; null: now.", examples=[_AT])] = None
    limits: Annotated[LimitsIn, Field(description="What `beyond` is told of.")] = LimitsIn()


class ActivateIn(Body):
    """How sure it is."""

    confirm_reason: Annotated[
        Words | None,
        Field(description="Why it is put in force beyond the limits; kept in the audit chain.", examples=[None]),
    ] = None


class FindingOut(BaseModel):
    """Something that is wrong with a policy."""

    code: Annotated[str, Field(description="Stable name of what is wrong.", examples=["unknown_signal"])]
    severity: Annotated[Severity, Field(description="An `error` keeps it out of force.", examples=["error"])]
    rule: Annotated[str | None, Field(description="Name of the rule; null: the whole.", examples=["very-rude"])]
    line: Annotated[int | None, Field(description="Line of the text, from 1.", examples=[5])]
    message: Annotated[
        str,
        Field(description="In words.", examples=["there is no signal text.insullt (did you mean text.insult?)"]),
    ]


class CheckOut(BaseModel):
    """What a check found."""

    ok: Annotated[bool, Field(description="Whether it could be put in force.", examples=[True])]
    findings: Annotated[list[FindingOut], Field(description="What is wrong.")]


class PolicyAboutOut(BaseModel):
    """One version, without what it says."""

    scope: Annotated[str, Field(description="`default` or `community:ID`.", examples=["default"])]
    version: Annotated[int, Field(description="Its number.", examples=[2])]
    digest: Annotated[str, Field(description="SHA-256 of its canonical form.", examples=[_DIGEST])]
    state: Annotated[PolicyState, Field(description="Where it stands.", examples=["active"])]
    created_at: Annotated[datetime, Field(description="When it was stored.", examples=[_AT])]
    activated_at: Annotated[datetime | None, Field(description="When it was last put in force.", examples=[_AT])]
    author: Annotated[
        str,
        Field(description="Pseudonym of who wrote it; empty: the service.", examples=["b7e1c2d9b7e1c2d9b7e1c2d9"]),
    ]
    note: Annotated[str, Field(description="Why it was written.", examples=["kinder to beginners"])]


class PolicyOut(PolicyAboutOut):
    """One version, whole."""

    policy: Annotated[
        dict[str, Any], Field(description="What it says, in the shape of the language.", examples=[{"policy": 1.0}])
    ]


class DraftedOut(PolicyAboutOut):
    """A stored draft."""

    findings: Annotated[list[FindingOut], Field(description="What its check found.")]


class ScopeOut(BaseModel):
    """The policy of one scope."""

    scope: Annotated[str, Field(description="`default` or `community:ID`.", examples=["default"])]
    active: Annotated[int | None, Field(description="The version in force; null: the default's holds.", examples=[2])]
    shadow: Annotated[int | None, Field(description="The version in the shadow.", examples=[3])]
    versions: Annotated[int, Field(description="How many there are.", examples=[3])]


class ScopesOut(BaseModel):
    """Every scope that has a policy."""

    scopes: Annotated[list[ScopeOut], Field(description="In the order of their names.")]


class VersionsOut(BaseModel):
    """Versions of one scope."""

    versions: Annotated[list[PolicyAboutOut], Field(description="The newest first.")]
    next_before: Annotated[
        int | None, Field(description="Give it as `before` for the next page; null: there is none.", examples=[12])
    ]


class FlipOut(BaseModel):
    """Decisions that would change."""

    before: Annotated[ModerationStatus, Field(description="What was decided.", examples=["approved"])]
    after: Annotated[ModerationStatus, Field(description="What the version says.", examples=["flagged"])]
    count: Annotated[int, Field(description="How many.", examples=[200])]
    examples: Annotated[list[str], Field(description="The first of them.", examples=[["0194b3c1e0a57c3f"]])]


class RuleEffectOut(BaseModel):
    """What one rule would do."""

    rule: Annotated[str, Field(description="Its name.", examples=["rude"])]
    applied: Annotated[int, Field(description="Decisions it applies to.", examples=[210])]
    capped: Annotated[int, Field(description="Of these, for people: it rests on a heuristic.", examples=[0])]
    wanting: Annotated[int, Field(description="Decisions where it waits for a signal.", examples=[3])]
    flips: Annotated[int, Field(description="Changed decisions whose new status it brings about.", examples=[200])]
    examples: Annotated[list[str], Field(description="The first of these.", examples=[["0194b3c1e0a57c3f"]])]


class LikenessOut(BaseModel):
    """Beside what people rejected."""

    precision: Annotated[float | None, Field(description="Share that people rejected too.", examples=[0.9])]
    recall: Annotated[float | None, Field(description="Share of what people rejected.", examples=[0.7])]
    both: Annotated[int, Field(description="Both.", examples=[63])]
    alone: Annotated[int, Field(description="The policy, not people.", examples=[7])]
    missed: Annotated[int, Field(description="People, not the policy.", examples=[27])]


class AgreementOut(BaseModel):
    """Beside people's verdicts, where people gave one."""

    judged: Annotated[int, Field(description="Decisions that people judged.", examples=[120])]
    rejected: Annotated[LikenessOut, Field(description="What is rejected.")]
    held_back: Annotated[LikenessOut, Field(description="What is rejected or for review.")]


class LoadOut(BaseModel):
    """What goes to the queue of people in an hour."""

    mean: Annotated[float, Field(description="The mean.", examples=[12.5])]
    peak: Annotated[int, Field(description="The most.", examples=[80])]


class BreachOut(BaseModel):
    """A limit that the version is beyond."""

    name: Annotated[str, Field(description="Which limit.", examples=["flips"])]
    found: Annotated[float | None, Field(description="What was found; null: no end of it.", examples=[0.2])]
    limit: Annotated[float, Field(description="The limit.", examples=[0.05])]
    message: Annotated[str, Field(description="In words.", examples=["20.0 % of decisions would change (limit 5.0 %)"])]


class ReplayOut(BaseModel):
    """What a version would have made of stored decisions."""

    digest: Annotated[str, Field(description="The version's.", examples=[_DIGEST])]
    decisions: Annotated[int, Field(description="How many it was tried on.", examples=[1000])]
    unreadable: Annotated[int, Field(description="Of these, not readable and left out.", examples=[0])]
    first_at: Annotated[datetime | None, Field(description="When the first was taken.", examples=[_AT])]
    last_at: Annotated[datetime | None, Field(description="When the last was taken.", examples=[_AT])]
    flipped: Annotated[int, Field(description="Decisions that would change.", examples=[200])]
    newly_rejected: Annotated[int, Field(description="That would be rejected and were not.", examples=[0])]
    flips: Annotated[list[FlipOut], Field(description="From which status to which.")]
    rules: Annotated[list[RuleEffectOut], Field(description="Rule by rule, in the order of the policy.")]
    before: Annotated[AgreementOut, Field(description="What was decided, beside people's verdicts.")]
    after: Annotated[AgreementOut, Field(description="What would be, beside people's verdicts.")]
    queue_before: Annotated[LoadOut, Field(description="The queue as it was.")]
    queue_after: Annotated[LoadOut, Field(description="The queue as it would be.")]
    missing: Annotated[
        dict[str, int],
        Field(description="Decisions in which a signal of its rules is missing.", examples=[{"image.nsfw": 12}]),
    ]
    never: Annotated[
        list[str], Field(description="Signals of its rules that no decision has or misses.", examples=[["text.threat"]])
    ]
    beyond: Annotated[list[BreachOut], Field(description="Limits it is beyond.")]


class ActivatedOut(PolicyAboutOut):
    """A version in force."""

    since: Annotated[datetime, Field(description="It was tried on the decisions since.", examples=[_AT])]
    replayed: Annotated[ReplayOut, Field(description="What it changes of them.")]


class ShadowCountOut(FlipOut):
    """Decisions of which the version in the shadow said `after`."""


class ShadowOut(PolicyAboutOut):
    """A version in the shadow."""

    decisions: Annotated[int, Field(description="What was decided beside it.", examples=[1000])]
    differing: Annotated[int, Field(description="Of these, what it would have changed.", examples=[12])]
    first_at: Annotated[datetime | None, Field(description="When the first was decided.", examples=[_AT])]
    last_at: Annotated[datetime | None, Field(description="When the last was decided.", examples=[_AT])]
    counts: Annotated[
        list[ShadowCountOut], Field(description="What was decided and what it said; examples are ids of content.")
    ]


def about(stored: StoredPolicy) -> dict[str, Any]:
    """The body of a `PolicyAboutOut`."""
    names = ("scope", "version", "digest", "state", "created_at", "activated_at", "author", "note")
    return {name: getattr(stored, name) for name in names}


def findings_out(findings: Sequence[Finding]) -> list[Mapping[str, Any]]:
    """Bodies of `FindingOut`."""
    return [
        {
            "code": one.code,
            "severity": one.severity,
            "rule": one.rule or None,
            "line": one.line,
            "message": one.message,
        }
        for one in findings
    ]


def shadow_out(stored: StoredPolicy, told: Sequence[Told]) -> Mapping[str, Any]:
    """The body of a `ShadowOut`."""
    noted = [one.noted for one in told]
    return {
        **about(stored),
        "decisions": sum(one.count for one in noted),
        "differing": sum(one.count for one in noted if one.before is not one.after),
        "first_at": min((one.first_at for one in told), default=None),
        "last_at": max((one.last_at for one in told), default=None),
        "counts": [
            {"before": one.before, "after": one.after, "count": one.count, "examples": one.examples} for one in noted
        ],
    }
