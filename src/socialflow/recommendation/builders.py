"""The literal table of recommenders."""

from collections.abc import Mapping

from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.protocol import Recommender

ALGORITHMS: Mapping[str, type[Recommender]] = {
    "trending": Trending,
    "item_item": ItemItem,
}
