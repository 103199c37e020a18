"""Interests, what rises, and who is leaving, on histories small enough to count."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.analysis.interests import DAY, Acts, Interest, Kind, churn_of, interests_of, next_interests

NOW = 1_000 * DAY
COOKING, CYCLING = (Kind.CATEGORY, "cooking"), (Kind.CATEGORY, "cycling")
LABELS = {1: [COOKING, (Kind.TAG, "bread")], 2: [CYCLING]}


def acts(*rows: tuple[int, float, float]) -> Acts:
    """Rows of item, weight, days ago."""
    items, weights, ago = zip(*sorted(rows, key=lambda row: -row[2]), strict=True)
    return Acts(np.array(items), np.array(weights, float), NOW - DAY * np.array(ago, float))


class TestInterests:
    def test_an_act_of_thirty_days_ago_counts_half(self) -> None:
        found = interests_of(acts((1, 1.0, 30), (2, 1.0, 0)), LABELS, NOW, 10)
        assert found == [
            Interest(Kind.CATEGORY, "cycling", 1.0),
            Interest(Kind.CATEGORY, "cooking", 0.5),
            Interest(Kind.TAG, "bread", 0.5),
        ]

    def test_what_was_mostly_disliked_is_none(self) -> None:
        found = interests_of(acts((1, 1.0, 1), (1, -2.0, 1), (2, 1.0, 1)), LABELS, NOW, 10)
        assert [one.name for one in found] == ["cycling"]

    def test_no_more_than_asked_for(self) -> None:
        assert len(interests_of(acts((1, 1.0, 0), (2, 1.0, 0)), LABELS, NOW, 1)) == 1


class TestNextInterests:
    def test_what_is_new_rises_and_what_stays_does_not(self) -> None:
        """Cooking: 3 in the 42 days before, a third of it is 1, and 1 now; cycling: 3 now, none before."""
        steady = [(1, 1.0, ago) for ago in (5, 20, 30, 40)]
        (found,) = next_interests(acts(*steady, *[(2, 1.0, ago) for ago in (1, 2, 3)]), LABELS, NOW, 10)
        assert (found.name, found.score) == ("cycling", pytest.approx(3 / 4))

    def test_what_falls_is_not_told(self) -> None:
        assert next_interests(acts((1, 1.0, 20), (1, 1.0, 30)), LABELS, NOW, 10) == []


class TestChurn:
    def test_by_hand(self) -> None:
        """Two visits ten days apart, silent for 17: A = 2, B = 17, S = (17 / 34)^2 = 1 / 4."""
        churn = churn_of(acts((1, 1.0, 27), (1, 1.0, 17)), NOW)
        assert churn is not None
        assert churn.risk == pytest.approx(0.05 / (0.05 + 0.95 / 4))
        assert (churn.silent_days, churn.usual_gap_days) == (17.0, 8.5)

    def test_many_acts_of_one_day_are_one_visit(self) -> None:
        once, often = acts((1, 1.0, 10)), acts(*[(1, 1.0, 10)] * 20)
        assert churn_of(once, NOW) == churn_of(often, NOW)

    def test_of_nobody_nothing_is_known(self) -> None:
        assert churn_of(Acts(np.empty(0, np.int64), np.empty(0), np.empty(0)), NOW) is None

    @given(st.lists(st.integers(0, 400), min_size=1, max_size=30), st.floats(0, 300), st.floats(0, 300))
    def test_longer_silence_is_never_less_risk(self, days: list[int], first: float, second: float) -> None:
        history = Acts(np.zeros(len(days), np.int64), np.ones(len(days)), DAY * np.sort(np.array(days, float)))
        last = DAY * max(days)
        sooner, later = (churn_of(history, last + DAY * silence) for silence in sorted((first, second)))
        assert sooner is not None
        assert later is not None
        assert 0.0 < sooner.risk <= later.risk <= 1.0
