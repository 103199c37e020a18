"""What an outside API of this family offers: one literal table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from socialflow.content.records import InteractionType
from socialflow.errors import InvalidInput


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


def endpoint_of(name: object) -> Endpoint:
    """The endpoint of this name. Raises InvalidInput."""
    try:
        return Endpoint(str(name))
    except ValueError:
        known = ", ".join(Endpoint)
        raise InvalidInput(f"endpoint must be one of {known}, not {str(name)[:40]!r}", field="endpoint") from None
