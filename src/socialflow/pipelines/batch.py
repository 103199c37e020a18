"""Many items in chunks: bounded, watched, and one bad item costs only itself."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Generic, TypeVar

import structlog

from socialflow.errors import Conflict, Erased, InvalidInput, NotFound, PermissionDenied, SocialflowError
from socialflow.jobs.records import JsonObject
from socialflow.pipelines.watching import Listener

T = TypeVar("T")

KEPT_FAILURES = 100
"""Failures that a report names; the rest are counted."""

OF_THE_ITEM = (InvalidInput, NotFound, Conflict, Erased, PermissionDenied)
"""Named failures that an item can be at fault for; any other one (the store is away, a model is missing) stops the
batch."""

_log = structlog.get_logger("socialflow.batch")


@dataclass(frozen=True, slots=True)
class ItemFailure:
    """An item that could not be done, and why."""

    item: str
    code: str
    detail: str


@dataclass(slots=True)
class BatchReport:
    """How a batch went. `skipped` were done before, by an earlier run."""

    total: int
    done: int = 0
    failed: int = 0
    skipped: int = 0
    failures: list[ItemFailure] = field(default_factory=list)
    """The first `KEPT_FAILURES`."""
    first_problem: Exception | None = None

    @property
    def partial(self) -> bool:
        """Whether some items failed."""
        return self.failed > 0

    def note(self, item: object, problem: Exception) -> None:
        """Count a failed item."""
        self.failed += 1
        self.first_problem = self.first_problem or problem
        if len(self.failures) < KEPT_FAILURES:
            if isinstance(problem, SocialflowError):
                self.failures.append(ItemFailure(str(item), problem.code, problem.message))
            else:
                _log.error("item_failed", item=str(item), exc_info=problem)
                self.failures.append(
                    ItemFailure(str(item), SocialflowError.code, "it failed unexpectedly; see the log")
                )

    def raise_if_all_failed(self) -> None:
        """Raise the first problem where nothing was done: then the batch as a whole failed."""
        if self.first_problem is not None and not self.done + self.skipped:
            raise self.first_problem

    def as_json(self) -> JsonObject:
        """The report as a job's result."""
        counts = {"total": self.total, "done": self.done, "failed": self.failed, "skipped": self.skipped}
        failures = [{"item": one.item, "code": one.code, "detail": one.detail} for one in self.failures]
        return {**counts, "failures": failures, "failures_omitted": self.failed - len(failures)}


class BatchProcessor(Generic[T]):
    """Does work on items chunk by chunk.

    A chunk that fails for what one of its items may be at fault for is done again item by item, so that the report
    names the item: work must be idempotent, as that of every job.

    Args:
        chunk_size: items given to one call of the work, at least 1.
        concurrency: calls at the same time, at least 1.

    >>> async def work(chunk):
    ...     if "b" in chunk: raise InvalidInput("b is no letter")
    >>> report = asyncio.run(BatchProcessor(chunk_size=2).run(["a", "b", "c"], work))
    >>> report.done, report.failures
    (2, [ItemFailure(item='b', code='invalid_input', detail='b is no letter')])
    """

    def __init__(self, *, chunk_size: int = 32, concurrency: int = 1) -> None:
        if chunk_size < 1 or concurrency < 1:
            raise InvalidInput("chunk_size and concurrency must be at least 1", field="chunk_size")
        self._chunk_size = chunk_size
        self._concurrency = concurrency

    async def run(
        self,
        items: Sequence[T],
        work: Callable[[Sequence[T]], Awaitable[object]],
        *,
        progress: Listener | None = None,
        done_before: Callable[[T], bool] | None = None,
    ) -> BatchReport:
        """Do all items; returns when every one is done, failed or skipped.

        Args:
            progress: hears (items behind, items in all) after every chunk; what it raises ends the batch.
            done_before: items to skip, because an earlier run did them.

        Raises:
            SocialflowError: a failure that no item is at fault for; chunks that were begun are cancelled.
        """
        todo = [item for item in items if done_before is None or not done_before(item)]
        report = BatchReport(len(items), skipped=len(items) - len(todo))
        chunks = _chunks(todo, self._chunk_size)

        async def lane() -> None:
            for chunk in chunks:
                await self._chunk(chunk, work, report)
                if progress is not None:
                    progress(report.skipped + report.done + report.failed, report.total)

        lanes = [asyncio.create_task(lane()) for _ in range(self._concurrency)]
        try:
            await asyncio.gather(*lanes)
        finally:
            for one in lanes:
                one.cancel()
            await asyncio.gather(*lanes, return_exceptions=True)
        return report

    async def _chunk(
        self, chunk: Sequence[T], work: Callable[[Sequence[T]], Awaitable[object]], report: BatchReport
    ) -> None:
        try:
            await work(chunk)
        except Exception as problem:
            if isinstance(problem, SocialflowError) and not isinstance(problem, OF_THE_ITEM):
                raise
            if len(chunk) == 1:
                report.note(chunk[0], problem)
                return
            for item in chunk:
                await self._chunk([item], work, report)
        else:
            report.done += len(chunk)


def _chunks(items: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Consecutive chunks; one iterator, shared by all lanes."""
    rest = iter(items)
    while chunk := list(islice(rest, size)):
        yield chunk
