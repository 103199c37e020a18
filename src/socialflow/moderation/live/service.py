"""Sessions of all callers: how many there may be, what they share, and their end."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

from socialflow.errors import Overloaded
from socialflow.kit.clock import Clock
from socialflow.kit.identifiers import time_ordered_id
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.live.judging import Desk
from socialflow.moderation.live.keeping import Keeper, PeopleStore
from socialflow.moderation.live.records import LiveLimits, Opening
from socialflow.moderation.live.session import Session
from socialflow.moderation.moderator import Gathering, Policies
from socialflow.moderation.records import PolicyVersion


class LiveService:
    """Opens sessions; their messages go through the text model together.

    Args:
        store: knows whose a message is, where its decision is kept.
    """

    def __init__(
        self,
        gathering: Gathering,
        policies: Policies,
        *,
        decisions: DecisionService,
        store: PeopleStore,
        clock: Clock,
        limits: LiveLimits | None = None,
    ) -> None:
        self.limits = limits or LiveLimits()
        self._gathering, self._policies = gathering, policies
        self._decisions, self._store, self._clock = decisions, store, clock
        self._callers: Counter[str] = Counter()
        self._desk: Desk | None = None
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = asyncio.Event()
        """Set when every session is to answer what it has read, and end."""

    @property
    def sessions(self) -> int:
        """Connections that are counted now."""
        return self._callers.total()

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Count a connection of a caller while it lasts.

        Raises Overloaded where there are too many, of this caller or in all, or none is opened any more.
        """
        if self.draining.is_set():
            raise Overloaded("this server is shutting down; connect again")
        if self._callers[caller] >= self.limits.sessions_of_caller:
            raise Overloaded(f"there are {self.limits.sessions_of_caller} sessions of this caller; close one")
        if self.sessions >= self.limits.sessions:
            raise Overloaded(f"there are {self.limits.sessions} sessions; try again")
        self._callers[caller] += 1
        self._idle.clear()
        try:
            yield
        finally:
            self._callers[caller] -= 1
            if not self._callers[caller]:
                del self._callers[caller]
            if not self.sessions:
                self._idle.set()

    @asynccontextmanager
    async def open(self, opening: Opening) -> AsyncIterator[tuple[str, PolicyVersion, Session]]:
        """A new session with its id and the policy that it begins with. Raises Overloaded,
        StoreUnavailable."""
        if self._desk is None:
            self._desk = Desk(self._gathering, self._policies, self.limits, asyncio.get_running_loop().time)
        standing = await self._desk.standing(opening.community)
        await self._desk.warm()
        name = time_ordered_id(self._clock.now())
        session = Session(
            opening,
            self._desk,
            standing=standing,
            limits=self.limits,
            clock=self._clock,
            keeper=Keeper(name, self._store, self._decisions) if opening.store else None,
        )
        try:
            yield name, standing.version, session
        finally:
            await session.close()

    async def drain(self) -> None:
        """Have every session answer what it has read, and wait until none is left."""
        self.draining.set()
        await self._idle.wait()

    async def close(self) -> None:
        """Finish what was accepted."""
        if self._desk is not None:
            await self._desk.close()
