"""What is known of authors and what they posted lately."""

from collections.abc import Collection, Mapping

import orjson
from sqlalchemy import func, select

from socialflow.content.records import ModerationStatus
from socialflow.kit.clock import from_micros
from socialflow.moderation.behaviour import MOST_TEXTS
from socialflow.moderation.gather.records import AuthorFacts, Post
from socialflow.storage.repositories.rows import findable, texts
from socialflow.storage.tables import items, users
from socialflow.storage.transaction import Record, Transaction

BEGINNING = 2_000
"""Characters of each part of a post that are read: what texts are compared by."""
_newer = items.alias("newer")
_FIRST = (
    select(_newer.c.key)
    .where(_newer.c.author_key == users.c.key)
    .order_by(_newer.c.key.desc())
    .offset(MOST_TEXTS - 1)
    .limit(1)
    .correlate(users)
    .scalar_subquery()
)
"""The key from which an author's newest posts are; none where there are fewer."""
_POSTS = (
    select(
        users.c.id.label("author"),
        items.c.id,
        items.c.created_at,
        *(
            func.substr(column, 1, BEGINNING).label(column.name)
            for column in (items.c.title, items.c.description, items.c.text)
        ),
        items.c.tags,
        items.c.moderation_status,
    )
    .join(items, items.c.author_key == users.c.key)
    .where(items.c.key >= func.coalesce(_FIRST, 0))
    .order_by(items.c.key.desc())
)


class Authors:
    """Authors as moderation asks about them."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def facts(self, authors: Collection[str]) -> Mapping[str, AuthorFacts]:
        """By id, for those that exist, in two queries; of each the fifty posts that were stored last."""
        wanted = self._tx.among(users.c.id, findable(authors))
        known = await self._tx.rows(select(users.c.id, users.c.created_at, users.c.profile).where(wanted))
        posts: dict[str, list[Post]] = {row.id: [] for row in known}
        for row in await self._tx.rows(_POSTS.where(wanted)) if known else ():
            posts[row.author].append(_post(row))
        return {
            row.id: AuthorFacts(from_micros(row.created_at), tuple(posts[row.id]), _vouched(row.profile))
            for row in known
        }


def _post(row: Record) -> Post:
    words = (row.title, row.description, row.text, " ".join(texts(row.tags)))
    return Post(
        row.id,
        from_micros(row.created_at),
        "\n".join(part for part in words if part),
        row.moderation_status == ModerationStatus.APPROVED.value,
    )


def _vouched(profile: str) -> bool:
    """Whether the platform's profile of somebody says `trusted: true`."""
    return orjson.loads(profile).get("trusted") is True
