"""What may be submitted, and who is told."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest

from socialflow.errors import InvalidInput, StoreUnavailable, TooLarge
from socialflow.jobs.records import NewJob, PipelineType
from socialflow.jobs.service import MAX_CONFIG_BYTES, MAX_NAME, JobService, check_new
from socialflow.kit.clock import FixedClock, from_micros

CLOCK = FixedClock(from_micros(0))


class Box:
    """A store that keeps what is committed."""

    def __init__(self) -> None:
        self.jobs: list[NewJob] = []
        self.breaks = False

    @asynccontextmanager
    async def write(self) -> AsyncIterator[Any]:
        added: list[NewJob] = []

        async def add(jobs: Sequence[NewJob], now: datetime) -> Sequence[NewJob]:
            assert now == CLOCK.now()
            added.extend(jobs)
            return jobs

        yield SimpleNamespace(jobs=SimpleNamespace(add=add))
        if self.breaks:
            raise StoreUnavailable("the database cannot be reached")
        self.jobs += added


def new(**fields: Any) -> NewJob:
    return NewJob(**({"pipeline_type": PipelineType.CACHE_WARM, "name": "warm"} | fields))


@pytest.fixture
def box() -> Box:
    return Box()


@pytest.fixture
def kicks() -> list[int]:
    """How many jobs were committed at each kick."""
    return []


@pytest.fixture
def service(box: Box, kicks: list[int]) -> JobService:
    return JobService(box, CLOCK, kick=lambda: kicks.append(len(box.jobs)))  # type: ignore[arg-type]


class TestChecks:
    @pytest.mark.parametrize(
        "job",
        [
            new(name="x"),
            new(name="ü" * MAX_NAME),
            new(name="👩‍👩‍👧 evening run"),
            new(priority=0),
            new(priority=10),
            new(config={"a": [1, 2.5, None, True, {"b": "c"}]}),
            new(config={"a": "x" * (MAX_CONFIG_BYTES - 8)}),
        ],
    )
    def test_let_through_what_can_be_stored(self, job: NewJob) -> None:
        check_new(job)

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("name", ""),
            ("name", "x" * (MAX_NAME + 1)),
            ("name", "a\0b"),
            ("name", "a\nb"),
            ("name", "\ud800"),
            ("priority", -1),
            ("priority", 11),
            ("config", {"a": object()}),
            ("config", {"a": {1, 2}}),
            ("config", {"a": "\ud800"}),
            ("config", {1: "a"}),
            ("config", {"a": 2**65}),
        ],
    )
    def test_name_the_field_that_is_wrong(self, field: str, value: object) -> None:
        with pytest.raises(InvalidInput) as caught:
            check_new(new(**{field: value}))
        assert caught.value.field == field

    def test_bound_the_config(self) -> None:
        with pytest.raises(TooLarge, match=str(MAX_CONFIG_BYTES)):
            check_new(new(config={"a": "x" * (MAX_CONFIG_BYTES - 7)}))


class TestSubmitting:
    async def test_tells_the_dispatcher_once_it_is_committed(
        self, service: JobService, box: Box, kicks: list[int]
    ) -> None:
        await service.submit(new())
        await service.submit_many([new(), new()])
        assert len(box.jobs) == 3
        assert kicks == [1, 3]

    async def test_of_many_is_all_or_nothing(self, service: JobService, box: Box, kicks: list[int]) -> None:
        with pytest.raises(InvalidInput):
            await service.submit_many([new(), new(priority=11)])
        assert (box.jobs, kicks) == ([], [])

    async def test_that_was_not_committed_tells_nobody(self, service: JobService, box: Box, kicks: list[int]) -> None:
        box.breaks = True
        with pytest.raises(StoreUnavailable):
            await service.submit(new())
        assert (box.jobs, kicks) == ([], [])

    async def test_in_anothers_transaction_leaves_the_telling_to_them(
        self, service: JobService, box: Box, kicks: list[int]
    ) -> None:
        async with box.write() as unit:
            await service.submit_in(unit, [new()])
        assert (len(box.jobs), kicks) == (1, [])


class TestPaging:
    @pytest.mark.parametrize("limit", [0, 201])
    async def test_is_bounded(self, service: JobService, limit: int) -> None:
        with pytest.raises(InvalidInput) as caught:
            await service.page(limit=limit)
        assert caught.value.field == "limit"
