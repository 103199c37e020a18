"""Keeping decisions about messages that are rejected, behind the answers rather than before them."""

import asyncio
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from socialflow.content.ports import UserRepository
from socialflow.errors import SocialflowError
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.live.records import Message, Refused
from socialflow.moderation.moderator import SERVICE, Judgement
from socialflow.moderation.sealing import Judged

WAITING = 64
"""Decisions of one session that wait to be stored; beyond, answers wait."""


class PeopleUnit(Protocol):
    """What is read to tell whose a message is."""

    @property
    def users(self) -> UserRepository:
        """People by id."""
        ...


class PeopleStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[PeopleUnit]:
        """A unit that may only read."""
        ...


class Keeper:
    """Stores decisions of one session, one after the other; the content's id is `SESSION:MESSAGE`."""

    def __init__(self, session: str, store: PeopleStore, decisions: DecisionService) -> None:
        self._session, self._store, self._decisions = session, store, decisions
        self._queue: asyncio.Queue[tuple[Message, Judgement] | None] = asyncio.Queue(WAITING)
        self._failed: list[Refused] = []
        self._work = asyncio.create_task(self._keep())

    async def keep(self, message: Message, judgement: Judgement) -> None:
        """Have a decision stored; waits while too many are not."""
        if self._work.done():
            await self._work  # it ends before `close` only by a fault
        await self._queue.put((message, judgement))

    def failed(self) -> list[Refused]:
        """What could not be stored since this was last asked."""
        failed, self._failed = self._failed, []
        return failed

    async def close(self) -> None:
        """Store what is left. May be called twice."""
        if not self._work.done():
            await self._queue.put(None)
        await self._work

    async def _keep(self) -> None:
        while (one := await self._queue.get()) is not None:
            message, judgement = one
            try:
                await self._decisions.record(await self._decision(message, judgement))
            except SocialflowError as error:
                self._failed.append(Refused(error, message.id))

    async def _decision(self, message: Message, judgement: Judgement) -> NewDecision:
        async with self._store.read() as unit:
            keys = await unit.users.keys([message.author])
        return NewDecision(
            content_id=f"{self._session}:{message.id}",
            facts=judgement.gathered.facts,
            judged=Judged({"text": message.text}),
            signals=judgement.gathered.signals,
            policy=judgement.standing.version,
            verdict=judgement.verdict,
            actor=SERVICE,
            author=keys.get(message.author),
        )
