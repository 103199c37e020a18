"""The literal table of recommenders, and the blend that is shipped as `hybrid`."""

from collections.abc import Mapping

from socialflow.recommendation.algorithms.als import Als
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.algorithms.deep import Deep
from socialflow.recommendation.algorithms.graph import GraphFilter
from socialflow.recommendation.algorithms.hybrid import Hybrid, Part
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.algorithms.neural_cf import NeuralCF
from socialflow.recommendation.algorithms.nmf import Nmf
from socialflow.recommendation.algorithms.sparse_linear import SparseLinear
from socialflow.recommendation.algorithms.svd import Svd
from socialflow.recommendation.algorithms.svdpp import SvdPlusPlus
from socialflow.recommendation.algorithms.transformer import Transformer
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.algorithms.user_user import UserUser
from socialflow.recommendation.blends import CollaborativeRecommender
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.social import SocialRecommender


class HybridRecommender(Hybrid):
    """40 % collaborative (co-occurrence and factors), 40 % content, 20 % trending.

    Parameters
    ----------
    half_life_hours
        Of trending; None for data without times.
    seed
        Of all members.
    """

    name = "hybrid"
    needs_items = True

    def __init__(self, *, half_life_hours: float | None = 24.0, seed: int = 0) -> None:
        self._half_life_hours, self._seed = half_life_hours, seed
        members = {
            "item_item": ItemItem(seed=seed),
            "als": Als(seed=seed),
            "content_based": ContentBased(seed=seed),
            "trending": Trending(half_life_hours=half_life_hours),
        }
        parts = (Part(0.4, ("item_item", "als")), Part(0.4, ("content_based",)), Part(0.2, ("trending",)))
        super().__init__(members, parts)

    @property
    def parameters(self) -> Mapping[str, object]:
        """The constructor's keyword arguments."""
        return {"half_life_hours": self._half_life_hours, "seed": self._seed}


ALGORITHMS: Mapping[str, type[Recommender]] = {
    "trending": Trending,
    "item_item": ItemItem,
    "user_user": UserUser,
    "sparse_linear": SparseLinear,
    "svd": Svd,
    "svdpp": SvdPlusPlus,
    "nmf": Nmf,
    "als": Als,
    "graph": GraphFilter,
    "transformer": Transformer,
    "neural_cf": NeuralCF,
    "deep": Deep,
    "content_based": ContentBased,
    "collaborative": CollaborativeRecommender,
    "social": SocialRecommender,
    "hybrid": HybridRecommender,
}
