"""Each source, filter and selector on data small enough to check by eye."""

from dataclasses import replace

import numpy as np
import pytest
from tests.fakes import NOW, ago

from socialflow.content.log import ItemFacts
from socialflow.content.records import (
    INTERACTION_CODES,
    InteractionType,
    ItemKind,
    ModerationStatus,
    Mood,
    Privacy,
    Relations,
    User,
)
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.clock import to_micros
from socialflow.recommendation.activity import Activity
from socialflow.recommendation.charts import Charts
from socialflow.recommendation.context import Context, FeedSettings, Viewer, World
from socialflow.recommendation.corpus import Corpus
from socialflow.recommendation.filters.item import Kind, Topic, Visibility
from socialflow.recommendation.filters.viewer import AgeRestricted, Blocked, Excluded, Muted, Own, Refused, Seen, Shown
from socialflow.recommendation.log import UserRows
from socialflow.recommendation.pipeline import Drawn, Ranking, pool, sieve
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.scorers.signals import Affinity, Aversion, Locale
from socialflow.recommendation.selectors.rerank import AuthorCap, Diversity, FreshnessBoost, NewItemSlots
from socialflow.recommendation.sources import catalogue
from socialflow.recommendation.value_model import Weigher, default_value_model

ME = User("me", "me", ago(days=300), key=UserKey(1))


def fact(key: int, **facts: object) -> ItemFacts:
    old = to_micros(ago(days=10))
    plain = ItemFacts(ItemKey(key), f"i{key}", ItemKind.VIDEO, old, ModerationStatus.APPROVED, hidden=False)
    return replace(plain, **facts)


def rows(*acts: tuple[int, InteractionType, float]) -> UserRows:
    return UserRows(
        np.array([item for item, _, _ in acts], np.int32),
        np.array([INTERACTION_CODES[kind] for _, kind, _ in acts], np.uint8),
        np.array([value for _, _, value in acts], np.float32),
        np.arange(len(acts), dtype=np.int64),
    )


def context(
    *facts: ItemFacts,
    query: FeedQuery | None = None,
    viewer: Viewer | None = None,
    likes: dict[int, int] | None = None,
    need: int = 10,
    shown: tuple[int, ...] = (),
) -> Context:
    """A request on these items; `likes` are likes of an hour ago per item."""
    corpus, activity = Corpus(), Activity(now=NOW.timestamp())
    corpus.put(facts)
    activity.reach(corpus.size)
    for item, count in (likes or {}).items():
        at = np.full(count, NOW.timestamp() - 3600)
        activity.add(np.full(count, item), at, np.ones(count, np.float32), now=NOW.timestamp())
    world = World(
        corpus=corpus,
        activity=activity,
        models={},
        weigh=Weigher(default_value_model()),
        settings=FeedSettings(),
        charts=Charts(corpus, activity),
        now=NOW.timestamp(),
    )
    return Context(query or FeedQuery(), viewer or Viewer(ME), world, need, np.array(shown, np.int64))


def kept(sift, ctx: Context, *keys: int) -> list[int]:
    return sieve([sift], ctx, pool(ctx, [Drawn.of(np.array(keys))]))[0].keys.tolist()


def why(sift, ctx: Context, key: int) -> str:
    _, removals = sieve([sift], ctx, pool(ctx, [Drawn.of(np.array([key]))]))
    return removals[0].reasons[int(removals[0].codes[0])]


