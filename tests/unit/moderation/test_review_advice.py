"""Which thresholds people's verdicts speak for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.storage.reviewing import decision

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.moderation.records import Act, Hit
from socialflow.moderation.review.advice import LEAST_ABOVE, JudgedHit, advise, judged_hits
from socialflow.moderation.review.records import Ruling


def hits(*judged: tuple[float, bool]) -> list[JudgedHit]:
    return [JudgedHit("r", "text.insult", value, 0.7, confirmed) for value, confirmed in judged]


class TestAdvice:
    def test_the_lowest_threshold_that_reaches_the_target(self) -> None:
        judged = hits(*((0.70 + n / 100, n >= 10) for n in range(30)))
        (told,) = advise(judged, 0.9)
        # From 0.78 on 20 of 22 are confirmed; from 0.77 on 20 of 23.
        assert (told.advised, told.above, told.share) == (pytest.approx(0.78), 22, pytest.approx(20 / 22))
        assert told.low is not None
        assert told.high is not None
        assert told.low < told.share < told.high  # type: ignore[operator]
        assert [(one.confirmed, one.overturned) for one in told.bins] == [(0, 3)] * 3 + [(2, 1)] + [(3, 0)] * 6
        assert (told.bins[3].low, told.bins[3].high) == (pytest.approx(0.79), pytest.approx(0.81))

    def test_the_threshold_that_is_there_where_it_does_well(self) -> None:
        (told,) = advise(hits(*((0.75 + n / 1000, n > 1) for n in range(40))), 0.9)
        assert (told.advised, told.above, told.share) == (0.7, 40, 0.95)

    def test_too_few(self) -> None:
        (told,) = advise(hits(*((0.9, True) for _ in range(29))), 0.9)
        assert (told.advised, told.share, told.judged) == (None, None, 29)
        assert told.why == "too few: 29 decisions were judged, 30 are needed"

    def test_none_that_is_good_enough(self) -> None:
        (told,) = advise(hits(*((0.7 + n / 1000, n % 2 == 0) for n in range(60))), 0.9)
        assert told.advised is None
        assert told.why == f"of 60 judged, no threshold with {LEAST_ABOVE} above it reaches 0.9"

    def test_rules_and_signals_apart(self) -> None:
        mixed = [JudgedHit(rule, signal, 0.9, 0.7, True) for rule in "ba" for signal in ("x.y", "x.a")]
        assert [(told.rule, told.signal) for told in advise(mixed, 0.5)] == [
            ("a", "x.a"),
            ("a", "x.y"),
            ("b", "x.a"),
            ("b", "x.y"),
        ]

    @pytest.mark.parametrize("target", [0.0, -1.0, 1.1, float("nan")])
    def test_targets_that_are_no_share_are_refused(self, target: float) -> None:
        with pytest.raises(InvalidInput):
            advise([], target)

    @given(st.lists(st.tuples(st.sampled_from([n / 20 for n in range(14, 21)]), st.booleans()), max_size=120))
    def test_what_is_advised_would_have_done_so(self, judged: list[tuple[float, bool]]) -> None:
        for told in advise(hits(*judged), 0.8):
            assert sum(one.confirmed + one.overturned for one in told.bins) == len(judged)
            if told.advised is None:
                assert told.why
                continue
            above = [confirmed for value, confirmed in judged if value >= told.advised]
            assert len(above) == told.above
            assert sum(above) / len(above) == told.share >= 0.8
            lower = [value for value, _ in judged if value < told.advised]
            for value in set(lower):
                all_above = [confirmed for other, confirmed in judged if other >= value]
                assert sum(all_above) < 0.8 * len(all_above)


class TestWhatCounts:
    @pytest.mark.parametrize(
        ("because", "found"),
        [
            ("text.insult 0.93 >= 0.7", [("text.insult", 0.93, 0.7)]),
            ("author.strikes 3 > 2", [("author.strikes", 3.0, 2.0)]),
            ("text.insult 1e-05 >= 0", [("text.insult", 1e-05, 0.0)]),
            ("author.account_age_days 2 < 7", []),
            ("text.language is en", []),
        ],
    )
    def test_conditions_that_ask_for_at_least_something(self, because: str, found: list[object]) -> None:
        made = decision("d")
        hit = Hit("r", "insult", (Act.REVIEW,), (because,))
        made = decision("d", verdict=type(made.verdict)(made.verdict.status, (), (hit,), None, None))
        ruling = Ruling(ModerationStatus.REJECTED, "x")
        assert [(one.signal, one.value, one.threshold) for one in judged_hits(made, ruling)] == found

    def test_people_confirm_by_the_status_or_by_the_rules_own_act(self) -> None:
        made = decision("d", acts=(Act.AGE_GATE,))
        rulings = {
            Ruling(ModerationStatus.APPROVED, "x"): False,
            Ruling(ModerationStatus.APPROVED, "x", (), (Act.LABEL,)): False,
            Ruling(ModerationStatus.APPROVED, "x", (), (Act.AGE_GATE,)): True,
            Ruling(ModerationStatus.FLAGGED, "x"): True,
        }
        for ruling, expected in rulings.items():
            assert [one.confirmed for one in judged_hits(made, ruling)] == [expected]
