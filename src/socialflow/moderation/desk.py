"""What is laid before a reviewer who holds an item: the content, why it is there, and what was written beside it.

Nothing here tells a golden item or a second review from any other. So it says neither which decision or content it is
(both could be looked up), nor when it was decided and by which versions: all of these would give an old one away.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialflow.content.records import Item, ModerationStatus
from socialflow.kit.clock import Clock
from socialflow.moderation.moderator import Policies
from socialflow.moderation.policy.records import Policy
from socialflow.moderation.records import Act, Decision, Hit, Place, Signals, Value
from socialflow.moderation.review.appeal_records import Appeal
from socialflow.moderation.review.golden import that_asked
from socialflow.moderation.review.ports import Deciding, ReviewStore, ReviewUnit
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.records import Note, QueueEntry, ReviewItem
from socialflow.moderation.review.service import entry_of, lost
from socialflow.moderation.signal_names import SIGNALS
from socialflow.moderation.told import text_of

_CONDITION = re.compile(r"(?P<signal>\S+) (?P<value>\S+) (?P<sign>>=|<=|==|!=|>|<) (?P<bound>\S+)")
_HAS = re.compile(r"(?P<signal>\S+) has (?P<words>.+)")
_SIGNS: Mapping[str, str] = {
    ">=": "at least",
    ">": "more than",
    "<": "less than",
    "<=": "at most",
    "==": "exactly",
    "!=": "anything but",
}
_RISK = "the policy's risk of all signs together"


@dataclass(frozen=True, slots=True)
class Told:
    """A rule that applied: `text` is what its author would read, `because` and `missing` are in plain words."""

    rule: str
    reason: str
    text: str
    acts: tuple[Act, ...]
    labels: tuple[str, ...]
    because: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sign:
    """A signal that was measured, with what it means; `places` as in `moderation.records.Reading`."""

    name: str
    meaning: str
    value: Value
    coverage: float
    places: tuple[Place, ...]


@dataclass(frozen=True, slots=True)
class Lacking:
    """A signal that could not be had, and why."""

    name: str
    meaning: str
    why: str


@dataclass(frozen=True, slots=True)
class Appealed:
    """What an author brought against which decision: `status` is what stands, `note` what the reviewer wrote of it."""

    appeal: Appeal
    status: ModerationStatus
    note: str


@dataclass(frozen=True, slots=True)
class Laid:
    """One item as it is laid before who holds it. `content` is None where it is not an item of the platform."""

    entry: QueueEntry
    content: Item | None
    rules: Sequence[Told]
    signs: Sequence[Sign]
    lacking: Sequence[Lacking]
    notes: Sequence[Note]
    appealed: Appealed | None


@dataclass(frozen=True, slots=True)
class Glimpse:
    """One of many items that a bulk action would touch."""

    item: ReviewItem
    content: Item | None


class ReviewDesk:
    """Lays items before reviewers."""

    def __init__(self, store: ReviewStore, deciding: Deciding, policies: Policies, clock: Clock) -> None:
        self._store = store
        self._deciding = deciding
        self._policies = policies
        self._clock = clock

    async def look(self, account: str, item_id: str) -> Laid:
        """What there is to know of an item that this reviewer holds.

        Raises NotFound where there is no such item, LeaseLost where somebody else or nobody holds it, SealBroken.
        """
        async with self._store.read() as unit:
            reviewer = pseudonym(await unit.reviews.key(), account)
            item = await unit.reviews.get(item_id)
            if item.lease is None or item.lease.reviewer != reviewer:
                raise await lost(unit, item_id)
            entry = entry_of(item, await unit.reviewer_settings.shield(reviewer), self._clock.now())
            named = await self._deciding.get(unit, item.decision_id)
            appealed = await self._appealed(unit, item, named)
            decision = named if appealed is not None else await that_asked(unit, self._deciding, named)
            notes = await unit.review_notes.of_item(item_id)
            content = await _content(unit, item.content_id)
        policy = await self._policies.policy_of(decision.policy)
        return Laid(
            entry,
            content,
            tuple(_told(hit, policy) for hit in decision.verdict.hits),
            _signs(decision.signals),
            tuple(Lacking(name, _meaning(name), why) for name, why in decision.signals.missing.items()),
            notes,
            appealed,
        )

    async def glimpse(self, items: Sequence[ReviewItem]) -> Sequence[Glimpse]:
        """The content of some items."""
        async with self._store.read() as unit:
            return [Glimpse(item, await _content(unit, item.content_id)) for item in items]

    @staticmethod
    async def _appealed(unit: ReviewUnit, item: ReviewItem, decision: Decision) -> Appealed | None:
        if item.appeal is None:
            return None
        return Appealed(await unit.appeals.get(item.appeal), decision.verdict.status, decision.note)


def plain(because: str) -> str:
    """A condition that held, in plain words; as it is where it is of another form.

    >>> plain("text.threat 0.93 >= 0.7")
    'a threat of violence or harm: 0.93, at least 0.7'
    >>> plain("text.language has en, pt")
    'languages of the text (ISO 639-1): en, pt'
    """
    if (held := _CONDITION.fullmatch(because)) is not None:
        return f"{_meaning(held['signal'])}: {held['value']}, {_SIGNS[held['sign']]} {held['bound']}"
    if (has := _HAS.fullmatch(because)) is not None:
        return f"{_meaning(has['signal'])}: {has['words']}"
    return because


def _meaning(name: str) -> str:
    if name == "risk":
        return _RISK
    return SIGNALS[name].meaning if name in SIGNALS else name


def _told(hit: Hit, policy: Policy | None) -> Told:
    return Told(
        hit.rule,
        hit.reason,
        text_of(hit.reason, policy),
        hit.acts,
        hit.labels,
        tuple(plain(one) for one in hit.because),
        tuple(_meaning(name) for name in hit.missing),
    )


def _signs(signals: Signals) -> Sequence[Sign]:
    known = [name for name in SIGNALS if name in signals.readings]
    others = [name for name in signals.readings if name not in SIGNALS]  # of an earlier version
    return [
        Sign(name, _meaning(name), reading.value, reading.coverage, reading.places)
        for name in (*known, *others)
        for reading in (signals.readings[name],)
    ]


async def _content(unit: ReviewUnit, content_id: str) -> Item | None:
    stored = await unit.items.keys([content_id])
    return await unit.items.get(content_id) if content_id in stored else None
