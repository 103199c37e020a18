"""Fits a ranker on what was shown and what came of it, corrected for what nobody looked at.

Position-based model: the item at place k is looked at with probability theta_k (theta_0 = 1), whatever it is, and only
who looked can act: ``P(act | k, x) = theta_k P(act | looked at, x)``. Whether somebody looked is not recorded, but any
reaction tells that they did. Regression EM (Wang, Golbandi, Bendersky, Metzler, Najork, WSDM 2018) on "reacted at all":

    E   P(looked | no reaction) = theta_k (1 - g) / (1 - theta_k g),    g = P(react | looked at, x)
    M   theta_k = mean of P(looked) at place k;  g = a logistic regression on P(would react)

Every row then counts for as much as it was looked at. Where clients report each view and skip, that is exactly the rows
with a reaction; where they report likes alone, low places count less against an item.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import expit

from socialflow.errors import InvalidInput
from socialflow.recommendation.exposures import Exposures
from socialflow.recommendation.interactions import FloatArray
from socialflow.recommendation.ranker import HEADS, Inputs, Network, Ranker

Values = npt.NDArray[np.float64]

LEAST_SEEN = 30.0
"""How often an act must have been seen to be predicted."""
_PLACES = np.array([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 30, 50])
"""First place of each group of places that share a theta."""
_ROUNDS, _SETTLED = 100, 3e-4
_ROWS = 100_000
"""Shown items from which examination is learnt, evenly taken; it has few parameters."""
_EPOCHS = 40
_BATCH = 256
_PATIENCE = 5
_HELD_BACK = 0.15
_LEAST_WEIGHT = 0.01
"""Rows that were looked at less likely than this are left out of the network's fit."""
_EDGE = 1e-4


@dataclass(frozen=True, slots=True)
class Examination:
    """What is known of who looked at what: `theta` (groups of places,), and a logistic regression `slope`, `level`."""

    theta: Values
    slope: Values
    level: float

    def weights(self, inputs: FloatArray, places: npt.NDArray[np.int64], reacted: npt.NDArray[np.bool_]) -> Values:
        """P(looked at) of each row (n,)."""
        chance = expit(inputs @ self.slope + self.level)
        return looked(self.theta[group(places)], np.clip(chance, _EDGE, 1.0 - _EDGE), reacted)

    def by_place(self) -> Mapping[str, float]:
        """theta by first place of a group, from 1, as people count."""
        return {str(place + 1): round(float(theta), 4) for place, theta in zip(_PLACES, self.theta, strict=True)}


