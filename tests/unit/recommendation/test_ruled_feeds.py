"""Rules as an operator sees them work: in the next answer of every process, told by explain, never above safety."""

from dataclasses import replace
from datetime import timedelta

import pytest
from tests.fakes import NOW
from tests.unit.recommendation.test_recommendation_service import TITLES, content, ids, item_item, populate

from socialflow.content.records import ModerationStatus
from socialflow.ids import UserKey
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rules import Boost, Bury, Exclude, Match, Pin, Quota, Rule, When

FIVE = FeedQuery(username="name5")
MUSIC, FOOD = Match(category=("music",)), Match(category=("food",))


@pytest.fixture
async def service(store, models, service_of):
    populate(store)
    store.act(5, 1)
    models.activate(item_item(store))
    models.activate(content(TITLES))
    return await service_of(store)


class TestNextAnswer:
    async def test_every_feed_obeys_from_the_next_answer_on(self, service, store):
        assert "i4" in ids(await service.feed(FIVE))
        store.rule(Rule("no music", MUSIC, Exclude()))
        for algorithm in ("hybrid", "varied", "trending", "item_item", "content_based"):
            answer = await service.feed(replace(FIVE, algorithm=algorithm))
            assert not {"i4", "i5", "i6"} & set(ids(answer)), algorithm
            assert answer.impression.removed_counts["rules: rule no music"] == 3
        assert "i5" not in ids(await service.similar("i4", "name5", 1, 10))
        assert {entry.item_id for entry in (await service.trending()).entries} == {"i1", "i2", "i3"}
        store.rule()
        assert "i4" in ids(await service.feed(FIVE))

    async def test_another_process_obeys_too(self, service, service_of, store):
        other = await service_of(store)
        store.rule(Rule("bread first", FOOD, Pin(1)))
        assert ids(await other.feed(FIVE))[0] in {"i7", "i8"}

    async def test_authors_and_channels_are_found_by_their_ids(self, service, store):
        store.user(103)
        store.channel(9, None)
        store.item(20, "drums", channel_key=9)
        store.rule(Rule("a", Match(author=("u103",)), Pin(1)), Rule("b", Match(channel=("c9",)), Pin(2)))
        assert ids(await service.feed(FIVE))[:2] == ["i3", "i20"]

    async def test_only_in_its_time(self, service, store, clock):
        store.rule(Rule("bread", FOOD, Exclude(), When(starts_at=NOW + timedelta(hours=1))))
        assert "i7" in ids(await service.feed(FIVE))
        clock.at += timedelta(hours=1)
        assert "i7" not in ids(await service.feed(FIVE))

    async def test_given_candidates_are_ranked_by_the_rules_and_none_is_added(self, service, store):
        store.rule(Rule("a", MUSIC, Exclude()), Rule("b", FOOD, Quota(2)), Rule("c", Match(item=("i3",)), Bury()))
        answer = await service.feed(replace(FIVE, candidates=("i2", "i3", "i4")))
        assert ids(answer) == ["i2", "i3"]

    async def test_without_rules_nothing_changes(self, service, store):
        before = (await service.feed(FIVE)).impression
        store.rule(Rule("elsewhere", MUSIC, Exclude(), When(surface=("side",))))
        after = (await service.feed(FIVE)).impression
        assert (after.entries, after.provenance) == (before.entries, before.provenance)


class TestPages:
    async def test_a_pin_stands_once_at_its_place_over_all_pages(self, service, store):
        store.rule(Rule("bread", FOOD, Pin(4)))
        first = await service.feed(replace(FIVE, page_size=3))
        again = replace(FIVE, page_size=3, page=2, request_id=first.impression.request_id)
        shown = ids(first) + ids(await service.feed(again))
        assert shown[3] in {"i7", "i8"}
        assert len(set(shown)) == len(shown)


