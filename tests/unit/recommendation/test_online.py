"""Between two fits: what people do counts for others within seconds, whose data may be used, and what it costs."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest
import structlog
from tests.fakes import NOW, FakeModels, FakeStore, ago
from tests.unit.recommendation.test_recommendation_service import item_item, populate

from socialflow.content.records import Privacy
from socialflow.errors import Overloaded
from socialflow.kit.clock import FixedClock
from socialflow.recommendation import online
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.interactions import Interactions
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService

QUERY = FeedQuery(username="name5", algorithm="item_item", page_size=3)


@pytest.fixture
async def service(store: FakeStore, models: FakeModels, service_of) -> RecommendationService:
    """Users 1 and 2 like cats, 3 and 4 guitars, as `item_item` knows; user 5 has liked cat 1, which it has not seen."""
    populate(store)
    model = item_item(store)
    model.learnt_until = ago(days=1).timestamp()
    models.activate(model)
    store.act(5, 1)
    return await service_of(store, cold_start_threshold=1)


async def first(service: RecommendationService) -> str:
    return (await service.feed(QUERY)).impression.entries[0].item_id


async def step(service: RecommendationService, clock: FixedClock) -> None:
    """A request, when a step is due, and the step itself."""
    clock.at += online.EVERY
    await service.feed(QUERY)
    await service.models_settled()


def links(service: RecommendationService, item: int) -> list[int]:
    loaded = service._running.shelf.models["item_item"]
    return [near for near in loaded.neighbours([item], 8).items[0].tolist() if near >= 0]


class TestCounting:
    async def test_what_others_take_together_is_linked_seconds_later(self, service, store, clock) -> None:
        for user in (6, 7, 8):
            store.user(user)
            store.act(user, 1)
            store.act(user, 8)
        assert 8 not in links(service, 1)
        await step(service, clock)
        assert 8 in links(service, 1)
        assert await first(service) == "i8"

    async def test_an_item_newer_than_the_model_is_linked(self, service, store, clock) -> None:
        store.item(30, "dog barks")
        for user in (1, 2):
            store.act(user, 30)
        await step(service, clock)
        assert {1, 2, 3} <= set(links(service, 30))
        answer = await service.feed(QUERY)
        assert "i30" in [entry.item_id for entry in answer.impression.entries]

    async def test_it_comes_to_what_a_fit_on_everything_gives(self, service, store, clock) -> None:
        for user, item in ((1, 4), (2, 7), (3, 1), (5, 8), (4, 2)):
            store.act(user, item)
            await step(service, clock)
        fitted, followed = item_item(store), service._running.shelf.models["item_item"].model
        assert isinstance(followed, ItemItem)
        for item in range(1, 9):
            near = zip(links(service, item), followed.neighbours([item], 8).scores[0], strict=False)
            told = {key: pytest.approx(float(score), rel=1e-4) for key, score in near}
            ranked = fitted.neighbours([item], 8)
            expected = {
                key: float(score) for key, score in zip(ranked.items[0].tolist(), ranked.scores[0], strict=True)
            }
            assert {key: score for key, score in expected.items() if key >= 0} == told

    async def test_the_answer_says_until_when(self, service, store, clock) -> None:
        before = (await service.feed(QUERY)).impression.provenance[0]
        assert (before.version, before.updated_at) == ("1", None)
        await step(service, clock)
        after = (await service.feed(QUERY)).impression.provenance[0]
        assert (after.version, after.updated_at) == ("1", NOW + online.EVERY)

    async def test_a_model_fitted_before_this_was_written_down_stays_as_it_is(
        self, store, models, service_of, clock
    ) -> None:
        populate(store)
        models.activate(item_item(store))
        service = await service_of(store, cold_start_threshold=1)
        store.act(5, 1)
        store.act(5, 8)
        await step(service, clock)
        assert 8 not in links(service, 1)


class TestWhoCounts:
    async def test_who_bars_training_does_not(self, service, store, clock) -> None:
        store.user(6, privacy=Privacy(train=False))
        store.act(6, 1)
        store.act(6, 8)
        await step(service, clock)
        assert 8 not in links(service, 1)

    async def test_an_erased_person_is_taken_out_again(self, service, store, clock) -> None:
        store.user(6)
        store.act(6, 1)
        store.act(6, 8)
        await step(service, clock)
        assert 8 in links(service, 1)
        store.erase_user(6)
        store.data.rows = [row for row in store.data.rows if row[0] != 6]
        await step(service, clock)
        assert 8 not in links(service, 1)
        assert 6 not in service._running.online._followed["item_item"].counted


class TestCost:
    async def test_a_step_waits_for_its_turn(self, service, store, clock) -> None:
        await step(service, clock)
        store.act(5, 8)
        clock.at += timedelta(seconds=1)
        await service.feed(QUERY)
        await service.models_settled()
        assert 8 not in links(service, 1)
        await step(service, clock)
        assert 8 in links(service, 1)

    async def test_a_step_that_is_out_of_time_leaves_the_rest_to_the_next(
        self, service, store, clock, monkeypatch
    ) -> None:
        monkeypatch.setattr(online, "PEOPLE_AT_ONCE", 1)
        monkeypatch.setattr(online, "REST", 0.0)
        times = iter(range(0, 1000, 2))
        monkeypatch.setattr(online.time, "perf_counter", lambda: next(times))
        for user in (6, 7, 8):
            store.user(user)
            store.act(user, 1)
            store.act(user, 8)
        waiting = []
        for _ in range(6):
            await step(service, clock)
            waiting.append(len(service._running.online._followed["item_item"].waiting))
        assert waiting[0] > 0
        assert waiting[-1] == 0
        assert 8 in links(service, 1)

    async def test_who_took_what_the_fit_did_not_know_comes_first(self, service, store, clock, monkeypatch) -> None:
        monkeypatch.setattr(online, "PEOPLE_AT_ONCE", 1)
        monkeypatch.setattr(online, "SECONDS_OF_A_STEP", 0.0)
        await step(service, clock)
        followed = service._running.online._followed["item_item"]
        followed.waiting.clear()
        for user, item in ((6, 2), (7, 2), (8, 8)):
            store.user(user)
            store.act(user, 1)
            store.act(user, item)
        service._running.live.take_heard()
        await service.feed(QUERY)
        followed.waiting |= service._running.live.take_heard()
        queue = followed.queue(service._running.live.log.snapshot())
        assert queue[0] == 8
        assert {6, 7} <= set(queue[1:])

    async def test_what_a_broken_off_step_has_counted_is_in_the_model_once(
        self, service, store, clock, monkeypatch
    ) -> None:
        monkeypatch.setattr(online, "PEOPLE_AT_ONCE", 1)
        lane, calls = service._running.online._lane, []

        class Crowded:
            async def run(self, call, /, *args):
                calls.append(call)
                if len(calls) == 4:
                    raise Overloaded("aside has 64 calls waiting; try again")
                return await lane.run(call, *args)

        service._running.online._lane = Crowded()
        for user in (6, 7, 8):
            store.user(user)
            store.act(user, 1)
            store.act(user, 8)
        await step(service, clock)
        assert service._running.online._followed["item_item"].waiting
        await step(service, clock)
        near = service._running.shelf.models["item_item"].neighbours([1], 8)
        assert float(near.scores[0][near.items[0] == 8][0]) == pytest.approx(
            float(item_item(store).neighbours([1], 8).scores[0][item_item(store).neighbours([1], 8).items[0] == 8][0])
        )

    async def test_a_step_that_fails_is_written_down_and_feeds_go_on(self, service, store, clock, monkeypatch) -> None:
        monkeypatch.setattr(online, "take_in", lambda *_: 1 / 0)
        store.act(5, 8)
        with structlog.testing.capture_logs() as lines:
            await step(service, clock)
        assert [line["event"] for line in lines] == ["online_step_failed"]
        assert await first(service)

    async def test_a_version_that_is_taken_up_again_counts_from_its_fit(self, service, store, models, clock) -> None:
        store.act(5, 8)
        await step(service, clock)
        version, model = models._active["item_item"]
        models.deactivate("item_item")
        await service.feed(replace(QUERY, algorithm="hybrid"))
        models.activate(model, version=version)
        await service.feed(replace(QUERY, algorithm="hybrid"))
        await service.models_settled()
        assert 8 not in links(service, 1)
        await step(service, clock)
        assert 8 in links(service, 1)

    async def test_a_newer_version_is_not_replaced_by_an_older_ones_step(self, service, store, models, clock) -> None:
        store.act(5, 8)
        held = asyncio.Event()
        lane = service._running.online._lane

        class Slow:
            async def run(self, call, /, *args):
                await held.wait()
                return await lane.run(call, *args)

        service._running.online._lane = Slow()
        clock.at += online.EVERY
        await service.feed(QUERY)
        models.activate(ItemItem(kernel=(0.5, 0.5, 0.0)).fit(Interactions.from_pairs([1, 1], [1, 7])), version="2")
        await service.feed(QUERY)
        await service._running.shelf.settle()
        held.set()
        await service.models_settled()
        assert service._running.shelf.models["item_item"].provenance.version == "2"
        assert links(service, 1) == [7]


class TestAges:
    async def test_age_of_fit_of_update_and_unknown_items(self, service, store, clock) -> None:
        store.item(30)
        await service.feed(QUERY)
        age = service.model_ages()["item_item"]
        assert (age.fitted_at, age.updated_at, age.unknown_items) == (
            ago(days=2),
            None,
            3,
        )  # 7, 8 and 30: nobody had taken them
        await step(service, clock)
        age = service.model_ages()["item_item"]
        assert age.updated_at == NOW + online.EVERY
        assert age.unknown_items == 0
        clock.at += timedelta(hours=1)
        await service.feed(QUERY)  # nothing new: it has counted everything still
        assert service.model_ages()["item_item"].updated_at == clock.at
