"""One computes, the others wait."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class SingleFlight(Generic[T]):
    """Calls for the same key that come while one is computed share its result, or its failure.

    The computation belongs to nobody: a caller that is cancelled stops waiting, and the others still get the result.
    The next call after the end computes anew. For one event loop.
    """

    def __init__(self) -> None:
        self._flights: dict[str, asyncio.Task[T]] = {}

    async def run(self, key: str, compute: Callable[[], Awaitable[T]]) -> T:
        """The result of `compute`, or that of the one for this key which runs already."""
        flight = self._flights.get(key)
        if flight is None:
            flight = asyncio.ensure_future(_awaited(compute))
            self._flights[key] = flight
            flight.add_done_callback(lambda done: self._over(key, done))
        return await asyncio.shield(flight)

    def _over(self, key: str, flight: "asyncio.Task[T]") -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
        if not flight.cancelled():
            flight.exception()  # it reached whoever waited; if nobody did any more, it is no error of the loop


async def _awaited(compute: Callable[[], Awaitable[T]]) -> T:
    return await compute()
