"""Policies over columns of stored decisions: equal to evaluation one by one, and what replay tells of a draft."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.moderation.policy_nouns import (
    COMMENT,
    any_facts,
    any_signals,
    at_least,
    policies,
    policy,
    reading,
    rule,
    sealed,
    signals,
)

from socialflow.content.records import ModerationStatus
from socialflow.errors import PolicyGuarded
from socialflow.kit.answers import Tier
from socialflow.moderation.policy.columns import STATUSES, Columns, Past
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.guard import Limits, breaches, guard
from socialflow.moderation.policy.packed import CODES, pack
from socialflow.moderation.policy.records import RISK, UNMEASURED, Policy
from socialflow.moderation.policy.replay import HOUR, Flip, Load, Replay, replay
from socialflow.moderation.policy.vector import ACTS, Mark, outcome
from socialflow.moderation.records import Act, Facts, Hit, Signals

APPROVED, FLAGGED, _, REVIEW, REJECTED = ModerationStatus
START = 490_000 * HOUR


def past(number: int, of: Signals, facts: Facts = COMMENT, status: ModerationStatus = APPROVED, **fields: Any) -> Past:
    return Past(f"d{number}", facts, sealed(of), status, fields.pop("at", START + number), **fields)


def marked(hits: tuple[Hit, ...], name: str) -> Mark:
    for hit in hits:
        if hit.rule == name:
            if hit.missing:
                return Mark.WANTING if hit.reason == "unchecked" else Mark(Mark.APPLIED + hit.capped)
            return Mark(Mark.HELD + hit.capped)
    return Mark.NONE


class TestColumns:
    @given(policies(), st.lists(st.tuples(any_signals, any_facts, st.booleans()), min_size=1, max_size=6))
    def test_agree_with_evaluation_row_by_row(self, made: Policy, rows: list[tuple[Signals, Facts, bool]]) -> None:
        """Of sealed and of packed signals, within one batch."""
        ready, stored = Compiled(made), []
        for number, (of, facts, packs) in enumerate(rows):
            one = past(number, of, facts)
            stored.append(replace(one, signals=pack(of)) if packs else one)
        columns = Columns.of(stored)
        assert columns.readable.all()
        found = outcome(ready, columns)
        for row, (of, facts, _) in enumerate(rows):
            verdict = evaluate(ready, of, facts)
            assert STATUSES[found.status[row]] == verdict.status
            assert {act for bit, act in enumerate(ACTS) if found.acts[row] >> bit & 1} == set(verdict.acts)
            assert (None if np.isnan(found.risk[row]) else found.risk[row]) == verdict.risk
            assert found.unmeasured[row] == any(hit.rule == UNMEASURED for hit in verdict.hits)
            marks = [marked(verdict.hits, one.name) for one in made.rules]
            assert [Mark(mark) for mark in found.marks[:, row]] == marks

    def test_codes_of_signals_are_distinct(self) -> None:
        assert len(set(CODES.values())) == len(CODES)

    @pytest.mark.parametrize(
        "broken", [b"", b"{", b"[]", b'{"readings":{}}', b'{"readings":{"text.spam":1},"missing":{}}']
    )
    def test_what_cannot_be_read_is_counted_and_left_out(self, broken: bytes) -> None:
        rows = [past(0, signals({"text.spam": 0.9})), Past("x", COMMENT, broken, APPROVED, START)]
        told = replay(Compiled(policy(rule("a", at_least("text.spam", 0.5)))), [rows])
        assert (told.decisions, told.unreadable, told.flipped) == (2, 1, 1)

    def test_values_of_the_wrong_kind_are_missing(self) -> None:
        readings = {"text.spam": '"0.9"', "text.threat": "null", "match.owners": "1.0", "text.links": '["a"]'}
        readings["new.signal"] = "1.0"
        parts = (f'"{name}":{{"value":{value},"tier":"trained","coverage":1}}' for name, value in readings.items())
        raw = ",".join(parts)
        row = Past("x", COMMENT, f'{{"readings":{{{raw}}},"missing":{{}}}}'.encode(), APPROVED, START)
        columns = Columns.of([row])
        assert columns.readable.all()
        assert set(columns.signals) == readings.keys() - {"new.signal"}
        assert all(column.missing.all() for column in columns.signals.values())


class TestReplay:
    DRAFT = Compiled(
        policy(rule("spam", at_least("text.spam", 0.5), (Act.REJECT,)), rule("wait", at_least("risk", 0.5)))
    )

    def rows(self) -> list[Past]:
        shaky = signals({"text.spam": reading(0.9, Tier.HEURISTIC)})
        return [
            past(0, signals({"text.spam": 0.9}), verdict=REJECTED),
            past(1, signals({"text.spam": 0.9}), status=FLAGGED, verdict=APPROVED),
            past(2, shaky, status=REVIEW, at=START + HOUR),
            past(3, signals({"text.spam": 0.1}), status=REJECTED, verdict=REJECTED),
            past(4, signals({"text.threat": 0.1}, {"text.spam": "?"}), at=START + 3 * HOUR),
            past(5, signals({}, {"text.spam": "?"}), status=REVIEW, verdict=APPROVED, at=START + 3 * HOUR),
        ]

    def told(self) -> Replay:
        rows = self.rows()
        return replay(self.DRAFT, [rows[:2], rows[2:], []])

    def test_flips(self) -> None:
        assert self.told().flips == (
            Flip(APPROVED, REVIEW, 1, ("d4",)),
            Flip(APPROVED, REJECTED, 1, ("d0",)),
            Flip(FLAGGED, REJECTED, 1, ("d1",)),
            Flip(REJECTED, APPROVED, 1, ("d3",)),
        )
        assert (self.told().flipped, self.told().newly_rejected) == (4, 2)

    def test_rules(self) -> None:
        spam, wait, unmeasured = self.told().rules
        assert (spam.applied, spam.capped, spam.wanting, spam.flips) == (3, 1, 2, 3)
        assert spam.examples == ("d0", "d1", "d4")
        assert wait.applied == 0
        assert (unmeasured.rule, unmeasured.wanting, unmeasured.flips) == (UNMEASURED, 1, 0)

    def test_beside_what_people_said(self) -> None:
        before, after = self.told().before, self.told().after
        assert (before.judged, before.rejected.precision, before.rejected.recall) == (4, 1.0, 0.5)
        assert (after.rejected.precision, after.rejected.recall) == (0.5, 0.5)
        assert (before.held_back.both, before.held_back.alone, before.held_back.missed) == (1, 1, 1)
        none = replay(self.DRAFT, [[past(0, signals({"text.spam": 0.1}))]]).after.rejected
        assert (none.precision, none.recall) == (None, None)

    def test_queue(self) -> None:
        assert self.told().queue_before == Load(0.5, 1)
        assert self.told().queue_after == Load(0.75, 2)

    def test_what_is_missing(self) -> None:
        told = self.told()
        assert told.missing == {"text.spam": 2}
        assert told.never == ()
        draft = Compiled(policy(rule("a", at_least("video.nsfw", 0.5))))
        assert replay(draft, [self.rows()]).never == ("video.nsfw",)
        assert RISK not in told.never

    def test_nothing(self) -> None:
        told = replay(self.DRAFT, [])
        assert (told.decisions, told.since, told.queue_after) == (0, None, Load(0.0, 0))

    @given(policies(), st.lists(st.tuples(any_signals, any_facts), max_size=8), st.integers(1, 8))
    def test_batches_make_no_difference(self, made: Policy, rows: list[tuple[Signals, Facts]], size: int) -> None:
        stored = [past(number, of, facts) for number, (of, facts) in enumerate(rows)]
        batches = [stored[start : start + size] for start in range(0, len(stored), size)]
        ready = Compiled(made)
        told = replay(ready, batches)
        assert told == replay(ready, [stored])
        verdicts = [evaluate(ready, of, facts).status for of, facts in rows]
        assert told.flipped == sum(status is not APPROVED for status in verdicts)


class TestGuard:
    DRAFT = Compiled(policy(rule("spam", at_least("text.spam", 0.5), (Act.REJECT,))))

    def told(self, rejected: int, of: int = 100) -> Replay:
        rows = [past(number, signals({"text.spam": float(number < rejected)})) for number in range(of)]
        return replay(self.DRAFT, [rows])

    def test_within_limits(self) -> None:
        guard(self.told(1))
        guard(replay(self.DRAFT, []))

    def test_beyond_them(self) -> None:
        with pytest.raises(PolicyGuarded) as caught:
            guard(self.told(10))
        assert caught.value.code == "policy_guard"
        assert "10.0 % of decisions would change" in caught.value.message
        assert "10.0 % would be newly rejected" in caught.value.message

    def test_confirmed_with_a_reason(self) -> None:
        guard(self.told(10), confirmed="the law changed")
        with pytest.raises(PolicyGuarded):
            guard(self.told(10), confirmed="  ")

    def test_queue_and_unreadable(self) -> None:
        review = Compiled(policy(rule("spam", at_least("text.spam", 0.5), (Act.REVIEW,))))
        rows = [
            past(n, signals({"text.spam": float(n < 12)}), status=REVIEW if n < 8 else APPROVED) for n in range(100)
        ]
        loose = Limits(flips=1.0, new_rejections=1.0, queue_growth=0.25)
        assert [one.name for one in breaches(replay(review, [rows]), loose)] == ["queue_growth"]
        assert not breaches(replay(review, [rows]), Limits(flips=1.0, new_rejections=1.0, queue_growth=0.5))
        broken = [Past(str(n), COMMENT, b"", APPROVED, START) for n in range(3)]
        assert [one.name for one in breaches(replay(review, [rows[:8] + broken]), loose)] == ["unreadable"]
