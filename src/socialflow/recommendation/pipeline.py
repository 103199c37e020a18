"""Sources -> filters -> scorers -> selectors. Every stage says what it kept and what it took out, and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from socialflow.ids import ItemKey
from socialflow.kit.answers import Provenance
from socialflow.recommendation.changes import Change, Gain, Move
from socialflow.recommendation.context import Context, Keys, Mask, Values
from socialflow.recommendation.records import Removal, Term

NEAREST = 50
"""Removals kept with an answer: those that the sources held highest."""
_STRETCH = 1000
"""Items of the reserve that are looked at together."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What one source offers: `keys` best first, and per key the item of the history it comes from (-1: none)."""

    keys: Keys
    anchors: Keys

    @classmethod
    def of(cls, keys: Keys) -> "Drawn":
        """Keys without anchors."""
        return cls(keys, np.full(len(keys), -1, np.int64))


@dataclass(frozen=True, slots=True)
class Candidates:
    """n distinct items: `sources` (n,) is the place in the feed's list of the first source that drew each, `ranks`
    (n,) the place within that source, `anchors` (n,) the item of the history it comes from or -1."""

    keys: Keys
    sources: Keys
    ranks: Keys
    anchors: Keys

    def __len__(self) -> int:
        return len(self.keys)

    def where(self, mask: Mask) -> "Candidates":
        """Those for which `mask` is true."""
        return Candidates(self.keys[mask], self.sources[mask], self.ranks[mask], self.anchors[mask])


@dataclass(frozen=True, slots=True)
class Removals:
    """What one filter took out: `keys` (m,) with their `ranks`, and per key the place of its reason in `reasons`."""

    stage: str
    keys: Keys
    ranks: Keys
    reasons: Sequence[str]
    codes: Keys


@dataclass(frozen=True, slots=True)
class Signal:
    """One scorer's values (n,) over the candidates, NaN where it cannot tell; `missing` names what it lacked."""

    values: Values
    missing: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()

    @classmethod
    def absent(cls, n: int, *missing: str) -> "Signal":
        """No value at all."""
        return cls(np.full(n, np.nan), missing)


Terms = Sequence[tuple[str, float, Values]]
"""Summands of scores: name, weight, values (n,)."""


@dataclass(frozen=True, slots=True)
class Valued:
    """What candidates are worth, as terms that are summed as they are; `missing` names what was lacked."""

    terms: Terms
    missing: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()


class Source(Protocol):
    """Proposes items."""

    @property
    def name(self) -> str:
        """How answers and explanations call it."""
        ...

    def candidates(self, ctx: Context) -> Drawn:
        """Items worth considering, best first; bounded."""
        ...


class Filter(Protocol):
    """Takes out what must not be shown."""

    @property
    def name(self) -> str:
        """How answers and explanations call it."""
        ...

    def removed(self, ctx: Context, keys: Keys) -> Mapping[str, Mask]:
        """Reason -> which of `keys` it takes out. An item with several reasons is removed for the first."""
        ...


class Scorer(Protocol):
    """Says how good items are, by one signal."""

    @property
    def name(self) -> str:
        """How answers and explanations call it."""
        ...

    def score(self, ctx: Context, keys: Keys) -> Signal:
        """Values of the signal, any scale, higher is better."""
        ...


class Valuation(Protocol):
    """Says what items are worth, in units of its own."""

    @property
    def name(self) -> str:
        """How documents call it."""
        ...

    def value(self, ctx: Context, keys: Keys) -> Valued:
        """The terms of the worth of each item."""
        ...


@dataclass(frozen=True, slots=True)
class Weighted:
    """A scorer and its share of the score."""

    scorer: Scorer
    weight: float


