"""`smart` against every single algorithm on a simulated platform whose truth is known, and what its log tells of them.

`python -m benchmarks bandit --users 400 --items 2000 --days 20 [--home DIR]`

Regret: every algorithm, and `smart`, serves a platform of its own, all alike at the start, through the service itself:
a page for each person and round, what they do with it drawn from the truth and stored, `smart` learning as its job
does. A round's figure is the mean *expected* reward of the pages shown, by the truth. What `smart` draws is chance:
it serves several copies, drawing anew on each; its figures are means over them, beside what each came to. The same is
done on a platform, of another seed, that no setting of `smart` was chosen on. How soon it knows depends on how much
it sees: all of it is done once with few people and once with three times as many.

Off-policy: from the pages that every algorithm would show each person at the start, many small runs of `smart` are
drawn; from each run's log alone the value of every single algorithm is estimated, with a 95 % interval, and held
against the truth. Where the Open Bandit logs lie beside the checkout, each of their policies is judged by the log of
the other, too.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import betainc

from benchmarks.curves import curves
from benchmarks.results_file import write
from benchmarks.serving import Scale, prepare
from socialflow.catalogue.registry import Catalogue
from socialflow.content.records import Interaction, InteractionContext, InteractionType
from socialflow.evaluation.off_policy import Logged, estimate
from socialflow.kit.clock import FixedClock
from socialflow.pipelines.model_source import CatalogueModels
from socialflow.recommendation import feeds
from socialflow.recommendation.person_rewards import Person
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.rewards import WINDOW
from socialflow.recommendation.service import FeedSettings, RecommendationService
from socialflow.recommendation.thompson import ThompsonSampling
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS
from socialflow.simulation import Truth, load_truth
from socialflow.storage.unit_of_work import Store
from socialflow.training.off_policy_eval import evaluate_off_policy

PEOPLE, FEW, ROUNDS, WARM_UP, PAGE = 300, 100, 24, 8, 10
SMARTS = 3
"""Copies of a platform that `smart` serves."""
UNSEEN = (11,)
"""Seeds of platforms that no setting was chosen on."""
RUNS, RUN_PEOPLE, RUN_ROUNDS = 40, 80, 12
ESTIMATORS = ("ips", "snips", "dr")
IMAGE = Path(__file__).parents[1] / "docs" / "images" / "bandit.svg"
OPEN_BANDIT = Path(__file__).parents[2] / "shared" / "data" / "recsys" / "open-bandit"
Floats = np.ndarray
_TURNED_AWAY = frozenset({InteractionType.HIDE, InteractionType.NOT_INTERESTED})


@dataclass(frozen=True, slots=True)
class World:
    """The truth, by the numbers of people and items."""

    truth: Truth

    @property
    def items(self) -> dict[str, int]:
        """Id -> number."""
        config = self.truth.config
        return {config.item_id(number): number for number in range(config.items)}

    def expected(self, person: int, shown: Sequence[int]) -> float:
        """Expected reward of a page: over places, P(examined) times the expected weight of what is done then."""
        items = np.array(shown, np.int64)
        people, places = np.full(len(items), person), np.arange(len(items))
        behaviour = self.truth.behaviour
        mean = self.truth.expected_watch(people, items).astype(np.float64)
        a, b = mean * behaviour.watch_concentration, (1.0 - mean) * behaviour.watch_concentration
        skipped = betainc(a, b, behaviour.skip_below)
        watched = mean * (1.0 - betainc(a + 1.0, b, behaviour.skip_below))
        worth = DEFAULT_WEIGHTS[InteractionType.VIEW] * watched + DEFAULT_WEIGHTS[InteractionType.SKIP] * skipped
        for kind in behaviour.actions:
            worth += DEFAULT_WEIGHTS[kind] * self.truth.probability(kind, people, items)
        return float((behaviour.examination(places) * worth).sum())

    def acts(self, person: int, shown: Sequence[int], seed: Sequence[int]) -> list[tuple[int, InteractionType, float]]:
        """What the person does with a page: (item, kind, value); equal seeds draw alike."""
        rng = np.random.default_rng(seed)
        items = np.array(shown, np.int64)
        people, places = np.full(len(items), person), np.arange(len(items))
        behaviour = self.truth.behaviour
        examined = rng.random(len(items)) < behaviour.examination(places)
        mean, scale = self.truth.expected_watch(people, items), behaviour.watch_concentration
        watched = rng.beta(mean * scale, (1.0 - mean) * scale)
        skipped = watched < behaviour.skip_below
        done = [
            (item, InteractionType.SKIP if skip else InteractionType.VIEW, 1.0 if skip else float(fraction))
            for item, skip, fraction, seen in zip(shown, skipped, watched, examined, strict=True)
            if seen
        ]
        for kind in behaviour.actions:
            factor = self.truth.probability(kind, people, items) / np.maximum(
                (1.0 - mean) if kind in _TURNED_AWAY else mean, 1e-9
            )
            chance = factor * ((1.0 - watched) if kind in _TURNED_AWAY else watched)
            acted = examined & (rng.random(len(items)) < chance)
            done += [(item, kind, 1.0) for item, act in zip(shown, acted, strict=True) if act]
        return done


class Platform:
    """One copy of the simulated platform, with a clock of its own."""

    def __init__(self, home: Path, folder: Path, world: World, *, seed: int = 0) -> None:
        path = folder / "platform.db"
        with sqlite3.connect(home / "socialflow.db") as source, sqlite3.connect(path) as target:
            source.backup(target)
        self.world = world
        self.clock = FixedClock(world.truth.config.until + timedelta(minutes=5))
        self.store = Store(f"sqlite:///{path}")
        models = CatalogueModels(Catalogue(home / "models"))
        settings = FeedSettings(bandit_seed=seed)
        self.service = RecommendationService(self.store, models, self.clock, settings)
        self.items = world.items

    async def round(self, algorithm: str, people: Sequence[int], number: int) -> float:
        """A page for each person; returns the mean expected reward."""
        config, worth, rows = self.world.truth.config, 0.0, []
        for person in people:
            query = FeedQuery(user_id=config.user_id(person), algorithm=algorithm, page_size=PAGE, device="phone")
            made = (await self.service.feed(query)).impression
            shown = [self.items[entry.item_id] for entry in made.entries]
            worth += self.world.expected(person, shown)
            context = InteractionContext(surface="feed", device="phone", request_id=made.request_id)
            now = self.clock.now()
            rows += [
                Interaction(
                    f"b{number}-{person}-{place}", config.user_id(person), config.item_id(item), kind, value, now, now,
                    context,
                )
                for place, (item, kind, value) in enumerate(self.world.acts(person, shown, (number, person)))
            ]  # fmt: skip
        async with self.store.write() as unit:
            await unit.interactions.add(rows)
        self.clock.at += WINDOW
        while await self.service.bandit.settle():
            pass
        self.clock.at += timedelta(hours=1)
        return worth / len(people)

    async def close(self) -> None:
        await self.service.close()
        await self.store.close()


async def serve(home: Path, world: World, algorithm: str, people: Sequence[int], seed: int) -> list[float]:
    """Rewards of an algorithm, round by round, on a platform of its own."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(home, Path(folder), world, seed=seed)
        await platform.service.start()
        try:
            return [await platform.round(algorithm, people, number) for number in range(ROUNDS)]
        finally:
            await platform.close()


