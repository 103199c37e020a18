"""Rows that arrive together share a transaction; each caller gets its own outcomes."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from socialflow.content.group_commit import SMALL, GroupCommit
from socialflow.content.records import Interaction, InteractionType, RowOutcome, RowStatus
from socialflow.errors import StoreUnavailable

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Log:
    """Commits a transaction only when told to; keeps the ids of each."""

    def __init__(self) -> None:
        self.transactions: list[list[str]] = []
        self.failure: Exception | None = None
        self.gate = asyncio.Event()
        self.gate.set()
        self.begun = asyncio.Event()

    @property
    def interactions(self) -> "Log":
        return self

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Log"]:
        yield self
        await self.gate.wait()
        if self.failure is not None:
            raise self.failure

    async def add(self, rows: Sequence[Interaction]) -> list[RowOutcome]:
        self.begun.set()
        self.transactions.append([row.id for row in rows])
        return [RowOutcome(row.id, RowStatus.STORED) for row in rows]


def rows(*ids: str) -> list[Interaction]:
    return [Interaction(one, "ann", "i-1", InteractionType.LIKE, 1.0, NOW, NOW) for one in ids]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def commit(log: Log) -> GroupCommit:
    return GroupCommit(log)  # type: ignore[arg-type]


async def started(log: Log, commit: GroupCommit, *calls: Sequence[str]) -> list[asyncio.Task[Sequence[RowOutcome]]]:
    """Calls of which the first is in its transaction and the others wait."""
    log.gate.clear()
    tasks = [asyncio.create_task(commit.add(rows(*ids))) for ids in calls]
    await log.begun.wait()
    return tasks


async def test_a_lone_call_is_stored_at_once(log: Log, commit: GroupCommit) -> None:
    assert [outcome.id for outcome in await commit.add(rows("a"))] == ["a"]
    assert log.transactions == [["a"]]


async def test_those_who_come_meanwhile_share_the_next_transaction(log: Log, commit: GroupCommit) -> None:
    tasks = await started(log, commit, ["a"])
    tasks += [asyncio.create_task(commit.add(rows(*ids))) for ids in (["b"], ["c", "d"], ["e"])]
    await asyncio.sleep(0)
    log.gate.set()
    outcomes = await asyncio.gather(*tasks)
    assert log.transactions == [["a"], ["b", "c", "d", "e"]]
    assert [[outcome.id for outcome in each] for each in outcomes] == [["a"], ["b"], ["c", "d"], ["e"]]


async def test_nobody_is_answered_before_the_commit(log: Log, commit: GroupCommit) -> None:
    (task,) = await started(log, commit, ["a"])
    assert not task.done()
    log.gate.set()
    await task


async def test_a_failure_reaches_every_caller_and_the_next_call_is_served(log: Log, commit: GroupCommit) -> None:
    log.failure = StoreUnavailable("gone")
    tasks = await started(log, commit, ["a"], ["b"])
    log.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(answer) for answer in answers] == [StoreUnavailable, StoreUnavailable]
    log.failure = None
    assert await commit.add(rows("c"))


async def test_a_caller_who_goes_away_disturbs_nobody(log: Log, commit: GroupCommit) -> None:
    first = await started(log, commit, ["a"])
    gone, stays = (asyncio.create_task(commit.add(rows(one))) for one in ("b", "c"))
    await asyncio.sleep(0)
    gone.cancel()
    log.gate.set()
    await first[0]
    assert [outcome.id for outcome in await stays] == ["c"]


async def test_a_large_call_has_a_transaction_of_its_own(log: Log, commit: GroupCommit) -> None:
    many = [str(number) for number in range(SMALL + 1)]
    await asyncio.gather(commit.add(rows("a")), commit.add(rows(*many)))
    assert sorted(len(ids) for ids in log.transactions) == [1, SMALL + 1]
