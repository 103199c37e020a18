"""Golden items: content whose right answer is known, given out in place of what was claimed, to see how people judge.

A reviewer cannot tell one. Its id is random as every id is; it has the language of the item whose place it takes, its
severity, reach and age but for a few hundredths, and so stands where that one stood. The other item goes back and comes
with a later claim. Where the lot falls depends on the claim's token, so that nobody can see it coming, and the same
item is not held back from the same person for ever.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.pseudonyms import drawn, lot
from socialflow.moderation.review.records import FIRST_LINE, Golden, Lease, ReviewItem, ReviewState
from socialflow.moderation.review.verdicts import RulesOf, new_id

_CANDIDATES = 50
_SPREAD = 0.02
"""By how much severity and reach may differ from those of the item in whose place it stands, either way."""
_OLDER = timedelta(minutes=1)


async def mix(unit: ReviewUnit, claimed: Sequence[ReviewItem], lease: Lease, rules: RulesOf) -> Sequence[ReviewItem]:
    """What to give out in place of `claimed`: the same, with golden copies in some places, in the same order."""
    key = await unit.reviews.key()
    given: list[ReviewItem] = []
    for item in claimed:
        usual = item.level == FIRST_LINE and item.appeal is None and item.golden is None
        fallen = usual and drawn(key, rules(item.scope).golden_rate, "golden", lease.token, item.id)
        golden = await _chosen(unit, key, item, lease) if fallen else None
        if golden is None:
            given.append(item)
            continue
        await unit.reviews.release(item.id, lease)
        given.append(await unit.reviews.add(_copy(golden, item, lease, key)))
    return given


async def _chosen(unit: ReviewUnit, key: bytes, item: ReviewItem, lease: Lease) -> Golden | None:
    """One that the reviewer has not seen; None where all are known."""
    unseen = await unit.golden_items.unseen(item.scope, item.language, lease.reviewer, _CANDIDATES)
    return unseen[int(lot(key, "which", lease.token, item.id) * len(unseen))] if unseen else None


def _copy(golden: Golden, place: ReviewItem, lease: Lease, key: bytes) -> ReviewItem:
    copy_id = new_id()
    severity = place.severity * _around(lot(key, "severity", copy_id))
    return ReviewItem(
        id=copy_id,
        root=golden.root,
        decision_id=golden.decision_id,
        content_id=golden.content_id,
        kind=golden.kind,
        language=place.language,
        scope=place.scope,
        severity=min(severity, 1.0),
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
