"""Choosing among replies: near, fitting, different, and never light beside what is grave."""

from dataclasses import replace

import numpy as np
import pytest

from socialflow.generation.bank import Bank, BankReply, Situation, Tone
from socialflow.generation.choosing import Mood, asked, choose
from socialflow.generation.space import Space

CALM = Mood({}, {})
WEST, NORTH, UP = np.eye(3, dtype=np.float32)
FRIENDLY, FORMAL, SUPPORTIVE = Tone.FRIENDLY, Tone.FORMAL, Tone.SUPPORTIVE


def situation(
    name: str, intents: tuple[str, ...] = (), emotions: tuple[str, ...] = (), grave: bool = False
) -> Situation:
    return Situation(name, frozenset(intents), frozenset(emotions), ("a", "b", "c"), grave)


THANKS, QUESTION, LOSS = range(3)
BANK = Bank(
    (situation("thanks", ("praise",), ("joy",)), situation("question", ("question",)), situation("loss", grave=True)),
    (
        BankReply("You're welcome!", FRIENDLY, "welcome", 0, THANKS),
        BankReply("You are most welcome.", FORMAL, "welcome", 0, THANKS),
        BankReply("Any time!", FRIENDLY, "any_time", 1, THANKS),
        BankReply("Let me check!", FRIENDLY, "check", 0, QUESTION),
        BankReply("I'm so sorry.", SUPPORTIVE, "sorry", 0, LOSS),
    ),
    frozenset(),
    "1",
)


@pytest.fixture
def space() -> Space:
    """Thanks lie to the west, questions to the north, losses up; replies are alike where their acts are."""
    messages = np.repeat(np.stack([WEST, NORTH, UP]), 3, axis=0)
    replies = np.stack([WEST, WEST, WEST, NORTH, UP])
    return Space(BANK, "m", messages, np.array([0, 3, 6]), replies, np.ones(5, bool), 0.5)


def texts(space: Space, query: np.ndarray, mood: Mood = CALM, tone: Tone | None = None, limit: int = 3) -> list[str]:
    return [one.reply.text for one in choose(space, query / np.linalg.norm(query), mood, tone, limit)]


class TestChoice:
    def test_one_an_act_in_the_order_of_the_acts(self, space: Space) -> None:
        assert texts(space, WEST) == ["You're welcome!", "Any time!"]
        assert texts(space, WEST, limit=1) == ["You're welcome!"]

    def test_a_thread_between_two_situations_gets_both(self, space: Space) -> None:
        assert texts(space, 1.02 * WEST + NORTH) == ["You're welcome!", "Let me check!", "Any time!"]

    def test_intent_and_emotion_decide_between_equals(self, space: Space) -> None:
        middle = WEST + NORTH
        assert texts(space, middle, Mood({"question": 1.0}, {}), limit=1) == ["Let me check!"]
        assert texts(space, middle, Mood({"praise": 1.0}, {"joy": 1.0}), limit=1) == ["You're welcome!"]

    def test_what_is_too_far_is_not_answered(self, space: Space) -> None:
        assert texts(replace(space, floor=0.9), WEST + NORTH) == []

    def test_what_the_model_finds_harmful_is_never_chosen(self, space: Space) -> None:
        space.usable[2] = False
        assert texts(space, WEST) == ["You're welcome!"]


class TestTone:
    def test_is_kept_where_an_act_has_it(self, space: Space) -> None:
        chosen = choose(space, WEST, CALM, FORMAL, 3)
        assert [(one.reply.text, one.reply.tone) for one in chosen] == [
            ("You are most welcome.", FORMAL),
            ("Any time!", FRIENDLY),
        ]


class TestGrave:
    def test_stays_among_itself(self, space: Space) -> None:
        assert texts(space, 1.02 * UP + WEST) == ["I'm so sorry."]

    def test_decides_when_it_is_almost_the_best(self, space: Space) -> None:
        assert texts(space, UP + 1.02 * WEST) == ["I'm so sorry."]
        assert texts(space, UP + 1.5 * WEST) == ["You're welcome!", "Any time!"]


class TestThread:
    def test_the_last_message_counts_most(self) -> None:
        assert np.allclose(asked([WEST, NORTH]), np.array([1.0, 0.3, 0.0]) / np.hypot(1.0, 0.3))
        assert np.allclose(asked([WEST, NORTH, UP])[[0, 2]], np.array([1.0, 0.09]) / np.sqrt(1 + 0.3**2 + 0.09**2))
