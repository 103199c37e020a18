"""What the running recommender knows of what people take, as analysis asks for it."""

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from socialflow.analysis.fitting import MODELS
from socialflow.analysis.interests import Acts
from socialflow.analysis.topics import TopicModel
from socialflow.catalogue.registry import Catalogue
from socialflow.ids import ChannelKey, ItemKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation.corpus import Corpus
from socialflow.recommendation.log import MICROS
from socialflow.recommendation.service import RecommendationService

MODEL = "item_item"
_ANCHORS, _NEAR = 20, 20


class TakenTogether:
    """Histories and neighbours of the recommender (satisfies `analysis.ports.Evidence`)."""

    def __init__(self, service: RecommendationService) -> None:
        self._service = service

    async def acts(self, user_id: str) -> Acts:
        """The whole history, weighed by the value model in use."""
        viewer = (await self._service.viewers([user_id])).get(user_id)
        if viewer is None:
            return Acts(np.empty(0, np.int64), np.empty(0), np.empty(0))
        rows, weigh = viewer.rows, (await self._service.present()).live.weigh
        weights = weigh(rows.types, rows.values).astype(np.float64)
        return Acts(rows.items.astype(np.int64), weights, rows.at / MICROS)

    async def newest(self, limit: int) -> Sequence[ItemKey]:
        """Public items, newest first, by the facts in memory (satisfies `text.opinion.Recent`)."""
        corpus = (await self._service.present()).live.corpus
        return _newest(corpus, corpus.visible(), limit)

    async def items_of(self, channel: ChannelKey, limit: int) -> Sequence[ItemKey]:
        """By the facts in memory."""
        corpus = (await self._service.present()).live.corpus
        return _newest(corpus, corpus.visible() & (corpus.channel[: corpus.size] == channel), limit)

    async def taken_with(self, items: Sequence[ItemKey], limit: int) -> Mapping[ItemKey, float] | None:
        """Neighbours in the co-occurrence model of the first 20 of `items`, their likeness summed."""
        present = await self._service.present()
        loaded = present.models.get(MODEL)
        if loaded is None:
            return None
        anchors = np.array(items[:_ANCHORS], np.int64)
        near = await present.lane.run(loaded.model.neighbours, anchors, _NEAR)
        shown, own = present.live.corpus.visible(), set(items)
        sums: dict[int, float] = {}
        for key, score in zip(near.items.ravel().tolist(), near.scores.ravel().tolist(), strict=True):
            if 0 <= key < len(shown) and shown[key] and key not in own and score > 0:
                sums[key] = sums.get(key, 0.0) + score
        best = sorted(sums.items(), key=lambda one: -one[1])[:limit]
        return {ItemKey(key): score / best[0][1] for key, score in best}


def _newest(corpus: Corpus, among: npt.NDArray[np.bool_], limit: int) -> list[ItemKey]:
    keys = np.flatnonzero(among)
    newest = keys[np.argsort(-corpus.created_at[keys], kind="stable")][:limit]
    return [ItemKey(key) for key in newest.tolist()]


class CatalogueTopics:
    """The topic model in use, read anew when a version changes: of the two, the one of greater coherence."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._held: tuple[Mapping[str, str], tuple[TopicModel, Provenance]] | None = None

    def __call__(self) -> tuple[TopicModel, Provenance] | None:
        """None where none was made yet. Raises ArtefactError, DigestMismatch."""
        active = self._catalogue.active_versions()
        versions = {name: active[name] for name in MODELS if name in active}
        if not versions:
            return None
        if self._held is None or self._held[0] != versions:
            name, version = max(versions.items(), key=self._coherence)
            model = TopicModel.load(self._catalogue.open(name, version))
            self._held = versions, (model, Provenance(name, version, Tier.TRAINED))
        return self._held[1]

    def _coherence(self, one: tuple[str, str]) -> float:
        return float(str(self._catalogue.manifest(*one).about.metadata["coherence"]))
