"""Influence and communities of the follow graph, as batch work."""

import asyncio
from functools import partial

import numpy as np

from socialflow.catalogue.records import Card
from socialflow.catalogue.registry import Catalogue
from socialflow.content.ports import ContentStore
from socialflow.content.records import EdgeKind
from socialflow.jobs.work import Outcome, Run
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.recommendation.influence import NAME, SocialGraph

_CARD = Card(
    summary="Influence (PageRank) and communities (Louvain) of the follow graph",
    data="follows between people who permit analysis",
    limitations=("says who is listened to, not who deserves it", "as of its creation: later follows do not count"),
)


class GraphConfig(JobConfig):
    """Configuration of `graph_update`: nothing to say."""


class UpdateGraph:
    """Does `graph_update`: measures the follow graph, stores it as a version, and keeps no older one.

    Versions go so that who was erased, or barred analysis since, is gone from them with the next run.
    """

    def __init__(self, store: ContentStore, catalogue: Catalogue) -> None:
        self._store = store
        self._catalogue = catalogue

    async def __call__(self, run: Run) -> Outcome:
        """Raises InvalidInput, StoreUnavailable, ArtefactError."""
        read_config(GraphConfig, run.job.config)
        async with self._store.read() as unit:
            edges = await unit.graph.edges(EdgeKind.FOLLOW, open_only=True)
        graph = await asyncio.to_thread(SocialGraph.of, edges)
        counts: dict[str, object] = {
            "users": len(graph.users),
            "follows": len(edges),
            "communities": len(np.unique(graph.communities)),
            "modularity": round(graph.modularity, 4),
        }
        await asyncio.to_thread(partial(self._store_version, graph, counts))
        return Outcome(counts)

    def _store_version(self, graph: SocialGraph, counts: dict[str, object]) -> None:
        about = self._catalogue.add(NAME, NAME, graph.save, counts, card=_CARD)
        self._catalogue.activate(NAME, about.version)
        self._catalogue.clean_up(NAME, keep=0)
