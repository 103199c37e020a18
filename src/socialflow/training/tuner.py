"""Choosing settings by search: Optuna's sampler over an algorithm's space, on a part of train only."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.evaluation.ranking import find_hits, rank_quality
from socialflow.recommendation.interactions import ItemTable
from socialflow.training.protocols import Split
from socialflow.training.ranking_run import rank
from socialflow.training.ranking_tuning import (
    Build,
    Dimension,
    OneOf,
    Settings,
    StageProgress,
    Trial,
    Tuned,
    check_cut,
)

if TYPE_CHECKING:
    import optuna

_PARTS = 5
"""Looks at a trial before it is done, each at a further fifth of the users."""


@dataclass(frozen=True, slots=True)
class Search:
    """How long settings are looked for, and where what was tried is kept.

    `trials` counts finished ones, those of an earlier run of the same search included; none begins after `seconds`.
    `study` is a file (a journal of JSON lines) from which a search that was stopped goes on; it may hold many searches.
    """

    trials: int = 30
    seconds: float | None = None
    study: Path | None = None

    def __post_init__(self) -> None:
        if self.trials < 1:
            raise InvalidInput(f"trials must be at least 1, not {self.trials}", field="trials")
        if self.seconds is not None and self.seconds <= 0:
            raise InvalidInput(f"the time must be above 0, not {self.seconds}", field="seconds")


class HyperparameterTuner:
    """Looks for the settings of one recommender by a tree-structured Parzen estimator over its `SPACES`.

    The defaults are tried first. Every trial fits on the train of a validation cut and is asked for its users, a
    drawn fifth after the other; one whose mean NDCG@k falls below the median of the earlier trials' at the same fifth
    is given up. Equal data and seeds give equal searches, if nothing stops them.

    Raises:
        ModelUnavailable: Optuna is not installed.

    References
    ----------
    Bergstra et al., "Algorithms for Hyper-Parameter Optimization", NeurIPS 2011; Akiba et al., "Optuna: A
    Next-generation Hyperparameter Optimization Framework", KDD 2019.
    """

    def __init__(self, name: str, search: Search | None = None, *, seed: int = 0) -> None:
        if find_spec("optuna") is None:
            raise ModelUnavailable('settings are searched by Optuna: pip install "socialflow[train]"')
        self.name = name
        self._search = search or Search()
        self._seed = seed

    def search(self, source: Path, protocol: str = "leave-one-out", *, k: int = 20) -> Tuned:
        """The best settings for a data set, found on the protocol's validation cut; its test part is not asked for.

        `source` is a directory or a file, as in `recommender_eval`. Raises InvalidInput.
        """
        from socialflow.training.recommender_eval import Bench, ask

        bench = Bench.open(source, ask([self.name], protocol, ks=[k], tune=self._search, seed=self._seed))
        return bench.choose(self.name)

    def choose(
        self, build: Build, space: Mapping[str, Dimension], split: Split, items: ItemTable | None, *, k: int,
        progress: StageProgress,
    ) -> Tuned:  # fmt: skip
        """The best settings on a validation cut. Raises InvalidInput for a test cut."""
        import optuna

        check_cut(split)
        parts = _drawn(split, self._seed)

        def measured(settings: Settings, trial: "optuna.Trial | None" = None) -> float:
            model = build(settings)
            model.fit(split.train, items if model.needs_items else None, split.follows)
            gained, asked = 0.0, 0
            for step, part in enumerate(parts):
                hits = find_hits(rank(model, part, k), part.indptr, part.relevant)
                gained += float(rank_quality(hits, np.diff(part.indptr), [k])[f"ndcg@{k}"].sum())
                asked += len(part)
                if trial is not None and step < len(parts) - 1:
                    trial.report(gained / asked, step)
                    if trial.should_prune():
                        raise optuna.TrialPruned
            return gained / asked

        def objective(trial: "optuna.Trial") -> float:
            progress(trial.number, self._search.trials)
            settings = {name: _suggest(trial, name, dimension) for name, dimension in space.items()}
            trial.set_user_attr("settings", settings)
            return measured(settings, trial)

        study = self._study(split, space, k)
        if not _finished(study):
            study.add_trial(optuna.trial.create_trial(value=measured({}), user_attrs={"settings": {}}))
        left = self._search.trials - len(_finished(study))
        if left > 0 and space:
            study.optimize(objective, n_trials=left, timeout=self._search.seconds)
        return Tuned.of("optuna", f"ndcg@{k}", len(split), [_told(trial) for trial in _finished(study)])

    def _study(self, split: Split, space: Mapping[str, Dimension], k: int) -> "optuna.Study":
        """The study of exactly this question, begun or gone on with."""
        import optuna
        from optuna.storages.journal import JournalFileBackend

        optuna.logging.set_verbosity(optuna.logging.WARNING)
        file = self._search.study
        storage = None if file is None else optuna.storages.JournalStorage(JournalFileBackend(str(file)))
        return optuna.create_study(
            study_name=f"{self.name}-{_question(split, space, k, self._seed)}",
            storage=storage,
            sampler=optuna.samplers.TPESampler(seed=self._seed),
            pruner=optuna.pruners.MedianPruner(n_startup_trials=5),
            direction="maximize",
            load_if_exists=True,
        )


def _drawn(split: Split, seed: int) -> Sequence[Split]:
    """The users in fifths, drawn."""
    order = np.random.default_rng(seed).permutation(len(split))
    return [split.take(np.sort(part)) for part in np.array_split(order, _PARTS) if len(part)]


def _suggest(trial: "optuna.Trial", name: str, dimension: Dimension) -> Any:
    if isinstance(dimension, tuple):
        return tuple(_suggest(trial, f"{name}.{place}", one) for place, one in enumerate(dimension))
    if isinstance(dimension, OneOf):
        return trial.suggest_categorical(name, dimension.options)
    if isinstance(dimension.low, int) and isinstance(dimension.high, int):
        return trial.suggest_int(name, dimension.low, dimension.high, log=dimension.log)
    return trial.suggest_float(name, dimension.low, dimension.high, log=dimension.log)


def _finished(study: "optuna.Study") -> "Sequence[optuna.trial.FrozenTrial]":
    from optuna.trial import TrialState

    return study.get_trials(deepcopy=False, states=(TrialState.COMPLETE, TrialState.PRUNED))


def _told(trial: "optuna.trial.FrozenTrial") -> Trial:
    from optuna.trial import TrialState

    pruned = trial.state is TrialState.PRUNED
    value = trial.intermediate_values[max(trial.intermediate_values)] if pruned else trial.value
    kept = trial.user_attrs["settings"]
    settings = {name: tuple(value) if isinstance(value, list) else value for name, value in kept.items()}
    return Trial(settings, float(value or 0.0), pruned)


def _question(split: Split, space: Mapping[str, Dimension], k: int, seed: int) -> str:
    """Identity of a search: the cut it is made on, the space, the cut-off, the seed."""
    digest = blake2b(repr((sorted(space.items()), k, seed)).encode(), digest_size=8)
    train = split.train
    for column in (train.users, train.items, train.weights, split.users, split.indptr, split.relevant):
        digest.update(np.ascontiguousarray(column).tobytes())
    return digest.hexdigest()
