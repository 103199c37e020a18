"""Forgetting a person for good."""

import secrets
from collections import Counter
from datetime import datetime

import orjson
from sqlalchemy import delete, insert, or_, select, update

from socialflow.content.log import ChangeKind
from socialflow.content.records import ErasureReceipt
from socialflow.errors import NotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.storage.repositories.bandit import Bandit
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.closed_names import close
from socialflow.storage.repositories.feed_rules import FeedRules
from socialflow.storage.repositories.graph import EDGES
from socialflow.storage.repositories.hash_opinions import forget_opinions
from socialflow.storage.repositories.job_erasure import forget_in_jobs
from socialflow.storage.repositories.person_keys import PersonKeys
from socialflow.storage.repositories.removal import remove_interactions, remove_items
from socialflow.storage.repositories.review_erasure import forget_in_reviews
from socialflow.storage.repositories.rows import findable, json_text
from socialflow.storage.repositories.suggestions import forget_in_suggestions
from socialflow.storage.repositories.users import Users
from socialflow.storage.tables import channels, erasures, impressions, interactions, items, users
from socialflow.storage.transaction import Transaction


class Erasures:
    """Erasures and their receipts.

    On SQLite deleted content is overwritten (`secure_delete`) and the write-ahead log, which still holds the old pages,
    is emptied into the file right after the commit. PostgreSQL keeps dead rows until VACUUM has run, and its own log
    until that is recycled; both are the server's to set.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def erase_user(self, user_id: str, at: datetime, files: int = 0) -> ErasureReceipt:
        """Delete every row that names the user and close id and username by a keyed digest.

        Authored items go with all that hangs on them; owned channels stay, without an owner. Decisions stay as
        sealed, under a name that leads back to nobody once the key of the person is gone. Raises UserNotFound, Erased.
        """
        user = await Users(self._tx).get(user_id)
        key = int(user.key)
        authored = await self._tx.rows(select(items.c.key).where(items.c.author_key == key))
        rows = await remove_items(self._tx, [row.key for row in authored])
        rows += await remove_interactions(self._tx, interactions.c.user_key == key)
        rows += await self._remove_edges(key)
        rows["jobs"] = await forget_in_jobs(self._tx, key, {user.id, user.username})
        rows["feed_rules"] = await FeedRules(self._tx).forget_author(user.id)
        rows["decisions"], rows["person_keys"] = await PersonKeys(self._tx).forget(key)
        rows["hash_opinions"] = await forget_opinions(self._tx, user.id)
        rows["bandit_people"] = await Bandit(self._tx).forget(key)
        rows += await forget_in_reviews(self._tx, key, user.id)
        rows += await forget_in_suggestions(self._tx, user.id)
        rows["impressions"] = await self._tx.run(delete(impressions).where(impressions.c.user_key == key))
        await self._disown_channels(key)
        rows["users"] = await self._tx.run(delete(users).where(users.c.key == key))
        await close(self._tx, [user.id, user.username])
        await announce(self._tx, ChangeKind.USER_ERASED, [key])
        counts = {table: count for table, count in rows.items() if count}
        receipt = ErasureReceipt(secrets.token_hex(16), at, counts, files=files)
        stored = {
            "receipt_id": receipt.receipt_id,
            "erased_at": to_micros(at),
            "receipt": json_text({"rows": counts, "files": files}, "receipt"),
        }
        await self._tx.run(insert(erasures), [stored])
        self._tx.scrub = self._tx.dialect == "sqlite"
        return receipt

    async def receipt(self, receipt_id: str) -> ErasureReceipt:
        """Return a stored receipt. Raises NotFound."""
        query = select(erasures).where(self._tx.among(erasures.c.receipt_id, findable([receipt_id])))
        for row in await self._tx.rows(query):
            counts = orjson.loads(row.receipt)
            return ErasureReceipt(row.receipt_id, from_micros(row.erased_at), counts["rows"], files=counts["files"])
        raise NotFound("no erasure has this receipt id", field="receipt_id")

    async def _remove_edges(self, key: int) -> Counter[str]:
        rows: Counter[str] = Counter()
        for edges, ends in EDGES.values():
            touching = edges.c.source_key == key
            if ends is users:
                touching = or_(touching, edges.c.target_key == key)
            rows[str(edges.name)] = await self._tx.run(delete(edges).where(touching))
        return rows

    async def _disown_channels(self, key: int) -> None:
        owned = [row.key for row in await self._tx.rows(select(channels.c.key).where(channels.c.owner_key == key))]
        await self._tx.run(update(channels).where(channels.c.owner_key == key).values(owner_key=None))
        await announce(self._tx, ChangeKind.CHANNEL, owned)
