"""Recommend: sources, filters, scores, selection, over the user's history at request time.

The names of the Python interface are loaded when they are first asked for.
"""

from importlib import import_module

_HOMES = {
    "CollaborativeFilteringRecommender": "blends:CollaborativeRecommender",
    "ContentEmbeddingModel": "library:ContentEmbeddingModel",
    "ContentBasedRecommender": "algorithms.content_based:ContentBased",
    "DeepLearningRecommender": "algorithms.deep:Deep",
    "GraphRecommender": "algorithms.graph:GraphFilter",
    "HybridRecommender": "library:TwoWayRecommender",
    "MultiArmedBandit": "bandit:MultiArmedBandit",
    "NeuralCFRecommender": "algorithms.neural_cf:NeuralCF",
    "RecommendationService": "library:Recommendations",
    "TransformerRecommender": "algorithms.transformer:Transformer",
    "TrendingRecommender": "algorithms.trending:Trending",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), attribute)
