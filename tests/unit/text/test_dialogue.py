"""What people want over the turns of a conversation, and what to do next."""

from collections.abc import Sequence

import pytest
from tests.text_bundle import clear_analyser

from socialflow.kit.answers import Status, Tier
from socialflow.text import IntentRecognizer, Turn
from socialflow.text.dialogue import Action, TurnTold, next_action, open_turns


def said(*turns: tuple[str | None, str | None]) -> list[TurnTold]:
    """Turns of (author, intent)."""
    return [
        TurnTold(
            status=Status.COMPLETE,
            missing=[],
            provenance=[],
            coverage=1.0,
            author=author,
            intent=intent,
            confidence=None if intent is None else 1.0,
            intents={},
        )
        for author, intent in turns
    ]


def todo(turns: Sequence[TurnTold]) -> tuple[Action, int] | None:
    action = next_action(turns, open_turns(turns))
    return None if action is None else (action["action"], action["turn"])


class TestOpenTurns:
    def test_somebody_elses_statement_answers(self) -> None:
        assert open_turns(said(("ann", "question"), ("bob", "statement"))) == []
        assert open_turns(said(("ann", "question"), ("ann", "statement"))) == [0]

    def test_a_question_back_leaves_the_request_open(self) -> None:
        turns = said(("ann", "request"), ("bob", "question"), ("ann", "statement"))
        assert open_turns(turns[:2]) == [0, 1]
        assert open_turns(turns) == [0]

    def test_a_turn_without_an_answer_changes_nothing(self) -> None:
        assert open_turns(said(("ann", "question"), ("bob", None))) == [0]

    def test_without_authors_it_is_one_person(self) -> None:
        assert open_turns(said((None, "question"), (None, "statement"))) == [0]


class TestNextAction:
    @pytest.mark.parametrize(
        ("intent", "action"),
        [
            ("question", Action.ANSWER),
            ("statement", Action.ACKNOWLEDGE),
            ("command", Action.CARRY_OUT),
            ("complaint", Action.RESOLVE),
            ("praise", Action.THANK),
            ("request", Action.FULFIL),
        ],
    )
    def test_of_a_single_turn(self, intent: str, action: Action) -> None:
        assert todo(said(("ann", intent))) == (action, 0)

    def test_a_complaint_presses_more_than_a_later_question(self) -> None:
        assert todo(said(("ann", "complaint"), ("ann", "question"))) == (Action.RESOLVE, 0)

    def test_the_latest_of_a_kind_is_answered(self) -> None:
        assert todo(said(("ann", "question"), ("bob", "question"))) == (Action.ANSWER, 1)

    def test_who_complains_again_unanswered_is_given_to_a_person(self) -> None:
        assert todo(said(("ann", "complaint"), ("ann", "complaint"))) == (Action.ESCALATE, 1)
        assert todo(said(("ann", "complaint"), ("bob", "statement"), ("ann", "complaint"))) == (Action.RESOLVE, 2)
        assert todo(said(("ann", "complaint"), ("bob", "complaint"))) == (Action.RESOLVE, 1)

    def test_nothing_known_suggests_nothing(self) -> None:
        assert todo(said(("ann", None))) is None


class TestRecognizer:
    def test_a_text_is_a_conversation_of_one_turn(self) -> None:
        recognizer = IntentRecognizer(clear_analyser())
        told = recognizer.predict("the city ?")
        assert told == recognizer.predict(["the city ?"]) == recognizer.predict([Turn("the city ?")])
        assert set(told["intents"]) == {"question", "statement", "command", "complaint", "praise", "request"}
        assert told["intent"] == max(told["intents"], key=told["intents"].__getitem__)
        assert [by.tier for by in told["provenance"]] == [Tier.BUNDLED, Tier.HEURISTIC]

    def test_what_says_nothing_has_no_intent(self) -> None:
        told = IntentRecognizer(clear_analyser()).predict(" ")
        assert (told["status"], told["intent"], told["next_action"]) == (Status.ABSTAINED, None, None)
        assert told["provenance"] == []

    async def test_awaited_it_is_the_same(self) -> None:
        recognizer = IntentRecognizer(clear_analyser())
        assert await recognizer.detect("good") == await recognizer.analyze("good") == recognizer.predict("good")
