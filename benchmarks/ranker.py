"""The ranker on a simulated platform whose truth is known: what it predicts, how fast, and what its feed is worth.

`python -m benchmarks ranker --users 800 --items 3000 --days 20 [--home DIR]`

First period: `hybrid` serves `PEOPLE` for `ROUNDS_BEFORE` rounds through the service, what they do with it is drawn
from the truth and stored, then the ranker is trained on that log as `socialflow train ranker` does. Second period: from
the same state on, each of `RIVALS` serves a copy of the platform. A round's figure is the mean *expected* reward of the
pages of ten, by the truth; `trending` is the trivial line. Beside it: examination by place as learnt and as it is, each
head on the newest fifth of the first period against base rates, its predictions against true probabilities on the
first page of the second period, and the time to score 500 candidates, signals included.
"""

import asyncio
import shutil
import sqlite3
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import betainc

from benchmarks.bandit import PAGE, Platform, World, world_of
from benchmarks.results_file import write
from benchmarks.serving import Scale, prepare
from socialflow.catalogue.registry import Catalogue
from socialflow.content.records import InteractionType
from socialflow.kit.progress import no_progress
from socialflow.pipelines.exposures import export_exposures
from socialflow.pipelines.train import train
from socialflow.recommendation.ranker import RANKER, Ranker
from socialflow.recommendation.ranker_signals import NAMES, signals
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.scorers.ranked import ExpectedValue
from socialflow.recommendation.value_model import DEFAULT_WEIGHTS
from socialflow.training.config import load_config
from socialflow.training.ranker_data import read_exposures
from socialflow.training.ranker_fit import RankerFit

PEOPLE, ROUNDS_BEFORE, ROUNDS_AFTER, CANDIDATES = 400, 10, 6, 500
ROUND = timedelta(hours=2)
POSITIONS = ("examination estimated", "an input, held at the first place", "not corrected")
RIVALS = ("ranked", "hybrid", "trending")


async def first_period(home: Path, later: Path, world: World, people: list[int]) -> dict[str, Any]:
    """Serve `hybrid`, train on it, leave the platform in `later`; figures of the training."""
    shutil.copytree(home / "models", later / "models")
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(home, Path(folder), world)
        await platform.service.start()
        try:
            rewards = [await platform.round("hybrid", people, number) for number in range(ROUNDS_BEFORE)]
            catalogue = Catalogue(later / "models")
            version = await train(
                load_config(RANKER), platform.store, catalogue, later, clock=platform.clock, progress=no_progress
            )
        finally:
            await platform.close()
        catalogue.activate(RANKER, version.version)
        with (
            sqlite3.connect(Path(folder) / "platform.db") as source,
            sqlite3.connect(later / "socialflow.db") as target,
        ):
            source.backup(target)
    told = dict(version.metadata)
    examination = {int(place): value for place, value in told["facts"]["examination"].items() if int(place) <= PAGE}
    true = world.truth.behaviour.examination(np.array(list(examination)) - 1)
    return {
        "reward_of_hybrid": round(float(np.mean(rewards)), 4),
        "exposures": told["data"]["exposures"],
        "fit_seconds": told["fit_seconds"],
        "gate": told["gate"]["reasons"],
        "missing": told["facts"]["missing"],
        "log_likelihood": round(told["metrics"]["log_likelihood"], 4),
        "log_likelihood_of_base_rates": round(told["popularity"]["log_likelihood"], 4),
        "heads": heads(told["metrics"]),
        "examination": {
            "learnt": list(examination.values()),
            "true": np.round(true.astype(float), 4).tolist(),
            "largest_error": round(float(np.abs(np.array(list(examination.values())) - true).max()), 4),
        },
    }


def heads(metrics: dict[str, float]) -> dict[str, dict[str, float]]:
    """Head -> figure -> value."""
    told: dict[str, dict[str, float]] = {}
    for name, value in metrics.items():
        for figure in ("base_log_loss", "log_loss", "auc", "calibration"):
            if name.endswith(f"_{figure}"):
                told.setdefault(name.removesuffix(f"_{figure}"), {})[figure] = round(value, 4)
                break
    return told


@asynccontextmanager
async def begun(later: Path, world: World) -> AsyncIterator[Platform]:
    """A copy of the platform as the first period left it."""
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        platform = Platform(later, Path(folder), world)
        platform.clock.at += ROUNDS_BEFORE * ROUND
        await platform.service.start()
        try:
            yield platform
        finally:
            await platform.close()


async def second_period(later: Path, world: World, algorithm: str, people: list[int]) -> list[float]:
    """Rewards of one algorithm, round by round."""
    async with begun(later, world) as platform:
        return [await platform.round(algorithm, people, ROUNDS_BEFORE + number) for number in range(ROUNDS_AFTER)]


