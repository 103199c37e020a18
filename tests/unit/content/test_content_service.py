"""Recording interactions: values, times, ids, and one outcome a row."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.content.records import VALUE_RANGES, Interaction, InteractionType, RowOutcome, RowStatus
from socialflow.content.service import ContentService, NewInteraction, check_value, require_stored
from socialflow.errors import Conflict, Erased, FutureEvent, InvalidInput, ItemNotFound, UserNotFound
from socialflow.kit.clock import FixedClock

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Log:
    """Stores every row it is given."""

    def __init__(self) -> None:
        self.rows: list[Interaction] = []
        self.writes = 0

    @property
    def interactions(self) -> "Log":
        return self

    @asynccontextmanager
    async def write(self) -> AsyncIterator["Log"]:
        self.writes += 1
        yield self

    async def add(self, rows: Sequence[Interaction]) -> list[RowOutcome]:
        self.rows += rows
        return [RowOutcome(row.id, RowStatus.STORED) for row in rows]


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
def service(log: Log) -> ContentService:
    return ContentService(log, FixedClock(NOW))  # type: ignore[arg-type]


def like(**changes: object) -> NewInteraction:
    return NewInteraction(**{"user": "ann", "item": "i-1", "type": InteractionType.LIKE, **changes})  # type: ignore[arg-type]


class TestValues:
    @given(st.sampled_from(InteractionType), st.floats(allow_nan=True))
    def test_what_is_taken_is_in_range(self, kind: InteractionType, value: float) -> None:
        low, high = VALUE_RANGES.get(kind, (-1.0, 1.0))
        if low <= value <= high:
            assert check_value(kind, value) == value
        else:
            with pytest.raises(InvalidInput) as refusal:
                check_value(kind, value)
            assert refusal.value.field == "interaction_value"

    @pytest.mark.parametrize("kind", [InteractionType.RATING, InteractionType.WATCH_TIME])
    def test_stars_and_seconds_have_no_default(self, kind: InteractionType) -> None:
        with pytest.raises(InvalidInput, match="needs a value"):
            check_value(kind, None)

    def test_other_types_count_once(self) -> None:
        assert check_value(InteractionType.SHARE, None) == 1.0


class TestRecord:
    async def test_what_is_left_out_is_filled_in(self, service: ContentService, log: Log) -> None:
        (outcome,) = await service.record([like()])
        (row,) = log.rows
        assert outcome == RowOutcome(row.id, RowStatus.STORED)
        assert (row.at, row.received_at, row.value) == (NOW, NOW, 1.0)

    async def test_made_ids_differ_over_calls(self, service: ContentService, log: Log) -> None:
        await service.record([like(), like()])
        await service.record([like()])
        assert len({row.id for row in log.rows}) == 3

    async def test_a_future_event_is_refused_and_a_skewed_clock_is_not(self, service: ContentService, log: Log) -> None:
        outcomes = await service.record(
            [
                like(id="skewed", at=NOW + timedelta(minutes=5)),
                like(id="future", at=NOW + timedelta(minutes=5, seconds=1)),
                like(id="late", at=NOW - timedelta(days=4000)),
            ]
        )
        assert [outcome.status for outcome in outcomes] == ["stored", "rejected", "stored"]
        assert (outcomes[1].code, outcomes[1].field) == ("event_in_future", "at")

    async def test_outcomes_keep_the_order_of_the_rows(self, service: ContentService) -> None:
        rows = [like(id=str(n), value=2.0 if n % 3 == 0 else 1.0) for n in range(20)]
        outcomes = await service.record(rows)
        assert [outcome.id for outcome in outcomes] == [str(n) for n in range(20)]
        assert [outcome.status for outcome in outcomes[:4]] == ["rejected", "stored", "stored", "rejected"]

    async def test_without_a_good_row_nothing_is_written(self, service: ContentService, log: Log) -> None:
        await service.record([like(value=7.0)])
        assert log.writes == 0


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("user_not_found", UserNotFound),
        ("item_not_found", ItemNotFound),
        ("event_in_future", FutureEvent),
        ("erased", Erased),
        ("conflict", Conflict),
        ("never_heard_of", InvalidInput),
    ],
)
def test_a_single_rejected_row_raises_what_it_was_rejected_for(code: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        require_stored(RowOutcome("1", RowStatus.REJECTED, code, "why", "field"))
