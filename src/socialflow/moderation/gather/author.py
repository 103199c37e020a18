"""What is known of an author, as signals, and how well the platform knows them."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from socialflow.kit.answers import Provenance, Tier
from socialflow.moderation.behaviour import Author, copies
from socialflow.moderation.gather.combining import Sheet
from socialflow.moderation.gather.ports import AuthorStore
from socialflow.moderation.gather.records import AuthorFacts, Content
from socialflow.moderation.records import Signals, Trust

POSTS, AGE, DUPLICATES, STRIKES = (
    "author.posts_last_hour",
    "author.account_age_days",
    "author.duplicates",
    "author.strikes",
)
COUNTED = Provenance("authors", "1", Tier.BUNDLED)
NEARLY = Provenance("near_copies", "1", Tier.HEURISTIC)
NOT_KNOWN, NO_STRIKES = "author:unknown", "author:strikes"
"""Why something is missing: the platform knows no such author, or keeps no strikes."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NEW_DAYS, NEW_POSTS = 7.0, 3
"""Days and approved posts below which an author is new."""
KNOWN_DAYS, KNOWN_POSTS = 90.0, 30
"""Days, and approved posts among the newest fifty, from which an author without strikes is trusted."""


class StoredAuthors:
    """What a store knows of authors (satisfies `ports.Authors`)."""

    def __init__(self, store: AuthorStore) -> None:
        self._store = store

    async def facts(self, authors: Collection[str]) -> Mapping[str, AuthorFacts]:
        """By id, for those that exist. Raises StoreUnavailable."""
        async with self._store.read() as unit:
            return await unit.authors.facts(authors)


def author_signals(
    content: Content, facts: AuthorFacts | None, strikes: float | None, now: datetime
) -> tuple[Signals, Author | None]:
    """Signals of who wrote some content, and what signs of spam may make of it: the copies alone of all that the author
    wrote, which is all that counts. Of content that nobody is named for there are none."""
    sheet = Sheet()
    if content.author is None:
        return sheet.signals(), None
    if strikes is None:
        sheet.lack(NO_STRIKES, STRIKES)
    else:
        sheet.read(STRIKES, strikes, COUNTED)
    if facts is None:
        sheet.lack(NOT_KNOWN, POSTS, AGE, DUPLICATES)
        return sheet.signals(), None
    others = [post for post in facts.posts if post.id != content.id]
    lately = sum(now - HOUR <= post.created_at <= now for post in others)
    age = max(0.0, (now - facts.created_at) / DAY)
    near = copies(content.words, (post.words for post in others))
    for name, value, made in ((POSTS, lately, COUNTED), (AGE, age, COUNTED), (DUPLICATES, len(near), NEARLY)):
        sheet.read(name, float(value), made)
    return sheet.signals(), Author(account_age_days=age, posts_last_hour=lately, recent_texts=tuple(near))


def trust_of(facts: AuthorFacts | None, strikes: float | None, now: datetime) -> Trust:
    """How well the platform knows an author.

    Nobody is trusted against whom a strike still counts. Else: trusted who is vouched for; new whose account is younger
    than 7 days or who has fewer than 3 approved posts; trusted whose account is 90 days old, who has 30 approved posts
    among the newest fifty, and surely no strike; usual everybody else.
    """
    if facts is None:
        return Trust.UNKNOWN
    if facts.vouched and not strikes:
        return Trust.TRUSTED
    days, approved = (now - facts.created_at) / DAY, sum(post.approved for post in facts.posts)
    if days < NEW_DAYS or approved < NEW_POSTS:
        return Trust.NEW
    if strikes == 0 and days >= KNOWN_DAYS and approved >= KNOWN_POSTS:
        return Trust.TRUSTED
    return Trust.USUAL