class TestFilters:
    @pytest.mark.parametrize("status", list(ModerationStatus))
    def test_only_approved_and_flagged_are_visible(self, status):
        ctx = context(fact(1, status=status))
        visible = status in {ModerationStatus.APPROVED, ModerationStatus.FLAGGED}
        assert kept(Visibility(), ctx, 1) == ([1] if visible else [])
        if not visible:
            assert why(Visibility(), ctx, 1) == f"moderation: {status.value}"

    def test_hidden_unknown_and_absent_are_not_visible(self):
        ctx = context(fact(1, hidden=True), fact(2), fact(5))
        ctx.world.corpus.status[2] = 77
        assert kept(Visibility(), ctx, 1, 2, 3, 5) == [5]
        assert [why(Visibility(), ctx, key) for key in (1, 2, 3)] == ["hidden", "moderation: unknown", "no such item"]

    def test_kind(self):
        items = [fact(1), fact(2, kind=ItemKind.POST), fact(3, kind=ItemKind.COMMENT)]
        assert kept(Kind(), context(*items), 1, 2, 3) == [1, 2]
        assert kept(Kind(), context(*items, query=FeedQuery(kind=ItemKind.COMMENT)), 1, 2, 3) == [3]

    def test_topic(self):
        items = [fact(1, category="music", mood=Mood.CALM, project_code="p"), fact(2)]
        for query in (FeedQuery(category="music"), FeedQuery(mood=Mood.CALM), FeedQuery(project_code="p")):
            assert kept(Topic(), context(*items, query=query), 1, 2) == [1]
        assert kept(Topic(), context(*items, query=FeedQuery(category="unheard of")), 1, 2) == []

    def test_own_blocked_and_muted(self):
        items = [fact(1, author_key=UserKey(1)), fact(2, author_key=UserKey(2)), fact(3, author_key=UserKey(3))]
        items += [fact(4, channel_key=ChannelKey(9)), fact(5)]
        relations = Relations(
            blocked_users=frozenset({UserKey(2)}),
            muted_users=frozenset({UserKey(3)}),
            muted_channels=frozenset({ChannelKey(9)}),
        )
        ctx = context(*items, viewer=Viewer(ME, relations))
        assert kept(Own(), ctx, 1, 2, 3, 4, 5) == [2, 3, 4, 5]
        assert kept(Blocked(), ctx, 1, 2, 3, 4, 5) == [1, 3, 4, 5]
        assert kept(Muted(), ctx, 1, 2, 3, 4, 5) == [1, 2, 5]

    @pytest.mark.parametrize(
        ("born", "unknown_may", "may"),
        [
            (-19, True, True),
            (-19, False, True),
            (-18, True, False),
            (-5, True, False),
            (None, True, True),
            (None, False, False),
        ],
    )
    def test_what_is_age_restricted_is_for_who_is_sure_to_be_of_age(self, born, unknown_may, may):
        viewer = Viewer(replace(ME, birth_year=None if born is None else NOW.year + born))
        ctx = context(fact(1, age_restricted=True), fact(2), viewer=viewer)
        ctx.world = replace(ctx.world, settings=FeedSettings(restricted_for_unknown_age=unknown_may))
        assert kept(AgeRestricted(), ctx, 1, 2) == ([1, 2] if may else [2])
        ctx.viewer = Viewer()
        assert kept(AgeRestricted(), ctx, 1, 2) == ([1, 2] if unknown_may else [2])
        ctx.world.corpus.forget(ItemKey(1))
        assert not ctx.world.corpus.age_restricted[1]

    def test_seen_is_a_reaction_or_a_full_view(self):
        acts = rows(
            (1, InteractionType.LIKE, 1.0),
            (2, InteractionType.VIEW, 0.79),
            (3, InteractionType.VIEW, 0.8),
            (4, InteractionType.WATCH_TIME, 29.0),
            (5, InteractionType.WATCH_TIME, 30.0),
            (6, InteractionType.SKIP, 1.0),
            (7, InteractionType.RATING, 0.5),
            (8, InteractionType.DISLIKE, 1.0),
            (9, InteractionType.FOLLOW, 1.0),
        )
        ctx = context(*(fact(key) for key in range(1, 10)), viewer=Viewer(ME, rows=acts))
        assert kept(Seen(), ctx, *range(1, 10)) == [2, 4, 6, 9]

    def test_refused_items_stay_away_with_or_without_permission(self):
        acts = rows(
            (1, InteractionType.HIDE, 1.0), (2, InteractionType.REPORT, 1.0), (3, InteractionType.NOT_INTERESTED, 1.0)
        )
        for privacy in (Privacy(), Privacy(personalise=False)):
            ctx = context(*(fact(key) for key in range(1, 5)), viewer=Viewer(replace(ME, privacy=privacy), rows=acts))
            assert kept(Refused(), ctx, 1, 2, 3, 4) == [4]

    def test_excluded_and_shown(self):
        ctx = context(fact(1), fact(2), query=FeedQuery(exclude=("i1", "unknown")), shown=(2,))
        assert kept(Excluded(), ctx, 1, 2) == [2]
        assert kept(Shown(), ctx, 1, 2) == [1]

    def test_the_first_reason_is_told_and_counted_once(self):
        ctx = context(fact(1, hidden=True, status=ModerationStatus.REJECTED, author_key=UserKey(1)))
        left, removals = sieve([Visibility(), Own()], ctx, pool(ctx, [Drawn.of(np.array([1]))]))
        assert len(left) == 0
        assert [(part.stage, part.keys.tolist()) for part in removals] == [("visibility", [1])]
        assert why(Visibility(), ctx, 1) == "hidden"


