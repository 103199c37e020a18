"""Pictures: perceptual hashes, and the fingerprints that find a picture again after it was edited.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "Bank": "descriptors:Bank",
    "ImageFingerprint": "records:ImageFingerprint",
    "Match": "records:Match",
    "MatchKind": "records:MatchKind",
    "fingerprint": "descriptors:fingerprint",
    "matches": "descriptors:matches",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
