"""Golden items: content whose right answer is known, given out in place of what was claimed, to see how people judge.

A reviewer cannot tell one. Its id is random as every id is; it has the language of the item whose place it takes, its
severity (of which a policy has but a few), its reach and age but for a few hundredths, and so stands where that one
stood. The other item goes back and comes with a later claim. Where the lot falls depends on the claim's token, so that
nobody can see it coming, and the same item is not held back from the same person for ever.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.records import ReviewRules
from socialflow.moderation.records import ActorKind, Decision
from socialflow.moderation.review.ports import Deciding, ReviewStore, ReviewUnit
from socialflow.moderation.review.pseudonyms import drawn, lot
from socialflow.moderation.review.records import FIRST_LINE, RULINGS, Golden, Lease, ReviewItem, ReviewState
from socialflow.moderation.review.verdicts import new_id

_CANDIDATES = 50
_LONGEST_CHAIN = 100
_SPREAD = 0.02
"""By how much reach may differ from that of the item in whose place it stands, either way."""
_OLDER = timedelta(minutes=1)


async def mix(
    unit: ReviewUnit, claimed: Sequence[ReviewItem], lease: Lease, rates: Mapping[str, float], account: str
) -> Sequence[ReviewItem]:
    """What to give out in place of `claimed`: the same, with golden copies in some places, in the same order; none of
    what is the reviewer's own (the user `account`). `rates` (0 to 1) are by the decision that asked for an item; one
    that is not there has the usual rate."""
    key = await unit.reviews.key()
    given: list[ReviewItem] = []
    for item in claimed:
        usual = item.level == FIRST_LINE and item.appeal is None and item.golden is None
        rate = rates.get(item.decision_id, ReviewRules().golden_rate)
        fallen = usual and drawn(key, rate, "golden", lease.token, item.id)
        golden = await _chosen(unit, item, lease, account) if fallen else None
        if golden is None:
            given.append(item)
            continue
        await unit.reviews.release(item.id, lease)
        given.append(await unit.reviews.add(_copy(golden, item, lease, key)))
    return given


async def _chosen(unit: ReviewUnit, item: ReviewItem, lease: Lease, account: str) -> Golden | None:
    """One that the reviewer has not seen; None where all are known, or the one that was drawn has changed since."""
    unseen = await unit.golden_items.unseen(item.scope, item.language, lease.reviewer, _CANDIDATES, account=account)
    if not unseen:
        return None
    golden = unseen[int(lot(await unit.reviews.key(), "which", lease.token, item.id) * len(unseen))]
    return golden if await _as_it_was(unit, golden) else None


async def _as_it_was(unit: ReviewUnit, golden: Golden) -> bool:
    """Whether the content is still what its right answer was given about."""
    standing = await unit.decisions.current(golden.content_id)
    if standing is None or standing.id == golden.decision_id:
        return True
    return standing.input_digest == (await unit.decisions.get(golden.decision_id)).input_digest


async def learn(
    store: ReviewStore, deciding: Deciding, clock: Clock, decision_id: str, expected: ModerationStatus
) -> Golden:
    """Mix what was decided into its queue from now on, with the answer that is right.

    It must have come before people, as everything does that they are given: what is kept is the decision that asked for
    them, whichever of its content's is named. Raises NotFound, InvalidInput, SealBroken.
    """
    if expected not in RULINGS:
        allowed = ", ".join(status.value for status in RULINGS)
        raise InvalidInput(f"the right answer is one of {allowed}, not {expected.value}", field="expected")
    async with store.write() as unit:
        asked = await that_asked(unit, deciding, await deciding.get(unit, decision_id))
        if asked.verdict.status is not ModerationStatus.REVIEW_REQUIRED:
            raise InvalidInput("this was never put before people: its like is not in the queue", field="decision_id")
        await unit.items.get(asked.content_id)
        golden = Golden(
            id=new_id(),
            decision_id=asked.id,
            content_id=asked.content_id,
            kind=asked.facts.kind,
            scope=asked.policy.scope,
            expected=expected,
            language=asked.facts.language,
        )
        await unit.golden_items.add(golden, clock.now())
    return golden


async def that_asked(unit: ReviewUnit, deciding: Deciding, decision: Decision) -> Decision:
    """The decision itself, or, of a person's, the newest of the service's that it goes back to."""
    for _ in range(_LONGEST_CHAIN):
        if decision.actor.kind is not ActorKind.PERSON or decision.supersedes is None:
            break
        decision = await deciding.get(unit, decision.supersedes)
    return decision


def _copy(golden: Golden, place: ReviewItem, lease: Lease, key: bytes) -> ReviewItem:
    copy_id = new_id()
    return ReviewItem(
        id=copy_id,
        root=golden.root,
        decision_id=golden.decision_id,
        content_id=golden.content_id,
        kind=golden.kind,
        language=place.language,
        scope=place.scope,
        severity=place.severity,
        reach=round(place.reach * _around(lot(key, "reach", copy_id))),
        created_at=_earlier(place.created_at, lot(key, "age", copy_id)),
        state=ReviewState.CLAIMED,
        lease=lease,
        golden=golden.id,
    )


def _around(drawn_lot: float) -> float:
    return 1.0 + _SPREAD * (2.0 * drawn_lot - 1.0)


def _earlier(at: datetime, drawn_lot: float) -> datetime:
    return at - _OLDER * drawn_lot
