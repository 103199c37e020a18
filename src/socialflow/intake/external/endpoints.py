"""What an outside API of this family offers: one literal table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from socialflow.content.records import InteractionType


class Endpoint(StrEnum):
    """One thing to collect, in the order in which a whole collection goes: who and what first, then who did what."""

    ALL_USERS = "all-users"
    ALL_POSTS = "all-posts"
    VIEWED_POSTS = "viewed-posts"
    LIKED_POSTS = "liked-posts"
    INSPIRED_POSTS = "inspired-posts"
    RATED_POSTS = "rated-posts"


@dataclass(frozen=True, slots=True)
class Resource:
    """Where an endpoint's pages are and what their rows mean. `list_name` is the usual name of the list of rows.

    `act` is the type of interaction that a row stands for; None for rows that are nouns.
    """

    path: str
    list_name: str
    act: InteractionType | None = None


RESOURCES: Mapping[Endpoint, Resource] = {
    Endpoint.ALL_USERS: Resource("/users/get_all", "users"),
    Endpoint.ALL_POSTS: Resource("/posts/summary/get", "posts"),
    Endpoint.VIEWED_POSTS: Resource("/posts/view", "posts", InteractionType.VIEW),
    Endpoint.LIKED_POSTS: Resource("/posts/like", "posts", InteractionType.LIKE),
    Endpoint.INSPIRED_POSTS: Resource("/posts/inspire", "posts", InteractionType.INSPIRE),
    Endpoint.RATED_POSTS: Resource("/posts/rating", "posts", InteractionType.RATING),
}
"""Paths below API_BASE_URL, each asked with `page` (from 1) and `page_size`."""

OTHER_LIST_NAMES = ("posts", "users", "data", "items", "results")
"""Names under which an answer may hold its rows instead."""


def host_of(base_url: str) -> str:
    """The host of an address, by which one outside API is told from another.

    >>> host_of("https://api.example.org/v1"), host_of("http://127.0.0.1:8080")
    ('api.example.org', '127.0.0.1:8080')
    """
    return urlsplit(base_url).netloc.rpartition("@")[2].lower()
