"""Forgetting a person: nothing that names them is left, in any table or, on SQLite, in any byte of the files."""

import random
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import text

from socialflow.content.log import ChangeKind, LogCursor
from socialflow.content.records import Channel, Edge, EdgeKind, Findings, ItemStats, NamedEntity
from socialflow.errors import Erased, NotFound
from socialflow.moderation.chain import checked
from socialflow.moderation.sealing import pseudonym
from socialflow.storage.address import Address
from socialflow.storage.archive import reflected
from socialflow.storage.engine import open_sync_engine
from socialflow.storage.maintenance import check, scrub
from socialflow.storage.unit_of_work import Store
from socialflow.video.search.moments import clip_of
from socialflow.video.timeline import Event, EventKind
from tests.storage.nouns import NOW, act, item, statuses, user
from tests.storage.test_answers import impression
from tests.unit.moderation.decided import decision

PERSON, NAME = "person-7f3a9c", "quagmire-ada"


async def live(store: Store) -> None:
    """A person who did everything, and another who did things with what is theirs."""
    async with store.write() as unit:
        profile = {"about": f"I am {PERSON}"}
        await unit.users.upsert([user(PERSON, NAME, profile=profile), user("other"), user("third")])
        await unit.channels.upsert([Channel("hers", "Hers", NOW, owner=PERSON), Channel("his", "His", NOW)])
        await unit.items.upsert(
            [
                item("hers-1", author=PERSON, channel="hers", title=f"by {NAME}"),
                item("reply", author="other", parent="hers-1"),
                item("his-1", author="other", channel="his"),
                item("her-comment", author=PERSON, parent="his-1"),
            ]
        )
        named = Findings(NOW, tags=(NAME,), entities=(NamedEntity(NAME, "person", 1.0),))
        words = await unit.analyses.words(await unit.analyses.pending(1))
        await unit.analyses.land([(words[0], named)], "v1")
        said = clip_of("hers-1", [Event(EventKind.SPEECH, 0.0, 1.0, f"I am {NAME}", 1.0)])
        await unit.moments.put(
            (await unit.items.get("hers-1")).key, said, {"letters": np.ones((1, 2), np.float32)}, NOW
        )
        await unit.items.add_stats([ItemStats("hers-1", NOW, views=1)])
        await unit.interactions.add(
            [
                act("1", PERSON, "his-1"),
                act("2", NAME, "reply"),
                act("1", "other", "hers-1"),
                act("2", "other", "his-1"),
            ]
        )
        await unit.graph.add(
            [
                Edge(EdgeKind.FOLLOW, PERSON, "other", NOW),
                Edge(EdgeKind.FOLLOW, "other", PERSON, NOW),
                Edge(EdgeKind.BLOCK, "third", PERSON, NOW),
                Edge(EdgeKind.MUTE_USER, PERSON, "third", NOW),
                Edge(EdgeKind.MUTE_CHANNEL, PERSON, "his", NOW),
                Edge(EdgeKind.SUBSCRIPTION, PERSON, "his", NOW),
                Edge(EdgeKind.FOLLOW, "other", "third", NOW),
            ]
        )
        key = (await unit.users.get(PERSON)).key
        named = pseudonym(await unit.person_keys.of(key))
        await unit.decisions.decide(decision("d1", "hers-1", author=named), author=key)
        await unit.impressions.add(impression("r", 1, key))
        await unit.impressions.add(impression("r2", 1, (await unit.users.get("other")).key))


