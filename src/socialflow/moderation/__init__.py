"""What should not stand on a platform: detectors, and what they say of a piece of content.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "Author": "behaviour:Author",
    "ImageModerator": "image_moderator:ImageModerator",
    "HashBanks": "banks.service:HashBanks",
    "ModerationService": "library:ModerationService",
    "NSFWDetector": "nsfw:NSFWDetector",
    "SpamDetector": "spam:SpamDetector",
    "TextModerator": "text_moderator:TextModerator",
    "ToxicityDetector": "toxicity:ToxicityDetector",
    "ViolenceDetector": "violence:ViolenceDetector",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
