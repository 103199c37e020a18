"""When schedules are due."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.jobs.records import Trigger
from socialflow.pipelines.triggers import check_trigger, next_run

SUNDAY_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def after(line: str, now: datetime = SUNDAY_NOON, runs: int = 1) -> list[str]:
    """The next runs of a cron line."""
    found = []
    for _ in range(runs):
        upcoming = next_run(Trigger(cron=line), now, now)
        assert upcoming is not None
        found.append(upcoming.strftime("%a %Y-%m-%d %H:%M"))
        now = upcoming
    return found


class TestIntervals:
    def test_one_served_in_time_keeps_its_rhythm(self) -> None:
        late = SUNDAY_NOON + timedelta(seconds=3)
        assert next_run(Trigger(interval_seconds=60), SUNDAY_NOON, late) == SUNDAY_NOON + timedelta(seconds=60)

    def test_one_that_missed_runs_goes_on_from_now(self) -> None:
        late = SUNDAY_NOON + timedelta(hours=9, seconds=7)
        assert next_run(Trigger(interval_seconds=60), SUNDAY_NOON, late) == late + timedelta(seconds=60)

    @given(st.integers(1, 400 * 86_400), st.integers(0, 10**9))
    def test_the_next_run_is_after_now_and_at_most_one_interval_away(self, interval: int, late: int) -> None:
        now = SUNDAY_NOON + timedelta(microseconds=late)
        upcoming = next_run(Trigger(interval_seconds=interval), SUNDAY_NOON, now)
        assert upcoming is not None
        assert timedelta(0) < upcoming - now <= timedelta(seconds=interval)


class TestCronLines:
    def test_a_run_at_this_very_instant_is_not_the_next(self) -> None:
        assert after("*/15 * * * *", runs=2) == ["Sun 2026-03-01 12:15", "Sun 2026-03-01 12:30"]

    @pytest.mark.parametrize("sunday", ["0", "7", "sun", "SUN"])
    def test_sunday_is_the_weekday_0_and_7(self, sunday: str) -> None:
        assert after(f"0 6 * * {sunday}") == ["Sun 2026-03-08 06:00"]

    def test_weekdays_as_spans_lists_and_steps(self) -> None:
        assert after("0 6 * * 1-5", runs=6)[4:] == ["Fri 2026-03-06 06:00", "Mon 2026-03-09 06:00"]
        assert after("0 6 * * 5-7,2", runs=4) == [
            "Tue 2026-03-03 06:00",
            "Fri 2026-03-06 06:00",
            "Sat 2026-03-07 06:00",
            "Sun 2026-03-08 06:00",
        ]
        assert after("0 6 * * sat-sun", runs=2) == ["Sat 2026-03-07 06:00", "Sun 2026-03-08 06:00"]
        assert after("0 6 * * */3", runs=3) == ["Wed 2026-03-04 06:00", "Sat 2026-03-07 06:00", "Sun 2026-03-08 06:00"]

    def test_a_day_of_the_month_or_a_weekday_where_both_are_named(self) -> None:
        assert after("0 0 13 * 5", runs=3) == ["Fri 2026-03-06 00:00", "Fri 2026-03-13 00:00", "Fri 2026-03-20 00:00"]
        assert after("0 0 10 * 5", runs=2) == ["Fri 2026-03-06 00:00", "Tue 2026-03-10 00:00"]

    def test_no_hour_is_skipped_or_repeated_where_clocks_change(self) -> None:
        night = datetime(2026, 3, 28, 23, 30, tzinfo=UTC)  # clocks in Europe change at 01:00 UTC
        assert [run[-5:] for run in after("0 * * * *", night, runs=4)] == ["00:00", "01:00", "02:00", "03:00"]

    def test_a_leap_day_is_waited_for(self) -> None:
        assert after("0 0 29 2 *") == ["Tue 2028-02-29 00:00"]


class TestChecks:
    def test_the_first_run_of_a_good_trigger(self) -> None:
        assert check_trigger(Trigger(interval_seconds=1800), SUNDAY_NOON) == SUNDAY_NOON + timedelta(minutes=30)
        assert check_trigger(Trigger(cron="30 12 * * *"), SUNDAY_NOON) == SUNDAY_NOON + timedelta(minutes=30)

    @pytest.mark.parametrize(
        ("trigger", "field", "says"),
        [
            (Trigger(), "trigger", "either interval_seconds, like 1800, or cron"),
            (Trigger(interval_seconds=60, cron="* * * * *"), "trigger", "either"),
            (Trigger(interval_seconds=0), "trigger.interval_seconds", "must be 1 to"),
            (Trigger(interval_seconds=10**9), "trigger.interval_seconds", "must be 1 to"),
            (Trigger(cron="* * * *"), "trigger.cron", "it has 4 fields, not 5"),
            (Trigger(cron="61 * * * *"), "trigger.cron", r"\*/15 \* \* \* \*"),
            (Trigger(cron="0 0 * * 8"), "trigger.cron", '"8" is not a number from 0 to 7'),
            (Trigger(cron="0 0 * * 5-2"), "trigger.cron", "run backwards"),
            (Trigger(cron="0 0 * * */0"), "trigger.cron", '"0" is not a number from 1 to 7'),
            (Trigger(cron="0 0 * * noday"), "trigger.cron", "noday"),
            (Trigger(cron="a b c d e"), "trigger.cron", "no cron line"),
            (Trigger(cron=""), "trigger.cron", "it has 0 fields"),
            (Trigger(cron="0 0 30 2 *"), "trigger.cron", "never comes"),
        ],
    )
    def test_a_bad_one_is_named_with_an_example(self, trigger: Trigger, field: str, says: str) -> None:
        with pytest.raises(InvalidInput, match=says) as caught:
            check_trigger(trigger, SUNDAY_NOON)
        assert caught.value.field == field

    @given(st.text(alphabet="0123456789*/,-?# \nsunmofjaLlast", max_size=30))
    def test_any_text_is_a_trigger_or_a_clear_error(self, line: str) -> None:
        try:
            first = check_trigger(Trigger(cron=line), SUNDAY_NOON)
        except InvalidInput:
            return
        assert first > SUNDAY_NOON
