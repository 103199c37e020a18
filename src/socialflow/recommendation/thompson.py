"""Thompson sampling over algorithms: beliefs about their rewards, pooled from everybody over contexts to one person.

Reward of one request that person u made in context x and algorithm (arm) a answered::

    y = d_t  +  x . w_a  +  h_u  +  b_ua  +  noise

    d_t  what all rewards of these hours are more or less than usual, whatever was shown
    w_a  what the arm earns: a level, and what each feature of the context adds to it
    h_u  how much the person gives to whatever is shown, b_ua how much more or less to this arm

All of them are Gaussian: levels around the mean of all arms, what features add around 0, h and b around 0 with
variances that the rewards themselves tell. What all arms earn rises and falls together (evenings, holidays, what is new
used up) and they are shown at different times: without d, the arm that was shown in good hours would look best. An arm
nobody was shown begins at the mean of the others, a person nobody knows at what the context says, and both are left as
fast as rewards come. The arm is drawn with the probability that it is the best under the posterior (Thompson 1933;
linear payoffs: Agrawal, Goyal, ICML 2013; pooling: Gelman, Hill 2007, ch. 12), worked out by quadrature: the
probability kept with an answer is the one that the draw was made with.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from scipy.special import log_ndtr, ndtr

from socialflow.errors import InvalidInput
from socialflow.recommendation.person_rewards import FEATURES, Floats, Person, Tally, vector

DAY = 86_400.0
_NODES = np.linspace(-6.0, 6.0, 37)
_HERMITE, _HERMITE_WEIGHTS = np.polynomial.hermite_e.hermegauss(7)
_HERMITE_WEIGHTS = _HERMITE_WEIGHTS / _HERMITE_WEIGHTS.sum()

_PRIOR_REWARDS = 20.0
"""Rewards that the first guess of the noise counts for."""
_PRIOR_PAIRS = 50.0
"""Pairs of rewards of one person that the first guesses of the other variances count for."""
_PERSON_SHARE, _TASTE_SHARE = 0.2, 0.01
"""First guesses of the variances of h and b, in noise."""
_LEVEL_SHARE, _FEATURE_SHARE = 0.06, 0.001
"""Variances of levels and of what features add, in noise."""
_DRIFT_HALF_LIFE = 3 * 3600.0
"""Seconds after which a reward tells half as much of d."""
_PRIOR_DRIFT = 5.0
"""Rewards that say that d is 0."""
_LEAST_TASTE, _MOST_TASTE = 1e-4, 0.02
"""Least and greatest variance of b, in all that rewards vary by. What a person has had enough of for now looks like
taste to the moments below, and would be drawn for on a handful of rewards."""


@dataclass(slots=True)
class _Arm:
    """Sums over everybody's rewards: `moments` (f, f) of the contexts, `rewards` (f,) of context times reward, each
    weighted by how much it says."""

    count: float
    moments: Floats
    rewards: Floats

    @classmethod
    def new(cls) -> "_Arm":
        f = len(FEATURES)
        return cls(0.0, np.zeros((f, f)), np.zeros(f))


@dataclass(frozen=True, slots=True)
class _Fit:
    """The posterior of every arm: means (arms, f), covariances (arms, f, f), and of an arm that nobody was shown."""

    places: Mapping[str, int]
    means: Floats
    covariances: Floats
    noise: float
    person: float
    """Variance of h."""
    taste: float
    """Variance of b."""

    def place(self, arm: str) -> int:
        return self.places.get(arm, len(self.places))


class ThompsonSampling:
    """Beliefs about arms; arms are met as they are named.

    `learn` takes rewards in; what it learns counts in choices after the next `refresh`, so that a batch is learnt as
    one. Not to be shared between threads while it learns.

    Args:
        explore: share of the choices that is spread evenly over the arms, so that every arm keeps a least probability
            and the log of choices can judge any policy. 0 to 1.
        spread: share of the deviations of a person's taste that is drawn from. Below 1 it explores less, settles
            sooner: with few choices a person, all of them would try every arm on everybody (Chapelle, Li, NeurIPS 2011,
            posterior reshaping). What everybody's rewards leave open is drawn from in full. Above 0.
        half_life_days: after how long a reward counts half, because models and tastes change.
        scale: first guess of the standard deviation of a reward.

    >>> bandit = ThompsonSampling(explore=0.1)
    >>> for reward in (3.0, 4.0, 5.0) * 20:
    ...     _ = bandit.learn("als", [], reward, at=0.0), bandit.learn("trending", [], reward - 3.0, at=0.0)
    >>> bandit.refresh()
    >>> {arm: round(chance, 2) for arm, chance in bandit.propensities(["als", "trending"], []).items()}
    {'als': 0.95, 'trending': 0.05}
    """

    def __init__(
        self, *, explore: float = 0.02, spread: float = 0.1, half_life_days: float = 60.0, scale: float = 2.0
    ) -> None:
        if not 0 <= explore <= 1:
            raise InvalidInput(f"explore must be from 0 to 1, not {explore}", field="explore")
        if not spread > 0:
            raise InvalidInput(f"spread must be above 0, not {spread}", field="spread")
        if not half_life_days > 0:
            raise InvalidInput(f"half_life_days must be above 0, not {half_life_days}", field="half_life_days")
        if not scale > 0:
            raise InvalidInput(f"scale must be above 0, not {scale}", field="scale")
        self._explore = explore
        self._spread = spread
        self._half_life = half_life_days * DAY
        self._scale = scale
        self._arms: dict[str, _Arm] = {}
        self._pairs = _Pairs()
        self._centre = np.zeros(2)
        self._lately = np.zeros(2)
        self._at = 0.0

    @property
    def arms(self) -> Sequence[str]:
        """Arms that something is known of."""
        return sorted(self._arms)

    def propensities(
        self, arms: Sequence[str], context: Sequence[str], person: Person | None = None
    ) -> dict[str, float]:
        """The probability with which each of `arms` is chosen; they sum to 1. Raises InvalidInput where there is none.

        `context`: names out of `FEATURES`; others are ignored. `person` None: somebody who is not known.
        """
        if not arms:
            raise InvalidInput("there is no arm to choose from", field="arms")
        means, deviations, weights = self._posterior(arms, vector(context), person)
        chances = weights @ best_chances(means, deviations)
        mixed = (1.0 - self._explore) * chances + self._explore / len(arms)
        mixed /= mixed.sum()
        return dict(zip(arms, mixed.tolist(), strict=True))

    def learn(
        self,
        arm: str,
        context: Sequence[str],
        reward: float,
        *,
        at: float,
        person: Person | None = None,
        for_all: bool = True,
    ) -> Person:
        """Take in one reward; returns the person with it.

        Args:
            at: when it was earned, seconds since the epoch.
            for_all: whether it counts for everybody, or for this person alone.

        Raises:
            InvalidInput: a reward that is no finite number.
        """  # fmt: skip
        if not np.isfinite(reward):
            raise InvalidInput(f"a reward must be a finite number, not {reward}", field="reward")
        x, known = vector(context), person or Person()
        if not for_all:
            return self._grown(known, arm, x, reward - self._drift, at)
        self._fade(at)
        fit = self._fit
        own, doubt = _deviation(fit, known, arm)
        weight = fit.noise / (fit.noise + doubt)  # of somebody unknown, a reward says less of the arm
        usual = float(fit.means[fit.place(arm)] @ x)
        if fit.places:  # before anything is known, nothing is usual
            self._lately += weight, weight * (reward - usual - own)
        reward -= self._drift
        one = self._arms.setdefault(arm, _Arm.new())
        one.count += 1.0
        one.moments += weight * np.outer(x, x)
        one.rewards += weight * x * (reward - self._centred(own, weight))
        self._pairs.take(fit, arm, reward - usual, known)
        return self._grown(known, arm, x, reward, at)

    def warm_start(self, means: Mapping[str, float], *, weight: float = 20.0) -> None:
        """Begin arms that nothing is known of at these mean rewards, as if `weight` rewards had said so.

        Figures from elsewhere, like an offline metric, belong brought to the scale of rewards first.
        """
        for arm, mean in means.items():
            if arm not in self._arms:
                one = self._arms[arm] = _Arm.new()
                one.count = one.moments[0, 0] = weight
                one.rewards[0] = weight * (mean - self._drift)
        self.refresh()

    def refresh(self) -> None:
        """Let what was learnt count from now on."""
        self.__dict__.pop("_fit", None)

    def expected(self, arm: str, context: Sequence[str] = (), person: Person | None = None) -> tuple[float, float]:
        """Mean and standard deviation of what is believed of an arm's mean reward, from this person or anybody."""
        fit, x = self._fit, vector(context)
        place = fit.place(arm)
        own, doubt = _deviation(fit, person or Person(), arm)
        return self._drift + float(fit.means[place] @ x) + own, float(np.sqrt(x @ fit.covariances[place] @ x + doubt))

    def variances(self) -> dict[str, float]:
        """What rewards vary by: noise, person (h), taste (b)."""
        return {"noise": self._fit.noise, "person": self._fit.person, "taste": self._fit.taste}

    def state(self) -> dict[str, Any]:
        """Everything it has learnt, as plain values."""
        return {
            "features": list(FEATURES),
            "at": self._at,
            "pairs": self._pairs.sums.tolist(),
            "centre": self._centre.tolist(),
            "lately": self._lately.tolist(),
            "arms": {
                arm: {"count": one.count, "moments": one.moments.tolist(), "rewards": one.rewards.tolist()}
                for arm, one in sorted(self._arms.items())
            },
        }

    def restore(self, state: Mapping[str, Any]) -> "ThompsonSampling":
        """Take over a state, whatever features it was kept with; an empty one forgets everything."""
        self._arms, self._pairs, self._at = {}, _Pairs(), float(state.get("at", 0.0))
        self._centre, self._lately = np.zeros(2), np.array(state.get("lately", (0.0, 0.0)), np.float64)
        if state:
            self._pairs.sums = np.array(state["pairs"], np.float64)
            self._centre = np.array(state["centre"], np.float64)
            order = [FEATURES.index(name) for name in state["features"] if name in FEATURES]
            kept = [place for place, name in enumerate(state["features"]) if name in FEATURES]
            for arm, sums in state["arms"].items():
                one = self._arms[arm] = _Arm.new()
                one.count = sums["count"]
                one.moments[np.ix_(order, order)] = np.array(sums["moments"])[np.ix_(kept, kept)]
                one.rewards[order] = np.array(sums["rewards"])[kept]
        self.refresh()
        return self

    @cached_property
    def _fit(self) -> _Fit:
        noise, person, taste = self._pairs.variances(self._scale**2)
        f = len(FEATURES)
        known = list(self._arms)
        counts = sum(one.moments[0, 0] for one in self._arms.values())
        common = sum(one.rewards[0] for one in self._arms.values()) / counts if counts else 0.0
        precision = np.full(f, 1.0 / (_FEATURE_SHARE * noise))
        precision[0] = 1.0 / (_LEVEL_SHARE * noise)
        pull = np.zeros(f)
        pull[0] = common * precision[0]
        sums = [self._arms[arm] for arm in known] + [_Arm.new()]
        covariances = np.linalg.inv(np.stack([one.moments / noise + np.diag(precision) for one in sums]))
        means = np.einsum("aij,aj->ai", covariances, np.stack([one.rewards / noise + pull for one in sums]))
        return _Fit({arm: place for place, arm in enumerate(known)}, means, covariances, noise, person, taste)

    def _posterior(self, arms: Sequence[str], x: Floats, person: Person | None) -> tuple[Floats, Floats, Floats]:
        """Means (nodes, arms) and standard deviations (arms,) given each node of h, and the nodes' weights."""
        fit = self._fit
        places = [fit.place(arm) for arm in arms]
        means, covariances = fit.means[places] @ x, fit.covariances[places]
        doubt = np.einsum("i,aij,j->a", x, covariances, x)
        if person is None or not person.tallies:
            return means[None, :], np.sqrt(doubt + self._spread**2 * fit.taste), np.ones(1)
        tallies = [person.tallies.get(arm) for arm in arms]
        counts = np.array([0.0 if tally is None else tally.count for tally in tallies])
        over = np.array(
            [0.0 if tally is None else _over(fit, arm, tally) for arm, tally in zip(arms, tallies, strict=True)]
        )
        mean, variance = _generosity(fit, person)
        nodes = mean + np.sqrt(variance) * _HERMITE
        certainty = 1.0 / fit.taste + counts / fit.noise
        tastes = (over - np.outer(nodes, counts)) / fit.noise / certainty
        return means + tastes, np.sqrt(doubt + self._spread**2 / certainty), _HERMITE_WEIGHTS

    @property
    def _drift(self) -> float:
        """How much more or less than usual everything earns of late (d)."""
        weight, total = self._lately.tolist()
        return total / (weight + _PRIOR_DRIFT)

    def _centred(self, own: float, weight: float) -> float:
        """What is a person's own, less its mean over everybody: what all have in common belongs to the arms."""
        count, total = self._centre
        self._centre += weight, weight * own
        return own - (total / count if count else 0.0)

    def _fade(self, at: float) -> None:
        if at > self._at:
            factor = 0.5 ** ((at - self._at) / self._half_life) if self._at else 1.0
            for one in self._arms.values():
                one.count *= factor
                one.moments *= factor
                one.rewards *= factor
            self._pairs.sums *= factor
            self._centre *= factor
            self._lately *= 0.5 ** ((at - self._at) / _DRIFT_HALF_LIFE) if self._at else 1.0
            self._at = at

    def _grown(self, person: Person, arm: str, x: Floats, reward: float, at: float) -> Person:
        later = max(at, person.at)
        factor = 0.5 ** ((later - person.at) / self._half_life) if person.at else 1.0
        tallies = {name: tally.faded(factor) for name, tally in person.tallies.items()}
        before = tallies.get(arm) or Tally(0.0, 0.0, np.zeros(len(FEATURES)))
        tallies[arm] = Tally(before.count + 1.0, before.total + reward, before.contexts + x)
        return Person(tallies, later)


