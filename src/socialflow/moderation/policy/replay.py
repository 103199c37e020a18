"""A draft tried on decisions that were taken: what would change, for whom, and what people would have to look at."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.columns import NOBODY, STATUSES, Columns, Flags, Past
from socialflow.moderation.policy.evaluate import STATUS, Compiled
from socialflow.moderation.policy.records import RISK, UNMEASURED
from socialflow.moderation.policy.vector import Mark, Outcome, outcome
from socialflow.moderation.records import Act

HOUR = 3_600_000_000
"""Microseconds."""
EXAMPLES = 10
"""Ids that are kept of each kind of flip and of each rule, the first ones."""
HELD_BACK = frozenset({ModerationStatus.REVIEW_REQUIRED, ModerationStatus.REJECTED})
_HELD_BACK_CODES = [STATUSES.index(status) for status in HELD_BACK]
_QUEUED = STATUSES.index(ModerationStatus.REVIEW_REQUIRED)
_REJECTED = STATUSES.index(ModerationStatus.REJECTED)


@dataclass(frozen=True, slots=True)
class Flip:
    """Decisions that would change from one status to another, and the first of them."""

    before: ModerationStatus
    after: ModerationStatus
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleEffect:
    """What one rule would do: decisions it applies to, of these capped, and those where it waits for a signal.

    `flips` counts changed decisions in which this rule brings about the new status.
    """

    rule: str
    applied: int
    capped: int
    wanting: int
    flips: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Likeness:
    """How often what was held (or rejected) people rejected too (`precision`), and the reverse (`recall`); None where
    there is nothing to divide by."""

    precision: float | None
    recall: float | None
    both: int
    alone: int
    missed: int


@dataclass(frozen=True, slots=True)
class Agreement:
    """Statuses beside people's verdicts, where people gave one: `rejected`, and `held_back` (rejected or for review),
    each against what people rejected."""

    judged: int
    rejected: Likeness
    held_back: Likeness


@dataclass(frozen=True, slots=True)
class Load:
    """What goes to the queue of people in an hour: the mean from the first decision to the last, and the most."""

    mean: float
    peak: int


@dataclass(frozen=True, slots=True)
class Replay:
    """What a draft would have made of stored decisions.

    `digest` is the draft's. `unreadable` decisions are counted and left out of everything else. `missing` counts, for
    each signal that the draft asks for, the decisions in which it is missing; `never` names those that no decision has
    or misses, so that nothing is known of what the draft makes of them.
    """

    digest: str
    decisions: int
    unreadable: int
    since: int | None
    until: int | None
    flips: tuple[Flip, ...]
    rules: tuple[RuleEffect, ...]
    before: Agreement
    after: Agreement
    queue_before: Load
    queue_after: Load
    missing: Mapping[str, int]
    never: tuple[str, ...]

    @property
    def flipped(self) -> int:
        """Decisions that would change."""
        return sum(flip.count for flip in self.flips)

    @property
    def newly_rejected(self) -> int:
        """Decisions that would be rejected and were not."""
        return sum(flip.count for flip in self.flips if flip.after is ModerationStatus.REJECTED)


def replay(draft: Compiled, batches: Iterable[Sequence[Past]]) -> Replay:
    """Try a draft on batches of stored decisions (see `Columns.of` for their size)."""
    trial = Trial(draft)
    for batch in batches:
        trial.take(Columns.of(batch))
    return trial.result()


class Trial:
    """A replay in the making; memory does not grow with the decisions, but with the hours they span."""

    def __init__(self, draft: Compiled) -> None:
        self._draft = draft
        rules = len(draft.rules) + 1
        self._counts = np.zeros((rules, len(Mark)), np.int64)
        self._rule_flips = np.zeros(rules, np.int64)
        self._rule_examples: list[list[str]] = [[] for _ in range(rules)]
        self._flips = np.zeros((len(STATUSES), len(STATUSES)), np.int64)
        self._flip_examples: dict[tuple[int, int], list[str]] = {}
        self._judged = np.zeros((2, len(STATUSES), len(STATUSES)), np.int64)
        self._hours: dict[int, list[int]] = {}
        self._asked = sorted({name for ready in draft.rules for name in ready.signals} - {RISK})
        self._missing = dict.fromkeys(self._asked, 0)
        self._met: set[str] = set()
        self._decisions = self._unreadable = 0
        self._span: tuple[int, int] | None = None

    def take(self, columns: Columns) -> None:
        """Try the draft on one batch."""
        self._unreadable += int((~columns.readable).sum())
        self._decisions += len(columns)
        if not len(columns):
            return
        found, kept = outcome(self._draft, columns), columns.readable
        self._span_of(columns.at)
        changed = kept & (found.status != columns.status)
        self._count_flips(columns, found, changed)
        self._count_rules(columns, found, kept, changed)
        self._count_verdicts(columns, found, kept)
        self._count_hours(columns, found, kept)
        for name in self._asked:
            if name in columns.signals:
                self._met.add(name)
                self._missing[name] += int(columns.signals[name].missing.sum())

    def result(self) -> Replay:
        """What was found so far."""
        names = [*(ready.rule.name for ready in self._draft.rules), UNMEASURED]
        before, after = (_agreement(table) for table in self._judged)
        return Replay(
            digest=self._draft.digest,
            decisions=self._decisions,
            unreadable=self._unreadable,
            since=self._span[0] if self._span else None,
            until=self._span[1] if self._span else None,
            flips=tuple(self._flip(*pair) for pair in sorted(self._flip_examples)),
            rules=tuple(self._effect(row, name) for row, name in enumerate(names)),
            before=before,
            after=after,
            queue_before=_load([counts[0] for counts in self._hours.values()], self._span),
            queue_after=_load([counts[1] for counts in self._hours.values()], self._span),
            missing={name: count for name, count in self._missing.items() if count},
            never=tuple(name for name in self._asked if name not in self._met),
        )

    def _span_of(self, at: npt.NDArray[np.int64]) -> None:
        first, last = int(at.min()), int(at.max())
        self._span = (first, last) if self._span is None else (min(first, self._span[0]), max(last, self._span[1]))

    def _count_flips(self, columns: Columns, found: Outcome, changed: Flags) -> None:
        pairs = columns.status.astype(np.int64) * len(STATUSES) + found.status
        for pair, count in zip(*np.unique(pairs[changed], return_counts=True), strict=True):
            before, after = divmod(int(pair), len(STATUSES))
            self._flips[before, after] += count
            examples = self._flip_examples.setdefault((before, after), [])
            _add(examples, columns, changed & (pairs == pair))

    def _count_rules(self, columns: Columns, found: Outcome, kept: Flags, changed: Flags) -> None:
        rows = np.vstack([found.marks, np.where(found.unmeasured, Mark.WANTING, Mark.NONE).astype(np.uint8)])
        for row, marks in enumerate(rows):
            self._counts[row] += np.bincount(marks[kept], minlength=len(Mark))
            hit = changed & (marks != Mark.NONE)
            if hit.any():
                deciding = hit & (self._brings(row)[marks] == found.status)
                self._rule_flips[row] += int(deciding.sum())
                _add(self._rule_examples[row], columns, deciding)

    def _brings(self, row: int) -> npt.NDArray[np.int8]:
        """The status that a rule brings about, by mark; -1 where none."""
        brought = np.full(len(Mark), -1, np.int8)
        if row == len(self._draft.rules):
            brought[Mark.WANTING] = STATUSES.index(STATUS[self._draft.policy.unmeasured])
            return brought
        rule = self._draft.rules[row].rule
        showing = [act for act in STATUS if act in rule.acts]
        if showing:
            brought[[Mark.HELD, Mark.APPLIED]] = STATUSES.index(STATUS[showing[-1]])
        brought[[Mark.CAPPED, Mark.APPLIED_CAPPED, Mark.WANTING]] = STATUSES.index(STATUS[Act.REVIEW])
        return brought

    def _count_verdicts(self, columns: Columns, found: Outcome, kept: Flags) -> None:
        judged = kept & (columns.verdict != NOBODY)
        for table, status in zip(self._judged, (columns.status, found.status), strict=True):
            np.add.at(table, (status[judged], columns.verdict[judged]), 1)

    def _count_hours(self, columns: Columns, found: Outcome, kept: Flags) -> None:
        for place, status in enumerate((columns.status, found.status)):
            hours = columns.at[kept & (status == _QUEUED)] // HOUR
            for hour, count in zip(*np.unique(hours, return_counts=True), strict=True):
                self._hours.setdefault(int(hour), [0, 0])[place] += int(count)

    def _flip(self, before: int, after: int) -> Flip:
        examples = tuple(self._flip_examples[before, after])
        return Flip(STATUSES[before], STATUSES[after], int(self._flips[before, after]), examples)

    def _effect(self, row: int, name: str) -> RuleEffect:
        counts = self._counts[row]
        capped = counts[Mark.CAPPED] + counts[Mark.APPLIED_CAPPED]
        applied = counts[Mark.HELD] + counts[Mark.APPLIED] + capped
        examples = tuple(self._rule_examples[row])
        flips = int(self._rule_flips[row])
        return RuleEffect(name, int(applied), int(capped), int(counts[Mark.WANTING]), flips, examples)


def _add(examples: list[str], columns: Columns, rows: Flags) -> None:
    room = EXAMPLES - len(examples)
    if room > 0:
        examples += [columns.ids[row] for row in np.flatnonzero(rows)[:room]]


def _agreement(table: npt.NDArray[np.int64]) -> Agreement:
    """`table` (statuses, statuses): what was decided, by what people said."""
    return Agreement(int(table.sum()), _likeness(table, [_REJECTED]), _likeness(table, _HELD_BACK_CODES))


def _likeness(table: npt.NDArray[np.int64], codes: list[int]) -> Likeness:
    both = int(table[codes, _REJECTED].sum())
    alone, missed = int(table[codes].sum()) - both, int(table[:, _REJECTED].sum()) - both
    return Likeness(
        precision=both / (both + alone) if both + alone else None,
        recall=both / (both + missed) if both + missed else None,
        both=both,
        alone=alone,
        missed=missed,
    )


def _load(counts: list[int], span: tuple[int, int] | None) -> Load:
    if span is None:
        return Load(0.0, 0)
    hours = span[1] // HOUR - span[0] // HOUR + 1
    return Load(sum(counts) / hours, max(counts, default=0))
