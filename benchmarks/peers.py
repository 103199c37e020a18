"""Fit, and the ten best for every user of MovieLens 1M: this project's recommenders beside `implicit` and RecTools.

`python -m benchmarks peers [--peers-python PYTHON]`, with the data set at SOCIALFLOW_SHARED (default ../shared).
RecTools wants an older numpy than this project: it is run by a Python of its own, for which
`python -m venv var/peers && var/peers/bin/pip install rectools==0.19.0` is enough; without one its lines are left out.

Each contestant runs in a process of its own, five times in turn with the others, on all processors; reading data,
building matrices and importing modules is not timed. The same model has the same settings everywhere. `implicit` ranks
with the vectors it stored for its users; `implicit, fold-in` works them out from the histories, as this project always
does.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

ROUNDS, BATCH, TOP = 5, 256, 10
FACTORS, ALPHA, PENALTY, SWEEPS, NEIGHBOURS, RIDGE = 128, 10.0, 50.0, 15, 100, 500.0
ROOT = Path(__file__).parents[1]
PEERS_PYTHON = ROOT / "var" / "peers" / "bin" / "python"

Seconds = tuple[float, float]
"""Of the fit, and of the lists."""


def ours(name: str, users: np.ndarray, items: np.ndarray) -> Seconds:
    import implicit.als  # noqa: F401 - what a fit imports at first use is imported before, as the peers' is
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    from socialflow.recommendation.builders import ALGORITHMS
    from socialflow.recommendation.interactions import Histories, Interactions

    settings: Mapping[str, Mapping[str, Any]] = {
        "als": {"factors": FACTORS, "alpha": ALPHA, "regularisation": PENALTY, "iterations": SWEEPS},
        "item_item": {"neighbours": NEIGHBOURS, "kernel": (0.0, 0.5, 0.5)},
        "sparse_linear": {"ridge": RIDGE, "dropout": 0.0, "user": 0.0},
        "svd": {"factors": FACTORS, "user": 0.0, "item": 0.0, "target": 0.0, "power": 0.0},
    }
    log = Interactions.from_pairs(users, items)
    _, counts = np.unique(users, return_counts=True)
    indptr = np.concatenate(([0], np.cumsum(counts)))
    histories = Histories(indptr, log.items, log.weights, log.at)
    starts = range(0, len(histories), BATCH)

    def fit() -> Any:
        return ALGORITHMS[name](**settings.get(name, {})).fit(log)

    def rank(model: Any) -> None:
        with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
            list(pool.map(lambda at: model.top(histories.rows(at, min(at + BATCH, len(histories))), TOP), starts))

    return timed(fit, rank)


def implicit(name: str, users: np.ndarray, items: np.ndarray, *, fold_in: bool = False) -> Seconds:
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender
    from scipy import sparse

    taken = sparse.coo_matrix((np.ones(len(users), np.float32), (users, items))).tocsr()
    taken.data[:] = 1.0 + ALPHA if name == "als" else 1.0

    def fit() -> Any:
        model = (
            AlternatingLeastSquares(factors=FACTORS, regularization=PENALTY, iterations=SWEEPS, random_state=0)
            if name == "als"
            else CosineRecommender(K=NEIGHBOURS)
        )
        model.fit(taken, show_progress=False)
        return model

    def rank(model: Any) -> None:
        again = {"recalculate_user": True} if fold_in else {}
        model.recommend(np.arange(taken.shape[0]), taken, N=TOP, filter_already_liked_items=True, **again)

    return timed(fit, rank)


def implicit_fold_in(name: str, users: np.ndarray, items: np.ndarray) -> Seconds:
    return implicit(name, users, items, fold_in=True)


def rectools(name: str, users: np.ndarray, items: np.ndarray) -> Seconds:
    import pandas as pd
    from implicit.als import AlternatingLeastSquares
    from implicit.nearest_neighbours import CosineRecommender
    from rectools.dataset import Dataset
    from rectools.models import EASEModel, ImplicitALSWrapperModel, ImplicitItemKNNWrapperModel, PureSVDModel

    weight = 1.0 + ALPHA if name == "als" else 1.0
    frame = pd.DataFrame({"user_id": users, "item_id": items, "weight": weight, "datetime": pd.Timestamp(0)})
    dataset = Dataset.construct(frame)
    build: Mapping[str, Callable[[], Any]] = {
        "als": lambda: ImplicitALSWrapperModel(
            AlternatingLeastSquares(factors=FACTORS, regularization=PENALTY, iterations=SWEEPS, random_state=0)
        ),
        "item_item": lambda: ImplicitItemKNNWrapperModel(CosineRecommender(K=NEIGHBOURS)),
        "sparse_linear": lambda: EASEModel(regularization=RIDGE),
        "svd": lambda: PureSVDModel(factors=FACTORS, random_state=None),
    }
    everybody = np.unique(users)
    return timed(
        lambda: build[name]().fit(dataset),
        lambda model: model.recommend(everybody, dataset, k=TOP, filter_viewed=True),
    )


def timed(fit: Callable[[], Any], rank: Callable[[Any], object]) -> Seconds:
    began = time.perf_counter()
    model = fit()
    fitted = time.perf_counter()
    rank(model)
    return fitted - began, time.perf_counter() - fitted


CONTESTANTS: Mapping[str, Callable[[str, np.ndarray, np.ndarray], Seconds]] = {
    "socialflow": ours,
    "implicit": implicit,
    "implicit, fold-in": implicit_fold_in,
    "rectools": rectools,
}
MODELS: Mapping[str, tuple[str, ...]] = {
    "als": ("socialflow", "implicit", "implicit, fold-in", "rectools"),
    "item_item": ("socialflow", "implicit", "rectools"),
    "sparse_linear": ("socialflow", "rectools"),
    "svd": ("socialflow", "rectools"),
    "user_user": ("socialflow",),
}


def one(library: str, model: str, data: Path) -> None:
    """One run of one contestant, printed as JSON."""
    with np.load(data) as pairs:
        print(json.dumps(CONTESTANTS[library](model, pairs["users"], pairs["items"])))


def start(library: str, model: str, data: Path, peers_python: Path) -> Seconds:
    """One run in a process of its own. OpenBLAS threads disturb implicit's own, as it warns: one for its ALS."""
    python = str(peers_python) if library == "rectools" else sys.executable
    threads = {"OPENBLAS_NUM_THREADS": "1"} if model == "als" else {}
    environment = {key: value for key, value in os.environ.items() if not key.endswith("_NUM_THREADS")}
    command = [python, "-W", "ignore", "-m", "benchmarks.peers", library, model, str(data)]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment, **threads}, check=True, stdout=subprocess.PIPE, text=True
    )
    fit, rank = json.loads(done.stdout.splitlines()[-1])
    return fit, rank


