"""Sentiment of posts and topics over a real store."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace

import pytest

from socialflow.content.records import Item, Privacy
from socialflow.errors import InvalidInput
from socialflow.ids import ItemKey
from socialflow.kit.answers import Status
from socialflow.storage.unit_of_work import Store
from socialflow.text.opinion import NOT_PERMITTED, Opinions
from socialflow.text.service import TextService
from tests.storage.nouns import item, user
from tests.text_bundle import clear_analyser


class Newest:
    """Every item, the last stored first."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def newest(self, limit: int) -> Sequence[ItemKey]:
        async with self.store.read() as unit:
            keys = [fact.key async for batch in unit.items.facts() for fact in batch]
        return keys[::-1][:limit]


@pytest.fixture
async def opinions(store: Store) -> AsyncIterator[Opinions]:
    service = TextService(clear_analyser)
    yield Opinions(store, service, Newest(store))
    await service.close()


async def fill(store: Store, *items: Item) -> None:
    async with store.write() as unit:
        await unit.users.upsert([user("u1"), replace(user("u2"), privacy=Privacy(analyse=False))])
        await unit.items.upsert(items)


class TestPosts:
    async def test_of_who_does_not_permit_it_nothing_is_told_or_kept(self, store: Store, opinions: Opinions) -> None:
        await fill(store, item("i1", author="u2"))
        told = await opinions.post("i1", "good")
        assert (told["status"], told["missing"], told["stored"]) == (Status.ABSTAINED, [NOT_PERMITTED], False)
        async with store.read() as unit:
            assert (await unit.items.get("i1")).sentiment is None

    async def test_what_says_nothing_is_not_kept(self, store: Store, opinions: Opinions) -> None:
        await fill(store, item("i1", author="u1"))
        told = await opinions.post("i1", " ")
        assert (told["sentiment"], told["stored"]) == (None, False)
        assert (await opinions.post("i1", "awful"))["stored"]


class TestTopics:
    async def test_names_are_whole_words_in_any_case_and_of_tags_too(self, store: Store, opinions: Opinions) -> None:
        texts = {"a": "New York", "b": "new-york!", "c": "newyorker", "d": "york new", "e": "good"}
        items = [item(name, text=text) for name, text in texts.items()]
        await fill(store, *items, item("f", tags=("#NewYork",), text="good"))
        told = await opinions.topic("new york")
        assert (told["items_found"], told["items_searched"]) == (3, 6)

    async def test_the_newest_are_read(self, store: Store, opinions: Opinions) -> None:
        old = [item(f"o{n}", text="awful city") for n in range(3)]
        await fill(store, *old, item("new", text="good city"))
        told = await opinions.topic("city", limit=1)
        assert (told["overall_sentiment"], told["items_read"], told["items_found"]) == ("positive", 1, 4)

    async def test_of_long_texts_fewer_are_read(self, store: Store, opinions: Opinions) -> None:
        await fill(store, *(item(f"i{n}", text="good city " * 1_900) for n in range(7)))
        told = await opinions.topic("city")
        assert (told["items_found"], told["items_read"]) == (7, 5)

    async def test_two_that_are_as_frequent_are_neutral(self, store: Store, opinions: Opinions) -> None:
        await fill(store, item("a", text="good city"), item("b", text="awful city"))
        told = await opinions.topic("city")
        assert (told["overall_sentiment"], told["positive_percentage"]) == ("neutral", 50.0)
        assert told["sentiment_score"] == pytest.approx(0.0, abs=1e-6)
        assert (told["status"], told["missing"]) == (Status.COMPLETE, [])

    async def test_what_holds_no_word_is_refused(self, opinions: Opinions) -> None:
        with pytest.raises(InvalidInput) as problem:
            await opinions.topic("#!")
        assert problem.value.field == "topic"
