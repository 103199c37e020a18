"""Why not that one: each way of not being shown is told apart."""

import pytest
from tests.fakes import NOW
from tests.unit.recommendation.test_stages import context, fact

from socialflow.ids import ItemKey, UserKey
from socialflow.recommendation import explain, feeds
from socialflow.recommendation.answers import entries, impression
from socialflow.recommendation.context import Context
from socialflow.recommendation.pipeline import Feed, run
from socialflow.recommendation.records import Explanation
from socialflow.recommendation.selectors.rerank import AuthorCap

POPULAR = feeds.FEEDS["trending"]
"""Ranks by engagement, and caps authors at two in ten."""


def told(feed: Feed, ctx: Context, item: int, *, shown: int) -> Explanation:
    """What is said of an item where `shown` places were given out."""
    outcome = run(feed, ctx)
    page = impression(ctx, outcome, entries(ctx, outcome, skip=0, size=shown, offset=0), request_id="r", at=NOW)
    return explain.recompute(feed, ctx, ItemKey(item), [page])


def test_outscored() -> None:
    ctx = context(*(fact(key) for key in (1, 2, 3)), likes={1: 5, 2: 3, 3: 1})
    why = told(POPULAR, ctx, 3, shown=2)
    assert why.margin is not None
    assert (why.margin.item_id, why.margin.position) == ("i2", 2)
    assert [gap.name for gap in why.margin.gaps] == ["trending"]
    assert why.margin.by == pytest.approx(why.margin.gaps[0].here - why.margin.gaps[0].there)
    assert why.margin.by < 0
    assert why.notes == ("it would rank 3 now; 2 places were shown",)


def test_moved_down_by_a_selector() -> None:
    items = [fact(key, author_key=UserKey(7)) for key in (1, 2, 3)]
    ctx = context(*items, fact(4), fact(5), likes={1: 9, 2: 8, 3: 7, 4: 2, 5: 1}, need=4)
    why = told(POPULAR, ctx, 3, shown=3)
    assert why.moves == ("author cap 3 -> 5",)
    assert why.notes[1] == "by score alone it would rank 3: re-ranking moved it down"
    assert why.margin is not None
    assert why.margin.by > 0


def test_drawn_by_no_source() -> None:
    narrow = Feed("narrow", POPULAR.sources, POPULAR.filters, POPULAR.scorers, (AuthorCap(cap=2, window=10),))
    why = told(narrow, context(fact(1), fact(2), likes={1: 1}), 2, shown=1)
    assert (why.removed_by, why.removed_because) == ("sources", "no source offered it among its best")
    assert why.notes == ("no filter takes it out; asked were trending",)
