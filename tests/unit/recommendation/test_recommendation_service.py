"""The service over an in-memory store: what a platform developer sees of feeds."""

import asyncio

import pytest
from tests.fakes import NOW, FakeStore, ago

from socialflow.content.records import InteractionType, ItemKind, ModerationStatus, Mood, Privacy
from socialflow.errors import (
    Conflict,
    FeedRequestNotFound,
    InvalidInput,
    ItemNotFound,
    ModelUnavailable,
    TooLarge,
    UserNotFound,
)
from socialflow.kit.answers import Status
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.interactions import Interactions, ItemTable
from socialflow.recommendation.records import FeedQuery

TITLES = {
    1: "cat jumps high",
    2: "cat sleeps long",
    3: "cat plays piano",
    4: "guitar solo live",
    5: "guitar lesson live",
    6: "guitar tuning live",
    7: "bread baking slow",
    8: "bread oven slow",
}


def populate(store: FakeStore) -> None:
    """Eight items in three categories; users 1 and 2 like cats, 3 and 4 guitars."""
    for key, title in TITLES.items():
        category = {"cat": "pets", "guitar": "music", "bread": "food"}[title.split()[0]]
        store.item(key, title, category=category, author_key=100 + key)
    for user in range(1, 6):
        store.user(user)
    for user, items in {1: (1, 2, 3), 2: (1, 2, 3), 3: (4, 5, 6), 4: (4, 5, 6)}.items():
        for item in items:
            store.act(user, item, at=ago(days=2, minutes=item))


def item_item(store: FakeStore) -> ItemItem:
    rows = store.data.rows
    log = Interactions.from_pairs([row[0] for row in rows], [row[1] for row in rows])
    return ItemItem(kernel=(0.5, 0.5, 0.0)).fit(log)


def content(titles: dict[int, str]) -> ContentBased:
    import numpy as np

    n = len(titles)
    table = ItemTable(
        np.array(sorted(titles)), [titles[key] for key in sorted(titles)], [""] * n, [()] * n, [None] * n,
        np.full(n, -1), np.zeros(n),
    )  # fmt: skip
    return ContentBased(width=8, meaning=0.0).fit(Interactions.from_pairs([], []), table)


def ids(answer) -> list[str]:
    return [entry.item_id for entry in answer.impression.entries]


@pytest.fixture
async def service(store, models, service_of):
    populate(store)
    models.activate(item_item(store))
    models.activate(content(TITLES))
    return await service_of(store)


class TestPersonalFeed:
    async def test_what_like_minded_people_took_comes_first(self, service, store):
        store.act(5, 1)
        answer = await service.feed(FeedQuery(username="name5", algorithm="item_item"))
        assert ids(answer)[:2] == ["i2", "i3"]
        assert answer.impression.entries[0].source == "item_item"

    async def test_one_like_moves_the_next_feed(self, service, store):
        for item in (1, 2):
            store.act(5, item, at=ago(hours=3))
        before = await service.feed(FeedQuery(user_id="u5", page_size=3))
        store.act(5, 4, at=ago(minutes=1))
        after = await service.feed(FeedQuery(user_id="u5", page_size=3))
        assert "i5" not in ids(before)[:1]
        assert {"i5", "i6"} & set(ids(after)[:2])

    async def test_hybrid_weighs_forty_forty_twenty(self, service, store):
        for item in (1, 2, 7, 8, 4):
            store.act(5, item, at=ago(hours=1))
        answer = await service.feed(FeedQuery(username="name5"))
        terms = {term.name: round(term.weight, 6) for term in answer.impression.entries[0].terms}
        assert terms == {
            "collaborative": 0.4, "content_based": 0.4, "trending": 0.2,
            "just_taken": 0.45, "affinity": 0.1, "aversion": -0.5,
        }  # fmt: skip
        assert answer.impression.missing == ("model:als",)
        assert answer.impression.status is Status.PARTIAL
        made = {made.model: made.version for made in answer.impression.provenance}
        assert made == {"item_item": "1", "content_based": "1", "trending": "1"}

    async def test_cold_start_is_blended_out_by_the_fifth_interaction(self, service, store):
        weights = []
        for n in range(7):
            if n:
                store.act(5, 1, InteractionType.VIEW, 0.4, at=ago(minutes=60 - n))
            entry = (await service.feed(FeedQuery(username="name5"))).impression.entries[0]
            weights.append(sum(t.weight for t in entry.terms if t.name in {"collaborative", "content_based"}))
        assert weights[0] == 0
        assert weights[:6] == sorted(weights[:6])
        assert weights[5] == weights[6] == pytest.approx(0.8)

    async def test_stated_interests_lead_for_a_new_user(self, service, store):
        store.user(6, interests=("food",))
        answer = await service.feed(FeedQuery(username="name6", page_size=2))
        assert set(ids(answer)) == {"i7", "i8"}
        assert answer.impression.entries[0].terms[0].name == "interests"

    async def test_history_is_not_used_without_permission_and_the_answer_says_so(self, service, store):
        store.user(1, privacy=Privacy(personalise=False))
        answer = await service.feed(FeedQuery(username="name1"))
        assert "history:not_permitted" in answer.impression.missing
        assert answer.impression.status is Status.PARTIAL
        assert {"i1", "i2", "i3"} <= set(ids(answer))
        assert not {t.name for e in answer.impression.entries for t in e.terms} & {"collaborative", "content_based"}

    async def test_a_hidden_item_stays_hidden_even_without_permission(self, service, store):
        store.user(1, privacy=Privacy(personalise=False))
        store.act(1, 7, InteractionType.HIDE)
        assert "i7" not in ids(await service.feed(FeedQuery(username="name1")))

    async def test_an_item_posted_now_takes_part_at_once(self, service, store):
        for item in (1, 2, 3, 1, 2):
            store.act(5, item)
        await service.feed(FeedQuery(username="name5"))
        store.item(9, "cat sleeps on piano", at=ago(minutes=1), category="pets")
        answer = await service.feed(FeedQuery(username="name5"))
        entry = next(entry for entry in answer.impression.entries if entry.item_id == "i9")
        assert entry.position <= 2  # before it only what stands in the neighbour lists of the newest likes
        assert entry.source == "late_arrivals"

    async def test_unknown_user(self, service):
        with pytest.raises(UserNotFound):
            await service.feed(FeedQuery(username="nobody"))

    async def test_nobody_in_particular_gets_a_feed_that_says_so(self, service):
        answer = await service.feed(FeedQuery())
        assert len(ids(answer)) == 8
        assert answer.impression.user is None


