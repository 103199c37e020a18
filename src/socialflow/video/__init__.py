"""Video: opened once, and one pass of frames and sound answers everything that is asked about it.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "DeepVideoAnalyzer": "deep:DeepVideoAnalyzer",
    "AudioEventDetector": "sounds:AudioEventDetector",
    "ContentFingerprintGenerator": "fingerprints:ContentFingerprintGenerator",
    "VideoQualityAnalyzer": "quality:VideoQualityAnalyzer",
    "VideoSearchIndexer": "search.indexer:VideoSearchIndexer",
    "ActionRecognizer": "action_recognizer:ActionRecognizer",
    "ObjectDetector": "objects:ObjectDetector",
    "SceneDetector": "scenes:SceneDetector",
    "ThumbnailGenerator": "thumbnails:ThumbnailGenerator",
    "SpeechCaptioner": "captions:SpeechCaptioner",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
