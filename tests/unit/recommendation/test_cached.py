"""Recommendations from the cache: the same as without it, worked out once."""

import asyncio
from dataclasses import replace

import pytest
from tests.unit.recommendation.cached_process import FIVE
from tests.unit.recommendation.test_recommendation_service import ids

from socialflow.content.records import ItemKind, Mood
from socialflow.errors import InvalidInput, ModelUnavailable, Overloaded, UserNotFound
from socialflow.recommendation.cached import Lookup


class TestAnswers:
    async def test_the_second_is_the_first_under_a_request_of_its_own(self, process, store):
        first, second = await process.ask(), await process.ask()
        assert (first.cached, second.cached) == (False, True)
        assert first.impression.request_id != second.impression.request_id
        assert replace(first.impression, request_id=second.impression.request_id) == second.impression
        assert first.has_more is second.has_more is True
        assert process.watched.ranked == ["u5"]

    async def test_each_is_stored_before_it_is_given(self, process, store):
        for answer in (await process.ask(), await process.ask()):
            assert store.data.impressions[answer.impression.request_id, 1] == answer.impression

    @pytest.mark.parametrize("algorithm", ["hybrid", "item_item", "content_based", "trending"])
    async def test_is_what_the_feed_would_answer(self, process, algorithm):
        query = replace(FIVE, algorithm=algorithm)
        feed = (await process.service.feed(query)).impression
        for _ in range(2):
            answer = (await process.ask(query)).impression
            assert replace(answer, request_id=feed.request_id) == feed

    async def test_goes_on_and_explains_itself_like_a_feed(self, process):
        await process.ask()
        answer = (await process.ask()).impression
        second = await process.service.feed(replace(FIVE, page=2, request_id=answer.request_id))
        assert not set(ids(second)) & {entry.item_id for entry in answer.entries}
        told = await process.service.explain(answer.request_id, answer.entries[0].item_id, "u5")
        assert (told.position, told.recomputed) == (1, False)

    @pytest.mark.parametrize(
        "other",
        [
            {"page_size": 3},
            {"algorithm": "trending"},
            {"kind": ItemKind.VIDEO},
            {"category": "music"},
            {"mood": Mood.CALM},
            {"project_code": "p"},
            {"exclude": ("i2",)},
            {"surface": "elsewhere"},
            {"user_id": "u4"},
        ],
        ids=lambda other: next(iter(other)),
    )
    async def test_another_question_has_a_list_of_its_own(self, process, other):
        await process.ask()
        query = replace(FIVE, **other)
        assert [(await process.ask(query)).cached, (await process.ask(query)).cached] == [False, True]
        assert (await process.ask()).cached

    async def test_the_order_of_what_is_excluded_is_no_question(self, process):
        await process.ask(replace(FIVE, exclude=("i2", "i7")))
        answer = await process.ask(replace(FIVE, exclude=("i7", "i2")))
        assert answer.cached
        assert not {"i2", "i7"} & set(ids(answer))

    async def test_ends_with_its_time(self, process, time):
        await process.ask()
        time[0] = 299.9
        assert (await process.ask()).cached
        time[0] = 300.0
        assert not (await process.ask()).cached

    async def test_without_a_time_nothing_is_kept(self, start, cache):
        process = await start(ttl=0)
        assert [(await process.ask()).cached for _ in range(2)] == [False, False]
        assert process.watched.lookups == {}
        assert cache._entries == {}

    async def test_an_empty_one_is_kept_too(self, process):
        query = replace(FIVE, category="nothing")
        assert [(await process.ask(query)).cached for _ in range(2)] == [False, True]

    @pytest.mark.parametrize("wrong", [{"page": 2}, {"user_id": None}, {"request_id": "r"}, {"candidates": ("i1",)}])
    async def test_only_first_pages_of_known_users(self, process, wrong):
        with pytest.raises(InvalidInput):
            await process.ask(replace(FIVE, **wrong))

    @pytest.mark.parametrize(
        ("wrong", "error"),
        [
            ({"algorithm": "graph"}, ModelUnavailable),
            ({"algorithm": "?"}, InvalidInput),
            ({"page_size": 51}, InvalidInput),
        ],
    )
    async def test_a_wrong_question_is_refused_as_the_feed_does(self, process, store, wrong, error):
        with pytest.raises(error) as refused:
            await process.ask(replace(FIVE, **wrong))
        with pytest.raises(error) as by_feed:
            await process.service.feed(replace(FIVE, **wrong))
        assert str(refused.value) == str(by_feed.value)
        assert store.data.impressions == {}


