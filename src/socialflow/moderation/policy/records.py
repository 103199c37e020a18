"""The nouns of a policy as frozen value objects: conditions, rules, reasons, and versions of the whole."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from socialflow.moderation.records import Act, ContentKind, Trust

RISK = "risk"
"""What a condition calls the policy's weighted mean over harm, as if it were a signal."""
UNMEASURED = "unmeasured"
"""Name of the rule that every policy ends with: what applies to content of which nothing could be measured."""
UNCHECKED = "unchecked"
"""Code of the reason why content is held back for want of a signal."""
SEVERE = frozenset({Act.REJECT, Act.HIDE, Act.STRIKE, Act.COPYRIGHT_BLOCK})
"""What a heuristic may not bring about: where a rule rests on one, each of these becomes a review."""
DEFAULT_SCOPE = "default"
_COMMUNITY = "community:"


class Compare(StrEnum):
    """How a signal is compared."""

    AT_LEAST = "at_least"
    ABOVE = "above"
    BELOW = "below"
    IS = "is"
    ANY_OF = "any_of"


@dataclass(frozen=True, slots=True)
class Comparison:
    """One signal beside a number, the name of a threshold, or words (`any_of`).

    It holds of content that has the signal. Of content to which the signal does not belong it does not hold; where the
    signal is missing it is unknown.
    """

    signal: str
    compare: Compare
    value: float | str | tuple[str, ...]


class Quantifier(StrEnum):
    """How many of some conditions must hold."""

    ALL = "all"
    ANY = "any"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions together, in three values (Kleene): one that is unknown makes the whole unknown where it matters."""

    quantifier: Quantifier
    conditions: tuple["Condition", ...]


Condition = Comparison | Group
ALWAYS = Group(Quantifier.ALL, ())


@dataclass(frozen=True, slots=True)
class Where:
    """Which content a rule is about; nothing given: all."""

    kinds: tuple[ContentKind, ...] = ()
    communities: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    trust: tuple[Trust, ...] = ()


class Missing(StrEnum):
    """What a rule does where it cannot be told whether it applies, for want of a signal."""

    REVIEW = "review"
    """People look."""
    IGNORE = "ignore"
    """As if it did not apply."""
    APPLY = "apply"
    """As if it applied."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Where content is what it is about (`on`) and its condition holds (`when`), it brings about its acts.

    `stop`: the rules after it are not asked where it applied in full.
    """

    name: str
    reason: str
    acts: tuple[Act, ...]
    when: Condition = ALWAYS
    on: Where = Where()
    labels: tuple[str, ...] = ()
    missing: Missing = Missing.REVIEW
    stop: bool = False


class Ground(StrEnum):
    """What a reason rests on, as statements of reasons ask (Regulation (EU) 2022/2065, article 17)."""

    LEGAL = "legal"
    TERMS = "terms"


class Category(StrEnum):
    """What a reason is about, after the categories of the EU's database of statements of reasons."""

    ANIMAL_WELFARE = "animal_welfare"
    CONSUMER_INFORMATION = "consumer_information"
    CYBER_VIOLENCE = "cyber_violence"
    CYBER_VIOLENCE_AGAINST_WOMEN = "cyber_violence_against_women"
    DATA_PROTECTION = "data_protection_and_privacy_violations"
    ILLEGAL_OR_HARMFUL_SPEECH = "illegal_or_harmful_speech"
    INTELLECTUAL_PROPERTY = "intellectual_property_infringements"
    CIVIC_DISCOURSE = "negative_effects_on_civic_discourse_or_elections"
    PROTECTION_OF_MINORS = "protection_of_minors"
    PUBLIC_SECURITY = "risk_for_public_security"
    SCAMS_AND_FRAUD = "scams_and_fraud"
    SELF_HARM = "self_harm"
    UNSAFE_PRODUCTS = "unsafe_and_prohibited_products"
    VIOLENCE = "violence"
    OTHER = "other_violation_tc"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a rule does what it does: `text` is what authors read, `severity` (0 to 1) orders the queue of reviewers.

    `clause` is the law or the section of the terms.
    """

    text: str
    severity: float
    ground: Ground
    clause: str
    category: Category


NOT_CHECKED = Reason(
    "This could not be checked automatically. People will look at it.", 0.3, Ground.TERMS, "moderation", Category.OTHER
)
"""Stands for `unchecked` in policies that have no reason of this code."""


@dataclass(frozen=True, slots=True)
class Part:
    """One term of the ensemble: the greatest of some harm signals, and how far it counts (above 0)."""

    weight: float
    signals: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReviewRules:
    """What a policy says of reviews. Rates are 0 to 1."""

    second_rate: float = 0.05
    """Share of first verdicts that somebody else reviews, blindly."""
    golden_rate: float = 0.02
    """Share of claimed items in whose place a golden one is given."""
    appeal_within: timedelta = timedelta(days=14)
    """How long after a decision its author may appeal."""


@dataclass(frozen=True, slots=True)
class StrikeTerms:
    """What a strike weighs at first (above 0), after how long half of that is left, and when all of it goes."""

    weight: float = 1.0
    half_life: timedelta = timedelta(days=90)
    expires_after: timedelta = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class StrikeRules:
    """What a policy says of strikes: terms by the code of the reason that struck, the usual ones for all others."""

    usual: StrikeTerms = StrikeTerms()
    by_reason: Mapping[str, StrikeTerms] = field(default_factory=dict)

    def of(self, reason: str) -> StrikeTerms:
        """The terms of a strike for some reason.

        >>> rules = StrikeRules(by_reason={"threat": StrikeTerms(weight=3.0)})
        >>> rules.of("threat").weight, rules.of("spam").weight
        (3.0, 1.0)
        """
        return self.by_reason.get(reason, self.usual)


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What a policy says of what follows its decisions. Nothing here changes what is decided."""

    review: ReviewRules = ReviewRules()
    strikes: StrikeRules = StrikeRules()


