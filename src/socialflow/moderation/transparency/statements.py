"""Statements of reasons from decisions.

Which decisions restrict, and so have a statement (`restrictions`):

===========================================  =========================================
what was decided                             decision_visibility
===========================================  =========================================
rejected; hide; copyright_block              DECISION_VISIBILITY_CONTENT_DISABLED
age_gate (of what is seen otherwise)         DECISION_VISIBILITY_CONTENT_AGE_RESTRICTED
label (of what is seen otherwise)            DECISION_VISIBILITY_CONTENT_LABELLED
===========================================  =========================================

Nothing else has one: what is flagged stays visible as it was; what waits for people is held back on no ground yet (the
ruling that ends the wait has its own statement); a strike by itself and `copyright_track` take nothing away. Content is
disabled, not removed: its author still sees it.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime

from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.records import RISK, Ground, Reason
from socialflow.moderation.records import Act, ActorKind, ContentKind, Decision, Hit, Signals
from socialflow.moderation.signal_names import SIGNALS
from socialflow.moderation.transparency.dsa import (
    CONTENT_FROM,
    LANGUAGES,
    UNTIL,
    Automation,
    ContentType,
    DecisionGround,
    Statement,
    StatementCategory,
    Visibility,
    YesNo,
)

WITHHOLDING = frozenset({Act.HIDE, Act.COPYRIGHT_BLOCK})
RESTRICTING = WITHHOLDING | {Act.AGE_GATE, Act.LABEL}
"""Acts by which a decision restricts, whatever its status."""
_UNSEEN = frozenset({ModerationStatus.REJECTED, ModerationStatus.REVIEW_REQUIRED, ModerationStatus.PENDING})
_MILD = {Act.AGE_GATE: Visibility.AGE_RESTRICTED, Act.LABEL: Visibility.LABELLED}
_MOST_GROUND, _MOST_EXPLANATION, _MOST_FACTS = 500, 2000, 5000
_NAMES = {
    ContentKind.VIDEO: "A video",
    ContentKind.POST: "A post",
    ContentKind.COMMENT: "A comment",
    ContentKind.TEXT: "A text",
    ContentKind.IMAGE: "A picture",
    ContentKind.CHAT: "A message in a chat",
}
_TYPES = {
    ContentKind.VIDEO: ContentType.VIDEO,
    ContentKind.COMMENT: ContentType.TEXT,
    ContentKind.TEXT: ContentType.TEXT,
    ContentKind.IMAGE: ContentType.IMAGE,
    ContentKind.CHAT: ContentType.TEXT,
}
_MEDIA = {"text.": ContentType.TEXT, "image.": ContentType.IMAGE, "video.": ContentType.VIDEO}


@dataclass(frozen=True, slots=True)
class Restricting:
    """A decision that restricts, with what is known of it besides.

    `key` is its place in the audit chain; `posted` is when the content was, None where that is not known; `detected`
    says whether the service had spoken against the very same content before; `ended` is when a later decision made the
    content more visible again.
    """

    key: int
    decision: Decision
    posted: datetime | None = None
    detected: bool = False
    ended: datetime | None = None


def restrictions(status: ModerationStatus, acts: Collection[Act]) -> tuple[Visibility, ...]:
    """How a decision restricts; nothing where it does not.

    >>> [one.name for one in restrictions(ModerationStatus.FLAGGED, [Act.FLAG, Act.LABEL])]
    ['LABELLED']
    """
    if status is ModerationStatus.REJECTED or not WITHHOLDING.isdisjoint(acts):
        return (Visibility.DISABLED,)
    return tuple(visibility for act, visibility in _MILD.items() if act in acts)


def lifted(before: Collection[Visibility], status: ModerationStatus, acts: Collection[Act]) -> bool:
    """Whether a later decision of this status and these acts ends a restriction, wholly or in part.

    One under which nobody but the author sees the content ends nothing.

    >>> lifted([Visibility.DISABLED], ModerationStatus.APPROVED, [Act.AGE_GATE])
    True
    """
    if status in _UNSEEN or not WITHHOLDING.isdisjoint(acts):
        return False
    return not set(before) <= set(restrictions(status, acts))


def puid_of(key: int, seal: str) -> str:
    """The unique id of a statement: the decision's place in the chain and half of its seal, which tell of nobody.

    >>> puid_of(12, "ab" * 32)
    '12-abababababababababababababababab'
    """
    return f"{key}-{seal[:32]}"


def key_of(puid: str) -> int | None:
    """The place in the chain that a unique id names; None where it is none.

    >>> key_of("12-abababababababababababababababab"), key_of("12"), key_of("x-y")
    (12, None, None)
    """
    key, dash, seal = puid.partition("-")
    if not (key.isascii() and key.isdigit() and len(key) < 19 and dash and len(seal) == 32):
        return None
    return int(key)


def statement_of(one: Restricting, reasons: Mapping[str, Reason]) -> Statement:
    """The statement of reasons of a decision that restricts; `reasons` are those of its policy, by code.

    The gravest reason that restricts is the ground, the others are further categories. A code without a reason is told
    as such, under the terms. Raises InvalidInput where the decision restricts nothing.
    """
    decision, verdict = one.decision, one.decision.verdict
    codes = _codes(decision, reasons)
    main = reasons.get(codes[0]) if codes else None
    categories = [_category(reasons.get(code)) for code in codes] or [StatementCategory.OTHER]
    legal = main is not None and main.ground is Ground.LEGAL
    clause, text = _grounds(codes, main)
    types = content_types(decision.facts.kind, decision.signals)
    language = (decision.facts.language or "").upper()
    return Statement(
        puid=puid_of(one.key, decision.seal),
        decision_visibility=restrictions(verdict.status, verdict.acts),
        decision_ground=DecisionGround.ILLEGAL if legal else DecisionGround.INCOMPATIBLE,
        illegal_content_legal_ground=clause if legal else None,
        illegal_content_explanation=text if legal else None,
        incompatible_content_ground=None if legal else clause,
        incompatible_content_explanation=None if legal else text,
        category=categories[0],
        category_addition=tuple(dict.fromkeys(other for other in categories if other is not categories[0])),
        content_type=types,
        content_type_other=decision.facts.kind.value if ContentType.OTHER in types else None,
        content_language=language if language in LANGUAGES else None,
        content_date=_content_date(one.posted),
        application_date=_day(decision.at),
        end_date_visibility_restriction=None if one.ended is None else _day(one.ended),
        automated_detection=YesNo.YES if _machine(decision) or one.detected else YesNo.NO,
        automated_decision=automation(decision.actor.kind, one.detected),
        decision_facts=_cut(facts_text(decision, one.detected), _MOST_FACTS),
    )


def automation(actor: ActorKind, detected: bool) -> Automation:
    """How far machines decided: fully where nobody looked, partially where a person ruled on what the service had
    spoken against, not at all where the service had let it pass or never saw it."""
    if actor is ActorKind.SERVICE:
        return Automation.FULLY
    return Automation.PARTIALLY if detected else Automation.NOT_AUTOMATED


def content_types(kind: ContentKind, signals: Signals) -> tuple[ContentType, ...]:
    """What the content is made of, by its kind and by what was, or should have been, measured of it."""
    looked_at = (*signals.readings, *signals.missing)
    seen = [medium for start, medium in _MEDIA.items() if any(name.startswith(start) for name in looked_at)]
    of_kind = [_TYPES[kind]] if kind in _TYPES else []
    return tuple(dict.fromkeys((*of_kind, *seen))) or (ContentType.OTHER,)


def facts_text(decision: Decision, detected: bool) -> str:
    """The facts relied on, in plain words: who looked, when, and which signals counted.

    No score, no word of the content, no note, nothing of a person.
    """
    what, when = _NAMES[decision.facts.kind], _day(decision.at).isoformat()
    if not _machine(decision):
        after = ", after automated means had pointed it out" if detected else ""
        return f"{what} was looked at by a person who moderates the platform on {when}{after}."
    told = [f"{what} was judged by automated means on {when}."]
    counted = dict.fromkeys(_meaning(line) for hit in restricting_hits(decision) for line in hit.because)
    if found := [meaning for meaning in counted if meaning]:
        told.append(f"What counted: {'; '.join(found)}.")
    missing = dict.fromkeys(_meaning(name) for hit in restricting_hits(decision) for name in hit.missing)
    if unknown := [meaning for meaning in missing if meaning]:
        told.append(f"What could not be measured: {'; '.join(unknown)}.")
    return " ".join(told)


def restricting_hits(decision: Decision) -> tuple[Hit, ...]:
    """The rules that brought the restriction about; all that applied where none of them says so."""
    wanted = RESTRICTING | {Act.REJECT}
    hits = tuple(hit for hit in decision.verdict.hits if not wanted.isdisjoint(hit.acts))
    return hits or decision.verdict.hits


def _codes(decision: Decision, reasons: Mapping[str, Reason]) -> list[str]:
    """Codes of the reasons, the gravest first."""
    codes = dict.fromkeys(hit.reason for hit in restricting_hits(decision))
    return sorted(codes, key=lambda code: -reasons[code].severity if code in reasons else 0.0)


def _grounds(codes: list[str], reason: Reason | None) -> tuple[str, str]:
    """Clause and explanation."""
    if reason is not None:
        return _cut(reason.clause, _MOST_GROUND), _cut(reason.text, _MOST_EXPLANATION)
    if not codes:
        return "Terms of the platform", "The decision names no reason."
    return "Terms of the platform", f"The reason has the code {codes[0]}; the policy has no words for it."


def _category(reason: Reason | None) -> StatementCategory:
    return StatementCategory.OTHER if reason is None else StatementCategory[reason.category.name]


def _meaning(line: str) -> str:
    """What a condition or a signal is about, told by its name alone: what was found may hold words of the content."""
    name = line.partition(" ")[0]
    if name == RISK:
        return "several signs of harm together"
    return SIGNALS[name].meaning if name in SIGNALS else ""


def _content_date(posted: datetime | None) -> date | None:
    """None too for days that the database does not take: they stand for 'not known' in what was imported."""
    day = None if posted is None else _day(posted)
    return day if day is not None and CONTENT_FROM <= day <= UNTIL else None


def _machine(decision: Decision) -> bool:
    return decision.actor.kind is ActorKind.SERVICE


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
