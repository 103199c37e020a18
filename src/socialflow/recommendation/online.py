"""Models kept in step with the log between two fits: aside, in bounded steps, swapped in whole."""

import asyncio
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt
import structlog
from scipy import sparse

from socialflow.errors import Overloaded, StoreUnavailable
from socialflow.ids import UserKey
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock
from socialflow.recommendation.follow import Following, News
from socialflow.recommendation.live import LiveState
from socialflow.recommendation.log import MICROS, NO_ROWS, InteractionLog, Snapshot, UserRows
from socialflow.recommendation.ports import RecommendationStore
from socialflow.recommendation.protocol import Matrix, Recommender
from socialflow.recommendation.shelf import Loaded, Shelf
from socialflow.recommendation.value_model import Weigher

_log = structlog.get_logger("socialflow.online")

EVERY = timedelta(seconds=15)
"""Between the ends of two steps."""
PEOPLE_AT_ONCE = 25
"""Counted in one go, which slows requests beside it down; what is the same for any number is done anew each time."""
SECONDS_OF_A_STEP = 1.0
"""Of work, after which a step leaves the rest to the next one."""
REST = 9.0
"""Times as long as it has worked that a step pauses, so that requests have nine tenths of a core beside it."""
_LONGEST_REST = 10.0
MOST_PEOPLE = 50_000
"""People heard of since a fit; more are left to the next fit (about 1 kB each is held of them)."""


@dataclass
class Followed:
    """How far a model has come since its fit."""

    model: Recommender
    """As it is in use; another one in its place was loaded since."""
    weigh: Weigher
    """The value model that was active when the model came into use: one scale for what is taken out and put in."""
    waiting: set[int]
    """People who did something that is not counted yet."""
    known: npt.NDArray[np.bool_]
    """By item key: whether the fit has learnt something of it; keys beyond came later."""
    counted: dict[int, UserRows] = field(default_factory=dict)
    """The interactions of a person that the model has counted, of those heard of since the fit."""
    takers: dict[int, UserRows] = field(default_factory=dict)
    """Those of `counted` who took something that the fit knew nothing of."""

    def unknown(self, items: npt.NDArray[np.integer]) -> npt.NDArray[np.bool_]:
        """Of which of these item keys the fit knew nothing."""
        early = items < len(self.known)
        return ~(early & self.known[np.where(early, items, 0)])

    def among(self, rows: Mapping[int, UserRows]) -> dict[int, UserRows]:
        """`takers`, as they are with these people's rows."""
        theirs = {user: mine for user, mine in rows.items() if self.unknown(mine.items).any()}
        return {**{user: mine for user, mine in self.takers.items() if user not in rows}, **theirs}

    def count(self, rows: Mapping[int, UserRows]) -> None:
        """Note what the model has counted of people; nothing is held of who was erased or bars training."""
        self.takers = self.among(rows)
        for user, mine in rows.items():
            if len(mine):
                self.counted[user] = mine
            else:
                self.counted.pop(user, None)

    def queue(self, snapshot: Snapshot) -> list[int]:
        """Who waits: those first who lately took something that the fit knew nothing of, then the others."""
        tail = snapshot.tail
        first = {*tail.users[self.unknown(tail.items)].tolist()}
        return sorted(self.waiting, key=lambda user: (user not in first, user))