async def pages(home: Path, world: World, people: Sequence[int]) -> dict[str, list[list[int]]]:
    """What every arm would show each person at the start."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(home, Path(folder), world)
        await platform.service.start()
        try:
            config = world.truth.config
            viewers = await platform.service.viewers({config.user_id(person) for person in people})
            arms = feeds.arms((await platform.service.present()).models)
            shown = {}
            for arm in arms:
                names = [config.user_id(person) for person in people]
                asked = [(FeedQuery(user_id=name, algorithm=arm, page_size=PAGE), viewers[name]) for name in names]
                ranked = await platform.service.rank_many(asked)
                shown[arm] = [[platform.items[entry.item_id] for entry in one.impression.entries] for one in ranked]
            return shown
        finally:
            await platform.close()


def regret(people: int, singles: dict[str, list[float]], smarts: Sequence[Sequence[float]]) -> dict[str, Any]:
    """Figures and curves of the first study, of as many people."""
    rewards = {**singles, "smart": np.mean(smarts, axis=0).tolist()}
    after = {name: float(np.mean(values[WARM_UP:])) for name, values in rewards.items()}
    best = max(singles, key=lambda name: after[name])
    lost = np.cumsum(np.array(rewards[best]) - np.array(rewards["smart"]))
    return {
        "people": people,
        "rounds": ROUNDS,
        "warm_up": WARM_UP,
        "best_single": best,
        "reward_after_warm_up": {
            name: round(value, 4) for name, value in sorted(after.items(), key=lambda one: -one[1])
        },
        "smart_over_best": round(after["smart"] / after[best] - 1.0, 4),
        "smart_over_best_of_each": [round(float(np.mean(one[WARM_UP:])) / after[best] - 1.0, 4) for one in smarts],
        "cumulative_reward": {name: round(float(np.sum(values)), 3) for name, values in rewards.items()},
        "cumulative_regret_of_smart": [round(float(value), 4) for value in lost],
        "reward_by_round": {name: [round(value, 4) for value in values] for name, values in rewards.items()},
    }


def judge(
    world: World, shown: dict[str, list[list[int]]], people: Sequence[int], truth: Floats, run: int
) -> dict[str, Any]:
    """One run of the second study: estimator -> for every arm whether its interval held the truth, and its error."""
    rng = np.random.default_rng([11, run])
    chosen = rng.choice(len(people), RUN_PEOPLE, replace=False)
    log = drawn(world, shown, people, chosen, rng)
    told: dict[str, Any] = {}
    for name in ESTIMATORS:
        made = [estimate(one, name) for one in log]
        values = truth[chosen].mean(axis=0).tolist()
        told[name] = [
            (one.low <= value <= one.high, abs(one.value - value) / value)
            for one, value in zip(made, values, strict=True)
        ]
    return told


def summary(arms: Sequence[str], runs: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Figures of the second study."""
    held = {name: np.array([[one[0] for one in run[name]] for run in runs], float) for name in ESTIMATORS}
    errors = {name: np.array([[one[1] for one in run[name]] for run in runs]) for name in ESTIMATORS}
    return {
        "runs": len(runs),
        "decisions_a_run": RUN_PEOPLE * RUN_ROUNDS,
        "truth_in_95_interval": {name: round(float(held[name].mean()), 4) for name in ESTIMATORS},
        "by_arm": {
            name: {arm: round(float(share), 3) for arm, share in zip(arms, held[name].mean(axis=0), strict=True)}
            for name in ESTIMATORS
        },
        "median_relative_error": {name: round(float(np.median(errors[name])), 4) for name in ESTIMATORS},
    }


