"""The log: each row once, every row answered, and readers that miss nothing."""

import asyncio
import math

import numpy as np
import pytest

from socialflow.content.log import ChangeKind, InteractionBlock, LogCursor
from socialflow.content.records import (
    INTERACTION_CODES,
    Channel,
    InteractionContext,
    InteractionType,
    RowStatus,
)
from socialflow.kit.clock import to_micros
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, act, item, later, populate, statuses, user


async def drained(store: Store, cursor: LogCursor, limit: int = 500_000) -> tuple[list[InteractionBlock], LogCursor]:
    """Everything that is there, page by page."""
    blocks = []
    while True:
        async with store.read() as unit:
            delta = await unit.interactions.poll(cursor, limit)
        blocks.append(delta.block)
        cursor = delta.cursor
        if not delta.more:
            return blocks, cursor


def pairs(*blocks: InteractionBlock) -> list[tuple[int, int]]:
    return [pair for block in blocks for pair in zip(block.users.tolist(), block.items.tolist(), strict=True)]


class TestAdding:
    async def test_user_by_id_or_username(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            outcomes = await unit.interactions.add([act("1", "u1", "i1"), act("2", "name-of-u1", "i2")])
            assert statuses(outcomes) == ["stored", "stored"]
            users = (await unit.interactions.poll(LogCursor())).block.users
            assert set(users.tolist()) == {(await unit.users.get("u1")).key}

    async def test_an_id_goes_before_a_username(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("ada", "bob"), user("bob", "ada")])
            await unit.items.upsert([item("i1")])
            await unit.interactions.add([act("1", "ada", "i1")])
            assert (await unit.interactions.poll(LogCursor())).block.users.tolist() == [
                (await unit.users.get("ada")).key
            ]

    async def test_each_row_is_stored_once(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            first = await unit.interactions.add(
                [act("1", "u0", "i0"), act("1", "name-of-u0", "i1"), act("2", "u0", "i0")]
            )
        async with store.write() as unit:
            again = await unit.interactions.add([act("1", "u0", "i0"), act("1", "u1", "i0"), act("3", "u0", "i0")])
            assert await unit.interactions.count() == 4
        assert statuses(first) == ["stored", "duplicate", "stored"]
        assert statuses(again) == ["duplicate", "stored", "stored"]

    async def test_bad_rows_do_not_stop_good_ones(self, store: Store) -> None:
        await populate(store)
        rows = [
            act("1", "nobody", "i0"),
            act("2", "u0", "nothing"),
            act("3", "u0", "i0", value=math.nan),
            act("4", "u0", "i0", context=InteractionContext(surface="a\0b")),
            act("5\0", "u0", "i0"),
            act("6", "u\0", "i0"),
            act("7", "u0", "i0"),
        ]
        async with store.write() as unit:
            outcomes = await unit.interactions.add(rows)
            assert await unit.interactions.count() == 1
        assert [(outcome.status, outcome.code, outcome.field) for outcome in outcomes] == [
            (RowStatus.REJECTED, "user_not_found", "user"),
            (RowStatus.REJECTED, "item_not_found", "item"),
            (RowStatus.REJECTED, "invalid_input", "value"),
            (RowStatus.REJECTED, "invalid_input", "surface"),
            (RowStatus.REJECTED, "invalid_input", "id"),
            (RowStatus.REJECTED, "user_not_found", "user"),
            (RowStatus.STORED, None, None),
        ]

    async def test_nothing_in_nothing_out(self, store: Store) -> None:
        async with store.write() as unit:
            assert await unit.interactions.add([]) == []

    async def test_a_rolled_back_row_may_be_sent_again(self, store: Store) -> None:
        await populate(store)
        with pytest.raises(RuntimeError):  # noqa: PT012
            async with store.write() as unit:
                await unit.interactions.add([act("1", "u0", "i0")])
                raise RuntimeError
        async with store.write() as unit:
            assert statuses(await unit.interactions.add([act("1", "u0", "i0")])) == ["stored"]


class TestPolling:
    async def test_columns(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.interactions.add(
                [
                    act("1", "u1", "i2", InteractionType.RATING, value=4.5),
                    act("2", "u0", "i0", at=later(-60 * 24 * 400)),
                ]
            )
            keys = await unit.users.keys(["u0", "u1"]), await unit.items.keys(["i0", "i2"])
        async with store.read() as unit:
            block = (await unit.interactions.poll(LogCursor())).block
        assert pairs(block) == [(keys[0]["u1"], keys[1]["i2"]), (keys[0]["u0"], keys[1]["i0"])]
        assert block.types.tolist() == [
            INTERACTION_CODES[InteractionType.RATING],
            INTERACTION_CODES[InteractionType.LIKE],
        ]
        assert block.values.tolist() == [4.5, 1.0]
        assert block.at.tolist() == [to_micros(NOW), to_micros(later(-60 * 24 * 400))]
        dtypes = [column.dtype for column in (block.users, block.items, block.types, block.values, block.at)]
        assert dtypes == [np.int64, np.int64, np.uint8, np.float32, np.int64]

    async def test_only_what_is_new(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.interactions.add([act("1", "u0", "i0")])
        blocks, cursor = await drained(store, LogCursor())
        assert len(pairs(*blocks)) == 1
        blocks, cursor = await drained(store, cursor)
        assert pairs(*blocks) == []
        async with store.write() as unit:
            await unit.interactions.add([act("2", "u1", "i1")])
        blocks, cursor = await drained(store, cursor)
        assert len(pairs(*blocks)) == 1

    @pytest.mark.parametrize("limit", [1, 7, 100])
    async def test_pages_hold_every_row_once(self, store: Store, limit: int) -> None:
        await populate(store, users=1, items=40)
        for start in (0, 25):  # two transactions, pages that end inside them
            async with store.write() as unit:
                await unit.interactions.add([act(f"{n}", "u0", f"i{n}") for n in range(start, start + 15)])
        blocks, cursor = await drained(store, LogCursor(), limit)
        seen = [what for _, what in pairs(*blocks)]
        assert len(seen) == len(set(seen)) == 30
        assert (await drained(store, cursor, limit))[0][0].users.tolist() == []

    async def test_gaps_left_by_deletions(self, store: Store) -> None:
        await populate(store, users=1, items=10)
        async with store.write() as unit:
            await unit.interactions.add([act(f"{n}", "u0", f"i{n}") for n in range(10)])
            for n in (0, 3, 4, 9):
                await unit.items.delete(f"i{n}")
        blocks, cursor = await drained(store, LogCursor(), 2)
        assert len(pairs(*blocks)) == 6
        async with store.write() as unit:  # the newest row is gone; its number must not come back
            await unit.interactions.add([act("new", "u0", "i1")])
        assert len(pairs(*(await drained(store, cursor, 2))[0])) == 1

    async def test_changes_tell_what_else_happened(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user("u1")])
            await unit.channels.upsert([Channel("c1", "Films", NOW)])
            await unit.items.upsert([item("i1", channel="c1"), item("i2")])
            await unit.value_models.activate(1)
            keys = [*(await unit.users.keys(["u1"])).values(), *(await unit.channels.keys(["c1"])).values()]
            items = await unit.items.keys(["i1", "i2"])
        async with store.read() as unit:
            delta = await unit.interactions.poll(LogCursor())
            again = await unit.interactions.poll(delta.cursor)
        assert [(change.kind, change.key) for change in delta.changes] == [
            (ChangeKind.USER, keys[0]),
            (ChangeKind.CHANNEL, keys[1]),
            (ChangeKind.ITEM, items["i1"]),
            (ChangeKind.ITEM, items["i2"]),
            (ChangeKind.VALUE_MODEL, 1),
        ]
        assert again.changes == ()
        async with store.write() as unit:
            await unit.items.delete("i2")
            await unit.channels.delete("c1")
        async with store.read() as unit:
            delta = await unit.interactions.poll(again.cursor)
        assert {(change.kind, change.key) for change in delta.changes} == {
            (ChangeKind.ITEM_ERASED, items["i2"]),
            (ChangeKind.CHANNEL, keys[1]),
            (ChangeKind.ITEM, items["i1"]),
        }

    async def test_change_pages(self, store: Store) -> None:
        await populate(store, users=5, items=5)
        cursor, kinds = LogCursor(), []
        more = True
        while more:
            async with store.read() as unit:
                delta = await unit.interactions.poll(cursor, limit=3)
            cursor, more = delta.cursor, delta.more
            kinds += [change.kind for change in delta.changes]
        assert kinds.count(ChangeKind.USER) == kinds.count(ChangeKind.ITEM) == 5


class TestManyAtOnce:
    async def test_writers_and_readers_lose_nothing(self, store: Store) -> None:
        await populate(store, users=4, items=50)
        writers_done = asyncio.Event()

        async def write(who: int) -> None:
            for batch in range(10):
                async with store.write() as unit:
                    rows = [act(f"{who}-{batch}-{n}", f"u{who}", f"i{n}") for n in range(50)]
                    assert statuses(await unit.interactions.add(rows)) == ["stored"] * 50

        async def follow() -> int:
            cursor, seen = LogCursor(), 0
            while True:
                finished = writers_done.is_set()
                blocks, cursor = await drained(store, cursor, limit=333)
                seen += len(pairs(*blocks))
                if finished:
                    return seen
                await asyncio.sleep(0)

        followers = [asyncio.create_task(follow()) for _ in range(2)]
        await asyncio.gather(*(write(who) for who in range(4)))
        writers_done.set()
        assert await asyncio.gather(*followers) == [2_000, 2_000]

    async def test_the_same_rows_sent_twice_at_once(self, store: Store) -> None:
        await populate(store, users=2, items=30)
        rows = [act(f"{n}", f"u{n % 2}", f"i{n}") for n in range(30)]

        async def send(order: int) -> list[str]:
            async with store.write() as unit:
                return statuses(await unit.interactions.add(rows[::order]))

        answers = await asyncio.gather(send(1), send(-1), send(1))
        assert sorted(answer for each in answers for answer in each) == ["duplicate"] * 60 + ["stored"] * 30
        async with store.read() as unit:
            assert await unit.interactions.count() == 30

    async def test_two_stores_on_one_database(self, store: Store, url: str) -> None:
        await populate(store)
        other = Store(url)
        try:
            async with store.write() as unit:
                await unit.interactions.add([act("1", "u0", "i0")])
            async with other.read() as unit:
                assert len((await unit.interactions.poll(LogCursor())).block) == 1
        finally:
            await other.close()
