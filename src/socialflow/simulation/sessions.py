"""Day by day: an old recommender shows items, people watch, react and share, and shares travel along follows.

Every slot of a session is drawn from a mixture whose probability is kept as the propensity: by popularity, by what the
recommender believes of the user's taste, or from the last days' new items.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.content.records import INTERACTION_CODES, InteractionType
from socialflow.simulation.behaviour import Behaviour, Floats, Ints, match
from socialflow.simulation.config import SimulationConfig
from socialflow.simulation.world import DAY, World, choose, draw_rows

POPULAR, TASTE, FRESH = 0.4, 0.4, 0.2
"""Shares of the old recommender's three sources."""

_FRESH_DAYS = 3
_POPULARITY_POWER = 1.1
_POPULARITY_PRIOR = 1.0
_POPULARITY_DECAY = 0.95
_SHARE_REACH = 0.35
"""Share of the sharer's followers who come upon a share."""
_SHARE_EXAMINED = 0.5
_SHARE_DELAY_HOURS = 3.0
_SECOND = 1_000_000
BY_SHARE = -1
"""Position of an item that came through a share, not through the feed."""


@dataclass(frozen=True, slots=True)
class DayLog:
    """One day's interactions in time order: numbers of users and items, type codes, values, times, positions."""

    users: Ints
    items: Ints
    types: npt.NDArray[np.uint8]
    values: Floats
    at: Ints
    positions: Ints

    def __len__(self) -> int:
        return len(self.users)


@dataclass(frozen=True, slots=True)
class Exposures:
    """What was shown and what came of it, slot by slot. `propensity` is NaN for shares; `watched` 0 if not examined."""

    users: npt.NDArray[np.int32]
    items: npt.NDArray[np.int32]
    positions: npt.NDArray[np.int8]
    days: npt.NDArray[np.int16]
    propensity: Floats
    examined: npt.NDArray[np.bool_]
    watched: Floats
    liked: npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class _Shown:
    users: Ints
    items: Ints
    positions: Ints
    sessions: Ints
    started: Ints
    propensity: Floats


@dataclass(frozen=True, slots=True)
class _Watched:
    """Examined items, when each was left and what fraction of it was watched."""

    users: Ints
    items: Ints
    positions: Ints
    ends: Ints
    fraction: Floats


@dataclass(frozen=True, slots=True)
class _Shares:
    users: Ints
    items: Ints
    at: Ints


