"""When matches are too many."""

from hypothesis import given
from hypothesis import strategies as st

from socialflow.moderation.banks.breaker import HOUR, Counts, allowed, hour_of

counts = st.integers(0, 10_000)


class TestCounts:
    @given(counts, counts, st.floats(0, 1))
    def test_the_last_sixty_minutes_are_between_the_hour_that_runs_and_both(
        self, this: int, last: int, passed: float
    ) -> None:
        assert this <= Counts(this, last).lately(passed) <= this + last

    def test_what_people_accept_is_usual(self) -> None:
        assert Counts(before=168, hours=168, accepted=40).usual == 40
        assert Counts(before=168, hours=2).usual == 84


class TestAllowed:
    @given(counts, st.floats(1, 168), st.integers(1, 100), st.floats(1, 100))
    def test_never_less_than_the_floor_nor_than_the_usual(
        self, before: int, hours: float, floor: int, factor: float
    ) -> None:
        told = Counts(before=before, hours=hours)
        assert allowed(told, floor, factor) >= max(floor, told.usual) - 1e-3


def test_hours_are_counted_from_the_epoch() -> None:
    assert hour_of(5 * HOUR + HOUR // 2) == (5, 0.5)