class Online:
    """Brings models that follow (`follow.Following`) up to date with the live log.

    A step runs when a request has found news, at most every `EVERY`, and counts everything that was there when it
    began, or as much as `SECONDS_OF_A_STEP` allow: those first who took what the fit did not know, since of known items
    the fit has told the most. People who bar training are never counted. What the fit has seen is
    told by event time: an event that is older than the fit and came after it counts from the next fit on.
    """

    def __init__(
        self, store: RecommendationStore, live: LiveState, shelf: Shelf[Loaded], lane: Lane, clock: Clock
    ) -> None:
        self._store, self._live, self._shelf = store, live, shelf
        self._lane, self._clock = lane, clock
        self._followed: dict[str, Followed] = {}
        self._next = clock.now() + EVERY
        self._step: asyncio.Task[None] | None = None
        self.current_at: datetime | None = None
        """When it was last seen that nothing waits to be counted."""

    def tend(self) -> None:
        """Start a step where one is due; returns at once."""
        if self._step is not None and not self._step.done():
            return
        if not self._due():
            self.current_at = self._clock.now()
        elif self._clock.now() >= self._next:
            self._step = asyncio.create_task(self._take_step())

    async def settle(self) -> None:
        """Wait for the step under way."""
        if self._step is not None:
            await self._step

    async def close(self) -> None:
        """Give the step up."""
        if self._step is not None:
            self._step.cancel()
            await asyncio.gather(self._step, return_exceptions=True)

    def _due(self) -> bool:
        following = self._following()
        unheard = any(
            name not in self._followed or self._followed[name].model is not loaded.model
            for name, loaded in following.items()
        )
        return (
            unheard or bool(following and self._live.heard) or any(self._followed[name].waiting for name in following)
        )

    def _following(self) -> Mapping[str, Loaded]:
        models = self._shelf.models.items()
        return {
            name: loaded for name, loaded in models if isinstance(loaded.model, Following) and loaded.model.can_follow
        }

    async def _take_step(self) -> None:
        try:
            async with self._store.read() as unit:
                barred = frozenset(await unit.users.untrainable())
            heard, now = self._live.take_heard(), self._clock.now()
            for followed in self._followed.values():
                followed.waiting |= heard
            for name, loaded in self._following().items():
                await self._bring_up(name, loaded, barred, now)
        except (Overloaded, StoreUnavailable):
            pass  # who waits is still noted; the next step goes on
        except Exception:
            _log.exception("online_step_failed")  # nobody awaits a step; models stay as they are, and age
        finally:
            self._next = self._clock.now() + EVERY

    async def _bring_up(self, name: str, loaded: Loaded, barred: Collection[UserKey], now: datetime) -> None:
        """Count for one model who waits, then swap it in."""
        followed = self._followed.get(name)
        until = loaded.model.learnt_until
        if until is None:
            return
        if followed is None or followed.model is not loaded.model:
            waiting = await self._lane.run(active_since, self._live.log.snapshot(), int(until * MICROS))
            known = _mask(loaded.model)
            followed = self._followed[name] = Followed(loaded.model, self._live.weigh, waiting, known)
        worked, queue = 0.0, followed.queue(self._live.log.snapshot())
        while queue and worked < SECONDS_OF_A_STEP:
            people, queue = queue[:PEOPLE_AT_ONCE], queue[PEOPLE_AT_ONCE:]
            rows = {user: _rows(self._live.log, user, barred) for user in people if _has_room(followed, user)}
            size = self._live.corpus.size
            model = loaded.model
            if not isinstance(model, Following):
                return
            started = time.perf_counter()
            model = await self._lane.run(take_in, model, followed, rows, int(until * MICROS), size)
            took = time.perf_counter() - started
            # Nothing is awaited from here on: what is noted as counted is what the model in use has counted.
            former, loaded = loaded, replace(loaded, model=model)
            if not self._shelf.swap(name, former, loaded):
                return
            followed.model = model
            followed.count(rows)
            followed.waiting.difference_update(people)
            worked += took
            await asyncio.sleep(min(REST * took, _LONGEST_REST))
        if not followed.waiting and len(followed.counted) < MOST_PEOPLE:
            current = replace(loaded.provenance, updated_at=now)
            self._shelf.swap(name, loaded, replace(loaded, provenance=current))


def _has_room(followed: Followed, user: int) -> bool:
    return user in followed.counted or len(followed.counted) < MOST_PEOPLE


def _rows(log: InteractionLog, user: int, barred: Collection[UserKey]) -> UserRows:
    return NO_ROWS if user in barred else log.rows(UserKey(user))


def _mask(model: Recommender) -> npt.NDArray[np.bool_]:
    """By item key, whether the model was fitted with something of it."""
    ids = model.fitted_ids if isinstance(model, Following) else model.item_ids
    known = np.zeros(int(ids.max(initial=0)) + 1, np.bool_)
    known[ids] = True
    return known


def active_since(snapshot: Snapshot, micros: int) -> set[int]:
    """People with an interaction after an instant."""
    base = snapshot.base
    owners = np.repeat(np.arange(base.users), np.diff(base.indptr))[base.rows.at > micros]
    return {*np.unique(owners).tolist(), *snapshot.tail.users[snapshot.tail.at > micros].tolist()}


def take_in(model: Following, followed: Followed, rows: Mapping[int, UserRows], micros: int, items: int) -> Following:
    """The model with these people counted as their rows are now, knowing item keys below `items`.

    Of a person who is not in `followed.counted` it has counted what happened until `micros`.
    """
    counted, weigh = followed.counted, followed.weigh
    before = [counted.get(user, _until(mine, micros)) for user, mine in rows.items()]
    takers = followed.among(rows)
    return model.follow(
        News(
            before=taken(before, weigh, items),
            now=taken(list(rows.values()), weigh, items),
            since=taken(list(takers.values()), weigh, items),
        )
    )


def taken(people: Sequence[UserRows], weigh: Weigher, size: int) -> Matrix:
    """Summed positive weights (people, item keys below `size`) of their interactions."""
    together = [NO_ROWS, *people]
    items = np.concatenate([mine.items for mine in together])
    weights = weigh(
        np.concatenate([mine.types for mine in together]), np.concatenate([mine.values for mine in together])
    )
    owners = np.repeat(np.arange(len(people), dtype=np.int32), [len(mine) for mine in people])
    liked: npt.NDArray[np.bool_] = (weights > 0) & (items < size)
    cells = (owners[liked], items[liked])
    matrix: Matrix = sparse.coo_array((weights[liked], cells), shape=(len(people), size)).tocsr()
    return matrix


def _until(rows: UserRows, micros: int) -> UserRows:
    stop = int(np.searchsorted(rows.at, micros, side="right"))
    return UserRows(rows.items[:stop], rows.types[:stop], rows.values[:stop], rows.at[:stop])
