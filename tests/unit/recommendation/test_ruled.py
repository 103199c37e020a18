"""What rules do to candidates, scores and places."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import ago
from tests.unit.recommendation.test_stages import context, fact, kept, moves, order, ranking, why

from socialflow.content.log import ItemFacts
from socialflow.content.records import ItemKind
from socialflow.ids import ChannelKey, ItemKey, UserKey
from socialflow.kit.clock import to_micros
from socialflow.recommendation.context import Context
from socialflow.recommendation.filters.ruled import Ruled
from socialflow.recommendation.pipeline import Ranking
from socialflow.recommendation.rulebook import Rulebook
from socialflow.recommendation.ruled import matching
from socialflow.recommendation.rules import Action, Boost, Bury, Cap, Exclude, Match, Pin, Quota, Rule, When
from socialflow.recommendation.selectors.ruled import RulePlaces, RuleScores
from socialflow.recommendation.sources.ruled import Called


def ruled(ctx: Context, *rules: Rule) -> Context:
    book = Rulebook(3, rules, users={"ann": 7}, channels={"radio": 9})
    return replace(ctx, world=replace(ctx.world, rules=book))


def tagged(*tags: str | None) -> list[ItemFacts]:
    """Items 1, 2, ... with a tag each, or none."""
    return [fact(key, tags=() if tag is None else (tag,)) for key, tag in enumerate(tags, 1)]


def of(tag: str, action: Action, name: str = "r") -> Rule:
    return Rule(name, Match(tag=(tag,)), action)


class TestMatching:
    ITEMS = (
        fact(1, category="music", tags=("a", "b"), project_code="p", community="c", language="pt"),
        fact(2, category="food", tags=("b",), kind=ItemKind.POST, author_key=UserKey(7), is_promoted=True),
        fact(3, channel_key=ChannelKey(9), moderation_flags=("spam",), created_at=to_micros(ago(hours=2))),
    )

    @pytest.mark.parametrize(
        ("criteria", "hits"),
        [
            ({"category": ("music", "food")}, [1, 2]),
            ({"category": ("unheard of",)}, []),
            ({"tag": ("a",)}, [1]),
            ({"tag": ("a", "b")}, [1, 2]),
            ({"tag": ("unheard of",)}, []),
            ({"moderation_flag": ("spam",)}, [3]),
            ({"kind": (ItemKind.VIDEO,)}, [1, 3]),
            ({"item": ("i2", "no such item")}, [2]),
            ({"project_code": ("p",)}, [1]),
            ({"community": ("c",)}, [1]),
            ({"language": ("pt",)}, [1]),
            ({"author": ("ann",)}, [2, 3]),
            ({"author": ("nobody",)}, []),
            ({"channel": ("radio",)}, [3]),
            ({"is_promoted": True}, [2]),
            ({"is_promoted": False}, [1, 3]),
            ({"max_age_hours": 3.0}, [3]),
            ({"min_age_hours": 2.0, "max_age_hours": 3.0}, [3]),
            ({"min_age_hours": 3.0}, [1, 2]),
            ({"tag": ("b",), "category": ("food",)}, [2]),
        ],
    )
    def test_every_criterion(self, criteria: dict[str, object], hits: list[int]) -> None:
        ctx = ruled(context(*self.ITEMS))
        ctx.world.corpus.own({9: 7})
        keys = np.array([1, 2, 3])
        rule = Rule("r", Match(**criteria), Exclude())  # type: ignore[arg-type]
        assert keys[matching(ctx, rule, keys)].tolist() == hits

    def test_tags_are_those_an_item_has_now(self) -> None:
        ctx = ruled(context(*self.ITEMS))
        corpus, rule = ctx.world.corpus, of("a", Exclude())
        corpus.put([replace(self.ITEMS[0], tags=("b",)), replace(self.ITEMS[1], tags=("new", "a"))])
        assert matching(ctx, rule, np.array([1, 2, 3])).tolist() == [False, True, False]
        corpus.forget(ItemKey(2))
        assert not matching(ctx, rule, np.array([1, 2, 3])).any()


class TestExclusion:
    def test_says_which_rule(self) -> None:
        ctx = ruled(context(*tagged("x", "y", None)), of("x", Exclude(), "spring"), of("y", Bury()))
        assert kept(Ruled(), ctx, 1, 2, 3) == [2, 3]
        assert why(Ruled(), ctx, 1) == "rule spring"


class TestScores:
    def made(self, *rules: Rule) -> Ranking:
        ctx = ruled(context(*tagged("x", "y", "x")), *rules)
        made = ranking(ctx, {1: 0.4, 2: 0.5, 3: -0.2})
        made.terms = [("base", 1.0, made.scores)]
        RuleScores().select(ctx, made)
        return made

    def test_a_factor_raises_what_is_below_zero_too(self) -> None:
        made = self.made(of("x", Boost(factor=1.5), "spring"))
        assert made.scores.tolist() == pytest.approx([0.6, 0.5, -0.1])
        assert order(made) == [1, 2, 3]
        assert moves(made) == {0: ["rule spring +0.20"], 2: ["rule spring +0.10"]}
        assert sum(term.weight * term.value for term in made.terms_of([0])[0]) == pytest.approx(0.6)

    def test_one_after_the_other(self) -> None:
        made = self.made(of("x", Boost(add=0.6), "a"), of("x", Boost(factor=0.5), "b"))
        assert made.scores.tolist() == pytest.approx([0.5, 0.5, 0.2])

    def test_the_version_is_named(self) -> None:
        assert [(one.model, one.version) for one in self.made(of("y", Bury())).provenance] == [("rules", "3")]


class TestPlaces:
    def places(self, ctx: Context, n: int) -> tuple[list[int], dict[int, list[str]]]:
        """The order of items 1 to n, ranked as numbered; moves by item."""
        made = ranking(ctx, {key: 1.0 - key / 100 for key in range(1, n + 1)})
        RulePlaces().select(ctx, made)
        return order(made), {candidate + 1: told for candidate, told in moves(made).items()}

    def test_pin(self) -> None:
        ctx = ruled(context(*tagged(None, None, "x", "x")), of("x", Pin(1), "spring"))
        places, told = self.places(ctx, 4)
        assert places == [3, 1, 2, 4]
        assert told[3] == ["rule spring: pin 3 -> 1"]
        assert told[1] == ["rules 1 -> 2"]

    def test_a_pin_holds_back_what_would_stand_higher(self) -> None:
        ctx = ruled(context(*tagged("x", None, None)), of("x", Pin(3)))
        assert self.places(ctx, 3)[0] == [2, 3, 1]

    def test_a_pin_below_the_end_of_the_list_comes_last(self) -> None:
        ctx = ruled(context(*tagged("x", None)), of("x", Pin(50)))
        assert self.places(ctx, 2)[0] == [2, 1]

    def test_pins_count_over_pages(self) -> None:
        items = [*tagged(None, None, "x", None), fact(8), fact(9)]
        ctx = ruled(context(*items, shown=(8, 9)), of("x", Pin(3), "now"), of("x", Pin(2), "past"))
        assert self.places(ctx, 4)[0] == [3, 1, 2, 4]

    def test_bury(self) -> None:
        ctx = ruled(context(*tagged("x", None, None, "x")), of("x", Bury(), "spring"))
        places, told = self.places(ctx, 4)
        assert places == [2, 3, 1, 4]
        assert told == {1: ["rule spring: bury 1 -> 3"]}

    def test_cap(self) -> None:
        ctx = ruled(context(*tagged("x", "x", "x", None, None, None)), of("x", Cap(1, 3), "spring"))
        places, told = self.places(ctx, 6)
        assert places == [1, 4, 5, 2, 6, 3]
        assert told[2] == ["rule spring: cap 2 -> 4"]

    def test_a_cap_looks_back_to_the_page_before(self) -> None:
        ctx = context(*tagged("x", None, None), fact(9, tags=("x",)), shown=(9,))
        assert self.places(ruled(ctx, of("x", Cap(1, 3))), 3)[0] == [2, 3, 1]

    def test_a_cap_gives_way_where_nothing_else_is_left(self) -> None:
        assert self.places(ruled(context(*tagged("x", "x", "x")), of("x", Cap(1, 9))), 3)[0] == [1, 2, 3]

    def test_quota(self) -> None:
        ctx = ruled(context(*tagged(None, None, None, None, "x", "x")), of("x", Quota(3), "spring"))
        places, told = self.places(ctx, 6)
        assert places == [1, 2, 5, 3, 4, 6]
        assert told[5] == ["rule spring: quota 5 -> 3"]

    def test_a_quota_counts_from_the_page_before(self) -> None:
        ctx = context(*tagged(None, None, "x"), fact(8), fact(9), shown=(8, 9))
        assert self.places(ruled(ctx, of("x", Quota(3))), 3)[0] == [3, 1, 2]

    @given(
        st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=30),
        st.integers(1, 3), st.integers(2, 6), st.integers(2, 6), st.integers(1, 8),
    )  # fmt: skip
    def test_caps_and_quotas_hold_wherever_they_can(
        self, has: list[tuple[bool, bool]], at_most: int, more: int, one_in: int, pin: int
    ) -> None:
        items = [
            fact(key, tags=tuple(name for name, there in zip("xy", tags, strict=True) if there))
            for key, tags in enumerate(has, 1)
        ]
        n, window = len(items), at_most + more
        capped = ruled(context(*items, need=n), of("x", Cap(at_most, window)))
        places, _ = self.places(capped, n)
        assert sorted(places) == list(range(1, n + 1))
        x = [has[key - 1][0] for key in places]
        for stop in range(n):
            if sum(x[max(0, stop - window + 1) : stop + 1]) > at_most:
                assert all(x[stop:])  # nothing else was left
        owed, _ = self.places(ruled(context(*items, need=n), of("y", Quota(one_in))), n)
        y = [has[key - 1][1] for key in owed]
        for start in range(n - one_in + 1):
            assert any(y[start : start + one_in]) or not any(y[start:])
        pinned, _ = self.places(ruled(context(*items, need=n), of("x", Pin(pin))), n)
        first = next((key for key in range(1, n + 1) if has[key - 1][0]), None)
        assert first is None or pinned.index(first) == min(pin, n) - 1


class TestCalled:
    def test_what_trends_of_them_then_the_newest(self) -> None:
        items = [fact(1, tags=("x",)), fact(2), fact(3, tags=("x",)), fact(4, tags=("x",), hidden=True)]
        ctx = ruled(context(*items, likes={3: 2, 2: 9}), of("x", Quota(5)), of("x", Bury()))
        assert list(dict.fromkeys(Called(limit=5).candidates(ctx).keys.tolist())) == [3, 1]

    def test_named_items_and_nothing_for_other_actions(self) -> None:
        ctx = context(*(fact(key) for key in range(1, 4)))
        pin = Rule("p", Match(item=("i2", "no such item")), Pin(1))
        assert Called(limit=5).candidates(ruled(ctx, pin, of("x", Exclude()))).keys.tolist() == [2]
        elsewhere = replace(pin, when=When(surface=("side",)))
        assert Called(limit=5).candidates(ruled(ctx, elsewhere)).keys.tolist() == []
