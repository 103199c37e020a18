"""Units of work: one request or task, one transaction, committed where it ends."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cached_property
from pathlib import Path
from time import monotonic

import structlog
from sqlalchemy import select

from socialflow.errors import StoreUnavailable
from socialflow.storage.address import Address
from socialflow.storage.engine import Durability, checkpoint, open_engines, truncate_log
from socialflow.storage.failures import translated
from socialflow.storage.repositories.analyses import Analyses
from socialflow.storage.repositories.api_keys import ApiKeys
from socialflow.storage.repositories.appeals import Appeals
from socialflow.storage.repositories.audit import Audit
from socialflow.storage.repositories.authors import Authors
from socialflow.storage.repositories.bandit import Bandit
from socialflow.storage.repositories.channels import Channels
from socialflow.storage.repositories.collections import Collections
from socialflow.storage.repositories.decisions import Decisions
from socialflow.storage.repositories.erasures import Erasures
from socialflow.storage.repositories.feed_rules import FeedRules
from socialflow.storage.repositories.figures import ModerationFigures
from socialflow.storage.repositories.graph import Graph
from socialflow.storage.repositories.hash_banks import HashBanks
from socialflow.storage.repositories.hash_hits import HashHits
from socialflow.storage.repositories.impressions import Impressions
from socialflow.storage.repositories.interactions import Interactions
from socialflow.storage.repositories.items import Items
from socialflow.storage.repositories.jobs import Jobs
from socialflow.storage.repositories.kept_matches import KeptMatches
from socialflow.storage.repositories.moments import Moments
from socialflow.storage.repositories.person_keys import PersonKeys
from socialflow.storage.repositories.policies import Policies
from socialflow.storage.repositories.review_words import GoldenItems, ReviewerChoices, ReviewNotes, ReviewVerdicts
from socialflow.storage.repositories.reviews import Reviews
from socialflow.storage.repositories.schedules import Schedules
from socialflow.storage.repositories.strikes import Strikes
from socialflow.storage.repositories.suggestions import Suggestions
from socialflow.storage.repositories.transparency import Transparency
from socialflow.storage.repositories.unmoderated import Unmoderated
from socialflow.storage.repositories.users import Users
from socialflow.storage.repositories.value_models import ValueModels
from socialflow.storage.repositories.workers import Workers
from socialflow.storage.tables import installation
from socialflow.storage.transaction import Memory, Transaction

_log = structlog.get_logger("socialflow.storage")
_TEND_SECONDS = 0.5
"""Least time between two starts of moving SQLite's write-ahead log into the file."""


class Unit:
    """The repositories of one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    @cached_property
    def users(self) -> Users:
        """Users by id, username or key."""
        return Users(self._transaction)

    @cached_property
    def authors(self) -> Authors:
        """Who wrote what lately."""
        return Authors(self._transaction)

    @cached_property
    def channels(self) -> Channels:
        """Channels by id or key."""
        return Channels(self._transaction)

    @cached_property
    def items(self) -> Items:
        """Items and their statistics."""
        return Items(self._transaction)

    @cached_property
    def analyses(self) -> Analyses:
        """What analysis found in items."""
        return Analyses(self._transaction)

    @cached_property
    def unmoderated(self) -> Unmoderated:
        """Items that wait for moderation."""
        return Unmoderated(self._transaction)

    @cached_property
    def moments(self) -> Moments:
        """What is found in videos by words."""
        return Moments(self._transaction)

    @cached_property
    def interactions(self) -> Interactions:
        """The append-only interaction log."""
        return Interactions(self._transaction)

    @cached_property
    def graph(self) -> Graph:
        """Follows, subscriptions, blocks and mutes."""
        return Graph(self._transaction)

    @cached_property
    def erasures(self) -> Erasures:
        """Forgetting a person for good."""
        return Erasures(self._transaction)

    @cached_property
    def impressions(self) -> Impressions:
        """Answers as they were given."""
        return Impressions(self._transaction)

    @cached_property
    def bandit(self) -> Bandit:
        """What is believed of algorithms."""
        return Bandit(self._transaction)

    @cached_property
    def value_models(self) -> ValueModels:
        """Versions of the value model."""
        return ValueModels(self._transaction)

    @cached_property
    def rules(self) -> FeedRules:
        """Versions of the rules of the feed."""
        return FeedRules(self._transaction)

    @cached_property
    def policies(self) -> Policies:
        """Policies of moderation, by scope and version."""
        return Policies(self._transaction)

    @cached_property
    def api_keys(self) -> ApiKeys:
        """Service keys."""
        return ApiKeys(self._transaction)

    @cached_property
    def decisions(self) -> Decisions:
        """What was decided about content."""
        return Decisions(self._transaction)

    @cached_property
    def audit(self) -> Audit:
        """The chain of what was done."""
        return Audit(self._transaction)

    @cached_property
    def person_keys(self) -> PersonKeys:
        """Under which people stand in it."""
        return PersonKeys(self._transaction)

    @cached_property
    def hash_banks(self) -> HashBanks:
        """Banks of what is known."""
        return HashBanks(self._transaction)

    @cached_property
    def hash_hits(self) -> HashHits:
        """How often banks matched."""
        return HashHits(self._transaction)

    @cached_property
    def kept_matches(self) -> KeptMatches:
        """What banks told of items."""
        return KeptMatches(self._transaction)

    @cached_property
    def jobs(self) -> Jobs:
        """Work beside requests."""
        return Jobs(self._transaction)

    @cached_property
    def schedules(self) -> Schedules:
        """Work that recurs."""
        return Schedules(self._transaction)

    @cached_property
    def collections(self) -> Collections:
        """How far reading outside APIs is."""
        return Collections(self._transaction)

    @cached_property
    def workers(self) -> Workers:
        """Who does the work."""
        return Workers(self._transaction)

    @cached_property
    def reviews(self) -> Reviews:
        """What waits for people."""
        return Reviews(self._transaction)

    @cached_property
    def review_verdicts(self) -> ReviewVerdicts:
        """What people said of content."""
        return ReviewVerdicts(self._transaction)

    @cached_property
    def review_notes(self) -> ReviewNotes:
        """What reviewers wrote beside items."""
        return ReviewNotes(self._transaction)

    @cached_property
    def golden_items(self) -> GoldenItems:
        """Content whose right answer is known."""
        return GoldenItems(self._transaction)

    @cached_property
    def reviewer_settings(self) -> ReviewerChoices:
        """How reviewers like to be shown content."""
        return ReviewerChoices(self._transaction)

    @cached_property
    def appeals(self) -> Appeals:
        """Authors' words against decisions."""
        return Appeals(self._transaction)

    @cached_property
    def strikes(self) -> Strikes:
        """Strikes against authors."""
        return Strikes(self._transaction)

    @cached_property
    def suggestions(self) -> Suggestions:
        """Scores that callers say a comment should have."""
        return Suggestions(self._transaction)

    @cached_property
    def transparency(self) -> Transparency:
        """Decisions counted, and those that restrict."""
        return Transparency(self._transaction)

    @cached_property
    def figures(self) -> ModerationFigures:
        """Moderation in figures."""
        return ModerationFigures(self._transaction)