class TestSources:
    def test_trending_is_by_engagement_within_the_scope(self):
        items = [fact(1), fact(2), fact(3, category="music"), fact(4, hidden=True)]
        likes = {1: 1, 2: 3, 3: 2, 4: 9}
        assert catalogue.Trending(limit=2).candidates(context(*items, likes=likes)).keys.tolist() == [2, 3]
        music = context(*items, likes=likes, query=FeedQuery(category="music"))
        assert catalogue.Trending(limit=2).candidates(music).keys.tolist() == [3]

    def test_fresh_takes_authors_in_turns(self):
        new = [
            fact(key, author_key=UserKey(author), created_at=to_micros(ago(minutes=key)))
            for key, author in ((1, 10), (2, 10), (3, 10), (4, 20))
        ]
        drawn = catalogue.Fresh(limit=3).candidates(context(*new, fact(5)))
        assert drawn.keys.tolist() == [1, 4, 2]

    def test_following_takes_people_and_channels_newest_first(self):
        items = [
            fact(1, author_key=UserKey(7), created_at=to_micros(ago(days=2))),
            fact(2, channel_key=ChannelKey(8), created_at=to_micros(ago(days=1))),
            fact(3, author_key=UserKey(7), created_at=to_micros(ago(days=15))),
            fact(4, created_at=to_micros(ago(days=1))),
        ]
        relations = Relations(follows=frozenset({UserKey(7)}), subscriptions=frozenset({ChannelKey(8)}))
        ctx = context(*items, viewer=Viewer(ME, relations))
        assert catalogue.Following(limit=9).candidates(ctx).keys.tolist() == [2, 1]

    def test_popular_mixes_in_the_language_of_the_locale(self):
        items = [fact(key, language="pt" if key > 2 else "en") for key in (1, 2, 3, 4)]
        ctx = context(*items, likes={1: 4, 2: 3, 3: 2, 4: 1}, viewer=Viewer(replace(ME, locale="pt-BR")))
        assert pool(ctx, [catalogue.Popular(limit=4).candidates(ctx)]).keys.tolist() == [3, 1, 4, 2]
        assert Locale().score(ctx, np.array([1, 3])).values.tolist() == [0.0, 1.0]

    def test_everything_is_everything_in_scope_best_first(self):
        items = [fact(key, created_at=to_micros(ago(days=key))) for key in (1, 2, 3, 4)] + [fact(5, hidden=True)]
        ctx = context(*items, likes={3: 1})
        assert catalogue.Everything().candidates(ctx).keys.tolist() == [3, 1, 2, 4]

    def test_an_item_of_two_sources_is_pooled_once_under_the_first(self):
        ctx = context(*(fact(key) for key in (1, 2, 3)))
        pooled = pool(ctx, [Drawn.of(np.array([2, 1])), Drawn.of(np.array([3, 2, 999, -1]))])
        assert pooled.keys.tolist() == [2, 1, 3]
        assert pooled.sources.tolist() == [0, 0, 1]
        assert pooled.ranks.tolist() == [0, 1, 0]


class TestScorers:
    def test_affinity_and_aversion_go_by_creator(self):
        items = [fact(1, author_key=UserKey(7)), fact(2, author_key=UserKey(8)), fact(3, author_key=UserKey(8))]
        viewer = Viewer(ME, Relations(follows=frozenset({UserKey(7)})), rows((2, InteractionType.HIDE, 1.0)))
        ctx, keys = context(*items, fact(4), viewer=viewer), np.array([1, 2, 3, 4])
        assert Affinity().score(ctx, keys).values.tolist() == [1, 0, 0, 0]
        assert Aversion().score(ctx, keys).values.tolist() == [0, 1, 1, 0]


def ranking(ctx: Context, scores: dict[int, float]) -> Ranking:
    """Candidates with these scores."""
    candidates = pool(ctx, [Drawn.of(np.array(list(scores)))])
    made = Ranking(candidates, np.array(list(scores.values())), np.arange(len(scores)), [])
    made.sort()
    return made


