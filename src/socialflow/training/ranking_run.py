"""One measured run: fit a recommender on a cut, rank with the very methods that serve, and weigh the lists."""

import os
import resource
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import IntArray, ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.recommendation.ranking import best_columns
from socialflow.training.protocols import Split

_BATCH = 256
Values = dict[str, npt.NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Run:
    """What one fit and one ranking gave. `ranked` (m, k) ids; `values`: per-user metrics (m,)."""

    ranked: IntArray
    values: Values
    fit_seconds: float
    users_per_second: float
    peak_memory_mb: float


def run(
    model: Recommender, split: Split, items: ItemTable | None, ks: Sequence[int], *, capped_recall: bool = False
) -> Run:
    """Fit `model` on the cut's train and rank for its test users; memory is the process's peak during this run."""
    forget_peak()
    started = time.perf_counter()
    model.fit(split.train, items if model.needs_items else None, split.follows)
    fitted = time.perf_counter()
    ranked = rank(model, split, max(ks))
    seconds = time.perf_counter() - fitted
    hits = find_hits(ranked, split.indptr, split.relevant)
    values = rank_quality(hits, np.diff(split.indptr), ks, capped_recall=capped_recall)
    return Run(ranked, values, fitted - started, len(split) / seconds, peak_mb())


def rank(model: Recommender, split: Split, k: int) -> IntArray:
    """The best k ids (m, k) for every test user, in batches on all cores."""

    def batch(start: int) -> IntArray:
        stop = min(start + _BATCH, len(split))
        histories = split.histories.rows(start, stop)
        if split.candidates is None:
            return model.top(histories, k).items
        candidates = split.candidates[start:stop]
        ids = np.unique(candidates[candidates >= 0])
        places = np.minimum(np.searchsorted(ids, candidates), len(ids) - 1)
        scores = np.take_along_axis(model.score_items(histories, ids), places, axis=1)
        scores[candidates < 0] = np.nan
        best, _ = best_columns(scores, k)
        return np.where(best >= 0, np.take_along_axis(candidates, np.maximum(best, 0), axis=1), -1)

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        return np.concatenate(list(pool.map(batch, range(0, len(split), _BATCH))))


def forget_peak() -> None:
    """Let the kernel count the peak anew, where it can (Linux); elsewhere the peak stays the process's."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        clear.write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Greatest resident memory since `forget_peak`, in MB (2**20 bytes)."""
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="ascii", errors="replace").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