class Store:
    """The database of one installation.

    Opens nothing until the first unit. Every failure of the database is an error of `socialflow.errors`
    (StoreUnavailable where it cannot be reached), and the next unit connects again by itself. Use one store per event
    loop.

    Args:
        url: `sqlite:///path` or `postgresql://...`. Raises ConfigurationError.
        durability: SQLite only. "normal" survives kill -9, "full" survives power loss too. PostgreSQL is always full.
        pool_size: connections for reading (SQLite), or in all (PostgreSQL, which may double it under load).
    """

    def __init__(self, url: str, durability: Durability = "normal", pool_size: int = 5) -> None:
        self._address = Address.parse(url)
        self._engines = open_engines(self._address, durability, pool_size)
        self._memory = Memory()
        # SQLite lets one writer in at a time: this process's writers queue here, in order, instead of polling the file.
        self._turns = asyncio.Semaphore(1 if self._address.dialect == "sqlite" else 2 * pool_size)
        # A process may have ended between an erasure and its scrubbing: the first write of the next one sees to it.
        self._unscrubbed = self._address.dialect == "sqlite"
        self._checkpoint: asyncio.Task[None] | None = None
        self._tended = monotonic()

    @asynccontextmanager
    async def read(self) -> AsyncIterator[Unit]:
        """A unit that sees one state of the store and may only read; never waits for a writer on SQLite."""
        with translated():
            async with self._engines.reader.connect() as connection:
                yield Unit(Transaction(connection, self._address, self._memory, readonly=True))

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Unit]:
        """A unit that commits when the block ends and rolls back when it raises."""
        async with self._turns:
            with translated():
                async with self._engines.writer.begin() as connection:
                    transaction = Transaction(connection, self._address, self._memory, readonly=False)
                    yield Unit(transaction)
            self._unscrubbed |= transaction.scrub
            if self._unscrubbed:
                await self._scrub()
        self._tend_log()

    async def ping(self) -> None:
        """Check that the database answers and has a schema. Raises StoreUnavailable."""
        with translated():
            async with self._engines.reader.connect() as connection:
                if (await connection.execute(select(installation.c.id))).first() is None:
                    raise StoreUnavailable("the database was not set up: run `socialflow db upgrade`")

    async def close(self) -> None:
        """Close every connection."""
        if self._checkpoint is not None:
            await asyncio.wait([self._checkpoint])
        await self._engines.close()

    def _tend_log(self) -> None:
        """Start moving the write-ahead log into the file, now and then while there are writers; one at a time."""
        now, path = monotonic(), self._address.path
        idle = self._checkpoint is None or self._checkpoint.done()
        if path is not None and idle and now - self._tended >= _TEND_SECONDS:
            self._tended = now
            self._checkpoint = asyncio.create_task(self._move_log(path))

    @staticmethod
    async def _move_log(path: Path) -> None:
        try:
            await asyncio.to_thread(checkpoint, path)
        except sqlite3.Error as error:  # the next one tries again, and SQLite's own checkpoint remains
            _log.warning("checkpoint_failed", reason=str(error))

    async def _scrub(self) -> None:
        """Move the write-ahead log into the file and cut it to nothing, so that no old page of an erased person stays.

        A reader may hold the log; then the next write tries again.
        """
        with translated():
            async with self._engines.writer.connect() as connection:
                busy = await connection.run_sync(truncate_log)
        self._unscrubbed = busy
