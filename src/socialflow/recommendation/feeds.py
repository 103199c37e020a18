"""Every feed, read top to bottom: where items come from, what is taken out, what counts how much, what rearranges."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from socialflow.errors import InvalidInput
from socialflow.recommendation.context import Context
from socialflow.recommendation.filters.item import Kind, Topic, Visibility
from socialflow.recommendation.filters.ruled import Ruled
from socialflow.recommendation.filters.viewer import (
    AgeRestricted,
    Anchor,
    Blocked,
    Excluded,
    Muted,
    Own,
    Refused,
    Seen,
    Shown,
)
from socialflow.recommendation.pipeline import Feed, Filter, Selector, Weighted
from socialflow.recommendation.ranker import RANKER
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.scorers.ranked import ExpectedValue
from socialflow.recommendation.scorers.signals import (
    Affinity,
    Aversion,
    Collaborative,
    Content,
    Interests,
    JustTaken,
    Likeness,
    Locale,
    Model,
    MoodOfProfile,
    Popularity,
    Trending,
)
from socialflow.recommendation.selectors.determinantal import DeterminantalPointProcess
from socialflow.recommendation.selectors.rerank import (
    AuthorCap,
    AuthorDecay,
    Diversity,
    FreshnessBoost,
    NewCreatorSlots,
    NewItemSlots,
)
from socialflow.recommendation.selectors.ruled import RulePlaces, RuleScores
from socialflow.recommendation.sources import catalogue, learned
from socialflow.recommendation.sources.ruled import Called

LEARNED = ("graph", "transformer", "neural_cf", "deep", "sparse_linear", "user_user", "svd", "svdpp", "nmf", "social")
"""Recommenders with a feed of their own and nothing beside them but the catalogue."""
MODELS = frozenset({"item_item", "als", "content_based", *LEARNED})
"""Recommenders that feeds use where the catalogue has an active version."""

NOT_FOR_THIS_VIEWER: tuple[Filter, ...] = (AgeRestricted(), Own(), Blocked(), Muted(), Refused(), Excluded())
FILTERS: tuple[Filter, ...] = (Visibility(), Kind(), Topic(), *NOT_FOR_THIS_VIEWER, Shown(), Seen())
OF_THE_ITEM: tuple[Filter, ...] = (Visibility(), AgeRestricted(), Kind(), Topic(), Own(), Blocked(), Muted(), Ruled())
"""Those whose verdict may change while viewer and question stay the same: items are hidden, moved, handed over."""

COLD = (
    Weighted(Interests(), 0.40),
    Weighted(Content(), 0.20),
    Weighted(Locale(), 0.05),
    Weighted(MoodOfProfile(), 0.05),
    Weighted(Trending(), 0.05),
    Weighted(Popularity(), 0.25),
)
"""What leads for new users: category, what they say of themselves, locale, mood, and what the platform likes."""

ADJUSTMENTS = (Weighted(JustTaken(), 0.45), Weighted(Affinity(), 0.10), Weighted(Aversion(), -0.50))

SELECTORS: tuple[Selector, ...] = (
    FreshnessBoost(gain=0.05),
    Diversity(strength=0.15),
    NewItemSlots(every=10, few=20),
    NewCreatorSlots(every=20, days=30, few=100),
    AuthorCap(cap=2, window=10),
)

VARIED: tuple[Selector, ...] = (
    FreshnessBoost(gain=0.05),
    AuthorDecay(factor=0.5, floor=0.25),
    DeterminantalPointProcess(theta=0.8),
    NewItemSlots(every=10, few=20),
    NewCreatorSlots(every=20, days=30, few=100),
    AuthorCap(cap=2, window=10),
)

ITEM_ITEM, ALS = Model("item_item"), Model("als")
DEEP_MIX = ("transformer", "neural_cf", "graph")
COLLABORATIVE = Collaborative(ITEM_ITEM, ALS)

FROM_THE_CATALOGUE = (
    catalogue.Following(limit=60),
    catalogue.Trending(limit=150),
    catalogue.FavouriteCategories(categories=3, limit=30),
    catalogue.Fresh(limit=60),
    catalogue.Popular(limit=60),
)
FROM_CONTENT = (
    learned.Neighbours("content_based", recent=15, limit=20, cut=True),
    learned.Profile(limit=100),
    learned.LateArrivals(limit=50),
)

HYBRID = Feed(
    name="hybrid",
    sources=(
        learned.ModelTop("item_item", limit=200),
        learned.Neighbours("item_item", recent=3, limit=20),
        *FROM_CONTENT,
        *FROM_THE_CATALOGUE,
    ),
    filters=FILTERS,
    scorers=(Weighted(COLLABORATIVE, 0.4), Weighted(Content(), 0.4), Weighted(Trending(), 0.2)),
    cold=COLD,
    adjustments=ADJUSTMENTS,
    selectors=SELECTORS,
    reserve=catalogue.Everything(),
)


def by_model(name: str) -> Feed:
    """The feed of one learned recommender."""
    return replace(
        HYBRID,
        name=name,
        sources=(learned.ModelTop(name, limit=300), *FROM_THE_CATALOGUE),
        scorers=(Weighted(Model(name), 1.0),),
        requires=(name,),
    )


FEEDS: Mapping[str, Feed] = {
    "hybrid": HYBRID,
    "varied": replace(HYBRID, name="varied", selectors=VARIED),
    "trending": Feed(
        name="trending",
        sources=(catalogue.Trending(limit=300),),
        filters=FILTERS,
        scorers=(Weighted(Trending(), 1.0),),
        selectors=(AuthorCap(cap=2, window=10),),
        reserve=catalogue.Everything(),
    ),
    "collaborative": replace(
        HYBRID,
        name="collaborative",
        sources=(
            learned.ModelTop("item_item", limit=200),
            learned.ModelTop("als", limit=200),
            *FROM_THE_CATALOGUE,
        ),
        scorers=(Weighted(COLLABORATIVE, 1.0),),
        requires=("item_item", "als"),
    ),
    "content_based": replace(
        HYBRID,
        name="content_based",
        sources=(
            learned.Neighbours("content_based", recent=40, limit=20, cut=True),
            learned.Profile(limit=100),
            learned.LateArrivals(limit=100),
            *FROM_THE_CATALOGUE,
        ),
        scorers=(Weighted(Content(), 1.0),),
        requires=("content_based",),
    ),
    "item_item": replace(by_model("item_item"), adjustments=(), selectors=()),
    "als": replace(by_model("als"), adjustments=(), selectors=()),
    **{name: by_model(name) for name in LEARNED},
    "social": replace(by_model("social"), cold=(Weighted(Model("social"), 1.0), *COLD)),
    "deep_mix": replace(
        HYBRID,
        name="deep_mix",
        sources=(
            *(learned.ModelTop(name, limit=100) for name in DEEP_MIX),
            learned.ModelTop("item_item", limit=100),
            *FROM_CONTENT,
            *FROM_THE_CATALOGUE,
        ),
        scorers=(
            *(Weighted(Model(name), 0.2) for name in DEEP_MIX),
            Weighted(COLLABORATIVE, 0.2),
            Weighted(Content(), 0.2),
        ),
        requires=DEEP_MIX,
    ),
    "ranked": replace(
        HYBRID, name="ranked", scorers=(), cold=(), adjustments=(), value=ExpectedValue(), requires=(RANKER,)
    ),
    "two_way": replace(
        HYBRID,
        name="two_way",
        scorers=(Weighted(COLLABORATIVE, 0.6), Weighted(Content(), 0.4)),
    ),
}
"""Algorithm -> composition."""

SIMILAR = Feed(
    name="similar",
    sources=(
        learned.Neighbours("content_based", recent=1, limit=100, cut=True),
        learned.Neighbours("item_item", recent=1, limit=100),
    ),
    filters=(Visibility(), Kind(), Anchor(), *NOT_FOR_THIS_VIEWER),
    scorers=(
        Weighted(Likeness("content_based", limit=100), 0.5),
        Weighted(Likeness("item_item", limit=100), 0.5),
    ),
    selectors=(AuthorCap(cap=3, window=10),),
    requires=("content_based", "item_item"),
)

SMART = "smart"
"""Lets a bandit choose among the arms at each request (see `bandit`)."""
ARMS = ("hybrid", "ranked", "trending", "collaborative", "content_based", "item_item", "als", "graph", "transformer")
"""What `smart` chooses among: recommenders that differ, few enough that finding out about each costs little."""


def arms(loaded: Collection[str]) -> list[str]:
    """Those of `ARMS` that can answer while these models are loaded."""
    return [name for name in ARMS if not FEEDS[name].requires or any(model in loaded for model in FEEDS[name].requires)]


def governed(feed: Feed, ctx: Context) -> Feed:
    """The feed with what the rules in force for this answer add to it, whichever feed it is; else the feed itself.

    Rules stand behind every other filter and source: what those keep back, no rule brings back.
    """
    if not ctx.rules:
        return feed
    return replace(
        feed,
        sources=feed.sources if ctx.query.candidates is not None else (*feed.sources, Called(limit=50)),
        filters=(*feed.filters, Ruled()),
        selectors=(RuleScores(), *feed.selectors, RulePlaces()),
    )


def compose(query: FeedQuery) -> Feed:
    """The composition that answers a question; given candidates are ranked as they are, and none is added.

    Raises:
        InvalidInput: the algorithm is not one of ours.
    """
    feed = FEEDS.get(query.algorithm)
    if feed is None:
        names = ", ".join(sorted([*FEEDS, SMART]))
        raise InvalidInput(f"algorithm must be one of {names}, not {query.algorithm!r}", field="algorithm")
    if query.candidates is None:
        return feed
    return replace(
        feed,
        sources=(catalogue.Given(),),
        filters=(Visibility(), *NOT_FOR_THIS_VIEWER),
        selectors=(),
        reserve=None,
    )