def drawn(
    world: World, shown: dict[str, list[list[int]]], people: Sequence[int], chosen: Floats, rng: np.random.Generator
) -> list[Logged]:
    """One run of `smart` among some of the people: its log, as each single arm is judged by it."""
    arms, bandit = list(shown), ThompsonSampling()
    known: dict[int, Person] = {}
    context = ("surface:feed", "device:phone", "history:long")
    rewards, chances, taken, beliefs = [], [], [], []
    for number in range(RUN_ROUNDS):
        for n in rng.permutation(chosen).tolist():
            person = known.get(n, Person())
            spread = bandit.propensities(arms, context, person)
            beliefs.append([bandit.expected(arm, context, person)[0] for arm in arms])
            arm = int(rng.choice(len(arms), p=list(spread.values())))
            acts = world.acts(people[n], shown[arms[arm]][n], (int(rng.integers(1 << 31)), n))
            reward = worth_of(acts)
            known[n] = bandit.learn(arms[arm], context, reward, at=3600.0 * (number + 1), person=person)
            rewards.append(reward)
            chances.append(spread[arms[arm]])
            taken.append(arm)
        bandit.refresh()
    rows, arm_of, predicted = np.arange(len(taken)), np.array(taken), np.array(beliefs)
    return [
        Logged(
            np.array(rewards), np.array(chances), (arm_of == place).astype(float), predicted[rows, arm_of],
            predicted[:, place],
        )
        for place in range(len(arms))
    ]  # fmt: skip


def worth_of(acts: Sequence[tuple[int, InteractionType, float]]) -> float:
    """The reward of what was done: at most one row a kind and item, as `rewards.reward_of` counts them."""
    return sum(DEFAULT_WEIGHTS[kind] * value for _, kind, value in acts)


