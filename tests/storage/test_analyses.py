"""Which items wait for analysis, what it leaves beside them, and the job that is stored with what came in."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from socialflow.content.log import ItemFacts, ItemText, LogCursor
from socialflow.content.records import Findings, Item, ItemKind, Mood, NamedEntity, Privacy
from socialflow.content.service import ContentService
from socialflow.jobs.records import Job, JobState, PipelineType
from socialflow.kit.answers import Provenance, Tier
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user
from tests.storage.work import claim

FOUND = Findings(
    NOW,
    sentiment="positive",
    sentiment_score=0.75,
    language="en",
    mood=Mood.JOYFUL,
    category="food",
    tags=("rye", "bread"),
    categories=("food", "home"),
    emotions=("joy",),
    intent="statement",
    keywords=("rye bread",),
    topics=("oven",),
    entities=(NamedEntity("Riga", "location", 0.9),),
    missing=("model:topics",),
    provenance=(Provenance("text", "7", Tier.BUNDLED),),
)


async def write(store: Store, *rows: Item) -> None:
    async with store.write() as unit:
        await unit.items.upsert(rows)


async def waiting(store: Store, made_by: str | None = None) -> list[str]:
    """Ids of items that wait, in the order in which they are taken."""
    async with store.read() as unit:
        keys = await unit.analyses.pending(100, made_by)
        items = await unit.items.by_keys(keys)
    return [items[key].id for key in keys]


async def land(store: Store, found: Findings = FOUND, made_by: str = "v1") -> int:
    """Find the same in everything that waits."""
    async with store.write() as unit:
        words = await unit.analyses.words(await unit.analyses.pending(100))
        return await unit.analyses.land([(one, found) for one in words], made_by)


async def read(store: Store, item_id: str = "i") -> tuple[Item, ItemFacts, ItemText]:
    async with store.read() as unit:
        stored = await unit.items.get(item_id)
        (facts,) = [row async for batch in unit.items.facts([stored.key]) for row in batch]
        (text,) = [row async for batch in unit.items.texts([stored.key]) for row in batch]
    return stored, facts, text


async def analysis_jobs(store: Store) -> Sequence[Job]:
    async with store.read() as unit:
        return await unit.jobs.page(pipeline_types=[PipelineType.ANALYZE_CONTENT])


class TestWhoWaits:
    async def test_words_wait_until_something_is_found_in_them_newest_first(self, store: Store) -> None:
        await write(store, item("i", title="Rye"), item("j", ItemKind.POST, text="Bread"), item("mute", title="  "))
        assert await waiting(store) == ["j", "i"]
        assert await land(store) == 2
        assert await waiting(store) == []

    async def test_the_same_words_again_do_not_wait(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        await land(store)
        await write(store, item("i", title="Rye", tags=("baking",), hidden=True))
        assert await waiting(store) == []
        assert (await read(store))[0].analysis == FOUND

    async def test_other_words_wait_and_nothing_is_told_of_the_old_ones(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        await land(store)
        await write(store, item("i", title="Awful rye"))
        assert await waiting(store) == ["i"]
        stored, facts, _ = await read(store)
        assert (stored.analysis, facts.category, facts.tags) == (None, None, ())

    async def test_what_something_else_found_waits_behind(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        await land(store, made_by="v1")
        await write(store, item("j", title="Bread"))
        assert await waiting(store, "v1") == ["j"]
        assert await waiting(store, "v2") == ["j", "i"]

    async def test_words_of_who_does_not_permit_analysis_do_not(self, store: Store) -> None:
        ann = user("ann")
        async with store.write() as unit:
            await unit.users.upsert([ann])
        await write(store, item("i", title="Rye", author="ann"))
        await land(store)
        async with store.write() as unit:
            await unit.users.upsert([replace(ann, privacy=Privacy(analyse=False))])
        assert (await waiting(store), (await read(store))[0].analysis) == ([], None)
        async with store.write() as unit:
            assert await unit.analyses.keys(["i"]) == {}
            await unit.users.upsert([ann])
        assert await waiting(store) == ["i"]

    async def test_an_item_goes_with_what_was_found_in_it(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        await land(store)
        async with store.write() as unit:
            await unit.items.delete("i")
            assert (await unit.analyses.counts()).analysed == 0


class TestWhatIsFound:
    async def test_stands_beside_what_was_given_and_counts_where_nothing_was(self, store: Store) -> None:
        await write(
            store, item("i", title="Rye"), item("given", title="Rye", tags=("a",), category="b", mood=Mood.CALM)
        )
        await land(store)
        stored, facts, text = await read(store)
        assert (stored.tags, stored.category, stored.mood, stored.analysis) == ((), None, None, FOUND)
        assert (facts.tags, facts.category, facts.mood, facts.language) == (("rye", "bread"), "food", "joyful", "en")
        assert (text.tags, text.category, text.found) == (("rye", "bread"), "food", {"tags", "category"})
        stored, facts, text = await read(store, "given")
        assert (stored.tags, stored.category, stored.mood) == (("a",), "b", Mood.CALM)
        assert (facts.tags, facts.category, facts.mood, facts.language) == (("a",), "b", "calm", "en")
        assert (text.tags, text.category, text.found) == (("a",), "b", frozenset())

    async def test_in_words_that_changed_meanwhile_is_dropped(self, store: Store) -> None:
        await write(store, item("i", title="Rye"), item("gone", title="Rye"))
        async with store.read() as unit:
            words = await unit.analyses.words(await unit.analyses.pending(100))
        await write(store, item("i", title="Awful"))
        async with store.write() as unit:
            await unit.items.delete("gone")
            assert await unit.analyses.land([(one, FOUND) for one in words], "v1") == 0
        assert await waiting(store) == ["i"]

    async def test_readers_of_the_change_list_hear_of_it(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        async with store.read() as unit:
            before = (await unit.interactions.poll(LogCursor())).cursor
        await land(store)
        async with store.read() as unit:
            changes = (await unit.interactions.poll(before)).changes
            keys = await unit.items.keys(["i"])
        assert {change.key for change in changes} == set(keys.values())

    async def test_is_counted(self, store: Store) -> None:
        await write(store, item("i", title="Rye"))
        await land(store)
        await write(store, item("j", title="Bread"))
        async with store.read() as unit:
            counts = await unit.analyses.counts()
        assert (counts.analysed, counts.due, counts.last_at) == (1, 1, NOW)


class TestTheJob:
    async def test_is_stored_with_the_item_and_only_where_words_are_new(self, store: Store, clock: FixedClock) -> None:
        content = ContentService(store, clock)
        await content.put_item("i", lambda _: item("i", title="Rye"))
        await content.put_items([item("j", title="Bread"), item("mute")])
        (job,) = await analysis_jobs(store)
        assert (job.state, job.config) == (JobState.QUEUED, {})
        assert await claim(store, job) is not None
        await content.put_item("i", lambda _: item("i", title="Rye", hidden=True))
        assert len(await analysis_jobs(store)) == 1

    async def test_of_what_comes_while_one_runs_is_another(self, store: Store, clock: FixedClock) -> None:
        content = ContentService(store, clock)
        for number in range(3):
            await content.put_item(f"i{number}", lambda _, n=number: item(f"i{n}", title="Rye"))
            await content.put_item(f"j{number}", lambda _, n=number: item(f"j{n}", title="Rye"))
            jobs = await analysis_jobs(store)
            assert len(jobs) == number + 1
            assert await claim(store, jobs[0], token=f"t{number}") is not None

    async def test_does_not_begin_before_the_item_is_there(self, store: Store, clock: FixedClock) -> None:
        """A job that was queued by another transaction is held back by this one."""
        content = ContentService(store, clock)
        await content.put_item("i", lambda _: item("i", title="Rye"))
        (job,) = await analysis_jobs(store)
        async with store.write() as unit:
            await unit.items.upsert([item("late", title="Bread")])
            await unit.analyses.request(NOW)
            beginning = asyncio.create_task(claim(store, job))
            await asyncio.sleep(0.2)
            assert not beginning.done()
        assert await beginning is not None
        assert await waiting(store) == ["late", "i"]

    async def test_nothing_is_stored_where_the_item_is_not(self, store: Store) -> None:
        class Broken(Exception):
            pass

        try:
            async with store.write() as unit:
                await unit.items.upsert([item("i", title="Rye")])
                await unit.analyses.request(NOW)
                raise Broken
        except Broken:
            pass
        assert (await analysis_jobs(store), await waiting(store)) == ([], [])
