"""Many users ranked at once: as `feed` ranks each of them, and with a watermark of what that was made from."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs
from tests.fakes import FakeStore, ago
from tests.unit.recommendation.test_recommendation_service import TITLES, content, item_item, populate

from socialflow.content.log import InteractionBlock
from socialflow.content.records import InteractionType, ItemKind, ModerationStatus, Privacy, Relations, User
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.ids import ChannelKey, UserKey
from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation.algorithms.als import Als
from socialflow.recommendation.algorithms.item_item import ItemItem
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.bulk import CHUNK, Ranked, watermark
from socialflow.recommendation.context import FeedSettings, Viewer
from socialflow.recommendation.feeds import FEEDS, LEARNED
from socialflow.recommendation.interactions import Interactions
from socialflow.recommendation.log import InteractionLog, UserRows, merge
from socialflow.recommendation.records import FeedAnswer, FeedEntry, FeedQuery
from socialflow.recommendation.service import RecommendationService
from socialflow.recommendation.shelf import Loaded
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS


async def ranked(service: RecommendationService, *queries: FeedQuery) -> Sequence[Ranked]:
    viewers = await service.viewers({query.user_id for query in queries})
    return await service.rank_many([(query, viewers[query.user_id]) for query in queries])


def alike(entry: FeedEntry, other: FeedEntry) -> None:
    """The same in everything; numbers to what is left of them when many users are multiplied together."""
    assert entry.score == pytest.approx(other.score, abs=1e-5)
    for term, twin in zip(entry.terms, other.terms, strict=True):
        assert (term.name, term.weight) == (twin.name, twin.weight)
        assert term.value == pytest.approx(twin.value, abs=1e-5)
    assert structs.replace(entry, score=0.0, terms=()) == structs.replace(other, score=0.0, terms=())


def same_answer(made: Ranked, answer: FeedAnswer) -> None:
    one, other = made.impression, answer.impression
    for entry, twin in zip(one.entries, other.entries, strict=True):
        alike(entry, twin)
    assert made.has_more == answer.has_more
    assert replace(one, request_id="", entries=()) == replace(other, request_id="", entries=())


@pytest.fixture
def platform(store: FakeStore) -> FakeStore:
    """Eight items; everybody likes something else, knows somebody else or bars something."""
    populate(store)
    store.channel(1, owner="u2")
    store.item(9, "bread from a cat", category="food", channel_key=1, at=ago(hours=2))
    store.item(10, "guitar kept back", category="music", status=ModerationStatus.REVIEW_REQUIRED)
    store.user(6, interests=("food",), locale="pt-BR")
    store.user(7, privacy=Privacy(personalise=False))
    for item, kind in ((1, InteractionType.LIKE), (4, InteractionType.VIEW), (7, InteractionType.HIDE)):
        for user in (5, 7):
            store.act(user, item, kind, at=ago(hours=3, minutes=user))
    store.relate(3, follows=frozenset({UserKey(107)}), subscriptions=frozenset({ChannelKey(1)}))
    store.relate(4, blocked_users=frozenset({UserKey(2)}), muted_users=frozenset({UserKey(101)}))
    store.relate(1, muted_channels=frozenset({ChannelKey(1)}))
    return store


@pytest.fixture
async def service(platform, models, service_of) -> RecommendationService:
    log = Interactions.from_pairs([row[0] for row in platform.data.rows], [row[1] for row in platform.data.rows])
    models.activate(item_item(platform))
    models.activate(content(TITLES))
    models.activate(Als(factors=4, iterations=3).fit(log))
    for name in LEARNED:
        if name in WITHOUT_TORCH:
            models.activate(ALGORITHMS[name]().fit(log))
    return await service_of(platform)


PEOPLE = [f"u{key}" for key in range(1, 8)]
WITHOUT_TORCH = [name for name, algorithm in ALGORITHMS.items() if not algorithm.needs_torch]
ANSWERED = [name for name, feed in FEEDS.items() if not feed.requires or set(feed.requires) & set(WITHOUT_TORCH)]


class TestRankedTogether:
    @pytest.mark.parametrize("algorithm", ANSWERED)
    async def test_everybody_gets_the_first_page_of_their_feed(self, service, algorithm):
        queries = [FeedQuery(user_id=who, algorithm=algorithm, page_size=4) for who in PEOPLE]
        made = await ranked(service, *queries)
        assert len({tuple(entry.item for entry in one.impression.entries) for one in made}) > 1
        for query, one in zip(queries, made, strict=True):
            same_answer(one, await service.feed(query))

    async def test_questions_of_one_person_may_differ_in_everything(self, service):
        queries = [
            FeedQuery(user_id="u5", page_size=2),
            FeedQuery(user_id="u5", exclude=("i2", "i8")),
            FeedQuery(user_id="u5", category="music", surface="recommendations"),
            FeedQuery(user_id="u5", kind=ItemKind.POST),
            FeedQuery(user_id="u5", candidates=("i3", "i6", "i10", "nothing")),
        ]
        made = await ranked(service, *queries)
        for query, one in zip(queries, made, strict=True):
            same_answer(one, await service.feed(query))
        assert len({tuple(entry.item for entry in one.impression.entries) for one in made}) == len(queries)

    async def test_who_else_is_ranked_changes_nothing(self, service):
        queries = [FeedQuery(user_id=who) for who in PEOPLE]
        together = await ranked(service, *queries)
        backwards = await ranked(service, *reversed(queries))
        alone = [(await ranked(service, query))[0] for query in queries]
        for one, same, single in zip(together, reversed(backwards), alone, strict=True):
            assert [entry.item for entry in one.impression.entries] == [entry.item for entry in same.impression.entries]
            for others in (same, single):
                for entry, twin in zip(one.impression.entries, others.impression.entries, strict=True):
                    alike(entry, twin)

    async def test_answers_come_in_the_order_of_the_questions_beyond_one_chunk(self, service):
        asked = [PEOPLE[number % len(PEOPLE)] for number in range(2 * CHUNK + 3)]
        made = await ranked(service, *(FeedQuery(user_id=who, page_size=1 + n) for n, who in enumerate(asked)))
        assert [(one.impression.user, one.impression.page_size) for one in made] == [
            (int(who[1:]), 1 + n) for n, who in enumerate(asked)
        ]

    async def test_no_question_no_answer(self, service):
        assert list(await service.rank_many([])) == []

    async def test_nothing_is_stored(self, service, platform):
        await ranked(service, *(FeedQuery(user_id=who) for who in PEOPLE))
        assert platform.data.impressions == {}

    async def test_has_more_where_the_list_is_shorter_than_what_there_is(self, service):
        short, long = await ranked(service, FeedQuery(user_id="u6", page_size=8), FeedQuery(user_id="u6", page_size=9))
        assert (short.has_more, len(short.impression.entries)) == (True, 8)
        assert (long.has_more, len(long.impression.entries)) == (False, 9)

    async def test_a_feed_asked_meanwhile_does_not_wait_for_all(self, service):
        viewer = (await service.viewers(["u5"]))["u5"]
        many = asyncio.create_task(service.rank_many([(FeedQuery(user_id="u5"), viewer)] * (40 * CHUNK)))
        await asyncio.sleep(0)
        await service.feed(FeedQuery(user_id="u1"))
        assert not many.done()
        assert len(await many) == 40 * CHUNK


class TestWhoIsRanked:
    async def test_what_was_committed_before_is_in_it(self, service, platform):
        before = (await ranked(service, FeedQuery(user_id="u5", page_size=8)))[0]
        platform.act(5, 8, InteractionType.NOT_INTERESTED)
        platform.relate(5, blocked_users=frozenset({UserKey(106)}))
        after = (await ranked(service, FeedQuery(user_id="u5", page_size=8)))[0]
        assert {"i6", "i8"} <= {entry.item_id for entry in before.impression.entries}
        assert not {"i6", "i8"} & {entry.item_id for entry in after.impression.entries}

    async def test_the_unknown_and_the_erased_are_left_out(self, service, platform):
        platform.erase_user(2)
        assert set(await service.viewers(["u1", "u2", "u77"])) == {"u1"}

    async def test_a_wrong_question_is_refused_by_its_field(self, service):
        for wrong, field in (
            (FeedQuery(user_id="u1", page_size=0), "page_size"),
            (FeedQuery(user_id="u1", page_size=51), "page_size"),
            (FeedQuery(user_id="u1", algorithm="best"), "algorithm"),
        ):
            with pytest.raises(InvalidInput) as refused:
                await ranked(service, FeedQuery(user_id="u2"), wrong)
            assert refused.value.field == field

    async def test_a_model_that_is_not_there_is_named(self, platform, service_of):
        service = await service_of(platform)
        with pytest.raises(ModelUnavailable, match="train als"):
            await ranked(service, FeedQuery(user_id="u1", algorithm="als"))

    async def test_every_ranking_has_the_watermark_of_its_viewer(self, service):
        viewers = await service.viewers(PEOPLE)
        made = await service.rank_many([(FeedQuery(user_id=who), viewers[who]) for who in PEOPLE])
        assert [one.watermark for one in made] == [service.watermark(viewers[who]) for who in PEOPLE]
        assert len({one.watermark for one in made}) == len(PEOPLE)


# Watermarks ---------------------------------------------------------------------------------------------------------

ACTS = ((3, 2, 1.0, 100), (5, 0, 0.4, 200), (8, 1, 12.0, 300))
"""(item, code of the type, value, microseconds)"""


def rows(*acts: tuple[int, int, float, int]) -> UserRows:
    items, types, values, at = zip(*acts, strict=True) if acts else ([],) * 4
    return UserRows(
        np.array(items, np.int32), np.array(types, np.uint8), np.array(values, np.float32), np.array(at, np.int64)
    )


ME = User("u1", "name1", ago(days=9), locale="de-CH", interests=("pets", "food"), key=UserKey(1))
EDGES = Relations(
    frozenset({UserKey(2), UserKey(300)}),
    frozenset({ChannelKey(4)}),
    frozenset({UserKey(5)}),
    frozenset({UserKey(6)}),
    frozenset({ChannelKey(7)}),
)
VIEWER = Viewer(replace(ME, profile={"mood": "calm", "theme": "dark"}), EDGES, rows(*ACTS))
MODELS = {
    name: Loaded(ItemItem(), Provenance(name, version, Tier.TRAINED))
    for name, version in (("item_item", "0001"), ("als", "0003"))
}


def mark(viewer: Viewer = VIEWER, models: dict[str, Loaded] = MODELS, value_model: int = 1, **settings: float) -> str:
    return watermark(viewer, models, value_model, FeedSettings(**settings), ())


def version(name: str, number: str) -> dict[str, Loaded]:
    return {**MODELS, name: Loaded(ItemItem(), Provenance(name, number, Tier.TRAINED))}


HISTORIES = {
    "a new interaction": (*ACTS, (3, 2, 1.0, 400)),
    "one of no value": (*ACTS, (0, 0, 0.0, 0)),
    "one less, of an erased item": ACTS[:2],
    "another item": ((4, 2, 1.0, 100), *ACTS[1:]),
    "another type": ((3, 3, 1.0, 100), *ACTS[1:]),
    "another value": ((3, 2, -1.0, 100), *ACTS[1:]),
    "a slightly longer watch": (*ACTS[:2], (8, 1, 12.5, 300)),
    "another time": ((3, 2, 1.0, 101), *ACTS[1:]),
    "another last time": (*ACTS[:2], (8, 1, 12.0, 301)),
    "none at all": (),
}
RELATIONS = {
    "a follow": replace(EDGES, follows=EDGES.follows | {UserKey(9)}),
    "no follow": replace(EDGES, follows=frozenset()),
    "a subscription": replace(EDGES, subscriptions=EDGES.subscriptions | {ChannelKey(9)}),
    "a block": replace(EDGES, blocked_users=EDGES.blocked_users | {UserKey(9)}),
    "a muted person": replace(EDGES, muted_users=EDGES.muted_users | {UserKey(9)}),
    "a muted channel": replace(EDGES, muted_channels=EDGES.muted_channels | {ChannelKey(9)}),
    "a block made a mute": replace(EDGES, blocked_users=EDGES.muted_users, muted_users=EDGES.blocked_users),
}
PROFILES = {
    "another year of birth": {"birth_year": 2010},
    "privacy": {"privacy": Privacy(personalise=False)},
    "locale": {"locale": "fr-CH"},
    "interests": {"interests": ("pets",)},
    "order of interests": {"interests": ("food", "pets")},
    "profile": {"profile": {"mood": "sad", "theme": "dark"}},
    "person": {"key": UserKey(2)},
}


class TestWatermark:
    @pytest.mark.parametrize("what", HISTORIES)
    def test_another_history(self, what):
        assert mark(replace(VIEWER, rows=rows(*HISTORIES[what]))) != mark()

    @pytest.mark.parametrize("what", RELATIONS)
    def test_other_edges(self, what):
        assert mark(replace(VIEWER, relations=RELATIONS[what])) != mark()

    @pytest.mark.parametrize("what", PROFILES)
    def test_another_profile(self, what):
        assert mark(replace(VIEWER, user=replace(VIEWER.user, **PROFILES[what]))) != mark()

    def test_nobody_in_particular(self):
        assert mark(replace(VIEWER, user=None)) != mark()

    def test_models(self):
        fewer = {"als": MODELS["als"]}
        others = [version("item_item", "0002"), version("content_based", "0001"), fewer, {}]
        assert len({mark(), *(mark(models=models) for models in others)}) == 1 + len(others)

    def test_versions_of_models_the_other_way_round(self):
        assert mark(models=version("als", "0001") | {"item_item": version("item_item", "0003")["item_item"]}) != mark()

    def test_the_value_model(self):
        assert mark(value_model=2) != mark()

    @pytest.mark.parametrize(
        "setting", [{"cold_start_threshold": 6}, {"similarity_threshold": 0.31}, {"max_recommendations": 49}]
    )
    def test_settings(self, setting):
        assert mark(**setting) != mark()

    def test_not_what_answers_do_not_depend_on(self):
        renamed = replace(VIEWER.user, username="other", profile={"theme": "dark", "mood": "calm"})
        assert mark(replace(VIEWER, user=renamed)) == mark()
        assert mark(models=dict(reversed(MODELS.items()))) == mark()

    @given(
        acts=st.lists(
            st.tuples(
                st.integers(0, 2**31 - 1),
                st.integers(0, 14),
                st.floats(-1, 86_400, width=32).map(lambda value: round(value, 3)),
                st.integers(0, 2**52),
            ),
            max_size=30,
        ),
        data=st.data(),
    )
    def test_order_of_arrival_does_not_matter(self, acts, data):
        """However a process came by the interactions: in whatever portions, merged or not."""
        arrivals = data.draw(st.permutations(acts))
        half = data.draw(st.integers(0, len(acts)))
        log = InteractionLog()
        log.append(block(arrivals[:half]))
        if data.draw(st.booleans()):
            snapshot = log.snapshot()
            log.install(merge(snapshot), snapshot, tail_rows=half)
        log.append(block(arrivals[half:]))
        whole = InteractionLog()
        whole.append(block(acts))
        assert mark(Viewer(ME, EDGES, log.rows(UserKey(1)))) == mark(Viewer(ME, EDGES, whole.rows(UserKey(1))))


def block(acts: Sequence[tuple[int, int, float, int]]) -> InteractionBlock:
    """Interactions of user 1 as the store gives them."""
    some = rows(*acts)
    return InteractionBlock(np.ones(len(some), np.int64), some.items.astype(np.int64), some.types, some.values, some.at)


class TestWatermarkOfTheService:
    async def test_is_the_same_in_every_process_whatever_it_read_when(self, service, platform, service_of):
        for item in (2, 3, 8):
            platform.act(5, item, at=ago(minutes=item))
            await service.viewers(["u5"])  # this process reads them one by one
        other = await service_of(platform)
        assert other.watermark((await other.viewers(["u5"]))["u5"]) == service.watermark(
            (await service.viewers(["u5"]))["u5"]
        )

    async def test_changes_with_the_viewer_s_own_acts_only(self, service, platform):
        before = {who: service.watermark(viewer) for who, viewer in (await service.viewers(PEOPLE)).items()}
        platform.act(5, 2, InteractionType.VIEW, 0.1)
        after = {who: service.watermark(viewer) for who, viewer in (await service.viewers(PEOPLE)).items()}
        assert {who for who in PEOPLE if before[who] != after[who]} == {"u5"}

    async def test_changes_with_an_active_version_and_with_the_value_model(self, service, platform, models):
        async def now() -> str:
            return service.watermark((await service.viewers(["u5"]))["u5"])

        seen = [await now()]
        models.activate(item_item(platform), version="2")
        await service.viewers(["u5"])
        await service.models_settled()
        seen.append(await now())
        platform.data.value_model = replace(platform.data.value_model, version=2, weights=dict(DEFAULT_WEIGHTS))
        platform.announce_value_model()
        seen.append(await now())
        assert len(set(seen)) == 3
