"""Taking items and interactions out for good."""

from collections import Counter
from collections.abc import Collection

from sqlalchemy import delete, select, update
from sqlalchemy.sql.elements import ColumnElement

from socialflow.content.log import ChangeKind
from socialflow.storage.repositories.changes import announce
from socialflow.storage.repositories.review_erasure import forget_contents
from socialflow.storage.tables import (
    analyses,
    content_films,
    content_matches,
    content_prints,
    decisions,
    interaction_keys,
    interactions,
    item_stats,
    items,
    moment_vectors,
    moments,
)
from socialflow.storage.transaction import Transaction


async def remove_items(tx: Transaction, keys: Collection[int]) -> Counter[str]:
    """Delete items with their interactions, statistics and, down the whole thread, comments; rows per table.

    Decisions about them stay, as sealed; they lead to no item any more.
    """
    doomed = await _threads(tx, keys)
    if not doomed:
        return Counter()
    gone = [row.id for row in await tx.rows(select(items.c.id).where(tx.among(items.c.key, doomed)))]
    rows = await remove_interactions(tx, tx.among(interactions.c.item_key, doomed))
    rows += await forget_contents(tx, gone)
    rows["item_stats"] = await tx.run(delete(item_stats).where(tx.among(item_stats.c.item_key, doomed)))
    rows["analyses"] = await tx.run(delete(analyses).where(tx.among(analyses.c.item_key, doomed)))
    rows["moment_vectors"] = await tx.run(delete(moment_vectors).where(tx.among(moment_vectors.c.item_key, doomed)))
    rows["moments"] = await tx.run(delete(moments).where(tx.among(moments.c.item_key, doomed)))
    for table in (content_prints, content_films, content_matches):
        rows[str(table.name)] = await tx.run(delete(table).where(tx.among(table.c.item_key, doomed)))
    theirs = tx.among(decisions.c.item_key, doomed)
    await tx.run(update(decisions).where(theirs).values(item_key=None))
    rows["items"] = await tx.run(delete(items).where(tx.among(items.c.key, doomed)))
    await announce(tx, ChangeKind.ITEM_ERASED, doomed)
    return rows


async def remove_interactions(tx: Transaction, which: ColumnElement[bool]) -> Counter[str]:
    """Delete interactions and their ledger keys; rows per table."""
    ledger = delete(interaction_keys).where(interaction_keys.c.key.in_(select(interactions.c.key).where(which)))
    keys = await tx.run(ledger)
    return Counter({"interaction_keys": keys, "interactions": await tx.run(delete(interactions).where(which))})


async def _threads(tx: Transaction, keys: Collection[int]) -> list[int]:
    """The given items and everything below them."""
    thread = select(items.c.key).where(tx.among(items.c.key, keys)).cte("thread", recursive=True)
    thread = thread.union(select(items.c.key).join(thread, items.c.parent_key == thread.c.key))
    return sorted(row.key for row in await tx.rows(select(thread.c.key)))
