"""The one port of caches, and every key that is used in one.

A cache may forget anything at any time and is never asked for what exists nowhere else. Ids inside keys are written
with `part`, so that no id can reach into another's keys.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from urllib.parse import quote

MODERATION_TTL = 3600.0
USER_EMBEDDING_TTL = 3600.0
ITEM_EMBEDDING_TTL = 24 * 3600.0
"""Seconds; what is not here has a setting (CACHE_TTL, ML_MODEL_CACHE_TTL)."""


class Cache(Protocol):
    """Bytes by key, each for a time. No method raises: out of reach, it forgets."""

    async def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        """The values, in order; None where there is none, or it is too old."""
        ...

    async def set_many(self, values: Mapping[str, bytes], ttl: float) -> None:
        """Keep values for `ttl` seconds."""
        ...

    async def add(self, key: str, value: bytes, ttl: float) -> bool:
        """Keep a value where there is none; False where there is one. A cache that is out of reach says True."""
        ...

    async def delete(self, keys: Collection[str]) -> None:
        """Forget these."""
        ...

    async def delete_prefix(self, prefix: str) -> None:
        """Forget every key that begins so (erasure of a person, a changed item)."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


def part(text: str) -> str:
    """A part of a key: percent-encoded, without a colon.

    >>> part("a:b c")
    'a%3Ab%20c'
    """
    return quote(text, safe="")


def moderation_key(content_id: str) -> str:
    """Of the moderation result of a content."""
    return f"moderation:{part(content_id)}"


def recommendations_prefix(user_id: str) -> str:
    """Of every recommendation list of a user."""
    return f"recommendations:{part(user_id)}:"


def recommendations_key(user_id: str, content_type: str, digest: str) -> str:
    """Of one list; `digest` stands for algorithm, limit, filters and context."""
    return f"{recommendations_prefix(user_id)}{part(content_type)}:{digest}"


def prediction_key(model: str, content_id: str) -> str:
    """Of a model's answer about a content."""
    return f"ml_prediction:{part(model)}:{part(content_id)}"


def similarity_key(item_id: str) -> str:
    """Of the items like an item."""
    return f"similarity:{part(item_id)}"


def trending_key(content_type: str | None, window_hours: int, category: str | None) -> str:
    """Of a trending list: `trending:video:24h`, `trending:all:1h:music`."""
    of = "" if category is None else f":{part(category)}"
    return f"trending:{part(content_type or 'all')}:{window_hours}h{of}"


def item_embedding_key(item_id: str) -> str:
    """Of an item's content vector."""
    return f"embedding:item:{part(item_id)}"


def user_embedding_key(user_id: str) -> str:
    """Of a user's content profile."""
    return f"embedding:user:{part(user_id)}"
