"""Whatever the sources offer: no page repeats, nothing barred comes through, equal questions get equal answers."""

from dataclasses import replace

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fakes import ago
from tests.unit.recommendation.test_stages import ME, Viewer, context, rows

from socialflow.content.log import ItemFacts
from socialflow.content.records import InteractionType, ItemKind, ModerationStatus, Relations
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.clock import to_micros
from socialflow.recommendation import feeds
from socialflow.recommendation.corpus import VISIBLE
from socialflow.recommendation.pipeline import Drawn, Feed, Outcome, run

ITEMS = 12


class Wild:
    """A source that offers anything: repeats, unknown keys, barred items."""

    name = "popular"

    def __init__(self, keys: list[int]) -> None:
        self._keys = np.array(keys, np.int64)

    def candidates(self, ctx: object) -> Drawn:
        return Drawn.of(self._keys)


@st.composite
def item(draw: st.DrawFn, key: int) -> ItemFacts:
    maybe = st.none() | st.integers(1, 4)
    author, channel = draw(maybe), draw(maybe)
    return ItemFacts(
        key=ItemKey(key),
        id=f"i{key}",
        kind=draw(st.sampled_from(ItemKind)),
        created_at=to_micros(ago(hours=draw(st.integers(0, 72)))),
        status=draw(st.sampled_from(ModerationStatus)),
        hidden=draw(st.booleans()),
        author_key=None if author is None else UserKey(author),
        channel_key=None if channel is None else ChannelKey(channel),
        category=draw(st.sampled_from(["a", "b", None])),
    )


@st.composite
def platform(draw: st.DrawFn) -> tuple[list[ItemFacts], Viewer, dict[int, int]]:
    items = [draw(item(key)) for key in range(1, ITEMS + 1)]
    people, some = st.frozensets(st.integers(2, 4)), st.integers(1, ITEMS)
    relations = Relations(
        follows=draw(people), blocked_users=draw(people), muted_users=draw(people), muted_channels=draw(people)
    )
    acts = draw(st.lists(st.tuples(some, st.sampled_from(InteractionType), st.just(1.0)), max_size=8))
    return items, Viewer(ME, relations, rows(*acts)), draw(st.dictionaries(some, st.integers(1, 3)))


def answer(feed: Feed, world: tuple, shown: tuple[int, ...] = (), need: int = 4) -> Outcome:
    items, viewer, likes = world
    return run(feed, context(*items, viewer=viewer, likes=likes, shown=shown, need=need))


def keys_of(outcome: Outcome) -> list[int]:
    return outcome.ranking.candidates.keys[outcome.ranking.order].tolist()


worlds = platform()
offers = st.lists(st.integers(-1, ITEMS + 3), max_size=30)
names = st.sampled_from(["hybrid", "trending"])


@settings(max_examples=150, deadline=None)
@given(worlds, offers, names)
def test_nothing_barred_comes_through(world, offer, name):
    feed = replace(feeds.FEEDS[name], sources=(Wild(offer),))
    items, viewer, _ = world
    facts, relations = {row.key: row for row in items}, viewer.relations
    ctx = context(*items, viewer=viewer)
    for key in keys_of(answer(feed, world)):
        row = facts[key]
        assert row.status in VISIBLE
        assert not row.hidden
        assert row.kind is not ItemKind.COMMENT
        assert row.author_key not in relations.blocked_users | relations.muted_users | {ME.key}
        assert row.channel_key not in relations.muted_channels
        assert key not in ctx.seen
        assert key not in ctx.refused


@settings(max_examples=100, deadline=None)
@given(worlds, offers, names)
def test_every_offered_item_is_ranked_or_removed_with_a_reason(world, offer, name):
    outcome = answer(replace(feeds.FEEDS[name], sources=(Wild(offer),)), world)
    ranked = set(keys_of(outcome))
    removed = [int(key) for part in outcome.removals for key in part.keys]
    assert len(removed) == len(set(removed))
    assert ranked.isdisjoint(removed)
    assert {key for key in offer if 0 <= key <= ITEMS} <= ranked | set(removed)
    assert sum(outcome.counts().values()) == len(removed)


@settings(max_examples=100, deadline=None)
@given(worlds, names, st.integers(1, 5))
def test_pages_never_repeat_and_reach_every_item_that_may_be_shown(world, name, size):
    feed, shown = feeds.FEEDS[name], []
    while True:
        page = keys_of(answer(feed, world, tuple(shown), need=size + 1))
        shown += page[:size]
        if len(page) <= size:
            break
    assert len(shown) == len(set(shown))
    assert set(shown) == set(keys_of(answer(feed, world, need=ITEMS + 1)))


@settings(max_examples=60, deadline=None)
@given(worlds, names)
def test_equal_questions_get_equal_answers(world, name):
    first, second = (answer(feeds.FEEDS[name], world) for _ in range(2))
    assert keys_of(first) == keys_of(second)
    assert first.ranking.scores.tolist() == second.ranking.scores.tolist()
    assert first.nearest() == second.nearest()
