"""Stored content and banks that changed: what must come before people, because an entry began to match, or ceased to.

Nothing is decided here. Content stays as it was decided until somebody has looked.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from socialflow.content.records import Item, ModerationStatus
from socialflow.errors import TooLarge
from socialflow.ids import ItemKey
from socialflow.image.pdq import Pdq
from socialflow.kit.clock import Clock
from socialflow.moderation.banks.finding import Sought
from socialflow.moderation.banks.kept import Change, KeptMatch, Remembered, kept_matches
from socialflow.moderation.banks.records import BankKind, Looked, Purpose
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.checks import LONGEST
from socialflow.moderation.gather.combining import number_of
from socialflow.moderation.gather.match import COPYRIGHT, HARMFUL, HARMFUL_BANKS, MADE, OWNERS
from socialflow.moderation.gather.records import content_of
from socialflow.moderation.moderator import SERVICE, ModerationStore, ModerationUnit, Policies, severity, waits
from socialflow.moderation.policy.evaluate import STATUS, Compiled, evaluate
from socialflow.moderation.records import ActorKind, Decision, PolicyVersion, Reading, Signals, Verdict
from socialflow.moderation.review.records import NewReview, Note, NoteKind, ReviewState
from socialflow.moderation.review.service import enqueue
from socialflow.video.prints import VideoFingerprint

PAGE = 2_000
"""Prints or items that are read at a time."""
FILMS = 50
"""Prints of films that are read at a time."""
AT_ONCE = 200
"""Items of which it is decided in one transaction whether people must look."""
EXAMPLES = 20
"""Items that come before people when an entry or a bank is held: enough to judge it by."""
_STRICT = list(STATUS.values())
_SAME = 1e-4


@dataclass(frozen=True, slots=True)
class Searched:
    """How far stored content was searched: how many prints or items were looked at, how many are like an entry, and
    where to go on (None: that was all). `undecided`: films too long to be held against an entry that may be in them."""

    looked: int
    found: int
    next: int | None
    undecided: int = 0


@dataclass(frozen=True, slots=True)
class _Case:
    """An item of which it must be known whether people must look, and what is known of it."""

    item: Item
    decision: Decision
    matches: Sequence[Remembered]
    policy: Compiled | None

    @property
    def began(self) -> bool:
        return any(one.acts and not one.considered for one in self.matches)


class Rechecking:
    """Finds stored content that a change of banks concerns, and has people look at it.

    Args:
        banks: asked about what was found, so that harmless entries and thresholds count as always.
        policies: say whether a decision would have been another.
    """

    def __init__(self, store: ModerationStore, banks: HashBanks, policies: Policies, clock: Clock) -> None:
        self._store, self._banks, self._policies, self._clock = store, banks, policies, clock

    async def sought(self, change: Change) -> Sought:
        """The entries to look for."""
        return await self._banks.sought(change)

    async def search(self, wanted: Sought, after: int) -> Searched:
        """Look through a page of stored content for entries, from after a place, and remember what is like one."""
        if not wanted.banks:
            return Searched(0, 0, None)
        if wanted.kind is BankKind.PICTURE:
            return await self._pictures(wanted, after)
        if wanted.kind is BankKind.TEXT:
            return await self._texts(wanted, after)
        return await self._films(wanted, after)

    async def _pictures(self, wanted: Sought, after: int) -> Searched:
        async with self._store.read() as unit:
            page = await unit.kept_matches.prints(after, PAGE)
        prints = [Pdq(one.digest, one.quality) for _, _, one in page]
        found: dict[ItemKey, Sequence[KeptMatch]] = {}
        for number in await wanted.among_pictures(prints):
            item = page[number][1]
            looked = await self._banks.match_picture(prints[number], record=False)
            found[item] = [*found.get(item, ()), *_new(looked)]
        await self._remember(found)
        return Searched(len(page), len(found), page[-1][0] if len(page) == PAGE else None)

    async def _films(self, wanted: Sought, after: int) -> Searched:
        async with self._store.read() as unit:
            page = await unit.kept_matches.films(after, FILMS)
        films = await asyncio.to_thread(lambda: [VideoFingerprint.from_bytes(one) for _, _, one in page])
        match = self._banks.match_video if wanted.kind is BankKind.VIDEO else self._banks.match_audio
        found: dict[ItemKey, Sequence[KeptMatch]] = {}
        undecided = 0
        for number in await wanted.among_films(films):
            item = page[number][1]
            try:
                new = _new(await match(films[number], record=False))
            except TooLarge:
                undecided += 1
                continue
            if new:
                found[item] = [*found.get(item, ()), *new]
        await self._remember(found)
        return Searched(len(page), len(found), page[-1][0] if len(page) == FILMS else None, undecided)

    async def _texts(self, wanted: Sought, after: int) -> Searched:
        async with self._store.read() as unit:
            keys = await unit.kept_matches.items(after, PAGE)
            items = await unit.items.by_keys(keys)
        words = {key: content_of(item).words[:LONGEST] for key, item in items.items()}
        listed = list(words)
        found: dict[ItemKey, Sequence[KeptMatch]] = {}
        for number in await wanted.among_texts(list(words.values())):
            looked = await self._banks.match_text(words[listed[number]], record=False)
            found[listed[number]] = _new(looked)
        await self._remember(found)
        return Searched(len(items), len(found), keys[-1] if len(keys) == PAGE else None)

    async def _remember(self, found: Mapping[ItemKey, Sequence[KeptMatch]]) -> None:
        if not found:
            return
        async with self._store.write() as unit:
            there = await unit.items.by_keys(list(found))
            await unit.kept_matches.add({key: found[key] for key in there})

    async def raise_reviews(self, change: Change) -> int:
        """Have people look at all content of which a change would have changed the decision, and at some of what rests
        on what is held; how many items came before them. Raises StoreUnavailable."""
        await self._banks.hold_crowded(change)
        async with self._store.read() as unit:
            examples = await unit.kept_matches.resting_on_held(change, EXAMPLES)
        raised, after = await self._raise(examples), 0
        while True:
            async with self._store.read() as unit:
                keys = await unit.kept_matches.turned(change, after, AT_ONCE)
            if not keys:
                return raised
            raised, after = raised + await self._raise(keys), keys[-1]

    async def _raise(self, keys: Sequence[ItemKey]) -> int:
        cases = await self._cases(keys)
        asked = {one.decision.id: one for one in cases if must_look(one.decision, *_verdicts(one), began=one.began)}
        async with self._store.write() as unit:
            standing = await unit.decisions.stand(asked)
            views = await unit.reviews.views_of([asked[one].item.id for one in standing])
            for one in sorted(standing):
                await self._ask(unit, asked[one], views.get(asked[one].item.id, 0))
            await unit.kept_matches.consider(keys)
        return len(standing)

    async def _cases(self, keys: Sequence[ItemKey]) -> Sequence[_Case]:
        """What is known of items that were decided about and do not wait to be judged anew, which will ask the banks
        as they are."""
        async with self._store.read() as unit:
            matches = await unit.kept_matches.of_items(keys)
            items = {key: item for key, item in (await unit.items.by_keys(keys)).items() if not waits(item)}
            decisions = await unit.decisions.currents([item.id for item in items.values()])
        named = {decision.policy.digest: decision.policy for decision in decisions.values()}
        policies = {digest: await self._compiled(policy) for digest, policy in named.items()}
        return [
            _Case(item, decision, matches.get(key, ()), policies[decision.policy.digest])
            for key, item in items.items()
            if (decision := decisions.get(item.id)) is not None
        ]

    async def _compiled(self, version: PolicyVersion) -> Compiled | None:
        policy = await self._policies.policy_of(version)
        return None if policy is None else Compiled(policy)

    async def _ask(self, unit: ModerationUnit, one: _Case, views: int) -> None:
        now, decision = self._clock.now(), one.decision
        first = await unit.reviews.of_decision(decision.id)
        new = NewReview(
            decision_id=decision.id,
            content_id=decision.content_id,
            kind=decision.facts.kind,
            scope=decision.policy.scope,
            severity=_severity(one),
            reach=views,
            language=decision.facts.language,
            root=None if first is None else first.root,
        )
        item = await enqueue(unit, new, now)
        if item.state is not ReviewState.DONE:
            await unit.review_notes.add(Note(item.id, SERVICE.name, NoteKind.NOTE, _why(one), now))


def _new(looked: Looked) -> Sequence[KeptMatch]:
    """What matches now and was not known when it was judged."""
    return [replace(one, acted=False) for one in kept_matches(looked.matches)]


def signals_with(signals: Signals, matches: Sequence[Remembered], acting: Collection[int]) -> Signals:
    """Sealed signals as they would be if of all matches those of these entries acted.

    What nobody remembers the entry of (more matches than are kept, decisions of before any were) still counts.
    """
    readings = dict(signals.readings)
    for purpose, name, words in ((Purpose.BLOCK, HARMFUL, HARMFUL_BANKS), (Purpose.COPYRIGHT, COPYRIGHT, OWNERS)):
        mine = [one for one in matches if one.purpose is purpose]
        if mine:
            _reread(readings, mine, [one for one in mine if one.entry in acting], (name, words))
    return replace(signals, readings=readings)


def _reread(
    readings: dict[str, Reading], mine: Sequence[Remembered], acting: Sequence[Remembered], names: tuple[str, str]
) -> None:
    name, words = names
    old = readings.get(name, Reading(0.0, MADE.model, MADE.version, MADE.tier))
    known = max((one.value for one in mine if one.acted), default=0.0)
    left = number_of(old) if number_of(old) > known + _SAME else 0.0
    readings[name] = replace(old, value=max([left, *(one.value for one in acting)]), places=())
    told = {one.bank if one.purpose is Purpose.BLOCK else one.owner for one in acting} - {""}
    before = readings.pop(words, None)
    if left and before is not None and isinstance(before.value, tuple):
        told.update(before.value)
    if told:
        readings[words] = Reading(tuple(sorted(told)), MADE.model, MADE.version, MADE.tier)


def must_look(decision: Decision, before: Verdict | None, now: Verdict | None, *, began: bool) -> bool:
    """Whether people must look at content whose entries changed.

    `before` and `now` are what the policy that judged says with what acted when this was last asked, and with what acts
    now; None: nobody has that policy any more. What a person decided comes back only where something began to match and
    is worse than they knew: they judged the content itself.
    """
    person = decision.actor.kind is ActorKind.PERSON
    if before is None or now is None:
        return began or not person
    if _told(before) == _told(now):
        return False
    if person:
        return began and _STRICT.index(now.status) > _STRICT.index(decision.verdict.status)
    return _told(now) != _told(decision.verdict)


def _told(verdict: Verdict) -> tuple[ModerationStatus, frozenset[str]]:
    return verdict.status, frozenset(verdict.acts)


def _verdicts(one: _Case) -> tuple[Verdict | None, Verdict | None]:
    if one.policy is None:
        return None, None
    signals, facts = one.decision.signals, one.decision.facts
    before = signals_with(signals, one.matches, {each.entry for each in one.matches if each.considered})
    now = signals_with(signals, one.matches, {each.entry for each in one.matches if each.acts})
    return evaluate(one.policy, before, facts), evaluate(one.policy, now, facts)


def _severity(one: _Case) -> float:
    """How bad the content would be by either verdict; where the policy is not known, how sure the match is."""
    if one.policy is None:
        return max((match.value for match in one.matches), default=0.0)
    return max(severity(verdict, one.policy) for verdict in _verdicts(one) if verdict is not None)


def _why(one: _Case) -> str:
    began = [match for match in one.matches if match.acts and not match.considered]
    ended = [match for match in one.matches if match.considered and not match.acts]
    told = [f"the entry {match.entry} of the hash bank {match.bank} matches it since it was judged" for match in began]
    told += [
        f"the entry {match.entry} of the hash bank {match.bank}, which it matched, does not act" for match in ended
    ]
    return "; ".join(told[:10])