class Sessions:
    """The simulated time of one world; `days` runs it once."""

    def __init__(self, config: SimulationConfig, world: World, behaviour: Behaviour, rng: np.random.Generator) -> None:
        self._config = config
        self._world = world
        self._behaviour = behaviour
        self._rng = rng
        self._popularity = np.full(config.items, _POPULARITY_PRIOR)
        self._seen = np.empty(0, np.int64)
        """Sorted keys user * items + item of all that was shown: nothing is shown twice."""
        nothing = np.empty(0, np.int64)
        self._shares = _Shares(nothing, nothing, nothing)

    def days(self) -> Iterator[tuple[DayLog, Exposures]]:
        """Each day's log and exposures, in order."""
        for day in range(self._config.days):
            shown = _joined(self._feeds(day), self._travelled())
            yield self._behave(shown, day)

    def _feeds(self, day: int) -> _Shown:
        """What the old recommender shows in the day's sessions."""
        world, config, rng = self._world, self._config, self._rng
        begins = config.starts_at + day * DAY
        rates = world.activity * config.sessions_per_day * (world.joined_at < begins)
        people = np.repeat(np.arange(config.users), rng.poisson(rates))
        eligible = world.created_at < begins
        if not (len(people) and eligible.any()):
            return _nothing()
        draws = 2 * config.slots + 4
        users = np.repeat(people, draws)
        items, propensity = self._draw(users, eligible, world.created_at >= begins - _FRESH_DAYS * DAY)
        first = self._unseen(users, items)
        sessions = first // draws
        rank = np.arange(len(first)) - np.searchsorted(sessions, sessions)
        kept, sessions, rank = (part[rank < config.slots] for part in (first, sessions, rank))
        started = self._starts(people, begins)
        return _Shown(users[kept], items[kept], rank, sessions, started[sessions], propensity[kept])

    def _draw(self, users: Ints, eligible: npt.NDArray[np.bool_], young: npt.NDArray[np.bool_]) -> tuple[Ints, Floats]:
        """One item a row from the mixture of sources, and its probability."""
        world, rng = self._world, self._rng
        weights = np.where(eligible, self._popularity**_POPULARITY_POWER, 0.0)
        fresh = (eligible & young).astype(np.float64)
        if not fresh.any():
            fresh = weights
        source = rng.choice(3, len(users), p=(POPULAR, TASTE, FRESH))
        one = np.zeros(len(weights), np.int64)
        items = np.empty(len(users), np.int64)
        for place, drawn_by in ((0, weights), (2, fresh)):
            rows = np.flatnonzero(source == place)
            items[rows] = choose(rng, drawn_by, one, one[:1].repeat(len(rows)))
        rows = np.flatnonzero(source == 1)
        wanted = draw_rows(rng, world.taste_observed, users[rows])
        items[rows] = choose(rng, weights, world.item_main, wanted)
        within = np.bincount(world.item_main, weights, minlength=world.item_topics.shape[1])
        share = weights / weights.sum()
        in_topic = weights / np.maximum(within, 1e-300)[world.item_main]
        homeless = world.taste_observed[:, within <= 0].sum(axis=1)
        by_taste = (
            world.taste_observed[users, world.item_main[items]] * in_topic[items] + homeless[users] * share[items]
        )
        propensity = POPULAR * share[items] + TASTE * by_taste + FRESH * (fresh / fresh.sum())[items]
        return items, propensity.astype(np.float32)

    def _unseen(self, users: Ints, items: Ints) -> Ints:
        """Rows, ascending, that show a user something for the first time."""
        keys = users * self._config.items + items
        fresh, first = np.unique(keys, return_index=True)
        if len(self._seen):
            place = np.minimum(np.searchsorted(self._seen, fresh), len(self._seen) - 1)
            first = first[self._seen[place] != fresh]
        return np.sort(first)

    def _starts(self, people: Ints, begins: int) -> Ints:
        """Start of each session: around the user's hour of the day."""
        hours = (self._world.peak_hour[people] + self._rng.normal(0.0, 3.0, len(people))) % 24.0
        micros = (hours * 3600.0 * _SECOND).astype(np.int64)
        return np.asarray(begins + (micros - begins) % DAY, np.int64)

    def _travelled(self) -> _Shown:
        """Yesterday's shares as they reach followers."""
        world, rng, shares = self._world, self._rng, self._shares
        counts = world.follow_starts[shares.users + 1] - world.follow_starts[shares.users]
        rows = np.repeat(np.arange(len(counts)), counts)
        within = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
        reached = rng.random(len(rows)) < _SHARE_REACH
        rows, within = rows[reached], within[reached]
        users = world.followers[world.follow_starts[shares.users[rows]] + within]
        items = shares.items[rows]
        at = shares.at[rows] + (rng.exponential(_SHARE_DELAY_HOURS * 3600.0, len(rows)) * _SECOND).astype(np.int64)
        kept = self._unseen(users, items)
        kept = kept[world.joined_at[users[kept]] < at[kept]]
        count = len(kept)
        return _Shown(
            users[kept],
            items[kept],
            np.full(count, BY_SHARE, np.int64),
            np.arange(count),
            at[kept],
            np.full(count, np.nan, np.float32),
        )

    def _behave(self, shown: _Shown, day: int) -> tuple[DayLog, Exposures]:
        """Draw what people do with what they are shown."""
        world, rng, behaviour = self._world, self._rng, self._behaviour
        progress = (day + 0.5) / self._config.days
        chance = behaviour.examination(np.maximum(shown.positions, 0))
        chance = np.where(shown.positions == BY_SHARE, _SHARE_EXAMINED, chance)
        examined = rng.random(len(chance)) < chance
        users, items = shown.users[examined], shown.items[examined]
        fit = match(world.taste(users, progress), world.item_topics[items])
        quality, virality = world.item_quality[items], world.item_virality[items]
        mean = behaviour.watch_mean(fit, quality)
        scale = behaviour.watch_concentration
        watched = rng.beta(mean * scale, (1.0 - mean) * scale).astype(np.float32)
        ends = self._times(shown, examined, watched * world.item_seconds[items])
        acts: dict[InteractionType, npt.NDArray[np.bool_]] = {}
        for kind in behaviour.actions:
            turned_away = kind in {InteractionType.HIDE, InteractionType.NOT_INTERESTED}
            factor = behaviour.action(kind, fit, quality, virality)
            acts[kind] = rng.random(len(users)) < factor * ((1.0 - watched) if turned_away else watched)
        log = self._log(_Watched(users, items, shown.positions[examined], ends, watched), acts)
        self._remember(shown, items, watched, acts[InteractionType.LIKE])
        shared = acts[InteractionType.SHARE]
        self._shares = _Shares(users[shared], items[shared], ends[shared])
        return log, _exposures(shown, day, examined, watched, acts[InteractionType.LIKE])

    def _times(self, shown: _Shown, examined: npt.NDArray[np.bool_], seconds: Floats) -> Ints:
        """When each examined item is left: sessions run on, item after item."""
        dwell = ((seconds + 2.0) * _SECOND).astype(np.int64)
        total = np.cumsum(dwell)
        feed = shown.positions[examined] != BY_SHARE
        sessions = np.where(feed, shown.sessions[examined], -1 - shown.sessions[examined])
        starts = np.flatnonzero(np.diff(sessions, prepend=sessions[:1] - 1))
        before = np.repeat(total[starts] - dwell[starts], np.diff(np.append(starts, len(sessions))))
        ends = shown.started[examined] + total - before
        return np.asarray(np.minimum(ends, self._config.ends_at), np.int64)

    def _log(self, seen: _Watched, acts: dict[InteractionType, npt.NDArray[np.bool_]]) -> DayLog:
        """Views, skips and acts as one log in time order."""
        skipped = seen.fraction < self._behaviour.skip_below
        rows = [np.arange(len(skipped))]
        codes = [np.where(skipped, INTERACTION_CODES[InteractionType.SKIP], INTERACTION_CODES[InteractionType.VIEW])]
        values = [np.where(skipped, np.float32(1.0), seen.fraction)]
        for kind, chosen in acts.items():
            rows.append(np.flatnonzero(chosen))
            codes.append(np.full(len(rows[-1]), INTERACTION_CODES[kind]))
            values.append(np.ones(len(rows[-1]), np.float32))
        row = np.concatenate(rows)
        order = np.argsort(seen.ends[row], kind="stable")
        row = row[order]
        return DayLog(
            users=seen.users[row],
            items=seen.items[row],
            types=np.concatenate(codes)[order].astype(np.uint8),
            values=np.concatenate(values)[order].astype(np.float32),
            at=seen.ends[row],
            positions=seen.positions[row],
        )

    def _remember(self, shown: _Shown, items: Ints, watched: Floats, liked: npt.NDArray[np.bool_]) -> None:
        keys = np.unique(shown.users * self._config.items + shown.items)
        self._seen = np.insert(self._seen, np.searchsorted(self._seen, keys), keys)
        gained = np.bincount(items, watched + 2.0 * liked, minlength=self._config.items)
        prior = (1.0 - _POPULARITY_DECAY) * _POPULARITY_PRIOR
        self._popularity = self._popularity * _POPULARITY_DECAY + prior + gained


