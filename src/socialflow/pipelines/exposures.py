"""What was shown and what came of it, as a training snapshot."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from socialflow.kit.clock import Clock
from socialflow.kit.progress import Progress
from socialflow.recommendation.exposures import Exposures, Shown, joined
from socialflow.recommendation.ports import RecommendationStore, RecommendationUnit
from socialflow.recommendation.ranker_signals import NAMES
from socialflow.recommendation.rewards import WINDOW, Due
from socialflow.training.ranker_data import ExposureSnapshot, write_exposures

NEWEST = 1_000_000
"""Shown items learnt from at most; older ones say little of models and tastes of today."""


async def export_exposures(
    store: RecommendationStore, directory: Path, clock: Clock, progress: Progress
) -> ExposureSnapshot:
    """Write what was shown, and what people did with it within `WINDOW`, into an existing empty directory.

    Answers whose window is still open are left out, and so are people who bar training. Raises StoreUnavailable.
    """
    now = clock.now()
    async with store.read() as unit:
        barred = frozenset(await unit.users.untrainable())
        parts, rows = [joined((), {}, NAMES)], 0
        async for pages in unit.impressions.exposures(now - WINDOW):
            parts.append(await _told(unit, [page for page in pages if page.user not in barred]))
            rows += len(parts[-1])
            progress("reading interactions", min(rows, NEWEST), NEWEST)
            if rows >= NEWEST:
                break
    return await asyncio.to_thread(
        write_exposures, directory, _together(parts), created_at=now, left_out_users=len(barred)
    )


async def _told(unit: RecommendationUnit, pages: Sequence[Shown]) -> Exposures:
    """Pages with what was done under their request ids until the window of its last page closed."""
    asked: dict[str, Due] = {}
    for page in pages:
        one = asked.get(page.request_id)
        first, last = (page.at, page.at) if one is None else (min(one.at, page.at), max(one.until - WINDOW, page.at))
        asked[page.request_id] = Due(page.request_id, 0, page.user, "", (), first, last + WINDOW, frozenset())
    return joined(pages, await unit.bandit.reactions(list(asked.values())), NAMES)


def _together(parts: Sequence[Exposures]) -> Exposures:
    return Exposures(
        NAMES,
        np.concatenate([part.users for part in parts]),
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.at for part in parts]),
        np.concatenate([part.signals for part in parts]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.reacted for part in parts]),
    )