@dataclass(slots=True)
class Ranking:
    """Scored candidates in their present order. Arrays are by candidate; `order` lists candidates, best first."""

    candidates: Candidates
    scores: Values
    order: Keys
    terms: Terms
    missing: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()
    changes: list[Change] = field(default_factory=list)
    """What selectors did, in turn."""

    def __len__(self) -> int:
        return len(self.order)

    def sort(self) -> None:
        """Order by score, ties by item key."""
        self.order = np.lexsort((self.candidates.keys, -self.scores))

    def add(self, name: str, weight: float, values: Values) -> None:
        """Let one more term, `weight` x `values` (n,), count in the scores; sort again and note who gained or lost."""
        gains = weight * values
        if not gains.any():
            return
        self.changes.append(Gain(name, gains))
        self.terms = (*self.terms, (name, weight, values))
        self.scores = self.scores + gains
        self.sort()

    def reorder(self, head: Sequence[int], why: str, because: Mapping[int, str] | None = None) -> None:
        """Put `head` (candidates) first, in that order, the rest after it as it was.

        Every change of place within the head, into it and out of it is noted under `why`, or under what `because` says
        of the candidate.
        """
        front, old, n = np.asarray(head, np.int64), self.order, len(self.candidates)
        in_front = Context.member(front, n)
        noted = in_front | Context.member(old[: len(front)], n)
        self.rearrange(np.concatenate([front, old[~in_front[old]]]), why, noted, because)

    def rearrange(self, new: Keys, why: str, noted: Mask, because: Mapping[int, str] | None = None) -> None:
        """Take `new` as the order; `noted` (n,) says whose moves are worth a word."""
        was, now = np.empty(len(noted), np.int64), np.empty(len(noted), np.int64)
        was[self.order] = now[new] = np.arange(len(new))
        self.changes.append(Move(why, was, now, noted, because or {}))
        self.order = new

    def moves_of(self, candidates: Sequence[int]) -> list[tuple[str, ...]]:
        """What selectors did to each of some candidates, in words."""
        told = zip(*(change.told(candidates) for change in self.changes), strict=True)
        return [tuple([word for word in words if word]) for words in told] or [()] * len(candidates)

    def terms_of(self, candidates: Sequence[int]) -> list[tuple[Term, ...]]:
        """The summands of the score of each of some candidates."""
        columns = [
            [Term(name, weight, value) for value in values[candidates].tolist()] for name, weight, values in self.terms
        ]
        return list(zip(*columns, strict=True)) or [()] * len(candidates)


class Selector(Protocol):
    """Rearranges a ranking; never takes anything out, so that paging reaches the end of the catalogue."""

    @property
    def name(self) -> str:
        """How answers and explanations call it."""
        ...

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Change `ranking` in place, noting what moved."""
        ...


@dataclass(frozen=True, slots=True)
class Feed:
    """One composition, read top to bottom (see `feeds`)."""

    name: str
    sources: tuple[Source, ...]
    filters: tuple[Filter, ...]
    scorers: tuple[Weighted, ...]
    """The preset; values are normalised to 0..1 over the candidates, weights renormalised over the signals there."""
    selectors: tuple[Selector, ...]
    cold: tuple[Weighted, ...] = ()
    """What leads while the user is new, blended out with `Context.warmth`; empty: the preset serves all alike."""
    adjustments: tuple[Weighted, ...] = ()
    """Added as they are, after the blend."""
    value: Valuation | None = None
    """Added as it is, too: where predictions, not a blend, say what an item is worth."""
    reserve: Source | None = None
    """Every item in scope, best first; drawn from only where the sources do not fill the answer."""
    requires: tuple[str, ...] = ()
    """Models of which at least one must be loaded."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A ranking and everything that was taken out on the way."""

    ranking: Ranking
    removals: tuple[Removals, ...]
    source_names: tuple[str, ...]

    def counts(self) -> dict[str, int]:
        """ "stage: reason" -> number of items."""
        counts: dict[str, int] = {}
        for part in self.removals:
            for code, reason in enumerate(part.reasons):
                if number := int(np.count_nonzero(part.codes == code)):
                    name = f"{part.stage}: {reason}"
                    counts[name] = counts.get(name, 0) + number
        return counts

    def nearest(self) -> tuple[Removal, ...]:
        """The removals that the sources held highest, at most `NEAREST`."""
        rows = [
            (rank, key, part.stage, part.reasons[code])
            for part in self.removals
            for rank, key, code in _head(part, NEAREST)
        ]
        return tuple(Removal(ItemKey(key), stage, reason) for _, key, stage, reason in sorted(rows)[:NEAREST])


def run(feed: Feed, ctx: Context) -> Outcome:
    """Rank for one request; synchronous, without I/O."""
    drawn = pool(ctx, [source.candidates(ctx) for source in feed.sources])
    candidates, removals = sieve(feed.filters, ctx, drawn)
    names = tuple(source.name for source in feed.sources)
    if len(candidates) < ctx.need and feed.reserve is not None:
        candidates, more = _replenish(feed.reserve, feed, ctx, drawn, candidates)
        removals += more
        names = (*names, feed.reserve.name)
    ranking = rank(feed, ctx, candidates)
    for selector in feed.selectors:
        selector.select(ctx, ranking)
    return Outcome(ranking, tuple(removals), names)


def pool(ctx: Context, drawn: Sequence[Drawn], *, first: int = 0) -> Candidates:
    """All offers as one, each item once, under the first source that drew it; `first` numbers the first source."""
    keys = np.concatenate([np.empty(0, np.int64), *(part.keys for part in drawn)])
    anchors = np.concatenate([np.empty(0, np.int64), *(part.anchors for part in drawn)])
    sources = np.repeat(np.arange(first, first + len(drawn)), [len(part.keys) for part in drawn])
    ranks = np.concatenate([np.empty(0, np.int64), *(np.arange(len(part.keys)) for part in drawn)])
    real = (keys >= 0) & (keys < ctx.size)
    everything = Candidates(keys, sources, ranks, anchors).where(real)
    _, once = np.unique(everything.keys, return_index=True)
    once.sort()
    return Candidates(everything.keys[once], everything.sources[once], everything.ranks[once], everything.anchors[once])