def open_bandit() -> list[dict[str, Any]]:
    """Each policy of the Open Bandit logs as the other's log judges it."""
    return [
        evaluate_off_policy(OPEN_BANDIT, logged=logged, target=target)
        for logged, target in (("random", "bts"), ("bts", "random"))
    ]


def _serve_alone(home: Path, algorithm: str, people: Sequence[int], seed: int = 0) -> list[float]:
    start = time.perf_counter()
    rewards = asyncio.run(serve(home, world_of(home), algorithm, people, seed))
    print(f"{algorithm}: {np.mean(rewards[WARM_UP:]):.4f} ({time.perf_counter() - start:.0f} s)", flush=True)
    return rewards


def world_of(home: Path) -> World:
    (truth,) = (home / "simulations").glob("seed-*.npz")
    return World(load_truth(truth))


def _judge_alone(
    home: Path, shown: dict[str, list[list[int]]], people: Sequence[int], first: int, last: int
) -> list[dict[str, Any]]:
    world = world_of(home)
    arms = list(shown)
    truth = np.array([[world.expected(who, shown[arm][n]) for arm in arms] for n, who in enumerate(people)])
    return [judge(world, shown, people, truth, run) for run in range(first, last)]


def _all(scale: Scale) -> dict[str, Any]:
    """Both studies, on two processes."""
    few = _people(scale, FEW)
    shown = asyncio.run(pages(scale.home, world_of(scale.home), few))
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        judged = [pool.submit(_judge_alone, scale.home, shown, few, first, first + 10) for first in range(0, RUNS, 10)]
        told = _served(pool, scale, shown, PEOPLE)
        told["few"] = _short(_served(pool, scale, shown, FEW))
        runs = [run for one in judged for run in one.result()]
    return {"regret": told, "off_policy": summary(list(shown), runs)}


def _people(scale: Scale, count: int) -> list[int]:
    active = np.argsort(-world_of(scale.home).truth.world.activity)[: scale.users // 2]
    return sorted(np.random.default_rng(5).choice(active, count, replace=False).tolist())


def _served(pool: ProcessPoolExecutor, scale: Scale, algorithms: Collection[str], count: int) -> dict[str, Any]:
    """Regret of each algorithm and of `smart`, all on copies of one platform, for so many people."""
    people = _people(scale, count)
    served = [pool.submit(_serve_alone, scale.home, name, people) for name in algorithms]
    drew = [pool.submit(_serve_alone, scale.home, feeds.SMART, people, seed) for seed in range(SMARTS)]
    singles = {name: one.result() for name, one in zip(algorithms, served, strict=True)}
    return regret(count, singles, [one.result() for one in drew])


def _short(told: dict[str, Any]) -> dict[str, Any]:
    """What `smart` earns beside the best single algorithm, without the curves."""
    kept = ("people", "best_single", "reward_after_warm_up", "smart_over_best", "smart_over_best_of_each")
    return {name: told[name] for name in kept}


def _unseen(scale: Scale, algorithms: Collection[str]) -> dict[str, Any]:
    """The same on platforms that `smart` was not set up on, by their seeds: for `PEOPLE` and for `FEW`."""
    found = {}
    for seed in UNSEEN:
        other = replace(scale, home=scale.home.with_name(f"{scale.home.name}-{seed}"), seed=seed)
        prepare(other)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            many = _short(_served(pool, other, algorithms, PEOPLE))
            found[str(seed)] = {**many, "few": _short(_served(pool, other, algorithms, FEW))}
    return found


def run(scale: Scale) -> None:
    """Both studies; writes benchmarks/results/bandit.json and docs/images/bandit.svg."""
    prepare(scale)
    figures = _all(scale)
    told = figures["regret"]
    figures["unseen"] = _unseen(scale, [name for name in told["reward_after_warm_up"] if name != feeds.SMART])
    if OPEN_BANDIT.is_dir():
        figures["open_bandit"] = open_bandit()
    IMAGE.write_text(curves(told["reward_by_round"], strong="smart", down="mean expected reward of a page"), "utf-8")
    command = f"python -m benchmarks bandit --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("bandit", command, figures))
