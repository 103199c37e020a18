import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.recommendation.activity import Activity

NOW = 1_700_000_000.0
HOUR = 3600.0
DAY = 24 * HOUR


def counted(*rows: tuple[int, float], weight: float = 1.0, now: float = NOW) -> Activity:
    """Interactions as (item, hours ago)."""
    activity = Activity(now=now)
    add(activity, *rows, weight=weight, now=now)
    return activity


def add(activity: Activity, *rows: tuple[int, float], weight: float = 1.0, now: float = NOW, sign: int = 1) -> None:
    items, hours = (np.array(column) for column in zip(*rows, strict=True))
    activity.add(items, now - hours * HOUR, np.full(len(rows), weight, np.float32), now=now, sign=sign)


def moves(activity: Activity, item: int, *, window: int = 24, age_hours: float = 1000.0) -> tuple[float, int]:
    motion = activity.motion(window, np.array([item]), np.array([NOW - age_hours * HOUR]), NOW)
    return float(motion.velocity[0]), int(motion.direction[0])


class TestDecay:
    def test_a_window_of_24_hours_decays_with_12(self):
        assert counted((1, 12.0)).trending(24, NOW, 2)[1] == pytest.approx(np.exp(-1))

    def test_the_order_of_arrival_does_not_matter(self):
        late = counted((1, 0.0))
        add(late, (1, 30.0))
        assert late.trending(24, NOW, 2)[1] == pytest.approx(counted((1, 30.0), (1, 0.0)).trending(24, NOW, 2)[1])

    def test_years_later_nothing_overflows(self):
        activity = counted((1, 0.0))
        later = NOW + 20 * 365 * DAY
        add(activity, (2, 0.0), now=later)
        assert activity.trending(1, later, 3).tolist() == pytest.approx([0.0, 0.0, 1.0])
        add(activity, (2, 20 * 365 * 24.0), now=later)
        assert np.isfinite(activity.trending(1, later, 3)).all()
        assert activity.popularity(3).tolist() == [0.0, 1.0, 2.0]

    def test_dislikes_are_no_engagement(self):
        activity = counted((1, 0.0), weight=-3.0)
        assert activity.trending(24, NOW, 2)[1] == 0.0
        assert activity.rows(2)[1] == 1

    def test_erased_interactions_are_taken_out_again(self):
        activity = counted((1, 1.0), (1, 2.0))
        add(activity, (1, 2.0), sign=-1)
        assert activity.trending(24, NOW, 2)[1] == pytest.approx(counted((1, 1.0)).trending(24, NOW, 2)[1])
        assert activity.rows(2)[1] == 1

    @given(st.lists(st.floats(0, 2000), min_size=1, max_size=20), st.sampled_from([1, 6, 24, 168, 720]))
    def test_equals_the_sum_it_stands_for(self, hours, window):
        activity = Activity(now=NOW - 3000 * HOUR)
        for ago in sorted(hours, reverse=True):
            add(activity, (3, 0.0), now=NOW - ago * HOUR)
        expected = np.exp(-2 * np.array(hours) / window).sum()
        assert activity.trending(window, NOW, 4)[3] == pytest.approx(expected, rel=1e-6, abs=1e-12)


class TestMotion:
    def test_a_steady_item_is_stable(self):
        steady = counted(*((1, hour) for hour in np.arange(0.25, 200, 0.5)))
        velocity, direction = moves(steady, 1)
        assert velocity == pytest.approx(1.0, abs=0.1)
        assert direction == 0

    def test_a_burst_rises(self):
        burst = counted(*((1, hour) for hour in np.arange(0.5, 200, 2.0)), *((1, 0.5 + n / 60) for n in range(40)))
        velocity, direction = moves(burst, 1)
        assert velocity > 1.5
        assert direction == 1

    def test_silence_after_a_busy_day_falls(self):
        over = counted(*((1, 14 + n / 10) for n in range(100)))
        velocity, direction = moves(over, 1)
        assert velocity < 0.66
        assert direction == -1

    def test_two_likes_are_no_trend(self):
        assert moves(counted((1, 0.1), (1, 0.2)), 1)[1] == 0

    def test_a_new_item_with_an_even_stream_is_not_rising_because_it_is_new(self):
        new = counted(*((1, n / 30) for n in range(60)))
        velocity, direction = moves(new, 1, age_hours=2.0)
        assert velocity == pytest.approx(1.0, abs=0.1)
        assert direction == 0

    def test_nothing_is_stable(self):
        assert moves(counted((1, 0.0)), 2) == (1.0, 0)