class _Pairs:
    """Moments of rewards that tell their variances, taken as each reward comes.

    With e the reward less what everybody's data says of it, r_a and r_o the mean of the same person's earlier ones
    under the same arm and under the others: the mean of e e is noise + person + taste, of e r_o person, of
    e (r_a - r_o) taste. Noise of the new reward meets only what was there before it, so that choosing arms by that does
    no harm.
    """

    def __init__(self) -> None:
        self.sums = np.zeros(6)
        """Count and sum of e e; weight and weighted sum of e r_o, and of e (r_a - r_o)."""

    def take(self, fit: _Fit, arm: str, e: float, person: Person) -> None:
        own, others, own_over, others_over = 0.0, 0.0, 0.0, 0.0
        for name, tally in person.tallies.items():
            if name == arm:
                own, own_over = tally.count, _over(fit, name, tally)
            else:
                others, others_over = others + tally.count, others_over + _over(fit, name, tally)
        self.sums[:2] += 1.0, e * e
        if others > 0:
            weight = others / (1.0 + others)
            self.sums[2:4] += weight, weight * e * others_over / others
        if own > 0 and others > 0:
            weight = 1.0 / (1.0 / own + 1.0 / others)
            self.sums[4:] += weight, weight * e * (own_over / own - others_over / others)

    def variances(self, guess: float) -> tuple[float, float, float]:
        """Noise, person, taste; `guess`: the noise before any reward."""
        count, squares, with_others, others, with_own, own = self.sums.tolist()
        whole = (squares + _PRIOR_REWARDS * guess) / (count + _PRIOR_REWARDS)
        person = (others + _PRIOR_PAIRS * _PERSON_SHARE * whole) / (with_others + _PRIOR_PAIRS)
        taste = (own + _PRIOR_PAIRS * _TASTE_SHARE * whole) / (with_own + _PRIOR_PAIRS)
        person = min(max(person, _LEAST_TASTE * whole), 0.8 * whole)
        taste = min(max(taste, _LEAST_TASTE * whole), _MOST_TASTE * whole)
        return max(whole - person - taste, 0.1 * whole), person, taste


