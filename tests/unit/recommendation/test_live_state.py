"""Live state: sharing polls, erasure, swapping models while feeds are answered."""

import asyncio
import gc
import threading
from dataclasses import replace

import numpy as np
import pytest
from tests.fakes import NOW, FakeModels, FakeStore, ago
from tests.unit.recommendation.test_recommendation_service import TITLES, content, ids, item_item, populate

from socialflow.content.records import InteractionType, ModerationStatus
from socialflow.errors import ArtefactError, StoreUnavailable
from socialflow.ids import ChannelKey, UserKey
from socialflow.inference.lane import Lane
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.interactions import Histories, Interactions
from socialflow.recommendation.live import LiveState
from socialflow.recommendation.log import UserRows
from socialflow.recommendation.records import FeedQuery, ValueModel
from socialflow.recommendation.service import RecommendationService


@pytest.fixture
async def live(store, clock):
    lanes = Lane("sync", capacity=9), Lane("aside", capacity=9)
    state = LiveState(store, clock, lane=lanes[0], aside=lanes[1])
    yield state
    await state.close()
    for lane in lanes:
        await lane.close()


class HeldPolls:
    """Holds every poll open, after it took its snapshot, until released."""

    def __init__(self, store: FakeStore) -> None:
        self.entered, self.release = asyncio.Semaphore(0), asyncio.Semaphore(0)
        store.before_poll = self

    async def __call__(self) -> None:
        self.entered.release()
        await self.release.acquire()


class TestSync:
    async def test_who_comes_during_a_poll_waits_for_the_next(self, live, store):
        populate(store)
        await live.sync()
        polls = HeldPolls(store)
        first = asyncio.create_task(live.sync())
        await polls.entered.acquire()
        store.act(5, 1)  # committed after the running poll took its snapshot
        late = [asyncio.create_task(live.sync()) for _ in range(20)]
        polls.release.release()
        await first
        assert len(live.log.rows(UserKey(5))) == 0
        await polls.entered.acquire()
        assert not any(task.done() for task in late)
        polls.release.release()
        await asyncio.gather(*late)
        assert live.log.rows(UserKey(5)).items.tolist() == [1]

    async def test_twenty_who_come_together_share_polls(self, live, store):
        populate(store)
        await live.sync()
        before = store.polls
        await asyncio.gather(*(live.sync() for _ in range(20)))
        assert store.polls - before <= 2

    async def test_a_caller_that_gives_up_costs_the_others_nothing(self, live, store):
        populate(store)
        polls = HeldPolls(store)
        first = asyncio.create_task(live.sync())
        await polls.entered.acquire()
        second = asyncio.create_task(live.sync())
        store.before_poll = None
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await second
        assert len(live.log) == 12
        assert len(live.corpus) == 8

    async def test_a_lost_database_is_told_and_forgotten_when_it_is_back(self, live, store):
        populate(store)
        store.down = True
        with pytest.raises(StoreUnavailable):
            await live.sync()
        store.down = False
        await live.sync()
        assert len(live.log) == 12

    async def test_large_polls_are_sorted_in_and_lose_nothing(self, live, store, monkeypatch):
        monkeypatch.setattr("socialflow.recommendation.live.BULK", 10)
        monkeypatch.setattr("socialflow.recommendation.live.LONG_TAIL", 3)
        populate(store)
        await live.sync()
        for n in range(5):
            store.act(5, 1 + n, at=ago(minutes=n))
        await live.sync()
        await live.settle()
        assert live.log.tail_length == 0
        assert live.log.rows(UserKey(5)).items.tolist() == [5, 4, 3, 2, 1]
        for n in range(40):
            store.act(4, 1 + n % 8, at=ago(minutes=n))
        await live.sync()
        assert len(live.log) == 12 + 5 + 40

    async def test_a_new_value_model_counts_for_the_past_too(self, live, store):
        populate(store)
        await live.sync()
        now = NOW.timestamp()
        before = live.activity.trending(720, now, 9)
        store.data.value_model = ValueModel(2, {InteractionType.LIKE: 3.0}, NOW)
        store.announce_value_model()
        await live.sync()
        assert live.weigh.version == 2
        assert live.activity.trending(720, now, 9) == pytest.approx(3 * before)

    async def test_changed_facts_are_read_again(self, live, store):
        populate(store)
        await live.sync()
        assert live.corpus.visible()[1]
        store.item(1, TITLES[1], status=ModerationStatus.REJECTED)
        await live.sync()
        assert not live.corpus.visible()[1]


class TestChannels:
    async def test_a_channel_hides_with_its_owner(self, store, models, service_of):
        populate(store)
        store.channel(7, owner="u2")
        store.item(30, channel_key=ChannelKey(7))
        store.relate(5, blocked_users=frozenset({UserKey(2)}))
        service = await service_of(store)
        assert "i30" not in ids(await service.feed(FeedQuery(username="name5")))
        assert "i30" not in ids(await service.feed(FeedQuery(username="name2")))
        store.data.channels[8] = replace(store.data.channels[7], key=ChannelKey(8))  # older than the first poll
        store.item(31, channel_key=ChannelKey(8))
        assert "i31" not in ids(await service.feed(FeedQuery(username="name5")))
        store.channel(7, owner="u3")
        assert "i30" in ids(await service.feed(FeedQuery(username="name5")))