class TestQuestions:
    async def test_page_size_is_bounded(self, service):
        with pytest.raises(InvalidInput) as problem:
            await service.feed(FeedQuery(username="name5", page_size=51))
        assert problem.value.field == "page_size"

    async def test_unknown_algorithm(self, service):
        with pytest.raises(InvalidInput) as problem:
            await service.feed(FeedQuery(username="name5", algorithm="magic"))
        assert problem.value.field == "algorithm"

    async def test_a_model_that_was_never_trained_is_named_with_the_command(self, service):
        for name in ("als", "graph", "transformer", "neural_cf", "deep"):
            with pytest.raises(ModelUnavailable, match=f"socialflow train {name}"):
                await service.feed(FeedQuery(username="name5", algorithm=name))

    async def test_without_any_model_hybrid_says_what_it_lacks(self, store, service_of):
        populate(store)
        store.act(5, 1)
        service = await service_of(store, cold_start_threshold=1)
        answer = await service.feed(FeedQuery(username="name5"))
        assert set(answer.impression.missing) == {"model:item_item", "model:als", "model:content_based"}
        assert [t.name for t in answer.impression.entries[0].terms] == [
            "trending",
            "just_taken",
            "affinity",
            "aversion",
        ]
        assert answer.impression.entries[0].terms[0].weight == pytest.approx(1.0)

    async def test_mood_category_project_and_kind_narrow_the_feed(self, service, store):
        store.item(10, mood=Mood.CALM)
        store.item(11, project_code="p1")
        store.item(12, kind=ItemKind.COMMENT)
        wanted = {
            "i10": FeedQuery(username="name5", mood=Mood.CALM),
            "i11": FeedQuery(username="name5", project_code="p1"),
            "i12": FeedQuery(username="name5", kind=ItemKind.COMMENT),
        }
        for item_id, query in wanted.items():
            assert ids(await service.feed(query)) == [item_id]
        assert ids(await service.feed(FeedQuery(username="name5", category="unheard of"))) == []
        assert "i12" not in ids(await service.feed(FeedQuery(username="name5")))

    async def test_given_candidates_are_ranked_and_nothing_is_added(self, service, store):
        for item in (1, 2, 1, 2, 1):
            store.act(5, item)
        store.item(13, status=ModerationStatus.REJECTED)
        query = FeedQuery(username="name5", algorithm="two_way", candidates=("i4", "i3", "i13", "i7", "gone"))
        answer = await service.feed(query)
        assert set(ids(answer)) == {"i3", "i4", "i7"}
        assert ids(answer)[0] == "i3"
        assert {t.name: t.weight for t in answer.impression.entries[0].terms}["collaborative"] == pytest.approx(0.6)


