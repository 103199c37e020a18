"""Statements of reasons: every decision that restricts has a valid one, which ends with it and tells of nobody."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import combinations

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.moderation.decided import ADA, MACHINE, SIGNALS, WHEN, decision

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.records import Category, Ground, Reason
from socialflow.moderation.records import Act, Actor, ContentKind, Decision, Facts, Hit, Signals, Verdict
from socialflow.moderation.sealing import seal
from socialflow.moderation.transparency.dsa import (
    EEA,
    FIELDS,
    LANGUAGES,
    Automation,
    ContentType,
    DecisionGround,
    Statement,
    StatementCategory,
    Visibility,
    YesNo,
    cells,
    json_line,
)
from socialflow.moderation.transparency.statements import (
    Restricting,
    content_types,
    lifted,
    puid_of,
    restrictions,
    statement_of,
)

REASONS = default_policy().reasons
ACTS = tuple(Act)
SECRETS = ("u-ann", "ann-the-author", "you dreadful", "evil.example", "chess-club", "reviewer-1", "content-77")


def of_acts(status: ModerationStatus, acts: tuple[Act, ...], reason: str = "toxicity", **fields: object) -> Decision:
    hit = Hit("rule", reason, acts, ("text.toxicity 0.93 >= 0.7", "match.owners has Ann Author"))
    made = decision(status=status, verdict=Verdict(status, acts, (hit,), 0.9, 0.9))
    return seal(replace(made, **fields))  # type: ignore[arg-type]


def told(made: Decision, **known: object) -> Statement:
    return statement_of(Restricting(7, made, **known), REASONS)  # type: ignore[arg-type]


class TestWhatRestricts:
    @pytest.mark.parametrize("status", ModerationStatus)
    @pytest.mark.parametrize("kind", ContentKind)
    def test_every_status_and_pair_of_acts_has_a_valid_statement_or_none(
        self, status: ModerationStatus, kind: ContentKind
    ) -> None:
        for acts in [(), *combinations(ACTS, 1), *combinations(ACTS, 2)]:
            made = of_acts(status, acts, facts=Facts(kind, language="en"))
            if restrictions(status, acts):
                made_of = told(made)
                assert made_of.decision_visibility == restrictions(status, acts)
                assert set(orjson.loads(json_line(made_of))) == set(FIELDS)
            else:
                with pytest.raises(InvalidInput, match="decision_visibility"):
                    told(made)

    @pytest.mark.parametrize(
        ("status", "acts", "expected"),
        [
            ("rejected", [Act.REJECT, Act.STRIKE], [Visibility.DISABLED]),
            ("rejected", [Act.REJECT, Act.LABEL], [Visibility.DISABLED]),
            ("approved", [Act.APPROVE, Act.HIDE], [Visibility.DISABLED]),
            ("flagged", [Act.FLAG, Act.COPYRIGHT_BLOCK], [Visibility.DISABLED]),
            ("approved", [Act.AGE_GATE, Act.LABEL], [Visibility.AGE_RESTRICTED, Visibility.LABELLED]),
            ("review_required", [Act.REVIEW, Act.AGE_GATE], [Visibility.AGE_RESTRICTED]),
            ("flagged", [Act.FLAG, Act.STRIKE, Act.COPYRIGHT_TRACK], []),
            ("review_required", [Act.REVIEW], []),
            ("pending", [], []),
            ("approved", [Act.APPROVE], []),
        ],
    )
    def test_table(self, status: str, acts: list[Act], expected: list[Visibility]) -> None:
        assert list(restrictions(ModerationStatus(status), acts)) == expected


class TestEnds:
    @pytest.mark.parametrize(
        ("before", "status", "acts", "ends"),
        [
            ([Visibility.DISABLED], "approved", [], True),
            ([Visibility.DISABLED], "flagged", [Act.FLAG], True),
            ([Visibility.DISABLED], "approved", [Act.AGE_GATE], True),
            ([Visibility.DISABLED], "rejected", [], False),
            ([Visibility.DISABLED], "review_required", [], False),
            ([Visibility.DISABLED], "approved", [Act.HIDE], False),
            ([Visibility.AGE_RESTRICTED], "rejected", [], False),
            ([Visibility.AGE_RESTRICTED], "approved", [Act.LABEL], True),
            ([Visibility.AGE_RESTRICTED], "approved", [Act.LABEL, Act.AGE_GATE], False),
        ],
    )
    def test_with_the_first_milder_decision(
        self, before: list[Visibility], status: str, acts: list[Act], ends: bool
    ) -> None:
        assert lifted(before, ModerationStatus(status), acts) is ends

    def test_are_dates(self) -> None:
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,))
        assert told(made).end_date_visibility_restriction is None
        ended = told(made, ended=WHEN + timedelta(days=2))
        assert ended.application_date == date(2026, 3, 14)
        assert ended.end_date_visibility_restriction == date(2026, 3, 16)


class TestGrounds:
    def test_the_gravest_reason_that_restricts(self) -> None:
        hits = (
            Hit("a", "toxicity", (Act.REJECT,)),
            Hit("b", "threat", (Act.REJECT, Act.STRIKE)),
            Hit("c", "known_harm", (Act.FLAG,)),
        )
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,))
        made = replace(made, verdict=replace(made.verdict, hits=hits))
        one = told(made)
        assert one.decision_ground is DecisionGround.INCOMPATIBLE
        assert one.incompatible_content_ground == REASONS["threat"].clause
        assert one.incompatible_content_explanation == REASONS["threat"].text
        assert one.illegal_content_legal_ground is None
        assert (one.category, one.category_addition) == (
            StatementCategory.VIOLENCE,
            (StatementCategory[REASONS["toxicity"].category.name],),
        )

    def test_the_law(self) -> None:
        one = told(of_acts(ModerationStatus.REJECTED, (Act.REJECT,), "known_harm"))
        assert one.decision_ground is DecisionGround.ILLEGAL
        assert one.illegal_content_legal_ground == REASONS["known_harm"].clause
        assert one.incompatible_content_ground is one.incompatible_content_explanation is None

    def test_a_code_without_words_is_told_as_such(self) -> None:
        one = told(of_acts(ModerationStatus.REJECTED, (Act.REJECT,), "house.rule-7"))
        assert one.category is StatementCategory.OTHER
        assert "house.rule-7" in (one.incompatible_content_explanation or "")

    def test_no_reason_at_all(self) -> None:
        made = decision(verdict=Verdict(ModerationStatus.REJECTED, (Act.REJECT,), (), None, None))
        assert told(seal(made)).incompatible_content_explanation == "The decision names no reason."

    @pytest.mark.parametrize("category", Category)
    def test_every_category_is_one_of_the_database(self, category: Category) -> None:
        assert StatementCategory[category.name].value == f"STATEMENT_CATEGORY_{category.value.upper()}"

    @given(st.text(min_size=1, max_size=3000), st.text(min_size=1, max_size=3000), st.sampled_from(Ground))
    def test_long_words_are_cut(self, text: str, clause: str, ground: Ground) -> None:
        reason = Reason(text, 0.5, ground, clause, Category.OTHER)
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,))
        one = statement_of(Restricting(1, made), {"toxicity": reason})
        assert len(one.illegal_content_explanation or one.incompatible_content_explanation or "") in range(1, 2001)


class TestWhatItTells:
    def test_of_content(self) -> None:
        assert content_types(ContentKind.VIDEO, SIGNALS) == (ContentType.VIDEO, ContentType.TEXT, ContentType.IMAGE)
        assert content_types(ContentKind.POST, SIGNALS) == (ContentType.TEXT, ContentType.IMAGE)
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,), signals=Signals({}), facts=Facts(ContentKind.POST))
        assert (told(made).content_type, told(made).content_type_other) == ((ContentType.OTHER,), "post")

    def test_of_language_and_dates(self) -> None:
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,), facts=Facts(ContentKind.POST, language="de"))
        posted = datetime(2026, 3, 1, 23, 30, tzinfo=UTC)
        assert (told(made).content_language, told(made, posted=posted).content_date) == ("DE", date(2026, 3, 1))
        assert told(made).content_date is None
        assert told(made, posted=datetime(1970, 1, 1, tzinfo=UTC)).content_date is None
        strange = replace(made, facts=Facts(ContentKind.POST, language="xx"))
        assert told(strange).content_language is None
        assert len(LANGUAGES) > 180
        assert "EN" in LANGUAGES
        assert told(made).territorial_scope == EEA

    @pytest.mark.parametrize(
        ("actor", "detected", "decided", "found"),
        [
            (MACHINE, False, Automation.FULLY, YesNo.YES),
            (ADA, True, Automation.PARTIALLY, YesNo.YES),
            (ADA, False, Automation.NOT_AUTOMATED, YesNo.NO),
        ],
    )
    def test_who_decided(self, actor: Actor, detected: bool, decided: Automation, found: YesNo) -> None:
        one = told(of_acts(ModerationStatus.REJECTED, (Act.REJECT,), actor=actor), detected=detected)
        assert (one.automated_decision, one.automated_detection) == (decided, found)
        assert ("person" in one.decision_facts) is (actor is ADA)

    def test_facts_name_signals_and_no_scores(self) -> None:
        hit = Hit("rule", "toxicity", (Act.REJECT,), ("text.threat 0.93 >= 0.7", "risk 0.8 >= 0.75"), ("image.nsfw",))
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,))
        facts = told(replace(made, verdict=replace(made.verdict, hits=(hit,)))).decision_facts
        assert "a threat of violence or harm; several signs of harm together" in facts
        assert "could not be measured: explicit pictures" in facts
        assert "0.93" not in facts
        assert "0.7" not in facts

    def test_nothing_personal(self) -> None:
        user, name, words, host, community, reviewer, content = SECRETS
        hit = Hit("rule", "toxicity", (Act.REJECT,), (f"text.link_hosts has {host}", f"{words} 1"), (words,), (name,))
        made = decision(
            "d", content, actor=ADA, author=user, note=f"{name}: {words}", facts=Facts(ContentKind.POST, community)
        )
        assert made.actor.name == reviewer
        for actor in (ADA, MACHINE):
            verdict = Verdict(ModerationStatus.REJECTED, (Act.REJECT,), (hit,), 0.9, 0.9)
            one = told(seal(replace(made, actor=actor, verdict=verdict)))
            written = json_line(one).decode() + ",".join(cells(one))
            assert not [secret for secret in SECRETS if secret in written]

    def test_the_unique_id(self) -> None:
        made = of_acts(ModerationStatus.REJECTED, (Act.REJECT,))
        assert told(made).puid == puid_of(7, made.seal)


class TestChecks:
    GOOD = told(of_acts(ModerationStatus.REJECTED, (Act.REJECT,)))

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("puid", "a b"),
            ("puid", ""),
            ("puid", "x" * 501),
            ("decision_visibility", ()),
            ("decision_visibility", (Visibility.OTHER,)),
            ("content_type", (ContentType.OTHER,)),
            ("illegal_content_explanation", "too much"),
            ("incompatible_content_ground", None),
            ("decision_facts", ""),
            ("decision_facts", "x" * 5001),
            ("territorial_scope", ("US",)),
            ("content_language", "en"),
            ("content_date", date(1999, 12, 31)),
            ("application_date", date(2039, 1, 1)),
            ("end_date_visibility_restriction", date(2026, 3, 13)),
        ],
    )
    def test_what_the_database_would_refuse(self, field: str, value: object) -> None:
        with pytest.raises(InvalidInput):
            replace(self.GOOD, **{field: value})  # type: ignore[arg-type]

    def test_cells_stand_under_their_fields(self) -> None:
        row = dict(zip(FIELDS, cells(self.GOOD), strict=True))
        assert row["decision_visibility"] == '["DECISION_VISIBILITY_CONTENT_DISABLED"]'
        assert row["automated_decision"] == "AUTOMATED_DECISION_FULLY"
        assert row["decision_account"] == ""
        assert row["application_date"] == "2026-03-14"