def moves(made: Ranking) -> dict[int, list[str]]:
    """Candidate -> what selectors did to it; those to whom nothing was done left out."""
    told = {candidate: list(made.moves_of([candidate])[0]) for candidate in range(len(made.candidates))}
    return {candidate: words for candidate, words in told.items() if words}


def order(made: Ranking) -> list[int]:
    return made.candidates.keys[made.order].tolist()


class TestSelectors:
    def test_freshness_falls_with_age(self):
        ctx = context(
            fact(1), fact(2, created_at=to_micros(ago(hours=12))), fact(3, created_at=to_micros(ago(minutes=0)))
        )
        made = ranking(ctx, {1: 0.5, 2: 0.47, 3: 0.41})
        FreshnessBoost(gain=0.1).select(ctx, made)
        assert order(made) == [2, 3, 1]
        assert made.scores.tolist() == pytest.approx([0.5, 0.52, 0.51])
        assert moves(made) == {1: ["freshness +0.05"], 2: ["freshness +0.10"]}

    def test_equal_scores_are_ordered_by_key(self):
        ctx = context(*(fact(key) for key in (1, 2, 3)))
        assert order(ranking(ctx, {3: 0.5, 1: 0.5, 2: 0.5})) == [1, 2, 3]

    def test_diversity_brings_another_category_up(self):
        ctx = context(fact(1, category="a"), fact(2, category="a"), fact(3, category="b"))
        made = ranking(ctx, {1: 1.0, 2: 0.9, 3: 0.85})
        Diversity(strength=0.2).select(ctx, made)
        assert order(made) == [1, 3, 2]
        assert made.moves_of([2])[0] == ("diversity 3 -> 2",)

    def test_author_cap_lets_the_next_one_pass(self):
        items = [fact(key, author_key=UserKey(7 if key < 4 else 8)) for key in range(1, 6)]
        ctx = context(*items)
        made = ranking(ctx, {1: 5, 2: 4, 3: 3, 4: 2, 5: 1})
        AuthorCap(cap=2, window=4).select(ctx, made)
        assert order(made) == [1, 2, 4, 5, 3]
        assert made.moves_of([2])[0] == ("author cap 3 -> 5",)

    def test_author_cap_looks_back_to_the_page_before(self):
        ctx = context(*(fact(key, author_key=UserKey(7 if key < 4 else 8)) for key in range(1, 6)), shown=(3,))
        made = ranking(ctx, {1: 5, 2: 4, 4: 2, 5: 1})
        AuthorCap(cap=2, window=3).select(ctx, made)
        assert order(made) == [1, 4, 2, 5]

    def test_author_cap_gives_way_where_nobody_else_is_left(self):
        ctx = context(*(fact(key, author_key=UserKey(7)) for key in (1, 2, 3)))
        made = ranking(ctx, {1: 3, 2: 2, 3: 1})
        AuthorCap(cap=1, window=10).select(ctx, made)
        assert order(made) == [1, 2, 3]

    def test_a_new_item_gets_its_slot(self):
        new = fact(9, created_at=to_micros(ago(hours=1)))
        ctx = context(*(fact(key) for key in range(1, 9)), new, need=5)
        made = ranking(ctx, {**{key: 1.0 - key / 100 for key in range(1, 9)}, 9: 0.0})
        NewItemSlots(every=4, few=20).select(ctx, made)
        assert order(made) == [1, 2, 3, 9, 4, 5, 6, 7, 8]

    def test_no_slot_is_given_where_a_new_item_made_it_alone(self):
        items = [fact(key, created_at=to_micros(ago(hours=1))) for key in (1, 2)]
        ctx = context(*items, *(fact(key) for key in range(3, 9)), need=4)
        made = ranking(ctx, {1: 1.0, **{key: 0.5 - key / 100 for key in range(3, 9)}, 2: 0.0})
        NewItemSlots(every=4, few=20).select(ctx, made)
        assert order(made)[:4] == [1, 3, 4, 5]

    def test_selectors_take_nothing_out(self):
        items = [fact(key, author_key=UserKey(key % 2), category=f"c{key % 3}") for key in range(1, 40)]
        ctx = context(*items, need=7)
        made = ranking(ctx, {key: 1 / key for key in range(1, 40)})
        for selector in (FreshnessBoost(gain=0.1), Diversity(strength=0.3), NewItemSlots(every=3, few=9)):
            selector.select(ctx, made)
        AuthorCap(cap=1, window=3).select(ctx, made)
        assert sorted(order(made)) == list(range(1, 40))