class TestErasure:
    async def test_an_erased_person_is_nowhere_in_memory(self, live, store):
        populate(store)
        store.item(30, author_key=UserKey(1))
        await live.sync()
        others = live.activity.trending(720, NOW.timestamp(), 9)[4:7].tolist()
        store.erase_user(1)
        store.data.rows = [row for row in store.data.rows if row[0] != 1]
        assert len(live.log.rows(UserKey(1))) == 3
        await live.sync()
        assert len(live.log.rows(UserKey(1))) == 0
        await live.settle()
        assert len(live.log) == 9
        assert live.log.snapshot().base.indptr[[1, 2]].tolist() == [0, 0]
        assert live.corpus.author[30] == -1
        counts = live.activity.trending(720, NOW.timestamp(), 9)
        assert counts[1:4] == pytest.approx(counts[4:7] / 2, rel=1e-3)
        assert counts[4:7].tolist() == others
        gc.collect()
        held = [rows for rows in gc.get_objects() if type(rows) is UserRows and len(rows) == 12]
        assert held == []

    async def test_an_erased_item_is_nowhere_in_memory(self, live, store):
        populate(store)
        await live.sync()
        store.erase_item(1)
        await live.sync()
        await live.settle()
        assert live.corpus.key("i1") is None
        assert live.log.rows(UserKey(1)).items.tolist() == [3, 2]
        assert 1 not in live.charts().newest
        assert live.activity.popularity(9)[1] == 0.0


class TestContentSpace:
    async def test_scores_as_the_content_model_does(self):
        model = content(TITLES)
        space = ContentSpace(model)
        history = Histories(
            np.array([0, 3]), np.array([1, 4, 2]), np.array([1.0, -0.5, 2.0], np.float32), np.arange(3.0)
        )
        keys = np.array(sorted(TITLES))
        assert space.score(space.of_history(history), keys) == pytest.approx(
            model.score_items(history, keys)[0], abs=1e-5
        )

    async def test_items_beyond_the_model_count_in_history_and_candidates(self, live, store):
        populate(store)
        store.item(40, "cat piano")
        await live.sync()
        space = await live.adopt(content(TITLES))
        assert space.score(space.of_history(Histories.from_lists([[40]])), np.array([3]))[0] > 0.5
        store.item(41, "guitar live")
        await live.sync()
        assert space.score(space.of_history(Histories.from_lists([[41]])), np.array([4]))[0] > 0.5

    async def test_many_new_items_are_encoded_aside(self, live, store, monkeypatch):
        monkeypatch.setattr("socialflow.recommendation.live.ENCODED_AT_ONCE", 2)
        populate(store)
        await live.sync()
        space = await live.adopt(content(TITLES))
        for key in range(50, 60):
            store.item(key, "cat piano")
        await live.sync()
        await live.settle()
        assert len(space.unknown(np.arange(50, 60))) == 0


class TestHotSwap:
    @pytest.fixture
    async def service(self, store, models, service_of):
        populate(store)
        models.activate(item_item(store))
        return await service_of(store, cold_start_threshold=1)

    async def test_feeds_go_on_while_a_version_is_swapped_in(self, service, store, models: FakeModels):
        store.act(5, 1)
        gate = threading.Event()
        models.before_load = lambda: gate.wait(10)
        reverse = Interactions.from_pairs([1, 1, 2, 2], [1, 8, 1, 8])
        models.activate(ItemItem(kernel=(0.5, 0.5, 0.0)).fit(reverse), version="2")
        query = FeedQuery(username="name5", algorithm="item_item", page_size=1)
        during = await asyncio.gather(*(service.feed(query) for _ in range(20)))
        assert {version(answer) for answer in during} == {"1"}
        assert {tuple(ids(answer)) for answer in during} == {("i2",)}
        gate.set()
        await service.models_settled()
        after = await asyncio.gather(*(service.feed(query) for _ in range(20)))
        assert {version(answer) for answer in after} == {"2"}
        assert {tuple(ids(answer)) for answer in after} == {("i8",)}
        assert models.loads == ["item_item", "item_item"]

    async def test_a_damaged_version_leaves_the_old_one_in_use_and_says_why(self, service, store, models, clock):
        store.act(5, 1)
        models.activate(ArtefactError("vectors.npy is cut short"), version="2", name="item_item")
        query = FeedQuery(username="name5", algorithm="item_item")
        for _ in range(3):
            assert version(await service.feed(query)) == "1"
            await service.models_settled()
        assert models.loads.count("item_item") == 2
        assert "cut short" in service.readiness().models["item_item"]
        models.activate(item_item(store), version="3")
        await service.feed(query)
        await service.models_settled()
        assert version(await service.feed(query)) == "3"

    async def test_a_model_taken_away_is_not_used_any_more(self, service, store, models):
        models.deactivate("item_item")
        answer = await service.feed(FeedQuery(username="name1"))
        assert "model:item_item" in answer.impression.missing

    async def test_closing_while_loading_leaves_nothing_behind(self, store, models, clock):
        before = set(threading.enumerate())  # those of platforms that other tests assembled and dropped
        populate(store)
        service = RecommendationService(store, models, clock)
        await service.start()
        models.activate(item_item(store))
        await service.feed(FeedQuery(username="name1"))
        await service.close()
        assert not [thread for thread in set(threading.enumerate()) - before if thread.name.startswith("lane-")]


def version(answer) -> str | None:
    made = {made.model: made.version for made in answer.impression.provenance}
    return made.get("item_item")
