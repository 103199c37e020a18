"""The people, channels and items of a simulated platform, and who follows whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.simulation.behaviour import Floats, Ints
from socialflow.simulation.config import SimulationConfig
from socialflow.simulation.vocabulary import TOPICS

DAY = 86_400_000_000
_TOPICS = len(TOPICS)
_GROWTH_STEPS = 24
_MEAN_FOLLOWS = 8.0
_MEAN_SUBSCRIPTIONS = 5.0
_HOMOPHILY = 0.65
_UNKNOWN_WEIGHT = 0.2
"""How likely somebody without followers is chosen, beside 1 for each follower."""


@dataclass(frozen=True, slots=True)
class World:
    """n users, m items, c channels over K topics. Times in microseconds since the epoch.

    `taste_start`, `taste_end`: (n, K) mixtures at both ends of the simulation, moving linearly between;
    `taste_observed`: (n, K) what the old recommender believed; `item_topics`: (m, K); `item_second`: -1 where an item
    has one topic only. `follow_starts`, `followers`: user u is followed by `followers[starts[u]:starts[u + 1]]`.
    """

    taste_start: Floats
    taste_end: Floats
    taste_observed: Floats
    activity: Floats
    peak_hour: Floats
    joined_at: Ints
    channel_owner: Ints
    channel_topics: Floats
    channel_quality: Floats
    item_channel: Ints
    item_topics: Floats
    item_main: Ints
    item_second: Ints
    item_quality: Floats
    item_virality: Floats
    item_is_post: npt.NDArray[np.bool_]
    item_seconds: Floats
    created_at: Ints
    follow_starts: Ints
    followers: Ints
    subscribers: Ints
    subscribed: Ints

    def taste(self, users: Ints, progress: float) -> Floats:
        """Tastes (len(users), K) at a share 0..1 of the simulated time."""
        return (1.0 - progress) * self.taste_start[users] + progress * self.taste_end[users]


def build_world(config: SimulationConfig, rng: np.random.Generator) -> World:
    """Draw a world."""
    people = _people(config, rng)
    channels = _channels(config, rng, people["joined_at"])
    items = _items(config, rng, channels)
    starts, followers = _follows(rng, people["taste_start"].argmax(axis=1))
    subscribers, subscribed = _subscriptions(rng, people["taste_start"], channels)
    del channels["productivity"]
    return World(
        **people,
        **channels,
        **items,
        follow_starts=starts,
        followers=followers,
        subscribers=subscribers,
        subscribed=subscribed,
    )


def _people(config: SimulationConfig, rng: np.random.Generator) -> dict[str, Any]:
    n, start, span = config.users, config.starts_at, config.days * DAY
    taste = _mixtures(rng, n, 0.22)
    moved = (1.0 - config.drift) * taste + config.drift * _mixtures(rng, n, 0.22)
    observed = 0.75 * taste + 0.25 * _mixtures(rng, n, 0.5)
    joined = np.where(rng.random(n) < 0.8, start - rng.integers(0, 700 * DAY, n), start + rng.integers(0, span, n))
    return {
        "taste_start": taste,
        "taste_end": moved.astype(np.float32),
        "taste_observed": observed.astype(np.float32),
        "activity": rng.lognormal(-0.5, 1.0, n).astype(np.float32),  # mean 1
        "peak_hour": (rng.normal(20.0, 3.0, n) % 24.0).astype(np.float32),
        "joined_at": joined.astype(np.int64),
    }


def _channels(config: SimulationConfig, rng: np.random.Generator, joined_at: Ints) -> dict[str, Any]:
    """Channels; their owners are moved to have joined before the simulation begins."""
    c = config.channels
    owners = np.sort(rng.choice(config.users, c, replace=False))
    joined_at[owners] = config.starts_at - rng.integers(100 * DAY, 700 * DAY, c)
    return {
        "channel_owner": owners.astype(np.int64),
        "channel_topics": _mixtures(rng, c, 0.08),
        "channel_quality": rng.beta(5.0, 4.0, c).astype(np.float32),
        "productivity": rng.pareto(1.4, c) + 0.2,
    }


def _items(config: SimulationConfig, rng: np.random.Generator, channels: Mapping[str, Any]) -> dict[str, Any]:
    m, start, span = config.items, config.starts_at, config.days * DAY
    productivity = channels["productivity"]
    channel = np.sort(rng.choice(config.channels, m, p=productivity / productivity.sum()))
    main = draw_rows(rng, channels["channel_topics"], channel)
    second = np.where(rng.random(m) < 0.35, rng.integers(0, _TOPICS, m), -1)
    second[second == main] = -1
    topics = np.zeros((m, _TOPICS), np.float32)
    topics[np.arange(m), main] = 1.0
    mixed = np.flatnonzero(second >= 0)
    topics[mixed, main[mixed]] = 0.7
    topics[mixed, second[mixed]] = 0.3
    created = np.where(rng.random(m) < 0.4, start - rng.integers(1, 60 * DAY, m), start + rng.integers(0, span, m))
    quality = channels["channel_quality"][channel] + rng.normal(0.0, 0.12, m)
    return {
        "item_channel": channel.astype(np.int64),
        "item_topics": topics,
        "item_main": main,
        "item_second": second.astype(np.int64),
        "item_quality": np.clip(quality, 0.02, 0.98).astype(np.float32),
        "item_virality": np.minimum(3.0, rng.pareto(2.5, m)).astype(np.float32),
        "item_is_post": rng.random(m) < 0.15,
        "item_seconds": np.clip(rng.lognormal(3.6, 0.7, m), 5.0, 600.0).astype(np.float32),
        "created_at": created.astype(np.int64),
    }


def _mixtures(rng: np.random.Generator, rows: int, concentration: float) -> Floats:
    """Dirichlet rows (rows, K); a small concentration makes them peaked."""
    drawn = rng.standard_gamma(concentration, (rows, _TOPICS)) + 1e-9
    return np.asarray(drawn / drawn.sum(axis=1, keepdims=True), np.float32)


def draw_rows(rng: np.random.Generator, mixtures: Floats, rows: Ints) -> Ints:
    """One topic for each of the given rows of `mixtures`."""
    cumulative = np.cumsum(mixtures, axis=1, dtype=np.float64)
    below = cumulative[rows] < (rng.random(len(rows)) * cumulative[rows, -1])[:, None]
    return np.asarray(below.sum(axis=1), np.int64)


def _follows(rng: np.random.Generator, main: Ints) -> tuple[Ints, Ints]:
    """Followers of each user, ragged: users arrive in steps and choose by number of followers, mostly of like taste.

    (Preferential attachment, Barabasi and Albert 1999, with homophily.)
    """
    n = len(main)
    degree = np.full(n, _UNKNOWN_WEIGHT)
    pairs = [np.empty(0, np.int64)]
    for step in np.array_split(rng.permutation(n), min(n, _GROWTH_STEPS)):
        source = np.repeat(step, rng.poisson(_MEAN_FOLLOWS, len(step)))
        nowhere = np.zeros(len(source), np.int64)
        target = choose(rng, degree, np.zeros(n, np.int64), nowhere)
        alike = rng.random(len(source)) < _HOMOPHILY
        target[alike] = choose(rng, degree, main, main[source[alike]])
        degree += np.bincount(target, minlength=n)
        pairs.append(target[source != target] * n + source[source != target])
    unique = np.unique(np.concatenate(pairs))
    return np.searchsorted(unique // n, np.arange(n + 1)), unique % n


def _subscriptions(rng: np.random.Generator, tastes: Floats, channels: Mapping[str, Any]) -> tuple[Ints, Ints]:
    """Who subscribes to what: channels of a topic drawn from the user's taste, by size and quality."""
    n, c = len(tastes), len(channels["channel_owner"])
    users = np.repeat(np.arange(n), rng.poisson(_MEAN_SUBSCRIPTIONS, n))
    weights = channels["productivity"] * channels["channel_quality"]
    chosen = choose(rng, weights, channels["channel_topics"].argmax(axis=1), draw_rows(rng, tastes, users))
    pairs = np.unique(users * c + chosen)
    return pairs // c, pairs % c


def choose(rng: np.random.Generator, weights: npt.NDArray[np.float64], groups: Ints, wanted: Ints) -> Ints:
    """For each wanted group one member, by weight; any member of any group where the group is empty."""
    order = np.argsort(groups, kind="stable")
    cumulative = np.concatenate([[0.0], np.cumsum(weights[order])])
    low = cumulative[np.searchsorted(groups[order], wanted, "left")]
    high = cumulative[np.searchsorted(groups[order], wanted, "right")]
    empty = high <= low
    low, high = np.where(empty, 0.0, low), np.where(empty, cumulative[-1], high)
    drawn = np.searchsorted(cumulative, low + rng.random(len(wanted)) * (high - low), "right") - 1
    return np.asarray(order[np.clip(drawn, 0, len(order) - 1)], np.int64)