class RankerFit:
    """How a ranker is fitted.

    Args:
        hidden: units of the first hidden layer; the second has half as many.
        decay: L2 penalty of the weights.
        seed: of the initial weights and the order of rows.
    """

    def __init__(self, *, hidden: int = 64, decay: float = 0.1, seed: int = 0) -> None:
        if not 2 <= hidden <= 1024:
            raise InvalidInput(f"hidden must be from 2 to 1024, not {hidden}", field="hidden")
        if decay < 0:
            raise InvalidInput(f"decay must not be negative, not {decay}", field="decay")
        self.parameters: Mapping[str, Any] = {"hidden": hidden, "decay": decay, "seed": seed}
        self._layers = (hidden, hidden // 2)
        self._decay = decay
        self._seed = seed

    def __call__(self, exposures: Exposures) -> tuple[Ranker, Examination]:
        """Learn; equal data and seed give equal rankers. The number of epochs is chosen on the newest part.

        Raises:
            InvalidInput: nothing was done often enough to learn from.
        """
        heads = [place for place in range(len(HEADS)) if exposures.outcomes[:, place].sum() >= LEAST_SEEN]
        if not heads:
            raise InvalidInput(
                f"nothing to learn from: of {len(exposures)} shown items too few had a reaction under their request_id",
                field="exposures",
            )
        inputs = Inputs.of(exposures.names, exposures.signals)
        x = inputs(exposures.signals)
        examination = examine(x, exposures.places, exposures.reacted)
        weights = examination.weights(x, exposures.places, exposures.reacted)
        counts = weights >= _LEAST_WEIGHT
        x, weights, y = x[counts], weights[counts], exposures.outcomes[counts][:, heads].astype(np.float64)
        newest = exposures.at[counts] >= np.quantile(exposures.at, 1.0 - _HELD_BACK)
        epochs = self._epochs(x, y, weights, newest)
        network = self._trained(x, y, weights, epochs)[0]
        facts = {
            "examination": examination.by_place(),
            "epochs": epochs,
            "missing": [head.value for place, head in enumerate(HEADS) if place not in heads],
        }
        return Ranker(inputs, network, [HEADS[place] for place in heads], facts), examination

    def _epochs(self, x: FloatArray, y: Values, weights: Values, newest: npt.NDArray[np.bool_]) -> int:
        """How many passes over the older rows predict the newest best."""
        older = ~newest
        if not (newest.any() and older.any()):
            return _EPOCHS
        held = (x[newest], y[newest], weights[newest])
        return self._trained(x[older], y[older], weights[older], _EPOCHS, held)[1]

    def _trained(
        self,
        x: FloatArray,
        y: Values,
        weights: Values,
        epochs: int,
        held: tuple[FloatArray, Values, Values] | None = None,
    ) -> tuple[Network, int]:
        """The network after `epochs` passes, and the pass after which it predicted `held` best."""
        from sklearn.neural_network import MLPClassifier

        x, outcomes, weights = _certain(x, y, weights)
        one = y.shape[1] == 1
        net = MLPClassifier(
            self._layers,
            alpha=self._decay,
            learning_rate_init=2e-3,
            batch_size=min(_BATCH, len(x)),
            random_state=self._seed,
        )
        labels, classes = (outcomes[:, 0], np.arange(2)) if one else (outcomes, np.arange(y.shape[1]))
        best, loss = epochs, np.inf
        for epoch in range(1, epochs + 1):
            net.partial_fit(x, labels, sample_weight=weights, classes=classes)
            if held is not None:
                losses = cross_entropy(held[1], expit(_network(net)(held[0])))
                now = float(np.average(losses.sum(axis=1), weights=held[2]))
                if now < loss:
                    best, loss = epoch, now
                elif epoch - best >= _PATIENCE:
                    break
        return _network(net), best


def examine(x: FloatArray, places: npt.NDArray[np.int64], reacted: npt.NDArray[np.bool_]) -> Examination:
    """Regression EM on whether anything was done; see the module."""
    from sklearn.linear_model import LogisticRegression

    every = -(-len(x) // _ROWS)
    x, places, reacted = x[::every], places[::every], reacted[::every]
    of = group(places)
    theta = (1.0 + _PLACES) ** -0.5
    chance = np.full(len(x), np.clip(reacted[places == 0].mean() if (places == 0).any() else 0.5, 0.01, 0.99))
    counts = np.bincount(of, minlength=len(_PLACES))
    regression = LogisticRegression(max_iter=200)
    twice = np.concatenate([x, x])
    answers = np.repeat([1, 0], len(x))
    for _ in range(_ROUNDS):
        examined = looked(theta[of], chance, reacted)
        would = np.where(reacted, 1.0, chance * (1.0 - theta[of]) / (1.0 - theta[of] * chance))
        sums = np.bincount(of, examined, len(_PLACES))
        before, theta = theta, np.where(counts > 0, sums / np.maximum(counts, 1), theta)
        theta = np.minimum(theta / theta[0], 1.0)
        regression.fit(twice, answers, sample_weight=np.concatenate([would, 1.0 - would]))
        chance = np.clip(regression.predict_proba(x)[:, 1], _EDGE, 1.0 - _EDGE)
        if np.abs(theta - before).max() < _SETTLED:
            break
    return Examination(theta, regression.coef_[0], float(regression.intercept_[0]))


def group(places: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The group of each place (n,) from 0."""
    return np.searchsorted(_PLACES, places, side="right") - 1


def looked(theta: Values, chance: Values, reacted: npt.NDArray[np.bool_]) -> Values:
    """P(looked at), given whether there was a reaction and that who looks reacts with `chance`.

    >>> looked(np.array([0.5, 0.5]), np.array([0.9, 0.9]), np.array([True, False])).round(3).tolist()
    [1.0, 0.091]
    """
    return np.where(reacted, 1.0, theta * (1.0 - chance) / (1.0 - theta * chance))


def cross_entropy(told: Values, predicted: npt.NDArray[np.floating[Any]]) -> Values:
    """Of outcomes 0 to 1, in nats, element by element.

    >>> cross_entropy(np.array([1.0]), np.array([0.5])).round(4).tolist()
    [0.6931]
    """
    sure = np.clip(predicted.astype(np.float64), 1e-7, 1.0 - 1e-7)
    return np.asarray(-(told * np.log(sure) + (1.0 - told) * np.log(1.0 - sure)))


def _certain(x: FloatArray, y: Values, weights: Values) -> tuple[FloatArray, npt.NDArray[np.int64], Values]:
    """Rows whose outcomes are all 0 or 1: one in which a fraction f was watched is two, of weight f and 1 - f."""
    all_, none = np.ceil(y), np.floor(y)
    split = (all_ - none).max(axis=1)
    share = (y - none).max(axis=1)
    twice = np.flatnonzero(split)
    rows = np.concatenate([np.arange(len(x)), twice])
    outcomes = np.concatenate([all_, none[twice]]).astype(np.int64)
    counts = np.concatenate([weights * np.where(split > 0, share, 1.0), (weights * (1.0 - share))[twice]])
    return x[rows], outcomes, counts


def _network(net: Any) -> Network:
    return Network(
        [weight.astype(np.float32) for weight in net.coefs_], [bias.astype(np.float32) for bias in net.intercepts_]
    )
