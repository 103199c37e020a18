"""Understand text: one encoding, every answer in one pass.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "AspectSentimentAnalyzer": "library:AspectSentimentAnalyzer",
    "EmotionDetector": "library:EmotionDetector",
    "IntentRecognizer": "library:IntentRecognizer",
    "SentimentAnalyzer": "library:SentimentAnalyzer",
    "SentimentService": "library:SentimentService",
    "Turn": "told:Turn",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