def run(peers_python: Path) -> None:
    """All rounds; writes benchmarks/results/peers.json after each."""
    from benchmarks.results_file import write
    from socialflow.training.datasets.discovery import read_interactions

    log = read_interactions(Path(os.environ.get("SOCIALFLOW_SHARED", ROOT.parent / "shared")) / "data/recsys/ml-1m")
    users, items = (
        np.unique(side, return_inverse=True)[1] for side in (log.interactions.users, log.interactions.items)
    )
    order = np.argsort(users, kind="stable")
    entries = [(model, name) for model, names in MODELS.items() for name in names]
    if not peers_python.exists():
        print(f"rectools is left out: there is no {peers_python}")
        entries = [entry for entry in entries if entry[1] != "rectools"]
    seconds: dict[tuple[str, str], list[Seconds]] = {entry: [] for entry in entries}
    about: dict[str, object] = {
        "data": {"name": "ml-1m", "users": int(users.max()) + 1, "items": int(items.max()) + 1, "rows": len(users)}
    }
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "pairs.npz"
        np.savez(data, users=users[order], items=items[order])
        for number in range(ROUNDS):
            for model, name in entries:
                seconds[model, name].append(start(name, model, data, peers_python))
                print(number, model, name, [round(part, 2) for part in seconds[model, name][-1]], flush=True)
            write("peers", "python -m benchmarks peers", {**about, "rounds": number + 1, **tables(seconds)})


def tables(seconds: Mapping[tuple[str, str], list[Seconds]]) -> dict[str, object]:
    """By model, what `compare` makes of its runs."""
    return {model: compare({name: runs for (at, name), runs in seconds.items() if at == model}) for model in MODELS}


def compare(runs: Mapping[str, list[Seconds]]) -> dict[str, object]:
    """Medians by library, and our whole over the quickest peer's."""
    wholes = {name: statistics.median(sum(pair) for pair in pairs) for name, pairs in runs.items()}
    table: dict[str, object] = {
        name: {
            "fit_seconds": round(statistics.median(pair[0] for pair in pairs), 2),
            "top_10_seconds": round(statistics.median(pair[1] for pair in pairs), 2),
            "both_seconds": round(wholes[name], 2),
        }
        for name, pairs in runs.items()
    }
    peers = [whole for name, whole in wholes.items() if name != "socialflow"]
    return {**table, "ours_over_quickest_peer": round(wholes["socialflow"] / min(peers), 2)} if peers else table


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("library", choices=list(CONTESTANTS))
    parser.add_argument("model", choices=list(MODELS))
    parser.add_argument("data", type=Path)
    given = parser.parse_args()
    one(given.library, given.model, given.data)
