"""Words for people who write: replies and suggestions.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {"SmartReplies": "library:SmartReplies"}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
