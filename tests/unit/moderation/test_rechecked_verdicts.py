"""Whether a change of the banks would have changed a decision: signals, verdicts, and who is asked."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, decision, verdict

from socialflow.ids import ItemKey
from socialflow.kit.answers import Tier
from socialflow.moderation.banks.kept import MOST_MATCHES, KeptMatch, Remembered, kept_matches
from socialflow.moderation.banks.records import Match, Purpose
from socialflow.moderation.rechecking import must_look, signals_with
from socialflow.moderation.records import Reading, Signals


def remembered(entry: int, value: float, *, acted: bool = True, purpose: Purpose = Purpose.BLOCK) -> Remembered:
    return Remembered(ItemKey(1), entry, f"bank-{entry}", purpose, "ann", value, acted, acted, acted)


def reading(value: float | tuple[str, ...]) -> Reading:
    return Reading(value, "hash_banks", "1", Tier.BUNDLED)


SEALED = Signals(
    {"match.harmful": reading(0.95), "match.harmful_banks": reading(("bank-1",)), "text.spam": reading(0.2)}
)


class TestSignals:
    def test_without_the_entry_nothing_is_left(self) -> None:
        made = signals_with(SEALED, [remembered(1, 0.95)], set())
        assert made.readings == {"match.harmful": reading(0.0), "text.spam": reading(0.2)}

    def test_with_it_they_are_as_they_were_sealed(self) -> None:
        assert signals_with(SEALED, [remembered(1, 0.95)], {1}) == SEALED

    def test_another_entry_takes_its_place(self) -> None:
        made = signals_with(SEALED, [remembered(1, 0.95), remembered(2, 0.8, acted=False)], {2})
        assert made.readings["match.harmful"].value == 0.8
        assert made.readings["match.harmful_banks"].value == ("bank-2",)

    def test_what_nobody_remembers_still_counts(self) -> None:
        made = signals_with(SEALED, [remembered(2, 0.8, acted=False)], {2})
        assert made.readings["match.harmful"].value == 0.95
        assert made.readings["match.harmful_banks"].value == ("bank-1", "bank-2")

    def test_what_is_owned_has_its_owner(self) -> None:
        made = signals_with(Signals({}), [remembered(3, 0.7, acted=False, purpose=Purpose.COPYRIGHT)], {3})
        assert made.readings == {"match.copyright": reading(0.7), "match.owners": reading(("ann",))}

    @given(st.lists(st.tuples(st.floats(0, 1), st.booleans(), st.booleans()), max_size=6))
    def test_the_surest_that_acts_is_told(self, rows: list[tuple[float, bool, bool]]) -> None:
        matches = [remembered(entry, value, acted=acted) for entry, (value, acted, _) in enumerate(rows)]
        acting = {entry for entry, (_, _, acts) in enumerate(rows) if acts}
        sealed = Signals({"match.harmful": reading(max((one.value for one in matches if one.acted), default=0.0))})
        made = signals_with(sealed, matches, acting)
        expected = max((rows[entry][0] for entry in acting), default=0.0) if rows else 0.0
        assert made.readings["match.harmful"].value == expected


class TestWhoIsAsked:
    def test_nobody_where_nothing_changes(self) -> None:
        assert not must_look(decision(), verdict(), verdict(), began=True)

    def test_people_where_the_service_would_have_decided_otherwise(self) -> None:
        assert must_look(decision(), verdict(), verdict(APPROVED), began=False)
        assert must_look(decision(status=APPROVED), verdict(APPROVED), verdict(), began=True)

    def test_nobody_where_that_is_what_was_decided(self) -> None:
        assert not must_look(decision(), verdict(APPROVED), verdict(), began=True)

    @pytest.mark.parametrize(("status", "asked"), [(APPROVED, True), (REJECTED, False)])
    def test_another_person_where_it_is_worse_than_the_first_knew(self, status: object, asked: bool) -> None:
        made = replace(decision(status=status), actor=ADA)  # type: ignore[arg-type]
        assert must_look(made, verdict(APPROVED), verdict(), began=True) is asked
        assert not must_look(made, verdict(), verdict(APPROVED), began=False)

    def test_without_the_policy_that_judged(self) -> None:
        assert must_look(decision(), None, None, began=False)
        person = replace(decision(), actor=ADA)
        assert [must_look(person, None, None, began=began) for began in (True, False)] == [True, False]


class TestWhatIsKept:
    def test_each_entry_once_by_its_surest_match(self) -> None:
        made = [
            Match("b", Purpose.BLOCK, "", entry=1, label="", source="", score=0.5),
            Match("b", Purpose.BLOCK, "", entry=1, label="", source="", score=0.75),
            Match("b", Purpose.BLOCK, "", entry=2, label="", source="", score=1.0, held=True),
            Match("c", Purpose.COPYRIGHT, "", entry=3, label="", source="", score=1.0, of_query=0.25),
            Match("t", Purpose.TRACK, "", entry=4, label="", source="", score=1.0),
            Match("b", Purpose.BLOCK, "", entry=5, label="", source="", score=1.0, suppressed_by=6),
        ]
        assert kept_matches(made) == (
            KeptMatch(1, 0.75, acted=True),
            KeptMatch(3, 0.25, acted=True),
            KeptMatch(2, 1.0, acted=False),
        )

    def test_no_more_than_so_many(self) -> None:
        many = [Match("b", Purpose.BLOCK, "", entry, "", "", score=1.0) for entry in range(2 * MOST_MATCHES)]
        assert len(kept_matches(many)) == MOST_MATCHES