@dataclass(frozen=True, slots=True)
class Policy:
    """All of one policy in canonical form, as `reading.read` makes it.

    `unmeasured` (review or reject) is what becomes of content of which no harm could be measured.
    """

    thresholds: Mapping[str, float]
    ensemble: Mapping[str, Part]
    reasons: Mapping[str, Reason]
    rules: tuple[Rule, ...]
    unmeasured: Act = Act.REVIEW
    follow_up: FollowUp = FollowUp()

    def reason(self, code: str) -> Reason:
        """The reason of a code; raises KeyError where the policy has none."""
        return NOT_CHECKED if code == UNCHECKED and code not in self.reasons else self.reasons[code]


class PolicyState(StrEnum):
    """Where a version stands. Its content never changes."""

    DRAFT = "draft"
    ACTIVE = "active"
    SHADOW = "shadow"
    RETIRED = "retired"
    DELETED = "deleted"
    """A draft that was thrown away: nothing but its number is kept."""


@dataclass(frozen=True, slots=True)
class StoredPolicy:
    """One version of the policy of a scope; `body` is its canonical form, `author` the pseudonym of who wrote it."""

    scope: str
    version: int
    body: str
    digest: str
    state: PolicyState
    created_at: datetime
    activated_at: datetime | None = None
    """When it was last put in force; None where it never was."""
    author: str = ""
    note: str = ""


def scope_of(community: str) -> str:
    """The scope of a community's policy."""
    return _COMMUNITY + community


def community_of(scope: str) -> str | None:
    """The community of a scope; None of the default.

    >>> community_of("community:chess"), community_of("default")
    ('chess', None)
    """
    return scope.removeprefix(_COMMUNITY) if scope.startswith(_COMMUNITY) else None


def scopes(community: str | None) -> tuple[str, ...]:
    """Scopes whose policy may stand for content, the nearest first.

    >>> scopes("chess"), scopes(None)
    (('community:chess', 'default'), ('default',))
    """
    return (DEFAULT_SCOPE,) if community is None else (_COMMUNITY + community, DEFAULT_SCOPE)
