"""Content understanding across media: key phrases, topics, tags and interests.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "FeatureExtractor": "library:FeatureExtractor",
    "TagGenerator": "library:TagGenerator",
    "TopicModeler": "fitting:TopicModeler",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
