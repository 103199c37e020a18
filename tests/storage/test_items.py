"""Channels, items and statistics."""

from dataclasses import replace

import pytest

from socialflow.content.log import ItemFacts
from socialflow.content.records import Channel, ItemKind, ItemStats, ModerationStatus, Mood
from socialflow.errors import ChannelNotFound, ItemNotFound
from socialflow.ids import ItemKey
from socialflow.kit.clock import to_micros
from socialflow.storage.repositories.items import BATCH
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, act, item, later, populate, statuses, user


class TestChannels:
    async def test_round_trip_and_unknown_owner(self, store: Store) -> None:
        channel = Channel("c1", "Films", NOW, "old films", 12, "u1", ("film", "history"))
        async with store.write() as unit:
            await unit.users.upsert([user("u1")])
            outcomes = await unit.channels.upsert([channel, Channel("c2", "?", NOW, owner="nobody")])
            assert statuses(outcomes) == ["stored", "user_not_found"]
            found = await unit.channels.get("c1")
            assert replace(found, key=channel.key) == channel
            assert await unit.channels.by_keys([found.key]) == {found.key: found}
            assert await unit.channels.keys(["c1", "c2"]) == {"c1": found.key}

    async def test_deleting_leaves_the_items(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.channels.upsert([Channel("c1", "Films", NOW)])
            await unit.items.upsert([item("i1", channel="c1")])
            await unit.channels.delete("c1")
            assert (await unit.items.get("i1")).channel is None
            with pytest.raises(ChannelNotFound):
                await unit.channels.delete("c1")
            with pytest.raises(ChannelNotFound):
                await unit.channels.get("c1")


class TestItems:
    async def test_sentiment_is_kept_beside_an_item(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i1", title="T")])
            key = (await unit.items.get("i1")).key
        async with store.write() as unit:
            assert await unit.items.set_sentiment(key, "positive", 0.75)
            assert not await unit.items.set_sentiment(ItemKey(key + 1), "positive", 0.75)
        async with store.read() as unit:
            found = await unit.items.get("i1")
        assert (found.title, found.sentiment, found.sentiment_score) == ("T", "positive", 0.75)

    async def test_every_field_comes_back(self, store: Store) -> None:
        stored = item(
            "i1",
            channel="c1",
            author="u1",
            title="T",
            description="D",
            text="words",
            tags=("a", "b"),
            category="film",
            topics=("x",),
            project_code="p",
            community="m",
            mood=Mood.CALM,
            language="en",
            duration=12.5,
            media_url="https://a/b.mp4",
            thumbnail_url="https://a/b.jpg",
            hidden=True,
            moderation_status=ModerationStatus.FLAGGED,
            moderation_flags=("spam",),
            moderated_at=NOW,
            is_flagged=True,
            flag_reason="why",
            is_promoted=True,
            viral_score=0.25,
            sentiment="positive",
            sentiment_score=0.5,
            simulated=True,
        )
        async with store.write() as unit:
            await unit.users.upsert([user("u1")])
            await unit.channels.upsert([Channel("c1", "Films", NOW)])
            assert statuses(await unit.items.upsert([stored])) == ["stored"]
            found = await unit.items.get("i1")
            keys = (await unit.channels.keys(["c1"]))["c1"], (await unit.users.keys(["u1"]))["u1"]
        assert (found.channel_key, found.author_key) == keys
        assert replace(found, key=stored.key, channel_key=None, author_key=None) == stored

    async def test_unknown_ends_are_rejected_rows(self, store: Store) -> None:
        async with store.write() as unit:
            outcomes = await unit.items.upsert(
                [
                    item("a", channel="?"),
                    item("b", author="?"),
                    item("c", parent="?"),
                    item("d", title="x\0"),
                    item("e"),
                ]
            )
        assert statuses(outcomes) == [
            "channel_not_found",
            "user_not_found",
            "item_not_found",
            "invalid_input",
            "stored",
        ]
        assert [outcome.field for outcome in outcomes] == ["channel", "author", "parent", "title", None]

    async def test_a_parent_may_come_later_in_the_batch(self, store: Store) -> None:
        async with store.write() as unit:
            batch = [item("reply", ItemKind.COMMENT, parent="comment"), item("comment", parent="video"), item("video")]
            assert statuses(await unit.items.upsert(batch)) == ["stored"] * 3
            assert (await unit.items.get("reply")).parent == "comment"

    async def test_a_rejected_parent_takes_its_thread_along(self, store: Store) -> None:
        async with store.write() as unit:
            batch = [item("reply", parent="comment"), item("comment", parent="nowhere"), item("self", parent="self")]
            assert statuses(await unit.items.upsert(batch)) == ["item_not_found"] * 3
            assert await unit.items.keys(["reply", "comment", "self"]) == {}

    async def test_only_a_decision_changes_moderation(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i1", moderation_status=ModerationStatus.REJECTED, is_flagged=True)])
            await unit.items.upsert([item("i1", title="new", moderation_status=ModerationStatus.APPROVED)])
            found = await unit.items.get("i1")
        assert (found.title, found.moderation_status, found.is_flagged) == ("new", ModerationStatus.REJECTED, True)

    async def test_deleting_takes_the_whole_thread(self, store: Store) -> None:
        await populate(store)
        async with store.write() as unit:
            await unit.items.upsert([item("c", parent="i0"), item("cc", parent="c")])
            await unit.items.add_stats([ItemStats("cc", NOW, views=1)])
            await unit.interactions.add([act("1", "u0", "cc"), act("2", "u0", "i1")])
            await unit.items.delete("i0")
            assert set(await unit.items.keys(["i0", "c", "cc", "i1"])) == {"i1"}
            assert await unit.interactions.count() == 1
            with pytest.raises(ItemNotFound):
                await unit.items.delete("i0")

    async def test_facts_and_words_stream_in_key_order(self, store: Store) -> None:
        count = BATCH + 2
        async with store.write() as unit:
            await unit.channels.upsert([Channel("c1", "Films", NOW)])
            await unit.items.upsert([item(f"i{n}", title=f"t{n}", tags=("x",), channel="c1") for n in range(count)])
        async with store.read() as unit:
            facts = [fact async for batch in unit.items.facts() for fact in batch]
            words = [word async for batch in unit.items.texts([facts[-1].key, facts[0].key]) for word in batch]
            channel = (await unit.channels.get("c1")).key
        assert [fact.id for fact in facts] == [f"i{n}" for n in range(count)]
        assert facts[0] == ItemFacts(
            facts[0].key, "i0", ItemKind.VIDEO, to_micros(NOW), ModerationStatus.PENDING, False, channel, tags=("x",)
        )
        assert facts[0].hidden is False
        assert [(word.key, word.title, word.tags, word.channel) for word in words] == [
            (facts[0].key, "t0", ("x",), "Films"),
            (facts[-1].key, f"t{count - 1}", ("x",), "Films"),
        ]

    async def test_unknown_keys_are_left_out(self, store: Store) -> None:
        async with store.read() as unit:
            assert await unit.items.by_keys([ItemKey(7)]) == {}
            assert [batch async for batch in unit.items.facts([])] == []


class TestStats:
    async def test_a_second_row_replaces(self, store: Store) -> None:
        async with store.write() as unit:
            await unit.items.upsert([item("i1")])
            rows = [ItemStats("i1", later(5), views=9), ItemStats("i1", NOW, views=1), ItemStats("?", NOW)]
            assert statuses(await unit.items.add_stats(rows)) == ["stored", "stored", "item_not_found"]
            await unit.items.add_stats([ItemStats("i1", NOW, 2, 3, 4, 5, 6)])
            assert await unit.items.stats("i1") == [
                ItemStats("i1", NOW, 2, 3, 4, 5, 6),
                ItemStats("i1", later(5), views=9),
            ]
            assert [row.views for row in await unit.items.stats("i1", since=later(1))] == [9]
