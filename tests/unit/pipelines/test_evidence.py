"""Analysis on an assembled platform: histories, neighbours and topics come from its recommender and catalogue."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest

from socialflow import wiring
from socialflow.analysis.fitting import fit_topics
from socialflow.analysis.tags import Source
from socialflow.content.records import Channel, Interaction, InteractionType, Item, ItemKind, ModerationStatus, User
from socialflow.kit.answers import Status
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.interactions import Interactions
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform

THEMES = (("flour dough oven yeast", "baking", "food"), ("saddle pedal gravel helmet", "bikes", "sport"))


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[Platform]:
    """Even people like the even items, which are about baking; odd ones the others. Item 0 alone is of channel c."""
    settings = load_settings({"socialflow_home": tmp_path, "database_url": "", "redis_url": None})
    await asyncio.to_thread(upgrade, settings.store_url)
    platform = wiring.assemble(settings)
    now, shown = platform.clock.now(), ModerationStatus.APPROVED
    pairs = [(user, item) for user in range(10) for item in range(user % 2, 20, 2)]
    async with platform.store.write() as unit:
        await unit.users.upsert([User(f"u{n}", f"u{n}", now) for n in range(10)])
        await unit.channels.upsert([Channel("c", "Things of an oven", now)])
        for n in range(20):
            text, tag, category = THEMES[n % 2]
            about = {"text": text, "tags": (tag,) if n else (), "category": category, "channel": None if n else "c"}
            await unit.items.upsert([Item(f"i{n}", ItemKind.POST, now, moderation_status=shown, **about)])
        likes = [Interaction(f"{u}-{i}", f"u{u}", f"i{i}", InteractionType.LIKE, 1.0, now, now) for u, i in pairs]
        await unit.interactions.add(likes)
        keys = await unit.items.keys([f"i{n}" for n in range(20)])
    users, items = np.array([u for u, _ in pairs]), np.array([keys[f"i{i}"] for _, i in pairs])
    model = ItemItem().fit(Interactions.from_pairs(users, items))
    version = platform.catalogue.add("item_item", "item_item", model.save, {})
    platform.catalogue.activate("item_item", version.version)
    await platform.recommendation.start()
    yield platform
    await platform.close()


class TestAnalysis:
    async def test_a_channel_gets_the_tags_of_what_is_taken_with_its_items(self, platform: Platform) -> None:
        made = await platform.analysis.channel_tags("c")
        sources = {tag.name: tag.sources for tag in made.tags}
        assert sources["baking"] == (Source.COLLABORATIVE,)
        assert "bikes" not in sources
        assert made.missing == ("model:topics",)

    async def test_topics_count_once_there_are_any(self, platform: Platform) -> None:
        await fit_topics(platform.store, platform.catalogue, 2)
        made = await platform.analysis.interests("u1")
        assert (made.status, made.missing) == (Status.COMPLETE, ())
        assert {one.name for one in made.interests if one.kind == "category"} == {"sport"}
        (topic,) = [one.name for one in made.interests if one.kind == "topic"]
        assert set(topic.split()) <= {"saddle", "pedal", "gravel", "helmet", "bikes"}

    async def test_of_who_did_nothing_nothing_is_said(self, platform: Platform) -> None:
        async with platform.store.write() as unit:
            await unit.users.upsert([User("new", "new", platform.clock.now())])
        made = await platform.analysis.interests("new")
        assert (made.status, made.churn, made.missing[0]) == (Status.ABSTAINED, None, "history:none")