def _nothing() -> _Shown:
    none = np.empty(0, np.int64)
    return _Shown(none, none, none, none, none, np.empty(0, np.float32))


def _joined(feeds: _Shown, shares: _Shown) -> _Shown:
    """Both, without what the feed shows today anyway."""
    width = int(max(feeds.items.max(initial=0), shares.items.max(initial=0))) + 1
    fresh = ~np.isin(shares.users * width + shares.items, feeds.users * width + feeds.items)
    return _Shown(
        np.concatenate([feeds.users, shares.users[fresh]]),
        np.concatenate([feeds.items, shares.items[fresh]]),
        np.concatenate([feeds.positions, shares.positions[fresh]]),
        np.concatenate([feeds.sessions, shares.sessions[fresh]]),
        np.concatenate([feeds.started, shares.started[fresh]]),
        np.concatenate([feeds.propensity, shares.propensity[fresh]]),
    )


def _exposures(
    shown: _Shown, day: int, examined: npt.NDArray[np.bool_], watched: Floats, liked: npt.NDArray[np.bool_]
) -> Exposures:
    every_watched = np.zeros(len(examined), np.float32)
    every_watched[examined] = watched
    every_liked = np.zeros(len(examined), np.bool_)
    every_liked[examined] = liked
    return Exposures(
        users=shown.users.astype(np.int32),
        items=shown.items.astype(np.int32),
        positions=shown.positions.astype(np.int8),
        days=np.full(len(examined), day, np.int16),
        propensity=shown.propensity,
        examined=examined,
        watched=every_watched,
        liked=every_liked,
    )
