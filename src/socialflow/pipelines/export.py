"""The store's data as a training snapshot: weighted interactions and the words of items, without names of people."""

import asyncio
from collections.abc import AsyncIterator, Collection
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.content.log import InteractionBlock, ItemText, LogCursor
from socialflow.content.ports import ItemRepository
from socialflow.content.records import EdgeKind
from socialflow.ids import UserKey
from socialflow.kit.clock import Clock
from socialflow.kit.progress import Progress
from socialflow.recommendation.interactions import Follows, Interactions, ItemTable
from socialflow.recommendation.ports import RecommendationStore, RecommendationUnit
from socialflow.recommendation.value_model import Weigher
from socialflow.training.snapshot import Snapshot, write_snapshot

MICROS = 1_000_000
_NO_CHANNEL = -1


async def export_snapshot(store: RecommendationStore, directory: Path, clock: Clock, progress: Progress) -> Snapshot:
    """Write a snapshot of everything that may be trained on into an existing empty directory.

    Interactions are weighed by the active value model; users who bar training (privacy.train = false) are left out.
    Raises StoreUnavailable.
    """
    async with store.read() as unit:
        left_out = await unit.users.untrainable()
        model = await unit.value_models.active()
        interactions = await _interactions(unit, Weigher(model), left_out, progress)
        items = await _items(unit.items, progress)
        follows = Follows(*(await unit.graph.edges(EdgeKind.FOLLOW)).T)
    return await asyncio.to_thread(
        write_snapshot,
        directory,
        interactions,
        items,
        created_at=clock.now(),
        value_model=model.version,
        left_out_users=len(left_out),
        follows=follows,
    )


async def _interactions(
    unit: RecommendationUnit, weigh: Weigher, left_out: Collection[UserKey], progress: Progress
) -> Interactions:
    barred = np.fromiter(left_out, np.int64, count=len(left_out))
    total = await unit.interactions.count()
    parts, done = [_weighed(InteractionBlock.empty(), weigh, barred)], 0
    async for block in _blocks(unit):
        parts.append(_weighed(block, weigh, barred))
        done += len(block)
        progress("reading interactions", done, total)
    return Interactions(
        np.concatenate([part.users for part in parts]),
        np.concatenate([part.items for part in parts]),
        np.concatenate([part.weights for part in parts]),
        np.concatenate([part.at for part in parts]),
    )


async def _blocks(unit: RecommendationUnit) -> AsyncIterator[InteractionBlock]:
    cursor = LogCursor()
    while True:
        delta = await unit.interactions.poll(cursor)
        yield delta.block
        if not delta.more:
            return
        cursor = delta.cursor


def _weighed(block: InteractionBlock, weigh: Weigher, barred: npt.NDArray[np.int64]) -> Interactions:
    rows = Interactions(block.users, block.items, weigh(block.types, block.values), block.at / MICROS)
    return rows.where(~np.isin(block.users, barred)) if len(barred) else rows


async def _items(items: ItemRepository, progress: Progress) -> ItemTable:
    """All items by ascending key."""
    created, channels = {}, {}
    async for facts in items.facts():
        for row in facts:
            created[row.key] = row.created_at / MICROS
            channels[row.key] = _NO_CHANNEL if row.channel_key is None else row.channel_key
    words: list[ItemText] = []
    async for texts in items.texts():
        words.extend(row for row in texts if row.key in created)
        progress("reading items", len(words), len(created))
    words.sort(key=lambda row: row.key)
    return ItemTable(
        ids=np.array([row.key for row in words], np.int64),
        titles=[row.title for row in words],
        descriptions=[f"{row.description} {row.text}".strip() for row in words],
        tags=[row.tags for row in words],
        categories=[row.category for row in words],
        channels=np.array([channels[row.key] for row in words], np.int64),
        created_at=np.array([created[row.key] for row in words], np.float64),
    )
