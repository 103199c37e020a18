"""When schedules are due: intervals and cron lines, both in UTC, so that no clock change repeats or skips a run."""

from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.combining import OrTrigger
from apscheduler.triggers.cron import CronTrigger

from socialflow.errors import InvalidInput
from socialflow.jobs.records import Trigger

MAX_INTERVAL = 366 * 86_400
"""Seconds."""
EXAMPLE = "*/15 * * * *"
_WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_TICK = timedelta(microseconds=1)


def check_trigger(trigger: Trigger, now: datetime) -> datetime:
    """When a schedule that is added now first runs.

    Raises:
        InvalidInput: not exactly one of interval and cron, an interval outside 1 s to a year, a line that is no cron
            line or that no day ever matches.
    """
    if (trigger.cron is None) == (trigger.interval_seconds is None):
        raise InvalidInput(
            f'trigger must have either interval_seconds, like 1800, or cron, like "{EXAMPLE}"', field="trigger"
        )
    seconds = trigger.interval_seconds
    if seconds is not None and not 1 <= seconds <= MAX_INTERVAL:
        raise InvalidInput(
            f"trigger.interval_seconds must be 1 to {MAX_INTERVAL}, like 1800, not {seconds}",
            field="trigger.interval_seconds",
        )
    first = next_run(trigger, now, now)
    if first is None:
        raise InvalidInput(f'trigger.cron "{trigger.cron}" names a day that never comes', field="trigger.cron")
    return first


def next_run(trigger: Trigger, due: datetime, now: datetime) -> datetime | None:
    """The first run after `now` of a schedule that was due at `due`; None: it never runs again.

    An interval keeps its rhythm while it is served in time; where at least one whole interval was missed, it is
    counted from now. What was missed is not made up for.

    >>> from datetime import UTC, datetime
    >>> half_hour, noon = Trigger(interval_seconds=1800), datetime(2026, 3, 1, 12, tzinfo=UTC)
    >>> next_run(half_hour, noon, noon + timedelta(seconds=2)) - noon
    datetime.timedelta(seconds=1800)
    >>> next_run(half_hour, noon, noon + timedelta(hours=5)) - noon
    datetime.timedelta(seconds=19800)
    """
    if trigger.cron is not None:
        found: datetime | None = cron(trigger.cron).get_next_fire_time(None, now + _TICK)
        return found
    interval = timedelta(seconds=trigger.interval_seconds or 0)
    return due + interval if due + interval > now else now + interval


def cron(line: str) -> BaseTrigger:
    """A cron line as every cron reads it: weekdays count from Sunday (0 or 7), and where both the day of the month and
    the weekday are restricted, a day that matches either is meant.

    APScheduler's own reading of a line differs in both. Raises InvalidInput.
    """
    fields = line.split()
    try:
        if len(fields) != 5:
            raise ValueError(f"it has {len(fields)} fields, not 5")
        minute, hour, day, month, weekday = fields
        weekday = _weekday_names(weekday)
        if day != "*" and weekday != "*":
            return OrTrigger([_cron(minute, hour, day, month, "*"), _cron(minute, hour, "*", month, weekday)])
        return _cron(minute, hour, day, month, weekday)
    except ValueError as problem:
        raise InvalidInput(
            f'trigger.cron "{line}" is no cron line (minute hour day month weekday): {problem}; '
            f'right would be "{EXAMPLE}"',
            field="trigger.cron",
        ) from None


def _cron(minute: str, hour: str, day: str, month: str, weekday: str) -> CronTrigger:
    return CronTrigger(minute=minute, hour=hour, day=day, month=month, day_of_week=weekday, timezone=UTC)


def _weekday_names(field: str) -> str:
    """The weekday field with every day by its name: "1-5" -> "mon,tue,wed,thu,fri".

    >>> _weekday_names("5-7"), _weekday_names("*/3"), _weekday_names("sun"), _weekday_names("*")
    ('fri,sat,sun', 'sun,wed,sat', 'sun', '*')
    """
    if field == "*":
        return field
    days = [_WEEKDAYS[day % 7] for part in field.split(",") for day in _days_of(part)]
    return ",".join(dict.fromkeys(days))


def _days_of(part: str) -> range:
    """The days, 0 to 7, of one comma-separated part: `*`, `2`, `mon`, `1-5`, each also with a `/step`."""
    span, _, step = part.lower().partition("/")
    every = _number(step, 1, 7) if "/" in part else 1
    if span == "*":
        return range(0, 7, every)
    first, dash, last = span.partition("-")
    start = _day(first)
    stop = _day(last) if dash else (6 if "/" in part else start)
    if dash and stop == 0:
        stop = 7  # sat-sun
    if stop < start:
        raise ValueError(f'weekdays "{part}" run backwards')
    return range(start, stop + 1, every)


def _day(word: str) -> int:
    return _WEEKDAYS.index(word) if word in _WEEKDAYS else _number(word, 0, 7)


def _number(word: str, least: int, most: int) -> int:
    if not (word.isascii() and word.isdigit() and least <= int(word) <= most):
        raise ValueError(f'"{word}" is not a number from {least} to {most}')
    return int(word)
