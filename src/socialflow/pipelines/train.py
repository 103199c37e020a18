"""From the live store to a candidate version."""

import asyncio
from pathlib import Path

from socialflow.catalogue.disk import clear, scratch
from socialflow.catalogue.records import Version
from socialflow.catalogue.registry import Catalogue
from socialflow.kit.clock import Clock
from socialflow.kit.progress import Progress
from socialflow.pipelines.export import export_snapshot
from socialflow.pipelines.exposures import export_exposures
from socialflow.recommendation.ports import RecommendationStore
from socialflow.recommendation.ranker import RANKER
from socialflow.training.config import TrainConfig
from socialflow.training.fit import fit_recommender
from socialflow.training.ranker_run import fit_ranker

_SNAPSHOT = ".snapshot-"


async def train(
    config: TrainConfig,
    store: RecommendationStore,
    catalogue: Catalogue,
    work: Path,
    *,
    clock: Clock,
    progress: Progress,
) -> Version:
    """Export a snapshot below `work`, fit on it, store the candidate; the snapshot is deleted at the end.

    Nothing of a snapshot outlives the run, a killed run's is deleted by the next, so that an erased person's rows do
    not stay behind in files. Raises what exports and fits raise.
    """
    with scratch(work, _SNAPSHOT) as directory:
        if config.model == RANKER:
            await export_exposures(store, directory, clock, progress)
            return await asyncio.to_thread(fit_ranker, config, directory, catalogue, progress)
        await export_snapshot(store, directory, clock, progress)
        return await asyncio.to_thread(fit_recommender, config, directory, catalogue, progress)


def clear_snapshots(work: Path) -> None:
    """Delete the snapshots that killed runs left below `work`; those of living runs stay until these end."""
    clear(work, _SNAPSHOT)


def accepted(version: Version) -> bool:
    """Whether the gate accepted this candidate."""
    gate = version.metadata.get("gate")
    return isinstance(gate, dict) and gate.get("accepted") is True
