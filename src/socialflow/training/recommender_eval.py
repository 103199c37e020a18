"""`socialflow eval recommender`: any algorithm on anybody's data, measured the way it serves."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypedDict, Unpack

import numpy as np

from socialflow.errors import InvalidInput
from socialflow.evaluation.bootstrap import mean_interval
from socialflow.evaluation.diversity import coverage, gini, list_diversity, novelty, popularity_lift
from socialflow.evaluation.paired import compare_all
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.algorithms.trending import Trending
from socialflow.recommendation.builders import ALGORITHMS
from socialflow.recommendation.interactions import FloatArray, IntArray, Interactions, ItemTable
from socialflow.recommendation.protocol import Recommender
from socialflow.training.datasets.records import RankingData
from socialflow.training.protocols import PROTOCOLS, Protocol, Split
from socialflow.training.ranking_run import Run, Values, run
from socialflow.training.ranking_tuning import (
    GRIDS,
    SPACES,
    TUNING_USERS,
    Dimension,
    Settings,
    StageProgress,
    Tuned,
    best_half_life,
    best_settings,
)
from socialflow.training.tuner import HyperparameterTuner, Search

Progress = Callable[[str, int, int], None]
"""Hears (stage, done, total)."""


class Options(TypedDict, total=False):
    """How to measure; what is left out has the default in brackets."""

    ks: Sequence[int]
    """Lengths of the lists (10 and 20)."""
    tune: bool | Search
    """Whether settings are chosen first (no): True by the grid, or by a search."""
    seed: int
    """Of the cut, the fits and the resampling (0)."""
    bootstrap: bool
    """Whether intervals are worked out (no)."""
    checkpoints: Path | None
    """Where long fits write down how far they are (nowhere)."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of every algorithm."""

    protocol: Protocol
    ks: tuple[int, ...]
    tune: bool | Search
    seed: int
    bootstrap: bool
    checkpoints: Path | None = None


