"""Rules as data: what is refused at the door, what is in force, and the way through storage."""

from dataclasses import replace
from datetime import timedelta

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes import NOW, ago

from socialflow.content.records import ItemKind, User
from socialflow.errors import InvalidInput
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rulebook import Rulebook
from socialflow.recommendation.rules import (
    Boost,
    Bury,
    Cap,
    Exclude,
    Match,
    Pin,
    Quota,
    Rule,
    When,
    check,
    from_data,
    to_data,
)

MUSIC, LOUD = Match(category=("music",)), Match(category=("music",), tag=("loud",))
ANY = {"hybrid", "trending"}


def refusal(*rules: Rule) -> str | None:
    with pytest.raises(InvalidInput) as refused:
        check(rules, ANY)
    return refused.value.field


def pair(match: Match, action: object, other_match: Match, other: object, **when: object) -> tuple[Rule, Rule]:
    return Rule("a", match, action), Rule("b", other_match, other, When(**when))  # type: ignore[arg-type]


class TestCheck:
    def test_rules_that_can_all_do_their_work(self) -> None:
        rules = [
            Rule("a", LOUD, Exclude()),
            Rule("b", MUSIC, Boost(factor=1.5)),
            Rule("c", MUSIC, Quota(5)),
            Rule("d", MUSIC, Cap(1, 3)),
            Rule("e", Match(item=("i1",)), Pin(1), When(surface=("home",))),
            Rule("f", Match(item=("i2",)), Pin(1), When(surface=("side",))),
            Rule("g", Match(item=("i2",)), Pin(1), When(surface=("home",), starts_at=NOW, ends_at=NOW)),
        ]
        check(rules[:6], ANY)
        assert refusal(*rules) == "rules.6.when.ends_at"

    @pytest.mark.parametrize(
        ("rule", "field"),
        [
            (Rule("b", Match(), Exclude()), "match"),
            (Rule("b", Match(min_age_hours=5, max_age_hours=5), Bury()), "match.max_age_hours"),
            (Rule("b", MUSIC, Bury(), When(starts_at=NOW, ends_at=ago(hours=1))), "when.ends_at"),
            (Rule("b", MUSIC, Bury(), When(algorithm=("hybird",))), "when.algorithm"),
            (Rule("b", MUSIC, Boost()), "action"),
            (Rule("b", MUSIC, Cap(3, 3)), "action.window"),
            (Rule("a", Match(tag=("x",)), Bury()), "name"),
        ],
    )
    def test_a_rule_that_can_do_nothing_is_named(self, rule: Rule, field: str) -> None:
        assert refusal(Rule("a", Match(tag=("other",)), Bury()), rule) == f"rules.1.{field}"

    def test_nothing_is_asked_of_what_is_excluded(self) -> None:
        assert refusal(*pair(MUSIC, Exclude(), LOUD, Pin(1))) == "rules.1.match"
        assert refusal(*pair(LOUD, Boost(add=1), MUSIC, Exclude())) == "rules.0.match"
        check(pair(LOUD, Exclude(), MUSIC, Pin(1)), ANY)
        check(pair(MUSIC, Pin(1), LOUD, Exclude(), surface=("home",)), ANY)

    def test_what_is_buried_is_not_boosted_but_may_be_pinned(self) -> None:
        assert refusal(*pair(MUSIC, Bury(), LOUD, Boost(add=1))) == "rules.1.action"
        check(pair(MUSIC, Bury(), LOUD, Pin(1)), ANY)

    def test_two_pins_to_one_place_at_the_same_time(self) -> None:
        assert refusal(*pair(MUSIC, Pin(2), LOUD, Pin(2), region=("BR",))) == "rules.1.action.position"
        check(pair(MUSIC, Pin(2), LOUD, Pin(3)), ANY)
        early, late = When(ends_at=NOW), When(starts_at=NOW)
        check([Rule("a", MUSIC, Pin(1), early), Rule("b", MUSIC, Pin(1), late)], ANY)
        check([Rule("a", MUSIC, Pin(1), When(locale=("pt",))), Rule("b", MUSIC, Pin(1), When(locale=("en",)))], ANY)
        brazil = Rule("b", MUSIC, Pin(1), When(locale=("pt-BR",)))
        assert refusal(Rule("a", MUSIC, Pin(1), When(locale=("pt",))), brazil) == "rules.1.action.position"

    def test_a_quota_above_a_cap(self) -> None:
        assert refusal(*pair(MUSIC, Cap(1, 10), LOUD, Quota(5))) == "rules.1.action.one_in"
        check(pair(MUSIC, Cap(2, 10), LOUD, Quota(5)), ANY)


_words = st.lists(st.text(min_size=1, max_size=5), max_size=2).map(tuple)
_actions = st.one_of(
    st.just(Exclude()), st.just(Bury()), st.builds(Pin, st.integers(1, 100)), st.builds(Cap, st.just(1), st.just(5)),
    st.builds(Quota, st.integers(2, 100)), st.builds(Boost, st.floats(0, 10), st.floats(-10, 10)),
)  # fmt: skip
_hours = st.none() | st.floats(0, 1e6)
_matches = st.builds(
    Match, item=_words, kind=st.lists(st.sampled_from(ItemKind), max_size=2).map(tuple), category=_words, tag=_words,
    author=_words, is_promoted=st.none() | st.booleans(), min_age_hours=_hours, max_age_hours=_hours,
)  # fmt: skip
_instants = st.none() | st.integers(0, 10**9).map(lambda seconds: NOW + timedelta(seconds=seconds))
_whens = st.builds(When, surface=_words, locale=_words, starts_at=_instants, ends_at=_instants)


@given(st.builds(Rule, st.text(max_size=9), _matches, _actions, _whens))
def test_a_rule_comes_back_from_json_as_it_was(rule: Rule) -> None:
    assert from_data(orjson.loads(orjson.dumps(to_data(rule)))) == rule


class TestInForce:
    VIEWER = User("u", "u", NOW, locale="pt-BR", region="BR")

    def holds(self, query: FeedQuery | None = None, viewer: User | None = VIEWER, **when: object) -> bool:
        book = Rulebook(1, (Rule("a", MUSIC, Bury(), When(**when)),))  # type: ignore[arg-type]
        return bool(book.in_force(query or FeedQuery(), viewer, NOW))

    def test_from_its_start_until_before_its_end(self) -> None:
        assert self.holds(starts_at=NOW)
        assert not self.holds(starts_at=NOW + timedelta(seconds=1))
        assert not self.holds(ends_at=NOW)

    def test_surface_and_algorithm(self) -> None:
        assert self.holds(surface=("side", "feed"))
        assert not self.holds(FeedQuery(surface="side"), surface=("feed",))
        assert not self.holds(algorithm=("trending",))

    def test_locale_and_region_are_the_viewers(self) -> None:
        assert self.holds(locale=("PT",), region=("BR",))
        assert not self.holds(locale=("pt-PT",))
        assert not self.holds(region=("PT",))
        assert not self.holds(viewer=None, locale=("pt",))
        assert not self.holds(viewer=replace(self.VIEWER, region=None), region=("BR",))

    def test_answers_depend_on_the_rules_of_now_only(self) -> None:
        over = Rule("a", MUSIC, Bury(), When(ends_at=NOW))
        assert Rulebook(7, (over,)).stamp(NOW) == ()
        assert Rulebook(7, (over, Rule("b", MUSIC, Bury()))).stamp(NOW) == (7, "b")
