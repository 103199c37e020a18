"""One ruling for many waiting items: shown first, then done to what was shown and still fits, and to nothing else.

The token of a preview carries the filter and the ids of the items that were shown, signed with the installation's
key for one reviewer. So nothing is stored for it, it cannot be made up or widened, and an item that came meanwhile is
not touched however well it fits. Golden items, second reviews and appeals are never judged in bulk.
"""

import base64
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache

import orjson
from pydantic import TypeAdapter

from socialflow.errors import InvalidInput, TooLarge
from socialflow.kit.clock import Clock, to_micros
from socialflow.kit.digests import keyed_digest
from socialflow.moderation.review.bulk_records import MAX_BULK, BulkFilter, BulkPreview, BulkResult
from socialflow.moderation.review.checks import check_ruling
from socialflow.moderation.review.ports import ReviewStore
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.records import ReviewItem, Ruling
from socialflow.moderation.review.verdicts import Verdicts

GOOD_FOR = timedelta(minutes=15)
SAMPLE = 20
_SEAL, _TIME, _LENGTH = 32, 8, 4
"""Bytes of the parts of a token: seal, end of use, length of the filter; then the filter, then ids."""
_ID = 32


class BulkActions:
    """Previews of bulk actions, and the actions."""

    def __init__(self, store: ReviewStore, verdicts: Verdicts, clock: Clock) -> None:
        self._store = store
        self._verdicts = verdicts
        self._clock = clock

    async def preview(self, account: str, which: BulkFilter) -> BulkPreview:
        """What an action by this reviewer would touch: how many, the most urgent 20, and the token to do it with.

        Items that are held, those this reviewer judged before and their own content are not among them. Raises
        InvalidInput for severities that cannot be, TooLarge for more than 500 content ids.
        """
        if not 0.0 <= which.least_severity <= which.most_severity <= 1.0:
            raise InvalidInput("least_severity and most_severity must be from 0 to 1, in this order", field="severity")
        if len(which.content_ids) > MAX_BULK:
            raise TooLarge(f"at most {MAX_BULK} content ids, not {len(which.content_ids)}", field="content_ids")
        async with self._store.read() as unit:
            key = await unit.reviews.key()
            reviewer = pseudonym(key, account)
            fitting = await unit.reviews.matching(which, reviewer, MAX_BULK + 1, account=account)
        fits = 0 < len(fitting) <= MAX_BULK
        token = _token(key, reviewer, which, fitting, self._clock.now()) if fits else None
        return BulkPreview(len(fitting), tuple(fitting[:SAMPLE]), token)

    async def apply(self, account: str, token: str, cap: int, ruling: Ruling) -> BulkResult:
        """Judge what the preview showed and still waits and fits, in one transaction.

        The ruling's reason and note are kept with every item. Raises TooLarge where more were shown than `cap`,
        InvalidInput for a token that is damaged, older than 15 minutes or somebody else's, or a ruling without a note.
        """
        checked = check_ruling(ruling)
        if not checked.note:
            raise InvalidInput("a bulk action needs a note that says why", field="note")
        now = self._clock.now()
        async with self._store.write() as unit:
            key = await unit.reviews.key()
            reviewer = pseudonym(key, account)
            which, shown = _read(key, reviewer, token, now)
            if len(shown) > cap:
                raise TooLarge(f"{len(shown)} items were shown, and at most {cap} may be judged", field="cap")
            fitting = await unit.reviews.matching(which, reviewer, len(shown), account=account, among=shown)
            judged = await unit.reviews.settle_waiting([item.id for item in fitting], now)
            for item in judged:
                await self._verdicts.give(unit, item, reviewer, checked, now)
        await self._verdicts.took_effect([item.content_id for item in judged])
        return BulkResult(len(judged), len(shown) - len(judged))


def _token(key: bytes, reviewer: str, which: BulkFilter, items: Sequence[ReviewItem], now: datetime) -> str:
    head = orjson.dumps(which)
    until = to_micros(now + GOOD_FOR).to_bytes(_TIME, "big")
    body = until + len(head).to_bytes(_LENGTH, "big") + head + b"".join(bytes.fromhex(item.id) for item in items)
    return base64.urlsafe_b64encode(_seal(key, reviewer, body) + body).decode()


def _read(key: bytes, reviewer: str, token: str, now: datetime) -> tuple[BulkFilter, list[str]]:
    """The filter and the ids that were shown. Nothing is read before the seal was found good."""
    try:
        raw = base64.b64decode(token.encode(), altchars=b"-_", validate=True)
    except ValueError as error:
        raise _unusable() from error
    seal, body = raw[:_SEAL], raw[_SEAL:]
    if not hmac.compare_digest(seal, _seal(key, reviewer, body)):
        raise _unusable()
    start = _TIME + _LENGTH
    end = start + int.from_bytes(body[_TIME:start], "big")
    if to_micros(now) > int.from_bytes(body[:_TIME], "big"):
        raise _unusable()
    ids = body[end:].hex()
    return _filters().validate_json(body[start:end]), [ids[at : at + _ID] for at in range(0, len(ids), _ID)]


@cache
def _filters() -> TypeAdapter[BulkFilter]:
    return TypeAdapter(BulkFilter)


def _unusable() -> InvalidInput:
    minutes = int(GOOD_FOR.total_seconds() // 60)
    return InvalidInput(
        f"this token is damaged, older than {minutes} minutes or not yours: preview anew", field="token"
    )


def _seal(key: bytes, reviewer: str, body: bytes) -> bytes:
    return keyed_digest(key, f"bulk {reviewer} {body.hex()}")
