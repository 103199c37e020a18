"""Items that wait for moderation: new ones, and those whose content changed since it was judged."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import or_, select, update

from socialflow.content.log import ChangeKind
from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.ids import ItemKey
from socialflow.moderation.created import created_job
from socialflow.moderation.sealing import decode
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.decisions import effects
from socialflow.storage.repositories.jobs import Jobs
from socialflow.storage.tables import JUDGED, decisions, items
from socialflow.storage.transaction import Transaction, Values

_PENDING = ModerationStatus.PENDING.value
SAYS_SOMETHING = or_(
    items.c.title != "",
    items.c.description != "",
    items.c.text != "",
    items.c.tags != "[]",
    items.c.media_url.is_not(None),
    items.c.thumbnail_url.is_not(None),
)


class Unmoderated:
    """Items that nobody may see but their authors, because nobody has judged them yet."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def altered(self, rows: Mapping[str, Values], keys: Mapping[str, ItemKey]) -> Sequence[ItemKey]:
        """Of stored items that `rows` are to replace, those whose judged content differs and that nobody vouches for:
        whoever may set the status says another than `pending`."""
        doubtful = {keys[one]: row for one, row in rows.items() if one in keys and row["moderation_status"] == _PENDING}
        if not doubtful:
            return []
        query = select(items.c.key, *(items.c[name] for name in JUDGED)).where(
            self._tx.among(items.c.key, list(doubtful)), items.c.moderation_status != _PENDING
        )
        return [
            ItemKey(row.key)
            for row in await self._tx.rows(query)
            if any(getattr(row, name) != doubtful[row.key][name] for name in JUDGED)
        ]

    async def wait(self, altered: Sequence[ItemKey], kinds: set[str]) -> None:
        """Have those items wait again, and remember that something of these kinds waits."""
        if altered:
            again = update(items).where(self._tx.among(items.c.key, altered))
            await self._tx.run(again.values(moderation_status=_PENDING))
        self._tx.unmoderated |= kinds

    async def request(self, now: datetime) -> None:
        """Queue the moderation of what waits since this transaction, so that it begins once it is stored."""
        for kind in sorted(self._tx.unmoderated):
            await Jobs(self._tx).add_behind(created_job(ItemKind(kind)), now)
        self._tx.unmoderated.clear()

    async def pending(self, kind: ItemKind, limit: int, after: int = 0) -> Sequence[ItemKey]:
        """Items of a kind that wait, in the order in which they came, from after `after`.

        Those that say and show nothing wait until they do.
        """
        waiting = select(items.c.key).where(
            items.c.moderation_status == _PENDING, items.c.kind == kind.value, items.c.key > after, SAYS_SOMETHING
        )
        return [ItemKey(row.key) for row in await self._tx.rows(waiting.order_by(items.c.key).limit(limit))]

    async def settle(self, key: ItemKey) -> bool:
        """Have an item be again what the decision that stands says of it; False where there is none."""
        row = await self._tx.row(select(decisions.c.body).where(decisions.c.item_key == key, decisions.c.is_current))
        if row is None:
            return False
        await self._tx.run(update(items).where(items.c.key == key).values(**effects(decode(bytes(row.body)))))
        await announce(self._tx, ChangeKind.ITEM, [key])
        return True
