"""Every learned recommender at 100,000 items: how fast it lists and scores for one user, how many users a second.

`python -m benchmarks models [--items N --home DIR]`, or one by `python -m benchmarks.models --only NAME`, on people
of 50 interactions each who keep to three of 300 communities; fitted models are kept in the home folder and reused.
Networks are fitted on fewer people and for few epochs: how quick they are does not depend on how much they know.

single: a history of 50 items, its best 200, and the scores of 300 given items, as a feed asks for them; one thread.
batched: best 200 of 1,000 users, by two processes of one thread each, in blocks.
Both as served (`candidates` says how), and with all items scored where an index serves.
"""

import argparse
import time
from collections.abc import Mapping
from functools import cache
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.results_file import write
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.vectors import VectorRecommender

PEOPLE, TAKEN, COMMUNITIES, WORDS = 25_000, 50, 300, 40
FEW = 3_000
"""People on whom networks are fitted."""
SINGLE, BATCHED, DEPTH, GIVEN = 300, 1_000, 200, 300
QUICK: Mapping[str, Mapping[str, object]] = {
    "transformer": {"epochs": 1},
    "deep": {"epochs": 1},
    "neural_cf": {"epochs": 3},
    "content_based": {"neighbours": 0, "meaning": 0.0},
}
"""Parameters that make a fit shorter and serving no quicker."""
LEARNED = [name for name in ALGORITHMS if name not in ("trending", "hybrid", "collaborative")]


def people(items: int) -> Interactions:
    """Who took what, in order: items of a community by Zipf's law, nine in ten from a person's own three."""
    rng = np.random.default_rng(7)
    own = rng.integers(0, COMMUNITIES, (PEOPLE, 3))
    community = np.take_along_axis(own, rng.integers(0, 3, (PEOPLE, TAKEN)), axis=1)
    astray = rng.random((PEOPLE, TAKEN)) < 0.1
    community[astray] = rng.integers(0, COMMUNITIES, int(astray.sum()))
    size = items // COMMUNITIES
    place = np.minimum((size + 1) ** rng.random((PEOPLE, TAKEN)) - 1, size - 1).astype(np.int64)
    taken = community + COMMUNITIES * place
    n = PEOPLE * TAKEN
    return Interactions(
        np.repeat(np.arange(PEOPLE), TAKEN), taken.ravel(), np.ones(n, np.float32), np.arange(n, dtype=np.float64)
    )


@cache
def words(items: int) -> ItemTable:
    """Five words of each item, of the forty of its community."""
    rng = np.random.default_rng(8)
    drawn = (WORDS * rng.random((items, 5)) ** 2).astype(int)
    titles = [" ".join(f"w{item % COMMUNITIES}x{word}" for word in row) for item, row in enumerate(drawn)]
    nothing = np.zeros(items)
    return ItemTable(np.arange(items), titles, [""] * items, [()] * items, [None] * items, np.full(items, -1), nothing)


def prepared(name: str, items: int, home: Path) -> Recommender:
    """The fitted model, loaded as serving does."""
    directory = home / f"models-{items}" / name
    if not directory.exists():
        log = people(items)
        kept = log.where(log.users < FEW) if ALGORITHMS[name].needs_torch else log
        model = ALGORITHMS[name](**QUICK.get(name, {})).fit(kept, words(items))
        if isinstance(model, VectorRecommender):
            model.index_items(histories(items, 256))
        directory.mkdir(parents=True)
        model.save(directory)
    return ALGORITHMS[name].load(directory)


def histories(items: int, many: int) -> Histories:
    """What the first people took."""
    log = people(items)
    return Histories.from_lists(log.items[: many * TAKEN].reshape(many, TAKEN).tolist())


def measured(model: Recommender, asked: Histories) -> dict[str, object]:
    """Milliseconds of one user, users a second of many."""
    given = model.item_ids[:: max(1, len(model.item_ids) // GIVEN)]
    milliseconds = []
    for row in range(SINGLE):
        one = asked.rows(row, row + 1)
        began = time.perf_counter()
        query = model.query(one)
        query.top(DEPTH)
        query.score_items(given)
        milliseconds.append(1000 * (time.perf_counter() - began))
    with get_context("fork").Pool(2, initializer=_hold, initargs=(model, asked)) as pool:
        pool.map(_half, range(2), 1)  # warm
        began = time.perf_counter()
        seconds = pool.map(_half, range(2), 1)
        elapsed = time.perf_counter() - began
    p50, p99 = np.percentile(milliseconds[20:], (50, 99)).round(2).tolist()
    return {
        "single_ms": {"p50": p50, "p99": p99},
        "users_per_second": round(BATCHED / elapsed),
        "users_per_core_second": round(BATCHED / sum(seconds)),
    }


def _hold(model: Recommender, asked: Histories) -> None:
    _held.extend((model, asked))


def _half(number: int) -> float:
    """Processor seconds of one half of the users."""
    model, asked = _held
    began, half = time.process_time(), BATCHED // 2
    model.top(asked.rows(number * half, (number + 1) * half), DEPTH)
    return time.process_time() - began


_held: list[Any] = []
"""Model and histories, in a process of the pool."""


def run(items: int, home: Path, only: str | None = None) -> None:
    """All models, or one; writes benchmarks/results/models.json where it is all."""
    asked = histories(items, BATCHED)
    figures: dict[str, object] = {}
    for name in [only] if only else LEARNED:
        if ALGORITHMS[name].needs_torch and find_spec("torch") is None:
            continue
        model = prepared(name, items, home)
        with threadpool_limits(1, "blas"):
            told: dict[str, object] = {
                "candidates": str(model.candidates or "all items scored"),
                **measured(model, asked),
            }
            if model.index is not None:
                model.index = None
                told["all_scored"] = measured(model, asked)
        figures[name] = told
        print(name, told, flush=True)
    if only is None:
        print(write("models", f"python -m benchmarks models --items {items}", {"items": items, "models": figures}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", choices=LEARNED)
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--home", type=Path, default=Path("var/bench"))
    arguments = parser.parse_args()
    run(arguments.items, arguments.home, arguments.only)
