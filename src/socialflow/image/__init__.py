"""Pictures: decoded once, in a bounded child; hashes and fingerprints that find them again after they were edited.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "Bank": "descriptors:Bank",
    "FaceDetector": "detectors:FaceDetector",
    "ImageFingerprint": "records:ImageFingerprint",
    "ImageObjectDetector": "detectors:ImageObjectDetector",
    "ImageTagger": "tagger:ImageTagger",
    "Match": "records:Match",
    "MatchKind": "records:MatchKind",
    "SimilarImages": "similar:SimilarImages",
    "fingerprint": "descriptors:fingerprint",
    "matches": "descriptors:matches",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