class TestBatch:
    async def test_answers_in_order_cached_or_not(self, process):
        await process.ask(replace(FIVE, user_id="u3"))
        questions = [replace(FIVE, user_id=f"u{n}") for n in range(1, 6)]
        answers = await process.recommendations.recommend_many(questions)
        assert [answer.impression.user for answer in answers] == [1, 2, 3, 4, 5]
        assert [answer.cached for answer in answers] == [False, False, True, False, False]

    async def test_one_that_is_not_there_is_an_error_in_its_place(self, process, store):
        answers = await process.recommendations.recommend_many([FIVE, replace(FIVE, user_id="nobody"), FIVE])
        assert isinstance(answers[1], UserNotFound)
        assert ids(answers[0]) == ids(answers[2])
        assert len(store.data.impressions) == 2

    async def test_who_asks_twice_gets_two_requests(self, process):
        one, two = await process.recommendations.recommend_many([FIVE, FIVE])
        assert one.impression.request_id != two.impression.request_id
        assert ids(one) == ids(two)

    async def test_none_is_none(self, process):
        assert list(await process.recommendations.recommend_many([])) == []

    async def test_more_than_a_thousand_are_refused(self, process):
        with pytest.raises(InvalidInput, match="1000"):
            await process.recommendations.recommend_many([FIVE] * 1001)

    async def test_lookups_are_told(self, process, store):
        both = [FIVE, replace(FIVE, user_id="u4")]
        await process.recommendations.recommend_many(both)
        store.act(5, 7)
        await process.recommendations.recommend_many(both)
        told = {outcome: count for outcome, count in process.watched.lookups.items() if count}
        assert told == {Lookup.MISS: 2, Lookup.STALE: 1, Lookup.HIT: 1}


class TestOneComputes:
    async def test_the_others_wait(self, process, store):
        answers = await asyncio.gather(*(process.ask() for _ in range(50)))
        assert process.watched.ranked == ["u5"]
        assert len({tuple(ids(answer)) for answer in answers}) == 1
        assert len({answer.impression.request_id for answer in answers}) == len(store.data.impressions) == 50

    async def test_other_processes_wait_too(self, start):
        here, there = await start(), await start()
        here.watched.gate.clear()
        first = asyncio.create_task(here.ask())
        await here.watched.begun.wait()
        second = asyncio.create_task(there.ask())
        await there.watched.missed(1)
        here.watched.gate.set()
        assert ids(await first) == ids(await second)
        assert (await second).cached
        assert there.watched.ranked == []

    async def test_a_failure_reaches_all_and_the_next_call_tries_anew(self, process, store):
        process.watched.failures = [Overloaded("busy")]
        process.watched.gate.clear()
        calls = [asyncio.create_task(process.ask()) for _ in range(20)]
        await process.watched.missed(20)
        process.watched.gate.set()
        answers = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(answer) for answer in answers} == {Overloaded}
        assert process.watched.ranked == ["u5"]
        assert store.data.impressions == {}
        assert not (await process.ask()).cached
        assert process.watched.ranked == ["u5", "u5"]

    async def test_a_failure_elsewhere_is_tried_again_here(self, start):
        here, there = await start(), await start()
        here.watched.failures = [Overloaded("busy")]
        here.watched.gate.clear()
        first = asyncio.create_task(here.ask())
        await here.watched.begun.wait()
        second = asyncio.create_task(there.ask())
        await there.watched.missed(1)
        here.watched.gate.set()
        with pytest.raises(Overloaded):
            await first
        assert not (await second).cached

    async def test_the_first_caller_may_go_away(self, process):
        process.watched.gate.clear()
        callers = [asyncio.create_task(process.ask()) for _ in range(3)]
        await process.watched.missed(3)
        callers[0].cancel()
        process.watched.gate.set()
        answers = await asyncio.gather(*callers, return_exceptions=True)
        assert isinstance(answers[0], asyncio.CancelledError)
        assert ids(answers[1]) == ids(answers[2])
        assert process.watched.ranked == ["u5"]

    async def test_who_did_something_meanwhile_does_not_wait_for_the_old_answer(self, process, store):
        process.watched.gate.clear()
        old = asyncio.create_task(process.ask())
        await process.watched.begun.wait()
        store.act(5, 2)
        new = asyncio.create_task(process.ask())
        process.watched.gate.set()
        assert "i2" in ids(await old)
        assert "i2" not in ids(await new)

    async def test_what_was_hidden_meanwhile_is_in_no_later_answer(self, process, store):
        process.watched.gate.clear()
        old = asyncio.create_task(process.ask())
        await process.watched.begun.wait()
        store.item(2, "cat sleeps long", hidden=True)
        new = asyncio.create_task(process.ask())
        await process.watched.missed(2)
        process.watched.gate.set()
        for answer in (await old, await new, await process.ask()):
            assert "i2" not in ids(answer)

    async def test_different_questions_do_not_wait_for_each_other(self, process):
        await asyncio.gather(*(process.ask(replace(FIVE, user_id=f"u{n}")) for n in range(1, 6)))
        assert sorted(process.watched.ranked) == ["u1", "u2", "u3", "u4", "u5"]


class TestPreparing:
    async def test_makes_hits_and_shows_nobody_anything(self, process, store):
        assert await process.recommendations.prepare([FIVE]) == 1
        assert store.data.impressions == {}
        assert process.watched.lookups == {}
        assert (await process.ask()).cached

    async def test_leaves_good_ones_alone(self, process, store):
        everybody = [replace(FIVE, user_id=f"u{n}") for n in range(1, 6)]
        assert await process.recommendations.prepare(everybody) == 5
        store.act(5, 7)
        assert await process.recommendations.prepare(everybody) == 1

    async def test_says_who_is_not_there(self, process):
        with pytest.raises(UserNotFound):
            await process.recommendations.prepare([FIVE, replace(FIVE, user_id="nobody")])