class TestSafety:
    async def test_no_rule_brings_back_what_is_kept_back(self, service, store):
        store.item(20, "drums", status=ModerationStatus.REJECTED, category="music")
        store.item(21, "flute", hidden=True, category="music")
        store.relate(5, blocked_users=frozenset({UserKey(104)}))
        wanted = Match(item=("i20", "i21", "i4", "i1"))
        store.rule(Rule("pin", wanted, Pin(1)), Rule("more", wanted, Boost(add=10)), Rule("often", wanted, Quota(2)))
        answer = await service.feed(FIVE)
        assert not {"i20", "i21", "i4", "i1"} & set(ids(answer))
        told = await service.explain(answer.impression.request_id, "i20", "u5")
        assert (told.removed_by, told.removed_because) == ("visibility", "moderation: rejected")


class TestExplain:
    async def test_an_answer_names_the_version_and_the_move(self, service, store):
        store.rule(Rule("bread", FOOD, Pin(1)), Rule("cats", Match(category=("pets",)), Boost(add=0.25)))
        answer = await service.feed(FIVE)
        assert ("rules", "2") in {(made.model, made.version) for made in answer.impression.provenance}
        pinned = await service.explain(answer.impression.request_id, ids(answer)[0], "u5")
        assert any(move.startswith("rule bread: pin ") and move.endswith(" -> 1") for move in pinned.moves)
        cat = next(entry for entry in answer.impression.entries if entry.item_id in {"i2", "i3"})
        told = await service.explain(answer.impression.request_id, cat.item_id, "u5")
        assert ("rule cats", 0.25, 1.0) in {(term.name, term.weight, term.value) for term in told.terms}
        assert sum(term.weight * term.value for term in told.terms) == pytest.approx(told.score, abs=1e-5)

    async def test_what_is_worked_out_anew_obeys_each_rule_once(self, service, store):
        store.rule(Rule("cats", Match(category=("pets",)), Boost(add=-0.25)))
        answer = await service.feed(replace(FIVE, page_size=1))
        below = next(name for name in ("i2", "i3") if name not in ids(answer))
        told = await service.explain(answer.impression.request_id, below, "u5")
        assert told.recomputed
        assert [term.name for term in told.terms].count("rule cats") == 1
        assert sum(term.weight * term.value for term in told.terms) == pytest.approx(told.score, abs=1e-5)

    async def test_who_was_called_by_a_rule_alone_says_so(self, service, store):
        store.rule(Rule("one of these", Match(item=("i8",)), Pin(1)))
        answer = await service.feed(replace(FIVE, algorithm="trending"))
        entry = answer.impression.entries[0]
        assert (entry.item_id, entry.source, entry.reason) == ("i8", "rules", "placed by the platform")

    async def test_why_not_names_the_rule(self, service, store):
        store.rule(Rule("no bread", FOOD, Exclude()))
        answer = await service.feed(FIVE)
        told = await service.explain(answer.impression.request_id, "i7", "u5")
        assert (told.removed_by, told.removed_because) == ("rules", "rule no bread")

    async def test_buried_below_the_page(self, service, store):
        store.rule(Rule("cats last", Match(category=("pets",)), Bury()))
        answer = await service.feed(replace(FIVE, page_size=3))
        told = await service.explain(answer.impression.request_id, "i2", "u5")
        assert any(move.startswith("rule cats last: bury ") for move in told.moves)
        assert told.notes[1].startswith("by score alone it would rank ")


class TestKeptLists:
    async def test_another_version_is_another_answer(self, process, store):
        await process.ask()
        store.rule(Rule("cats", Match(item=("i3",)), Bury()))
        assert not (await process.ask()).cached
        assert (await process.ask()).cached

    async def test_a_rule_that_is_over_is_another_answer(self, process, store, clock):
        store.rule(Rule("a", Match(item=("i3",)), Bury(), When(ends_at=NOW + timedelta(seconds=5))))
        await process.ask()
        clock.at += timedelta(seconds=5)
        assert not (await process.ask()).cached

    async def test_an_item_that_comes_under_an_exclusion_is_not_shown(self, process, store):
        store.rule(Rule("a", Match(tag=("spoiler",)), Exclude()))
        item = (await process.ask()).impression.entries[0].item
        store.item(int(item), TITLES[int(item)], author_key=100 + int(item), tags=("spoiler",))
        again = await process.ask()
        assert item not in {entry.item for entry in again.impression.entries}