def sieve(filters: Sequence[Filter], ctx: Context, candidates: Candidates) -> tuple[Candidates, list[Removals]]:
    """What passes every filter, and what each took out."""
    removals = []
    for sift in filters:
        if not len(candidates):
            break
        reasons = sift.removed(ctx, candidates.keys)
        if not reasons:
            continue
        codes = np.full(len(candidates), -1)
        for code, mask in enumerate(reasons.values()):
            codes[mask & (codes < 0)] = code
        out = codes >= 0
        if out.any():
            gone = candidates.where(out)
            removals.append(Removals(sift.name, gone.keys, gone.ranks, tuple(reasons), codes[out]))
            candidates = candidates.where(~out)
    return candidates, removals


def rank(feed: Feed, ctx: Context, candidates: Candidates) -> Ranking:
    """Score and sort: the preset blended with what leads for new users, plus the adjustments."""
    warmth = ctx.warmth if feed.cold else 1.0
    terms: list[tuple[str, float, Values]] = []
    missing: dict[str, None] = {}
    provenance: dict[Provenance, None] = {}
    for scorers, share in ((feed.scorers, warmth), (feed.cold, 1.0 - warmth)):
        if share > 0:
            signals = [weighted.scorer.score(ctx, candidates.keys) for weighted in scorers]
            terms += blend(scorers, signals, share)
            missing.update((name, None) for signal in signals for name in signal.missing)
            provenance.update((made, None) for signal in signals for made in signal.provenance)
    for weighted in feed.adjustments:
        values = weighted.scorer.score(ctx, candidates.keys).values
        terms.append((weighted.scorer.name, weighted.weight, values))
    if feed.value is not None:
        valued = feed.value.value(ctx, candidates.keys)
        terms += valued.terms
        missing.update((name, None) for name in valued.missing)
        provenance.update((made, None) for made in valued.provenance)
    scores = np.zeros(len(candidates))
    for _, weight, values in terms:
        scores += weight * values
    ranking = Ranking(candidates, scores, np.arange(len(candidates)), terms, tuple(missing), tuple(provenance))
    ranking.sort()
    return ranking


def blend(scorers: Sequence[Weighted], signals: Sequence[Signal], share: float) -> list[tuple[str, float, Values]]:
    """Terms of the signals that are there, weights renormalised to sum to `share`."""
    there = [(one, signal) for one, signal in zip(scorers, signals, strict=True) if np.isfinite(signal.values).any()]
    total = sum(one.weight for one, _ in there)
    return [(one.scorer.name, share * one.weight / total, normalised(signal.values)) for one, signal in there]


def normalised(values: Values) -> Values:
    """Values over 0..1, the greatest at 1. Every signal has a natural zero that means "nothing speaks for it"; the
    lower end is that zero, or the least value where one is negative. An unknown value counts as zero: a model that has
    never met an item says nothing for it, and nothing against it.

    >>> normalised(np.array([1.0, 4.0, np.nan])).tolist()
    [0.25, 1.0, 0.0]
    >>> normalised(np.array([-1.0, 1.0, np.nan])).tolist()
    [0.0, 1.0, 0.5]
    """
    known = np.where(np.isfinite(values), values, 0.0)
    low, high = min(0.0, float(known.min())), max(0.0, float(known.max()))
    return (known - low) / (high - low) if high > low else known


def _replenish(
    reserve: Source, feed: Feed, ctx: Context, drawn: Candidates, kept: Candidates
) -> tuple[Candidates, list[Removals]]:
    """Fill `kept` up from the reserve, a stretch at a time, until there is enough or the catalogue ends."""
    offered = reserve.candidates(ctx)
    offered = Drawn.of(offered.keys[~ctx.among(offered.keys, drawn.keys)])
    removals: list[Removals] = []
    for start in range(0, len(offered.keys), _STRETCH):
        stretch = Drawn.of(offered.keys[start : start + _STRETCH])
        more, gone = sieve(feed.filters, ctx, pool(ctx, [stretch], first=len(feed.sources)))
        removals += gone
        kept = Candidates(
            np.concatenate([kept.keys, more.keys]),
            np.concatenate([kept.sources, more.sources]),
            np.concatenate([kept.ranks, more.ranks + start]),
            np.concatenate([kept.anchors, more.anchors]),
        )
        if len(kept) >= ctx.need:
            break
    return kept, removals


def _head(part: Removals, limit: int) -> Iterable[tuple[int, int, int]]:
    order = np.argsort(part.ranks, kind="stable")[:limit]
    return zip(part.ranks[order].tolist(), part.keys[order].tolist(), part.codes[order].tolist(), strict=True)