def evaluate_recommender(
    name: str,
    source: Path,
    protocol: str,
    *,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> dict[str, Any]:
    """Fit and measure one recommender, with plain popularity beside it.

    `source` is a directory or a file (see `datasets.discovery`); `tune` chooses settings on a part of train only, by a
    grid or by a search, and the report says under `tuning` what was tried;
    `bootstrap` adds 95 % intervals over users, also of the paired difference to popularity, and to all but the first of
    several names paired tests against the first (`evaluation.paired`, corrected for the number of names);
    a long fit goes on from what an equal one left in the directory `checkpoints`.

    Returns:
        JSON-able: task, name, settings, protocol, rule, data {users, items, train, test}, metrics, popularity,
        fit_seconds, users_per_second, peak_memory_mb, seed, version, and intervals.

    Raises:
        InvalidInput: an unknown name or protocol, or data that the protocol or the algorithm cannot use.
    """
    return compare([name], source, protocol, progress=progress, **options)[0]


def compare(
    names: Sequence[str],
    source: Path,
    protocol: str,
    *,
    progress: Progress | None = None,
    **options: Unpack[Options],
) -> list[dict[str, Any]]:
    """`evaluate_recommender` for several names on one reading of the data, in the order given."""
    tell = progress or (lambda _stage, _done, _total: None)
    question = ask(names, protocol, **options)
    steps = len(names) + 2
    tell("reading", 0, steps)
    bench = Bench.open(source, question)
    tell("popularity", 1, steps)
    reports, popularity = [], run_popularity(bench)
    values: dict[str, Values] = {}
    for number, name in enumerate(names):
        tell(name, number + 2, steps)
        tuned = bench.choose(name, partial(tell, f"{name}: choosing settings")) if question.tune else None
        report, values[name] = bench.report(name, {} if tuned is None else tuned.settings, popularity)
        if tuned is not None:
            report["tuning"] = tuned.as_json()
        reports.append({**report, "protocol": protocol, "rule": question.protocol.rule})
    if question.bootstrap and len(values) > 1:
        told = paired(values, names[0], question.seed)
        reports = [{**one, "paired": told[one["name"]]} if one["name"] in told else one for one in reports]
    tell("done", steps, steps)
    return reports


def paired(values: Mapping[str, Values], first: str, seed: int) -> dict[str, dict[str, Any]]:
    """Name -> metric -> how that recommender differs from the first user by user (`evaluation.paired.Comparison`)."""
    told: dict[str, dict[str, Any]] = {name: {"against": first} for name in values if name != first}
    for key in values[first]:
        for name, one in compare_all({name: of[key] for name, of in values.items()}, first, seed=seed).items():
            told[name][key] = {part: round(worth, 6) for part, worth in asdict(one).items()}
    return told


def ask(names: Sequence[str], protocol: str, **options: Unpack[Options]) -> Question:
    """A checked question. Raises InvalidInput."""
    ks = options.get("ks", (10, 20))
    return Question(
        _protocol(names, protocol, ks),
        tuple(sorted(set(ks))),
        options.get("tune", False),
        options.get("seed", 0),
        options.get("bootstrap", False),
        options.get("checkpoints"),
    )


@dataclass(frozen=True, slots=True)
class Bench:
    """One data set, cut and ready: every algorithm is measured on the same."""

    question: Question
    data: RankingData
    split: Split
    catalogue: IntArray
    """Ids of all items of train and test, ascending."""
    items: ItemTable | None
    """Words of the items of the catalogue."""

    @classmethod
    def open(cls, source: Path, question: Question) -> "Bench":
        """Read and cut. Raises InvalidInput."""
        data = question.protocol.read(source)
        split = replace(question.protocol.test(data, question.seed), is_test=True).following(data.follows)
        catalogue = np.unique(np.concatenate((split.train.items, split.histories.items, split.relevant)))
        items = data.items
        if items is not None:
            items = items.take(np.flatnonzero(np.isin(items.ids, catalogue)))
        return cls(question, data, split, catalogue, items)

    def build(self, name: str, settings: Settings) -> Recommender:
        """An unfitted recommender; trending counts plainly where the data has no times.

        Raises:
            InvalidInput: the algorithm needs words and the data has none.
        """
        algorithm = ALGORITHMS[name]
        if algorithm.needs_items and self.items is None:
            raise InvalidInput(
                f"{name} learns from the words of items and this data set has none; MovieLens directories carry them",
                field="name",
            )
        known = algorithm().parameters
        defaults: dict[str, Any] = {"seed": self.question.seed, "half_life_hours": None}
        fixed = {key: value for key, value in defaults.items() if key in known and not self._keeps_default(key)}
        model = algorithm(**{**fixed, **settings})
        model.checkpoints = self.question.checkpoints
        return model

    def _keeps_default(self, key: str) -> bool:
        return key == "half_life_hours" and self.data.timed

    def choose(self, name: str, progress: StageProgress = lambda _done, _total: None) -> Tuned:
        """The best settings on the validation cut."""
        space: Mapping[str, Dimension] = SPACES.get(name, {})
        trials = [{}, *GRIDS.get(name, ())]
        if not self.data.timed:
            trials = [trial for trial in trials if "half_life_hours" not in trial]
            space = {setting: where for setting, where in space.items() if setting != "half_life_hours"}
        build, sample, k = partial(self.build, name), self._validation(), max(self.question.ks)
        if isinstance(self.question.tune, Search):
            tuner = HyperparameterTuner(name, self.question.tune, seed=self.question.seed)
            return tuner.choose(build, space, sample, self.items, k=k, progress=progress)
        return best_settings(build, trials, sample, self.items, k=k, progress=progress)

    def _validation(self) -> Split:
        """The cut within train on which things are chosen, of not too many users."""
        validation = self.question.protocol.validation(self.data, self.question.seed)
        return validation.sample(TUNING_USERS, self.question.seed).following(self.data.follows)

    def half_life(self, name: str, settings: Settings) -> float | None:
        """How fast histories fade, chosen on the validation cut; None without order or where the model learns it."""
        if not self.question.protocol.chronological or ALGORITHMS[name].learns_recency:
            return None
        return best_half_life(self.build(name, settings), self._validation(), self.items, k=max(self.question.ks))

    def measure(self, model: Recommender) -> Run:
        """Fit on train and rank for the test users."""
        capped = self.question.protocol.capped_recall
        return run(model, self.split, self.items, self.question.ks, capped_recall=capped)

    def report(self, name: str, settings: Settings, popularity: Run) -> tuple[dict[str, Any], Values]:
        """Fit, rank, and put everything into the published form; with it the metrics user by user."""
        model = self.build(name, settings)
        model.half_life = self.half_life(name, settings)
        result = self.measure(model)
        document: dict[str, Any] = {
            "task": "recommender",
            "name": name,
            "settings": {**model.parameters, "history_half_life": model.half_life},
            "data": {
                "users": len(np.unique(np.concatenate((self.split.train.users, self.split.users)))),
                "items": len(self.catalogue),
                "train": len(self.split.train),
                "test": len(self.split.relevant),
            },
            "metrics": self.metrics(result),
            "popularity": self.metrics(popularity),
            "fit_seconds": round(result.fit_seconds, 3),
            "users_per_second": round(result.users_per_second, 1),
            "peak_memory_mb": round(result.peak_memory_mb, 1),
            "seed": self.question.seed,
            "version": version("socialflow"),
        }
        if self.question.bootstrap:
            document["intervals"] = self.intervals(result.values)
            gains = {key: values - popularity.values[key] for key, values in result.values.items()}
            document["intervals_over_popularity"] = self.intervals(gains)
        return document, result.values

    def metrics(self, result: Run) -> dict[str, float]:
        """Means over users, and what the lists do to the catalogue."""
        metrics = {key: float(values.mean()) for key, values in result.values.items()}
        places = np.searchsorted(self.catalogue, np.maximum(result.ranked, self.catalogue[0]))
        places = np.where(result.ranked >= 0, places, -1)
        popularity = np.bincount(np.searchsorted(self.catalogue, self.split.train.items), minlength=len(self.catalogue))
        histories = self.split.histories
        history = np.searchsorted(self.catalogue, histories.items)
        vectors = self._vectors()
        for k in self.question.ks:
            first = places[:, :k]
            metrics[f"coverage@{k}"] = coverage(first, len(self.catalogue))
            metrics[f"gini@{k}"] = gini(first, len(self.catalogue))
            metrics[f"novelty@{k}"] = novelty(first, popularity, len(np.unique(self.split.train.users)))
            metrics[f"popularity_lift@{k}"] = popularity_lift(first, histories.indptr, history, popularity)
            if vectors is not None:
                metrics[f"diversity@{k}"] = list_diversity(first, vectors)
        return {key: round(value, 6) for key, value in metrics.items()}

    def intervals(self, values: Values) -> dict[str, list[float]]:
        """95 % intervals of the means, [low, high]."""
        seed = self.question.seed
        return {key: [round(end, 6) for end in mean_interval(value, seed=seed)] for key, value in values.items()}

    def _vectors(self) -> FloatArray | None:
        """Content vectors beside the catalogue, for the diversity of lists; None without words."""
        if self.items is None:
            return None
        content = ContentBased(width=64, meaning=0.0, neighbours=0).fit(Interactions.from_pairs([], []), self.items)
        vectors = np.zeros((len(self.catalogue), content.vectors.shape[1]), np.float32)
        vectors[np.searchsorted(self.catalogue, content.item_ids)] = content.vectors
        return vectors


def run_popularity(bench: Bench) -> Run:
    """Plain popularity, the line every other is read against."""
    return bench.measure(Trending(half_life_hours=None))


def _protocol(names: Sequence[str], protocol: str, ks: Sequence[int]) -> Protocol:
    for name in names:
        if name not in ALGORITHMS:
            raise InvalidInput(f"there is no recommender {name!r}; names: {', '.join(ALGORITHMS)}", field="name")
    if protocol not in PROTOCOLS:
        raise InvalidInput(f"there is no protocol {protocol!r}; protocols: {', '.join(PROTOCOLS)}", field="protocol")
    if not ks or min(ks) < 1:
        raise InvalidInput("k must be whole numbers of at least 1, like 10,20", field="k")
    return PROTOCOLS[protocol]
