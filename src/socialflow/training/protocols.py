"""How a data set is cut into what a recommender may learn from and what it is asked about.

Every protocol has two cuts: the published one, and one of the same kind inside its training part, on which settings
may be chosen without looking at the test.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput
from socialflow.recommendation.interactions import Follows, Histories, IntArray, Interactions
from socialflow.training.datasets.discovery import read_divided, read_interactions
from socialflow.training.datasets.ncf import read_ncf
from socialflow.training.datasets.records import RankingData

Bools = npt.NDArray[np.bool_]

_STRONG_SHARE, _STRONG_USERS, _STRONG_RATING, _STRONG_ITEMS = 0.1, 10_000, 4.0, 5
_HELD_OUT = 0.2


@dataclass(frozen=True, slots=True)
class Split:
    """m test users: a history each, and their relevant items `relevant[indptr[u]:indptr[u + 1]]`, at least one.

    `candidates` (m, c) restricts what is ranked, ascending ids per row and -1 at empty places; None ranks everything
    but the history.
    """

    train: Interactions
    users: IntArray
    histories: Histories
    indptr: IntArray
    relevant: IntArray
    candidates: IntArray | None = None
    follows: Follows | None = None
    is_test: bool = False
    """Whether figures are measured on it: nothing may be chosen by it."""

    def __len__(self) -> int:
        return len(self.histories)

    def following(self, follows: Follows | None) -> "Split":
        """The same where users follow each other: what the followed took in train stands beside each history."""
        if follows is None:
            return self
        near = follows.histories(self.users, self.train)
        return replace(self, follows=follows, histories=replace(self.histories, followed=near))

    def sample(self, limit: int, seed: int) -> "Split":
        """At most `limit` of the test users; train stays whole."""
        if len(self) <= limit:
            return self
        return self.take(np.sort(np.random.default_rng(seed).permutation(len(self))[:limit]))

    def take(self, users: IntArray) -> "Split":
        """The given ones of the test users, ascending; train stays whole."""
        kept = self.histories
        indptr, places = _gather(kept.indptr, users)
        histories = Histories(indptr, kept.items[places], kept.weights[places], kept.at[places], kept.now)
        indptr, places = _gather(self.indptr, users)
        candidates = None if self.candidates is None else self.candidates[users]
        taken = Split(self.train, self.users[users], histories, indptr, self.relevant[places], candidates)
        return replace(taken, is_test=self.is_test).following(self.follows)


@dataclass(frozen=True, slots=True)
class Protocol:
    """A way to test: reader, published cut, cut for choosing settings, and the rule in words."""

    read: Callable[[Path], RankingData]
    test: Callable[[RankingData, int], Split]
    validation: Callable[[RankingData, int], Split]
    rule: str
    capped_recall: bool = False
    chronological: bool = False
    """Whether histories have an order, so that a half-life can be chosen for them."""


def _lightgcn(data: RankingData, seed: int) -> Split:
    if data.test is None:
        return _held_out(data.interactions, np.random.default_rng(seed))
    return _ask(data.interactions, data.interactions, data.test.users, data.test.items)


def _lightgcn_validation(data: RankingData, seed: int) -> Split:
    rows, rng = data.interactions, np.random.default_rng(seed)
    if data.test is None:  # the same draw as of the test, which stays out
        rows = rows.where(rng.random(len(rows)) >= _HELD_OUT)
    return _held_out(rows, rng)


def _held_out(rows: Interactions, rng: np.random.Generator) -> Split:
    held = rng.random(len(rows)) < _HELD_OUT
    return _ask(rows.where(~held), rows.where(~held), rows.users[held], rows.items[held])


def _leave_one_out(data: RankingData, seed: int) -> Split:  # noqa: ARG001 - the cut follows from the order
    rows, from_end, lengths = _in_order(data)
    tested = lengths >= 3
    train = rows.where((from_end >= 2) | ~tested)
    asked = tested & (from_end == 0)
    return _ask(train, rows.where(tested & (from_end >= 1)), rows.users[asked], rows.items[asked])


def _leave_one_out_validation(data: RankingData, seed: int) -> Split:  # noqa: ARG001
    rows, from_end, lengths = _in_order(data)
    tested = lengths >= 3
    train = rows.where((from_end >= 2) | ~tested)
    asked = tested & (from_end == 1)
    return _ask(train, train, rows.users[asked], rows.items[asked])


def _ncf(data: RankingData, seed: int) -> Split:  # noqa: ARG001 - the cut is published, not drawn
    if data.sampled is None:
        raise InvalidInput("protocol ncf99 needs a directory with *.test.negative", field="protocol")
    sampled = data.sampled
    split = _ask(data.interactions, data.interactions, sampled.users, sampled.positives)
    order = np.argsort(sampled.users, kind="stable")
    positives, negatives = sampled.positives[order, None], sampled.negatives[order]
    # In 156 lines of the published ml-1m file the positive is among its own negatives.
    negatives = np.where(negatives == positives, -1, negatives)
    return replace(split, candidates=np.sort(np.concatenate((positives, negatives), axis=1), axis=1))


def _ncf_validation(data: RankingData, seed: int) -> Split:
    rows, from_end, lengths = _by_time(data)
    asked = (lengths >= 2) & (from_end == 0)
    split = _ask(rows.where(~asked), rows.where(~asked), rows.users[asked], rows.items[asked])
    negatives = np.random.default_rng(seed).choice(np.unique(rows.items), (len(split), 99))
    taken = np.isin(_pair_code(np.arange(len(split))[:, None], negatives), _pair_code(*_owned(split)))
    negatives = np.where(taken | (negatives == split.relevant[:, None]), -1, negatives)
    return replace(split, candidates=np.sort(np.concatenate((split.relevant[:, None], negatives), axis=1), axis=1))


def _strong(data: RankingData, seed: int) -> Split:
    rows = data.interactions
    if data.ratings is not None:
        rows = rows.where(data.ratings >= _STRONG_RATING)
    rows, _, lengths = _by_time(replace(data, interactions=rows))
    rows, rng = rows.where(lengths >= _STRONG_ITEMS), np.random.default_rng(seed)
    users = np.unique(rows.users)
    chosen = rng.permutation(users)[: min(_STRONG_USERS, int(len(users) * _STRONG_SHARE))]
    if not len(chosen):
        raise InvalidInput("protocol strong needs ten users with five interactions each", field="protocol")
    tested = np.isin(rows.users, chosen)
    train = rows.where(~tested)
    theirs = rows.where(tested)
    theirs = theirs.where(np.isin(theirs.items, train.items))
    held = rng.random(len(theirs)) < _HELD_OUT
    return _ask(train, theirs.where(~held), theirs.users[held], theirs.items[held])


def _strong_validation(data: RankingData, seed: int) -> Split:
    return _strong(replace(data, interactions=_strong(data, seed).train, ratings=None), seed + 1)


def _time_split(data: RankingData, seed: int) -> Split:  # noqa: ARG001 - the cut follows from the times
    if not data.timed:
        raise InvalidInput("protocol time-split needs timestamps", field="protocol")
    rows, _, _ = _by_time(data)
    cut = np.quantile(rows.at, 1.0 - _HELD_OUT)
    before, after = rows.where(rows.at < cut), rows.where(rows.at >= cut)
    after = after.where(np.isin(after.users, before.users))
    if not len(after):
        raise InvalidInput("no user has interactions before and after the time of the cut", field="protocol")
    return _ask(before, before, after.users, after.items)


def _time_split_validation(data: RankingData, seed: int) -> Split:
    return _time_split(replace(data, interactions=_time_split(data, seed).train, ratings=None), seed)


PROTOCOLS: Mapping[str, Protocol] = {
    "lightgcn": Protocol(
        read_divided,
        _lightgcn,
        _lightgcn_validation,
        "train and test as published, a fifth drawn by seed where a set comes undivided; all items ranked but the "
        "user's own in train; mean over test users",
    ),
    "leave-one-out": Protocol(
        read_interactions,
        _leave_one_out,
        _leave_one_out_validation,
        "last interaction of each user with three or more is the test, second last the validation, the rest train; the "
        "history asked with holds the validation item; all items ranked but the history; equal times keep file order, "
        "a repeated pair counts at its first time",
        chronological=True,
    ),
    "ncf99": Protocol(
        read_ncf,
        _ncf,
        _ncf_validation,
        "the positive ranked among itself and its published negatives, ties by ascending id; negatives equal to the "
        "positive left out",
        chronological=True,
    ),
    "strong": Protocol(
        read_interactions,
        _strong,
        _strong_validation,
        "a tenth of the users (at most 10,000) is never trained on; 80 % of their interactions are folded in, 20 % are "
        "asked for, drawn by seed; ratings below 4 and users with fewer than five interactions left out; recall over "
        "min(k, relevant)",
        capped_recall=True,
    ),
    "time-split": Protocol(
        read_interactions,
        _time_split,
        _time_split_validation,
        "train is before the 80 % quantile of all times, test is from it on (equal times fall into test); test users "
        "have a history before; all items ranked but the history; a repeated pair counts at its first time",
        chronological=True,
    ),
}


def _in_order(data: RankingData) -> tuple[Interactions, IntArray, IntArray]:
    if not data.ordered:
        raise InvalidInput("protocol leave-one-out needs an order; train.txt and test.txt have none", field="protocol")
    return _by_time(data)


def _by_time(data: RankingData) -> tuple[Interactions, IntArray, IntArray]:
    """Distinct pairs ordered by user, time and file order; per row its place from the user's end and their number."""
    rows = data.interactions
    order = np.lexsort((rows.at, rows.items, rows.users))
    rows = _take(rows, order)
    first = np.ones(len(rows), bool)
    first[1:] = (rows.users[1:] != rows.users[:-1]) | (rows.items[1:] != rows.items[:-1])
    rows, place = rows.where(first), order[first]
    rows = _take(rows, np.lexsort((place, rows.at, rows.users)))
    _, starts, counts = np.unique(rows.users, return_index=True, return_counts=True)
    lengths = np.repeat(counts, counts)
    return rows, np.repeat(starts + counts, counts) - 1 - np.arange(len(rows)), lengths