def best_chances(means: Floats, deviations: Floats) -> Floats:
    """The probability (m, arms) that each of independent Gaussians is the greatest, in each of m cases.

    ``P(a) = integral of prod over b != a of F_b(x) dF_a(x)``, by the trapezoid rule over the nodes of all arms
    together, dense wherever any of them is. `means` (m, arms), `deviations` (arms,) above 0.

    >>> best_chances(np.array([[0.0, 0.0, -50.0]]), np.ones(3)).round(6).tolist()
    [[0.5, 0.5, 0.0]]
    """
    nodes = (means[:, :, None] + deviations[None, :, None] * _NODES).reshape(len(means), -1)
    nodes.sort(axis=1)
    standard = (nodes[:, None, :] - means[:, :, None]) / deviations[None, :, None]
    logs = log_ndtr(standard)
    others = np.exp(logs.sum(axis=1, keepdims=True) - logs)
    steps = np.diff(ndtr(standard), axis=2)
    chances = (steps * (others[:, :, 1:] + others[:, :, :-1])).sum(axis=2) / 2.0
    return np.asarray(chances / chances.sum(axis=1, keepdims=True))


def _generosity(fit: _Fit, person: Person) -> tuple[float, float]:
    """Posterior mean and variance of h."""
    precision, pull = 1.0 / fit.person, 0.0
    for arm, tally in person.tallies.items():
        if tally.count > 0:
            certainty = 1.0 / (fit.taste + fit.noise / tally.count)
            precision += certainty
            pull += certainty * _over(fit, arm, tally) / tally.count
    return pull / precision, 1.0 / precision


def _deviation(fit: _Fit, person: Person, arm: str) -> tuple[float, float]:
    """Posterior mean and variance of h + b of one arm."""
    generosity, doubt = _generosity(fit, person)
    tally = person.tallies.get(arm)
    count, over = (0.0, 0.0) if tally is None else (tally.count, _over(fit, arm, tally))
    certainty = 1.0 / fit.taste + count / fit.noise
    taste = (over - count * generosity) / fit.noise / certainty
    return generosity + taste, 1.0 / certainty + doubt * (1.0 - count / fit.noise / certainty) ** 2


def _over(fit: _Fit, arm: str, tally: Tally) -> float:
    """What the person gave to the arm beyond what everybody's data says of it."""
    return tally.total - float(fit.means[fit.place(arm)] @ tally.contexts)