async def held_against_truth(later: Path, world: World, people: list[int]) -> dict[str, Any]:
    """What the ranker predicts of each person's `CANDIDATES` most popular unseen items, beside the truth, and how long
    it takes, the signals included: by the clock (median, 95th percentile) and of one core (median).

    Beside it rankers that were fitted on the same log, with position as an input held at the first place, and as if
    everything shown were looked at.
    """
    milliseconds, cpu, true = [], [], []
    predicted: dict[str, list[np.ndarray]] = {name: [] for name in POSITIONS}
    async with begun(later, world) as platform:
        as_input, as_looked_at = await other_fits(platform, later)
        config, service = world.truth.config, platform.service
        viewers = await service.viewers([config.user_id(person) for person in people])
        loaded = Ranker.load(Catalogue(later / "models").open(RANKER))
        weights = np.array([DEFAULT_WEIGHTS[head] for head in loaded.heads])
        for person in people:
            viewer = viewers[config.user_id(person)]
            ctx = service._context(FeedQuery(user_id=config.user_id(person)), viewer, need=PAGE)
            keys = ctx.popular[~ctx.among(ctx.popular, ctx.seen)][:CANDIDATES]
            start, busy = time.perf_counter(), time.thread_time()
            valued = ExpectedValue().value(ctx, keys)
            milliseconds.append(1000 * (time.perf_counter() - start))
            cpu.append(1000 * (time.thread_time() - busy))
            seen = signals(ctx, keys)
            at_first = np.column_stack([seen, np.zeros(len(keys), np.float32)])
            made = (
                np.stack([values for _, _, values in valued.terms], axis=1),
                as_input.predict((*NAMES, "place"), at_first),
                as_looked_at.predict(NAMES, seen),
            )
            for name, values in zip(POSITIONS, made, strict=True):
                predicted[name].append(values)
            items = np.array([platform.items[str(ctx.world.corpus.ids[key])] for key in keys.tolist()])
            true.append(truths(world, person, items, loaded.heads))
    all_told, real = {name: np.concatenate(made) for name, made in predicted.items()}, np.concatenate(true)
    told = all_told[POSITIONS[0]]
    return {
        "candidates": CANDIDATES,
        "milliseconds": {"median": round(float(np.median(milliseconds)), 2),
                         "p95": round(float(np.quantile(milliseconds, 0.95)), 2),
                         "cpu": round(float(np.median(cpu)), 2)},
        "positions": {
            name: {
                "correlation": round(float(np.corrcoef(values @ weights, real @ weights)[0, 1]), 4),
                "ratio": round(float((values @ weights).mean() / (real @ weights).mean()), 4),
            }
            for name, values in all_told.items()
        },
        "heads": {
            head.value: {
                "mean_predicted": round(float(told[:, column].mean()), 4),
                "mean_true": round(float(real[:, column].mean()), 4),
                "correlation": round(float(np.corrcoef(told[:, column], real[:, column])[0, 1]), 4),
            }
            for column, head in enumerate(loaded.heads)
        },
    }  # fmt: skip


async def other_fits(platform: Platform, work: Path) -> tuple[Ranker, Ranker]:
    """The log fitted with the place as one more signal, and without regard to places."""
    with tempfile.TemporaryDirectory(dir=work) as folder:
        await export_exposures(platform.store, Path(folder), platform.clock, no_progress)
        shown = read_exposures(Path(folder))[1]
    looked_at = replace(shown, reacted=np.ones(len(shown), np.bool_))
    placed = np.column_stack([shown.signals, shown.places.astype(np.float32)])
    as_input = replace(looked_at, names=(*shown.names, "place"), signals=placed)
    return RankerFit()(as_input)[0], RankerFit()(looked_at)[0]


def truths(world: World, person: int, items: np.ndarray, kinds: Sequence[InteractionType]) -> np.ndarray:
    """True probabilities (items, kinds), once looked at; of views the expected fraction."""
    truth, behaviour = world.truth, world.truth.behaviour
    people = np.full(len(items), person)
    mean = truth.expected_watch(people, items).astype(float)
    a, b = mean * behaviour.watch_concentration, (1.0 - mean) * behaviour.watch_concentration
    seen = {
        InteractionType.SKIP: betainc(a, b, behaviour.skip_below),
        InteractionType.VIEW: mean * (1.0 - betainc(a + 1.0, b, behaviour.skip_below)),
    }
    return np.stack(
        [seen[kind] if kind in seen else truth.probability(kind, people, items) for kind in kinds], axis=1
    ).astype(float)


def _alone(later: Path, home: Path, algorithm: str, people: list[int]) -> list[float]:
    start = time.perf_counter()
    rewards = asyncio.run(second_period(later, world_of(home), algorithm, people))
    print(f"{algorithm}: {np.mean(rewards):.4f} ({time.perf_counter() - start:.0f} s)", flush=True)
    return rewards


def run(scale: Scale) -> None:
    """Both periods; writes benchmarks/results/ranker.json."""
    prepare(scale)
    world = world_of(scale.home)
    active = np.argsort(-world.truth.world.activity)[: scale.users * 5 // 8]
    people = sorted(np.random.default_rng(5).choice(active, min(PEOPLE, len(active)), replace=False).tolist())
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        later = Path(folder)
        training = asyncio.run(first_period(scale.home, later, world, people))
        print(training, flush=True)
        against_truth = asyncio.run(held_against_truth(later, world, people[:100]))
        print(against_truth, flush=True)
        with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
            served = {name: pool.submit(_alone, later, scale.home, name, people) for name in RIVALS}
            rounds = {name: one.result() for name, one in served.items()}
    means = {name: float(np.mean(rewards)) for name, rewards in rounds.items()}
    figures = {
        "people": len(people),
        "rounds": {"before": ROUNDS_BEFORE, "after": ROUNDS_AFTER},
        "reward_of_a_page": {name: round(value, 4) for name, value in means.items()},
        "ranked_over_hybrid": round(means["ranked"] / means["hybrid"] - 1.0, 4),
        "reward_by_round": {name: [round(value, 4) for value in rewards] for name, rewards in rounds.items()},
        "training": training,
        "against_truth": against_truth,
    }
    command = f"python -m benchmarks ranker --users {scale.users} --items {scale.items} --days {scale.days}"
    print(write("ranker", command, figures))
