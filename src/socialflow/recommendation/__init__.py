"""Recommend: sources, filters, scores, selection, over the user's history at request time.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

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

__getattr__ = lazily(__name__, _HOMES)
