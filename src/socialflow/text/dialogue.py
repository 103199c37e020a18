"""What people want in a conversation: the intent of each turn, which turns wait for an answer, and what to do next."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TypedDict

from socialflow.kit.answers import Provenance, Tier
from socialflow.text.ports import Answering
from socialflow.text.records import Analysis, Choice
from socialflow.text.told import Told, Turn, together, told

_RULE = Provenance("next_action", "1", Tier.HEURISTIC)
_PRESSING = ("complaint", "command", "request", "question")
"""Intents that wait for an answer, the most pressing first."""


class Action(StrEnum):
    """What to do next about a conversation."""

    ESCALATE = "escalate"
    """Give it to a person: the same author complains again and nobody has answered."""
    RESOLVE = "resolve"
    CARRY_OUT = "carry_out"
    FULFIL = "fulfil"
    ANSWER = "answer"
    THANK = "thank"
    ACKNOWLEDGE = "acknowledge"


_ACTIONS: Mapping[str, Action] = {
    "complaint": Action.RESOLVE,
    "command": Action.CARRY_OUT,
    "request": Action.FULFIL,
    "question": Action.ANSWER,
    "praise": Action.THANK,
    "statement": Action.ACKNOWLEDGE,
}


class NextAction(TypedDict):
    """What to do, about which turn, and why."""

    action: Action
    turn: int
    reason: str


class TurnTold(Told):
    """What the author of a turn wants; empty or None where it is missing. `intents` are probabilities that sum to 1."""

    author: str | None
    intent: str | None
    confidence: float | None
    intents: Mapping[str, float]


class IntentTold(Told):
    """The intent of the last turn, those of all, the numbers of the turns that wait for an answer, and what to do next.

    The last two are a heuristic over the intents; `next_action` is None where no turn has one.
    """

    intent: str | None
    confidence: float | None
    intents: Mapping[str, float]
    turns: list[TurnTold]
    open_turns: list[int]
    next_action: NextAction | None


def intents(analyser: Answering, turns: Sequence[Turn]) -> IntentTold:
    """Read a conversation of one turn or more, oldest first."""
    texts = [turn.text for turn in turns]
    read = [_turn(turn, analysis) for turn, analysis in zip(turns, analyser.analyse(texts, ("intent",)), strict=True)]
    waiting = open_turns(read)
    todo = next_action(read, waiting)
    overall, last = together(read, texts), read[-1]
    if todo is not None:
        overall["provenance"].append(_RULE)
    return IntentTold(
        **overall,
        intent=last["intent"],
        confidence=last["confidence"],
        intents=last["intents"],
        turns=read,
        open_turns=waiting,
        next_action=todo,
    )


def open_turns(turns: Sequence[TurnTold]) -> list[int]:
    """Turns that want something and that nobody else has answered: a later statement or thanks of another author does.

    A question back leaves them open, and waits for an answer itself.
    """
    waiting: list[int] = []
    for number, turn in enumerate(turns):
        if turn["intent"] in _PRESSING:
            waiting.append(number)
        elif turn["intent"] is not None:
            waiting = [one for one in waiting if turns[one]["author"] == turn["author"]]
    return waiting


def next_action(turns: Sequence[TurnTold], waiting: Sequence[int]) -> NextAction | None:
    """About the most pressing turn that waits, the latest of its kind; else about the last turn that has an intent."""
    if waiting:
        turn = min(reversed(waiting), key=lambda number: _PRESSING.index(turns[number]["intent"] or ""))
        intent, author = turns[turn]["intent"] or "", turns[turn]["author"]
        alike = sum(turns[one]["intent"] == intent and turns[one]["author"] == author for one in waiting)
        if intent == "complaint" and alike > 1:
            return NextAction(action=Action.ESCALATE, turn=turn, reason=f"{alike} complaints wait for an answer")
        return NextAction(action=_ACTIONS[intent], turn=turn, reason=f"a {intent} waits for an answer")
    for number in reversed(range(len(turns))):
        if (said := turns[number]["intent"]) is not None:
            return NextAction(action=_ACTIONS[said], turn=number, reason=f"nothing waits; the last turn is a {said}")
    return None


def _turn(turn: Turn, analysis: Analysis) -> TurnTold:
    choice = analysis.record("intent", Choice)
    return TurnTold(
        **told(analysis),
        author=turn.author,
        intent=None if choice is None else choice.label,
        confidence=None if choice is None else choice.confidence,
        intents={} if choice is None else choice.probabilities,
    )
