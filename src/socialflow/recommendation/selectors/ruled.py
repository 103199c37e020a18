"""What rules make of a ranking: scores first, before anything else rearranges; places last."""

from collections import deque

import numpy as np

from socialflow.kit.answers import Provenance, Tier
from socialflow.recommendation.context import Context, Mask
from socialflow.recommendation.pipeline import Ranking
from socialflow.recommendation.ruled import label, matching
from socialflow.recommendation.rules import Boost, Bury, Cap, Pin, Quota, Rule


class RuleScores:
    """Boosts of the rules in force, one after the other, each a term of the score."""

    name = "rules"

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Change scores, sort again, and name the version of the rules."""
        for rule in ctx.rules:
            if isinstance(rule.action, Boost):
                hits = matching(ctx, rule, ranking.candidates.keys).astype(np.float64)
                ranking.add(label(rule), rule.action.factor - 1.0, hits * np.abs(ranking.scores))
                ranking.add(label(rule), rule.action.add, hits)
        ranking.provenance += (Provenance("rules", str(ctx.world.rules.version), Tier.HEURISTIC),)


class RulePlaces:
    """Buries, pins, caps and quotas of the rules in force, over the places of all pages of a request.

    Pins go before caps, caps before quotas, and all of them before burials. A cap gives way where nothing else is left,
    a quota where nothing of it is.
    """

    name = "rules"

    def select(self, ctx: Context, ranking: Ranking) -> None:
        """Reorder as much as the answer needs."""
        for rule in ctx.rules:
            if isinstance(rule.action, Bury):
                _bury(ranking, rule, matching(ctx, rule, ranking.candidates.keys))
        if any(isinstance(rule.action, Pin | Cap | Quota) for rule in ctx.rules):
            places = _Places(ctx, ranking)
            ranking.reorder(places.filled(ctx.need), self.name, places.because)


def _bury(ranking: Ranking, rule: Rule, hits: Mask) -> None:
    """Put `hits` (by candidate) last; only their own moves are noted, not that all others move up."""
    old = ranking.order
    down = hits[old]
    ranking.rearrange(np.concatenate([old[~down], old[down]]), f"{label(rule)}: bury", hits)


class _Places:
    """One walk down the places. `because`: candidate -> the rule that moved it.

    Candidates are numbered by their rank, from 0; all arrays here are by rank.
    """

    def __init__(self, ctx: Context, ranking: Ranking) -> None:
        self._order = ranking.order
        self._left = np.ones(len(self._order), np.bool_)
        self._first = len(ctx.shown) + 1
        self._pins: dict[int, int] = {}
        self._caps: list[_Capped] = []
        self._quotas: list[_Owed] = []
        self.because: dict[int, str] = {}
        keys = ranking.candidates.keys[self._order]
        for rule in ctx.rules:
            match rule.action:
                case Pin(position):
                    if position >= self._first:
                        self._pin(rule, position, matching(ctx, rule, keys))
                case Cap(at_most, window):
                    before = matching(ctx, rule, ctx.shown).tolist()
                    self._caps.append(_Capped(rule, matching(ctx, rule, keys), before, at_most, window))
                case Quota(one_in):
                    before = matching(ctx, rule, ctx.shown).tolist()
                    self._quotas.append(_Owed(rule, matching(ctx, rule, keys), before, one_in))

    def filled(self, need: int) -> list[int]:
        """Candidates for the first `need` places of this answer, as many as there are."""
        chosen: list[int] = []
        while len(chosen) < min(need, len(self._order)):
            rank = self._pins.pop(self._first + len(chosen), None)
            if rank is None:  # where only pins are left, the list ends above their places
                rank = self._next() if self._left.any() else self._pins.pop(min(self._pins))
            self._left[rank] = False
            chosen.append(int(self._order[rank]))
            for cap in self._caps:
                cap.count(rank)
            for quota in self._quotas:
                quota.count(rank)
        return chosen

    def _pin(self, rule: Rule, position: int, hits: Mask) -> None:
        """Hold the best that matches back for its place."""
        hits = hits & self._left
        if hits.any():
            best = int(hits.argmax())
            self._left[best] = False
            self._pins[position] = best
            self._say(best, f"{label(rule)}: pin")

    def _next(self) -> int:
        """Whose turn it is."""
        full = [cap for cap in self._caps if cap.full]
        open_ = self._left & ~np.any([cap.hits for cap in full], axis=0) if full else self._left
        for quota in self._quotas:
            if quota.due and (open_ & quota.hits).any():
                rank = int((open_ & quota.hits).argmax())
                if self._left[:rank].any():
                    self._say(rank, f"{label(quota.rule)}: quota")
                return rank
        if not open_.any():
            return int(self._left.argmax())
        rank = int(open_.argmax())
        for passed in np.flatnonzero(self._left[:rank]).tolist():
            self._say(passed, f"{label(next(cap.rule for cap in full if cap.hits[passed]))}: cap")
        return rank

    def _say(self, rank: int, why: str) -> None:
        self.because.setdefault(int(self._order[rank]), why)


class _Capped:
    """How many of a capped group stand in the last places."""

    def __init__(self, rule: Rule, hits: Mask, before: list[bool], at_most: int, window: int) -> None:
        self.rule = rule
        self.hits = hits
        self._at_most = at_most
        self._recent = deque(before, maxlen=window - 1)

    @property
    def full(self) -> bool:
        """Whether no further one may stand at the next place."""
        return sum(self._recent) >= self._at_most

    def count(self, rank: int) -> None:
        """Take note of whom the next place was given to."""
        self._recent.append(bool(self.hits[rank]))


class _Owed:
    """For how many places a group with a quota has not stood anywhere."""

    def __init__(self, rule: Rule, hits: Mask, before: list[bool], one_in: int) -> None:
        self.rule = rule
        self.hits = hits
        self._one_in = one_in
        self._without = before[::-1].index(True) if True in before else len(before)

    @property
    def due(self) -> bool:
        """Whether the next place has to be one of them."""
        return self._without >= self._one_in - 1

    def count(self, rank: int) -> None:
        """Take note of whom the next place was given to."""
        self._without = 0 if self.hits[rank] else self._without + 1
