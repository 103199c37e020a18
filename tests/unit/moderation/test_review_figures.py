"""Priority, lots, decay and agreement, by hand, by published examples, and by what must always hold."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.moderation.review.agreement import cohen_kappa, counted_alpha, krippendorff_alpha, wilson
from socialflow.moderation.review.priority import DOUBLES_AFTER, due, priority, weight
from socialflow.moderation.review.pseudonyms import drawn, lot, pseudonym
from socialflow.moderation.review.strike_records import Strike
from socialflow.moderation.review.strikes import weight as strike_weight

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
severities = st.floats(0.0, 1.0)
views = st.integers(0, 10**12)
ages = st.integers(0, 10**7).map(lambda seconds: timedelta(seconds=seconds))


class TestPriority:
    @given(severities, severities, views, views, ages)
    def test_it_rises_with_severity_reach_and_age(self, one: float, other: float, few: int, many: int, age: timedelta):
        low, high = sorted((one, other))
        less, more = sorted((few, many))
        assert priority(low, less, age) <= priority(high, less, age)
        assert priority(low, less, age) <= priority(low, more, age)
        assert priority(low, less, age) < priority(low, less, age + timedelta(seconds=60))

    @given(severities, severities, views, views, ages, ages)
    def test_the_stored_place_gives_the_order_of_priorities_at_every_instant(
        self, s1: float, s2: float, v1: int, v2: int, a1: timedelta, a2: timedelta
    ):
        for later in (timedelta(), timedelta(hours=7), timedelta(days=3)):
            first, second = priority(s1, v1, a1 + later), priority(s2, v2, a2 + later)
            if first > second * (1 + 1e-6):
                assert due(s1, v1, NOW - a1) < due(s2, v2, NOW - a2)

    @given(severities, views, severities, views)
    def test_nothing_is_overtaken_by_what_comes_31_hours_later(self, s1: float, v1: int, s2: float, v2: int):
        assert due(s1, v1, NOW) < due(s2, v2, NOW + timedelta(hours=31))

    def test_ends(self):
        assert weight(0.0, 0) == 0.05
        assert weight(1.0, 10**12) == pytest.approx(10.0)
        assert priority(1.0, 0, DOUBLES_AFTER) == 2.0
        assert priority(1.0, 0, timedelta(seconds=-5)) == 1.0
        assert math.isfinite(priority(1.0, 10**9, timedelta(days=36_500)))


class TestLots:
    @given(st.binary(min_size=1), st.text(), st.text())
    def test_pseudonyms_come_out_again_and_do_not_tell_the_account(self, key: bytes, one: str, other: str):
        assert pseudonym(key, one) == pseudonym(key, one)
        assert (pseudonym(key, one) == pseudonym(key, other)) == (one == other)
        assert len(pseudonym(key, one)) == 32

    @given(st.binary(min_size=1), st.text(), st.floats(0, 1), st.floats(0, 1))
    def test_a_greater_rate_draws_the_same_and_more(self, key: bytes, part: str, one: float, other: float):
        low, high = sorted((one, other))
        assert drawn(key, high, part) or not drawn(key, low, part)
        assert 0.0 <= lot(key, part) < 1.0

    def test_they_are_even(self):
        tenths = Counter(int(10 * lot(b"key", "second", str(number))) for number in range(10_000))
        assert set(tenths) == set(range(10))
        assert all(abs(count - 1_000) < 150 for count in tenths.values())  # five standard deviations


def strike(w: float, half_life: float, age: float, lives: float = 1_000) -> Strike:
    given_at = NOW - timedelta(days=age)
    return Strike("s", "ann", "d", "r", w, timedelta(days=half_life), given_at, given_at + timedelta(days=lives))


class TestDecay:
    def test_by_hand(self):
        # 3 x 1/2 + 1 x 1/8 + 2, one expired, one not yet given.
        strikes = [strike(3, 10, 10), strike(1, 5, 15), strike(2, 30, 0), strike(9, 90, 20, lives=20), strike(9, 9, -1)]
        assert strike_weight(strikes, NOW) == pytest.approx(3.625)

    @given(st.floats(0.1, 10), st.floats(1, 400), st.floats(0, 400), st.floats(0, 400))
    def test_it_only_ever_falls(self, w: float, half_life: float, age: float, more: float):
        one = strike(w, half_life, age)
        now, later = strike_weight([one], NOW), strike_weight([one], NOW + timedelta(days=more))
        assert 0.0 < now <= w
        assert later <= now


class TestKappa:
    def test_fleiss_levin_and_paik_table_18_1(self):
        """Statistical Methods for Rates and Proportions, 3rd ed., 2003: two raters, 100 subjects; kappa .68."""
        table = {"pp": 75, "pn": 1, "po": 4, "np": 5, "nn": 4, "no": 1, "oo": 10}
        pairs = [(cell[0], cell[1]) for cell, count in table.items() for _ in range(count)]
        found = cohen_kappa(pairs)
        assert found.value == pytest.approx((0.89 - 0.66) / (1 - 0.66))
        assert found.low < found.value < found.high
        assert found.items == 100

    def test_by_hand(self):
        # Agree 3 of 4; first says a 2, b 2; second a 1, b 3: chance 1/2 x 1/4 + 1/2 x 3/4 = 1/2.
        assert cohen_kappa([("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]).value == pytest.approx(0.5)
        assert cohen_kappa([("a", "b"), ("b", "a")]).value == pytest.approx(-1.0)

    def test_where_nothing_shows_it_is_not_told(self):
        assert cohen_kappa([]).value is None
        assert cohen_kappa([("a", "a")] * 9).value is None
        assert cohen_kappa([("a", "a")] * 9).items == 9

    @given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
    def test_what_must_hold(self, pairs: list[tuple[str, str]]):
        found = cohen_kappa(pairs)
        swapped = cohen_kappa([(b, a) for a, b in pairs])
        renamed = cohen_kappa([("xyz"["abc".index(a)], "xyz"["abc".index(b)]) for a, b in pairs])
        assert found.value == pytest.approx(swapped.value) == pytest.approx(renamed.value)
        if found.value is not None:
            assert -1.0 - 1e-9 <= found.low <= found.high <= 1.0 + 1e-9
            assert (found.value == pytest.approx(1.0)) == all(a == b for a, b in pairs)


class TestAlpha:
    """Krippendorff, "Computing Krippendorff's Alpha-Reliability", 2011: sections A, B and C (nominal)."""

    @pytest.mark.parametrize(
        ("one", "other", "alpha"),
        [("0100000010", "1110010000", 0.095), ("aabbdcccedda", "babbbccceddd", 0.692)],
    )
    def test_two_observers(self, one: str, other: str, alpha: float):
        assert krippendorff_alpha(list(zip(one, other, strict=True))).value == pytest.approx(alpha, abs=5e-4)

    def test_four_observers_with_data_missing(self):
        observers = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
        items = [[said for said in column if said != "."] for column in zip(*observers, strict=True)]
        found = krippendorff_alpha(items)
        assert found.value == pytest.approx(0.743, abs=5e-4)
        assert found.items == 11

    @given(st.lists(st.lists(st.sampled_from("abc"), max_size=4), max_size=20), st.randoms())
    def test_what_must_hold(self, items: list[list[str]], chance):
        found = krippendorff_alpha(items)
        mixed = [chance.sample(said, len(said)) for said in items]
        assert found.value == pytest.approx(krippendorff_alpha(mixed).value)
        assert found.value == pytest.approx(krippendorff_alpha([*items, ["a"], []]).value)
        paired = [said for said in items if len(said) > 1]
        assert found.items == len(paired)
        if found.value is not None:
            assert (found.value == pytest.approx(1.0)) == all(len(set(said)) == 1 for said in paired)
            assert found.low <= found.high <= 1.0 + 1e-9

    def test_many_items_narrow_the_interval(self):
        few = krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]] * 5)
        many = krippendorff_alpha([["a", "a"], ["b", "b"], ["a", "b"]] * 500)
        assert many.high - many.low < (few.high - few.low) / 5


class TestShares:
    @pytest.mark.parametrize(
        ("right", "n", "low", "high"),
        # Brown, Cai, DasGupta 2001, and the formula by hand at the ends: z^2 / (n + z^2) for n of n.
        [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634)],
    )
    def test_by_hand(self, right: int, n: int, low: float, high: float):
        assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)

    @pytest.mark.parametrize(("right", "n"), [(0, 0), (2, 1), (-1, 3)])
    def test_what_is_no_share_is_refused(self, right: int, n: int):
        with pytest.raises(InvalidInput):
            wilson(right, n)


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc")), max_size=30))
def test_alpha_of_counted_pairs_is_that_of_the_items(pairs: list[tuple[str, str]]):
    counted, single = counted_alpha(Counter(pairs)), krippendorff_alpha(pairs)
    assert counted.items == single.items == len(pairs)
    assert (counted.value is None) == (single.value is None)
    if counted.value is not None:
        assert counted.value == pytest.approx(single.value, abs=1e-12)
        assert counted.low is not None
        assert counted.high is not None
        assert counted.low <= counted.high <= 1.0