def _ask(train: Interactions, known: Interactions, users: IntArray, items: IntArray) -> Split:
    """Ask for `items` (one per row of `users`) of users whose histories are their rows of `known`, oldest first.

    Pairs that are in the history already are not asked for.
    """
    fresh = ~np.isin(_pair_code(users, items), _pair_code(known.users, known.items))
    users, items = users[fresh], items[fresh]
    order = np.lexsort((items, users))
    asked, counts = np.unique(users, return_counts=True)
    if not len(asked):
        raise InvalidInput("the protocol leaves no user to ask for: every test part is empty", field="data")
    theirs = known.where(np.isin(known.users, asked))
    theirs = _take(theirs, np.lexsort((theirs.at, theirs.users)))
    lengths = np.bincount(np.searchsorted(asked, theirs.users), minlength=len(asked))
    now = float(train.at.max(initial=0.0))
    histories = Histories(_indptr(lengths), theirs.items, theirs.weights, theirs.at, now)
    return Split(train, asked, histories, _indptr(counts), items[order])


def _owned(split: Split) -> tuple[IntArray, IntArray]:
    """Rows of the split and items of their histories, pair by pair."""
    owners = np.repeat(np.arange(len(split)), np.diff(split.histories.indptr))
    return owners, split.histories.items


def _pair_code(users: IntArray, items: IntArray) -> IntArray:
    """One number per pair; ids of data sets are below 2**31."""
    return (users << 32) | items


def _take(rows: Interactions, places: IntArray) -> Interactions:
    return Interactions(rows.users[places], rows.items[places], rows.weights[places], rows.at[places])


def _indptr(counts: npt.NDArray[np.signedinteger]) -> IntArray:
    return np.concatenate(([0], np.cumsum(counts))).astype(np.int64)


def _gather(indptr: IntArray, rows: IntArray) -> tuple[IntArray, IntArray]:
    """The `indptr` of some rows of a ragged array, and the places of their entries."""
    lengths = np.diff(indptr)[rows]
    starts = _indptr(lengths)
    return starts, np.arange(starts[-1]) + np.repeat(indptr[rows] - starts[:-1], lengths)
