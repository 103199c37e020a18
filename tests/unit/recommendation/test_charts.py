import numpy as np
from tests.fakes import NOW, ago

from socialflow.content.log import ItemFacts
from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.ids import ItemKey
from socialflow.kit.clock import to_micros
from socialflow.recommendation.activity import Activity
from socialflow.recommendation.charts import DEFAULT, KEPT_NARROW, Charts, Narrow
from socialflow.recommendation.corpus import KINDS, NONE, Corpus

VIDEOS = Narrow((KINDS.index(ItemKind.VIDEO),))


def facts(key: int, kind: ItemKind = ItemKind.VIDEO, category: str = "music", hours: int = 1) -> ItemFacts:
    return ItemFacts(
        key=ItemKey(key),
        id=f"i{key}",
        kind=kind,
        created_at=to_micros(ago(hours=hours)),
        status=ModerationStatus.APPROVED,
        hidden=False,
        category=category,
    )


def platform() -> tuple[Corpus, Activity]:
    """Items 1 to 6, the higher the older and the more popular; the even ones are posts, the last two are food."""
    corpus, activity = Corpus(), Activity(now=NOW.timestamp())
    for key in range(1, 7):
        kind = ItemKind.VIDEO if key % 2 else ItemKind.POST
        corpus.put([facts(key, kind, "food" if key > 4 else "music", hours=key)])
    act(activity, {key: key for key in range(1, 7)})
    return corpus, activity


def act(activity: Activity, counts: dict[int, int]) -> None:
    items = np.repeat(list(counts), list(counts.values()))
    at = np.full(len(items), NOW.timestamp())
    activity.add(items, at, np.ones(len(items), np.float32), now=NOW.timestamp())


class TestNarrowCharts:
    def test_hold_what_the_question_is_about_in_the_same_orders(self):
        charts = Charts(*platform())
        assert charts.newest.tolist() == [1, 2, 3, 4, 5, 6]
        of_videos = charts.narrowed(VIDEOS)
        assert of_videos.newest.tolist() == [1, 3, 5]
        assert of_videos.trending.tolist() == of_videos.popular.tolist() == [5, 3, 1]
        food = charts.narrowed(Narrow(DEFAULT.kinds, category=1))
        assert food.trending.tolist() == [6, 5]

    def test_are_worked_out_once(self):
        charts = Charts(*platform())
        assert charts.narrowed(VIDEOS) is charts.narrowed(VIDEOS)
        assert charts.narrowed(DEFAULT) is charts

    def test_of_what_no_item_has_are_empty_and_not_kept(self):
        charts = Charts(*platform())
        nothing = Narrow(DEFAULT.kinds, category=NONE)
        assert not charts.narrowed(nothing).newest.size
        assert charts.narrowed(nothing) is not charts.narrowed(nothing)

    def test_are_bounded_and_those_in_use_stay(self):
        charts = Charts(*platform())
        first = charts.narrowed(VIDEOS)
        for mood in range(KEPT_NARROW + 5):
            charts.narrowed(Narrow(DEFAULT.kinds, mood=mood))
            assert charts.narrowed(VIDEOS) is first

    def test_keep_what_depends_on_items_alone_when_counts_change(self):
        corpus, activity = platform()
        before = Charts(corpus, activity)
        scope = before.narrowed(VIDEOS).scope
        assert before.narrowed(VIDEOS).trending.tolist() == [5, 3, 1]
        act(activity, {1: 50})
        after = Charts(corpus, activity, before).narrowed(VIDEOS)
        assert after.scope is scope
        assert after.trending.tolist() == [1, 5, 3]

    def test_are_of_the_moment_of_the_charts_they_belong_to(self):
        corpus, activity = platform()
        charts = Charts(corpus, activity)
        corpus.put([facts(7)])
        assert charts.narrowed(VIDEOS).scope.shape == (charts.size,)
        assert 7 not in charts.narrowed(VIDEOS).newest
        assert 7 in Charts(corpus, activity, charts).narrowed(VIDEOS).newest