class TestPaging:
    async def test_pages_never_repeat_and_reach_the_end_of_the_catalogue(self, service):
        answer = await service.feed(FeedQuery(username="name5", page_size=3))
        request, seen, positions = answer.impression.request_id, ids(answer), []
        positions += [entry.position for entry in answer.impression.entries]
        page = 1
        while answer.has_more:
            page += 1
            answer = await service.feed(FeedQuery(username="name5", page=page, page_size=3, request_id=request))
            seen += ids(answer)
            positions += [entry.position for entry in answer.impression.entries]
        assert sorted(seen) == sorted(f"i{key}" for key in TITLES)
        assert positions == list(range(1, 9))

    async def test_a_page_asked_again_is_the_stored_one(self, service, store):
        first = await service.feed(FeedQuery(username="name5", page_size=3))
        store.act(5, 4)
        query = FeedQuery(username="name5", page_size=3, request_id=first.impression.request_id)
        again = await service.feed(query)
        assert again.impression == first.impression
        assert (first.fresh, again.fresh) == (True, False)
        assert again.has_more == first.has_more

    async def test_the_next_page_knows_what_happened_since(self, service, store):
        first = await service.feed(FeedQuery(username="name5", page_size=2))
        later = [f"i{key}" for key in TITLES if f"i{key}" not in ids(first)]
        store.act(5, int(later[0][1:]), InteractionType.HIDE)
        query = FeedQuery(username="name5", page=2, page_size=10, request_id=first.impression.request_id)
        assert sorted(ids(await service.feed(query))) == later[1:]

    async def test_a_page_that_was_jumped_over_keeps_its_items(self, service):
        first = await service.feed(FeedQuery(username="name5", page_size=2))
        request = first.impression.request_id
        third = await service.feed(FeedQuery(username="name5", page=3, page_size=2, request_id=request))
        second = await service.feed(FeedQuery(username="name5", page=2, page_size=2, request_id=request))
        pages = [first, second, third]
        assert len({item for page in pages for item in ids(page)}) == 6
        assert [e.position for page in pages for e in page.impression.entries] == [1, 2, 3, 4, 5, 6]

    async def test_pages_asked_for_at_once_do_not_repeat(self, service):
        first = await service.feed(FeedQuery(username="name5", page_size=2))
        request = first.impression.request_id
        rest = await asyncio.gather(
            *(
                service.feed(FeedQuery(username="name5", page=page, page_size=2, request_id=request))
                for page in (2, 3, 4, 2)
            )
        )
        assert rest[0].impression == rest[3].impression
        items = [item for answer in (first, *rest[:3]) for item in ids(answer)]
        assert sorted(items) == sorted(f"i{key}" for key in TITLES)

    async def test_a_page_answered_elsewhere_meanwhile_is_taken_into_account(self, store, models, service_of):
        populate(store)
        here, there = await service_of(store), await service_of(store)
        first = await here.feed(FeedQuery(username="name5", page_size=2))
        request = first.impression.request_id
        pages = [FeedQuery(username="name5", page=page, page_size=2, request_id=request) for page in (2, 3)]
        second, third = await asyncio.gather(here.feed(pages[0]), there.feed(pages[1]))
        assert len({*ids(first), *ids(second), *ids(third)}) == 6

    async def test_a_deep_page_without_request_id(self, service):
        whole = await service.feed(FeedQuery(username="name5", page_size=8))
        part = await service.feed(FeedQuery(username="name5", page=2, page_size=3))
        assert ids(part) == ids(whole)[3:6]
        with pytest.raises(TooLarge):
            await service.feed(FeedQuery(username="name5", page=1000, page_size=50))

    async def test_a_request_id_belongs_to_one_user_and_one_question(self, service):
        request = (await service.feed(FeedQuery(username="name5"))).impression.request_id
        for query in (
            FeedQuery(username="name4", request_id=request),
            FeedQuery(username="name5", request_id="never given"),
        ):
            with pytest.raises(FeedRequestNotFound):
                await service.feed(query)
        with pytest.raises(Conflict):
            await service.feed(FeedQuery(username="name5", category="music", page=2, request_id=request))


