"""Many items in chunks."""

import asyncio
from collections.abc import Sequence

import pytest

from socialflow.errors import InvalidInput, ItemNotFound, StoreUnavailable
from socialflow.pipelines.batch import KEPT_FAILURES, BatchProcessor


class Work:
    """Notes what it is given; refuses what is in `bad`."""

    def __init__(self, bad: Sequence[int] = (), problem: Exception | None = None) -> None:
        self.calls: list[list[int]] = []
        self.done: list[int] = []
        self._bad = set(bad)
        self._problem = problem or ItemNotFound("there is no such item")

    async def __call__(self, chunk: Sequence[int]) -> None:
        self.calls.append(list(chunk))
        await asyncio.sleep(0)
        if self._bad & set(chunk):
            raise self._problem
        self.done.extend(chunk)


class TestAllItems:
    async def test_are_done_once_in_chunks_and_in_order(self) -> None:
        work = Work()
        report = await BatchProcessor[int](chunk_size=4).run(range(10), work)
        assert work.calls == [[0, 1, 2, 3], [4, 5, 6, 7], [8, 9]]
        assert (report.total, report.done, report.failed, report.partial) == (10, 10, 0, False)

    async def test_are_done_once_by_lanes_side_by_side(self) -> None:
        work, together = Work(), 0
        most = 0

        async def watched(chunk: Sequence[int]) -> None:
            nonlocal together, most
            together += 1
            most = max(most, together)
            await work(chunk)
            together -= 1

        report = await BatchProcessor[int](chunk_size=3, concurrency=4).run(range(100), watched)
        assert sorted(work.done) == list(range(100))
        assert report.done == 100
        assert most == 4

    async def test_progress_ends_at_the_total(self) -> None:
        heard: list[tuple[int, int]] = []
        await BatchProcessor[int](chunk_size=4).run(range(10), Work(), progress=lambda *at: heard.append(at))
        assert heard == [(4, 10), (8, 10), (10, 10)]

    async def test_none_is_a_report_of_nothing(self) -> None:
        assert (await BatchProcessor[int]().run([], Work())).as_json()["total"] == 0

    async def test_those_of_an_earlier_run_are_skipped(self) -> None:
        work = Work()
        report = await BatchProcessor[int](chunk_size=4).run(range(10), work, done_before=lambda n: n < 7)
        assert work.done == [7, 8, 9]
        assert (report.total, report.done, report.skipped) == (10, 3, 7)


class TestAFailingItem:
    async def test_costs_only_itself_and_is_named(self) -> None:
        work = Work(bad=[5])
        report = await BatchProcessor[int](chunk_size=4).run(range(10), work)
        assert sorted(work.done) == [0, 1, 2, 3, 4, 6, 7, 8, 9]
        assert report.as_json() == {
            "total": 10,
            "done": 9,
            "failed": 1,
            "skipped": 0,
            "failures": [{"item": "5", "code": "item_not_found", "detail": "there is no such item"}],
            "failures_omitted": 0,
        }

    async def test_that_fails_for_no_named_reason_tells_nothing_of_the_inside(self) -> None:
        report = await BatchProcessor[int]().run(range(3), Work(bad=[1], problem=ValueError("secret")))
        assert report.done == 2
        assert report.failures[0].code == "internal_error"
        assert "secret" not in report.failures[0].detail

    async def test_names_are_bounded_counts_are_not(self) -> None:
        report = await BatchProcessor[int]().run(range(1000), Work(bad=range(1000)))
        assert (report.failed, len(report.failures)) == (1000, KEPT_FAILURES)
        assert report.as_json()["failures_omitted"] == 1000 - KEPT_FAILURES


class TestWhatNoItemIsAtFaultFor:
    async def test_stops_the_batch(self) -> None:
        work = Work(bad=[5], problem=StoreUnavailable("the database cannot be reached"))
        with pytest.raises(StoreUnavailable):
            await BatchProcessor[int](chunk_size=4, concurrency=2).run(range(100), work)
        assert len(work.calls) < 10

    async def test_raised_by_the_listener_stops_it_too(self) -> None:
        def cancelled(done: int, total: int) -> None:
            raise asyncio.CancelledError

        work = Work()
        with pytest.raises(asyncio.CancelledError):
            await BatchProcessor[int](chunk_size=4).run(range(100), work, progress=cancelled)
        assert work.done == [0, 1, 2, 3]


def test_sizes_must_be_positive() -> None:
    with pytest.raises(InvalidInput, match="at least 1"):
        BatchProcessor[int](chunk_size=0)