class TestErasing:
    async def test_rows_go_and_the_receipt_counts_them(self, store: Store, url: str) -> None:
        await live(store)
        async with store.write() as unit:
            receipt = await unit.erasures.erase_user(PERSON, NOW)
        assert dict(receipt.rows) == {
            "users": 1,
            "items": 3,
            "analyses": 1,
            "item_stats": 1,
            "moment_vectors": 1,
            "moments": 1,
            "interactions": 3,
            "interaction_keys": 3,
            "follows": 2,
            "blocks": 1,
            "user_mutes": 1,
            "channel_mutes": 1,
            "subscriptions": 1,
            "impressions": 1,
            "decisions": 1,
            "person_keys": 1,
        }
        async with store.read() as unit:
            assert await unit.erasures.receipt(receipt.receipt_id) == receipt
            with pytest.raises(NotFound):
                await unit.erasures.receipt("unknown")
            assert (await unit.channels.get("hers")).owner is None
            assert set(await unit.items.keys(["hers-1", "reply", "his-1", "her-comment"])) == {"his-1"}
            assert await unit.interactions.count() == 1
            assert len(await unit.decisions.history("hers-1")) == 1
            assert (await checked(unit)).ok
            assert len(await unit.impressions.pages("r2")) == 1
        assert check(url).problems == ()

    async def test_no_table_names_the_person(self, store: Store, url: str) -> None:
        await live(store)
        async with store.write() as unit:
            await unit.erasures.erase_user(PERSON, NOW)
        with open_sync_engine(Address.parse(url), writes=False).connect() as connection:
            for name in reflected(connection):
                for row in connection.execute(text(f"SELECT * FROM {name}")):
                    assert PERSON not in str(row), name
                    assert NAME not in str(row), name

    async def test_the_names_are_closed(self, store: Store) -> None:
        await live(store)
        async with store.write() as unit:
            await unit.erasures.erase_user(PERSON, NOW)
        async with store.write() as unit:
            with pytest.raises(Erased):
                await unit.users.get(PERSON)
            with pytest.raises(Erased):
                await unit.users.by_username(NAME)
            with pytest.raises(Erased):
                await unit.erasures.erase_user(PERSON, NOW)
            outcomes = await unit.users.upsert([user(PERSON, "new"), user("new", NAME), user("new", PERSON)])
            assert statuses(outcomes) == ["erased", "erased", "erased"]
            assert [outcome.field for outcome in outcomes] == ["id", "username", "username"]
            acts = await unit.interactions.add([act("9", PERSON, "his-1"), act("9", "nobody", "his-1")])
            assert statuses(acts) == ["erased", "user_not_found"]

    async def test_somebody_who_is_called_like_it_stays(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.users.upsert([user(PERSON, NAME), user(NAME, "x"), user("y", PERSON)])
            await unit.erasures.erase_user(PERSON, NOW)
        async with store.write() as unit:
            assert statuses(await unit.users.upsert([user(NAME, "x"), user("y", PERSON)])) == ["stored", "stored"]
            assert (await unit.users.by_username(PERSON)).id == "y"

    async def test_readers_hear_of_it(self, store: Store) -> None:
        await live(store)
        async with store.read() as unit:
            cursor = (await unit.interactions.poll(LogCursor())).cursor
            keys = (await unit.users.get(PERSON)).key, await unit.items.keys(["hers-1", "reply", "her-comment"])
            channel = (await unit.channels.get("hers")).key
        async with store.write() as unit:
            await unit.erasures.erase_user(PERSON, NOW)
        async with store.read() as unit:
            changes = (await unit.interactions.poll(cursor)).changes
        expected = {(ChangeKind.ITEM_ERASED, key) for key in keys[1].values()}
        assert {(change.kind, change.key) for change in changes} == expected | {
            (ChangeKind.USER_ERASED, keys[0]),
            (ChangeKind.CHANNEL, channel),
        }

    async def test_a_rolled_back_erasure_changes_nothing(self, store: Store) -> None:
        await live(store)
        with pytest.raises(RuntimeError):  # noqa: PT012
            async with store.write() as unit:
                await unit.erasures.erase_user(PERSON, NOW)
                raise RuntimeError
        async with store.read() as unit:
            assert (await unit.users.get(PERSON)).username == NAME


class TestFilesOfSqlite:
    async def test_no_byte_of_the_person_stays(self, sqlite_url: str) -> None:
        store = Store(sqlite_url)
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        names = [f"{n:05d}-person" for n in range(3_000)]
        random.Random(1).shuffle(names)
        for start in range(0, len(names), 500):  # pages split and merge while they fill
            async with store.write() as unit:
                await unit.users.upsert([user(name, f"called-{name}-too") for name in names[start : start + 500]])
                authored = [
                    item(f"by-{name}", author=name, title=f"film of {name}") for name in names[start : start + 500]
                ]
                await unit.items.upsert(authored)
        assert _remains(path, names[:100]) == set(names[:100])
        for name in names[:100]:
            async with store.write() as unit:
                await unit.erasures.erase_user(name, NOW)
        try:
            assert _remains(path, names[:100]) == set()
        finally:
            await store.close()

    async def test_a_reader_in_the_way_only_delays_it(self, sqlite_url: str) -> None:
        store = Store(sqlite_url)
        path = Path(sqlite_url.removeprefix("sqlite:///"))
        await live(store)
        async with store.read() as reader:
            await reader.users.get("other")
            async with store.write() as unit:
                await unit.erasures.erase_user(PERSON, NOW)
            assert (await reader.users.get(PERSON)).username == NAME  # its snapshot is older
        async with store.write() as unit:
            await unit.users.upsert([user("fourth")])
        assert _remains(path, [PERSON, NAME]) == set()
        await store.close()
        scrub(sqlite_url)
        assert check(sqlite_url).ok


def _remains(path: Path, names: list[str]) -> set[str]:
    """Those names that stand in the bytes of the database or its log."""
    content = b"".join(file.read_bytes() for file in path.parent.glob(f"{path.name}*"))
    return {name for name in names if name.encode() in content}