class TestOthersLists:
    async def test_similar_by_words_and_by_takers(self, service, store):
        answer = await service.similar("i1", None, 1, 10)
        assert ids(answer)[:2] in (["i2", "i3"], ["i3", "i2"])
        assert "i1" not in ids(answer)
        assert answer.impression.surface == "similar"

    async def test_similar_respects_the_viewer_and_moderation(self, service, store):
        store.relate(5, blocked_users=frozenset({102}))
        store.item(3, TITLES[3], status=ModerationStatus.PENDING)
        found = ids(await service.similar("i1", "name5", 1, 10))
        assert not {"i2", "i3"} & set(found)
        with pytest.raises(ItemNotFound):
            await service.similar("i3", "name5", 1, 10)

    async def test_trending_orders_by_recent_engagement(self, service, store):
        for user in (1, 2, 3):
            store.act(user, 8, at=ago(minutes=10))
        store.act(1, 7, at=ago(hours=20))
        answer = await service.trending()
        assert [entry.item_id for entry in answer.entries][:2] == ["i8", "i7"]
        assert answer.provenance.model == "trending"

    async def test_a_trending_page_of_what_moved_is_complete(self, service, store):
        for user in (1, 2, 3):
            store.act(user, 8, at=ago(minutes=10))
        answer = await service.trending(page_size=1)
        assert (answer.status, answer.missing, answer.has_more) == (Status.COMPLETE, (), True)

    async def test_below_what_moved_come_the_rest_and_the_answer_says_so(self, service, store):
        store.act(1, 8, at=ago(minutes=10))
        answer = await service.trending(window_hours=1, page_size=50)
        assert answer.entries[0].item_id == "i8"
        assert len(answer.entries) > 1
        assert (answer.status, answer.missing) == (Status.PARTIAL, ("activity:1h",))

    async def test_trending_without_recent_activity_says_so(self, service, clock):
        clock.at = NOW.replace(year=2031)
        answer = await service.trending(window_hours=1)
        assert answer.status is Status.PARTIAL
        assert answer.missing == ("activity:1h",)
        assert len(answer.entries) == 6

    async def test_trending_window_is_named_when_wrong(self, service):
        with pytest.raises(InvalidInput) as problem:
            await service.trending(window_hours=5)
        assert problem.value.field == "window_hours"

    async def test_similar_users_share_likes_and_permit_analysis(self, service, store):
        store.act(5, 1)
        store.user(2, privacy=Privacy(analyse=False))
        found = await service.similar_users("u5", 10)
        assert [name for name, _ in found.users] == ["u1"]
        assert found.users[0][1] == pytest.approx(1 / 3**0.5)
        refused = await service.similar_users("u2", 10)
        assert (refused.users, refused.status) == ((), Status.ABSTAINED)


class TestExplain:
    async def test_an_item_that_was_shown(self, service, store):
        store.act(5, 1)
        answer = await service.feed(FeedQuery(username="name5"))
        entry = answer.impression.entries[1]
        told = await service.explain(answer.impression.request_id, entry.item_id, "u5")
        assert told.shown
        assert (told.position, told.source, told.score) == (2, entry.source, entry.score)
        assert sum(t.weight * t.value for t in told.terms) == pytest.approx(told.score, abs=1e-5)
        assert not told.recomputed

    async def test_an_item_that_a_filter_took_out(self, service, store):
        store.act(5, 1)
        answer = await service.feed(FeedQuery(username="name5"))
        told = await service.explain(answer.impression.request_id, "i1", "u5")
        assert (told.shown, told.removed_by, told.removed_because) == (False, "seen", "already seen")

    async def test_an_item_that_no_source_offered(self, service, store):
        store.item(20, status=ModerationStatus.REJECTED)
        answer = await service.feed(FeedQuery(username="name5"))
        told = await service.explain(answer.impression.request_id, "i20", "u5")
        assert (told.removed_by, told.removed_because) == ("visibility", "moderation: rejected")
        assert told.recomputed

    async def test_an_item_below_the_page(self, service):
        answer = await service.feed(FeedQuery(username="name5", page_size=2))
        below = next(f"i{key}" for key in TITLES if f"i{key}" not in ids(answer))
        told = await service.explain(answer.impression.request_id, below, "u5")
        assert told.recomputed
        assert told.removed_by is None
        assert "would rank" in told.notes[0]

    async def test_an_item_outside_what_was_asked(self, service):
        answer = await service.feed(FeedQuery(username="name5", category="music"))
        told = await service.explain(answer.impression.request_id, "i7", "u5")
        assert (told.removed_by, told.removed_because) == ("topic", "another category")

    async def test_similar_lists_are_explained_too(self, service):
        answer = await service.similar("i1", "name5", 1, 10)
        told = await service.explain(answer.impression.request_id, "i1", "u5")
        assert told.removed_by == "anchor"

    async def test_only_ones_own_requests(self, service):
        answer = await service.feed(FeedQuery(username="name5"))
        with pytest.raises(FeedRequestNotFound):
            await service.explain(answer.impression.request_id, "i1", "u4")
        assert (await service.explain(answer.impression.request_id, "i1", None)).request_id
        with pytest.raises(ItemNotFound):
            await service.explain(answer.impression.request_id, "no such item", None)


class TestReadiness:
    async def test_names_what_is_loaded_and_what_is_not(self, service):
        ready = service.readiness()
        assert ready.ready
        assert (ready.items, ready.interactions) == (8, 12)
        assert ready.models["item_item"] == "1"
        assert "socialflow train als" in ready.models["als"]

    async def test_not_started(self, store, models, clock):
        from socialflow.recommendation.service import RecommendationService

        service = RecommendationService(store, models, clock)
        assert not service.readiness().ready
        with pytest.raises(ModelUnavailable):
            await service.feed(FeedQuery())
        await service.close()
