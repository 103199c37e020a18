"""Which replies of the bank answer a message: near, fitting in intent and emotion, and unlike each other."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from socialflow.generation.bank import Bank, BankReply, Tone
from socialflow.generation.space import Space
from socialflow.text.bundle import FloatArray

INTENT, EMOTION = 0.1, 0.05
"""What full agreement in intent, and in emotion, is worth beside a cosine."""
REACH = 0.1
"""How far below the best situation another one may be and still answer."""
GRAVE = 0.05
"""How far below the best situation a grave one still decides."""
RELEVANCE = 0.8
"""Against variety."""
NEXT_ACT = 0.1
"""What each further act of a situation is worth less: they stand in the order in which people use them."""
EARLIER, EARLIER_MESSAGES = 0.3, 4
"""Weight of the message before the last, that of the one before it squared, and so on; and how many count."""
_INSTEAD = (Tone.FRIENDLY, Tone.SUPPORTIVE, Tone.FORMAL, Tone.PLAYFUL)


@dataclass(frozen=True, slots=True)
class Mood:
    """Probabilities of intents and emotions; empty where they are not known."""

    intents: Mapping[str, float]
    emotions: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A reply and how well its situation fits; a cosine with what agreement adds."""

    reply: BankReply
    score: float


def asked(vectors: Sequence[FloatArray]) -> FloatArray:
    """One direction for a thread, its last message first: ``sum_k 0.3^k v_k``, scaled to length 1."""
    weights = EARLIER ** np.arange(len(vectors), dtype=np.float32)
    together: FloatArray = weights @ np.stack(vectors)
    return together / max(float(np.linalg.norm(together)), 1e-12)


def scores(bank: Bank, near: FloatArray, mood: Mood) -> FloatArray:
    """``near + 0.1 P(intent fits) + 0.05 P(emotion fits)`` (s,) of each situation."""
    fits = [
        INTENT * sum(mood.intents.get(intent, 0.0) for intent in one.intents)
        + EMOTION * max((mood.emotions.get(emotion, 0.0) for emotion in one.emotions), default=0.0)
        for one in bank.situations
    ]
    return near + np.array(fits, np.float32)


def choose(space: Space, query: FloatArray, mood: Mood, tone: Tone | None, limit: int) -> list[Chosen]:
    """Up to `limit` replies, best first, one an act at most; none where every situation is too far.

    Greedy maximal marginal relevance (Carbonell & Goldstein, 1998):
    ``0.8 score - 0.2 max cosine with what is chosen``. Without a tone, grave situations are answered in a supportive
    one and others in a friendly one; an act that lacks the tone is given in another.
    """
    bank, near = space.bank, space.nearness(query)
    told = scores(bank, near, mood)
    worth = np.array([told[one.situation] - NEXT_ACT * one.rank for one in bank.replies])
    open_ = _candidates(space, _answering(space, near, told), tone)
    alike = np.zeros(len(bank.replies), np.float32)
    chosen: list[Chosen] = []
    while open_ and len(chosen) < limit:
        best = max(open_, key=lambda place: RELEVANCE * worth[place] - (1 - RELEVANCE) * alike[place])
        reply = bank.replies[best]
        chosen.append(Chosen(reply, round(float(told[reply.situation]), 4)))
        alike = np.maximum(alike, space.replies @ space.replies[best])
        open_ = [place for place in open_ if bank.replies[place].act != reply.act]
    return chosen


def is_grave(space: Space, near: FloatArray, told: FloatArray) -> bool:
    """Whether a grave situation, near enough to answer, is the best or next to it."""
    able = np.flatnonzero(near >= space.floor)
    return any(space.bank.situations[number].grave and told[number] >= told[able].max() - GRAVE for number in able)


def _answering(space: Space, near: FloatArray, told: FloatArray) -> frozenset[int]:
    """Numbers of the situations that may answer: near enough, little worse than the best, all grave or all not."""
    situations, grave = space.bank.situations, is_grave(space, near, told)
    able = [number for number in np.flatnonzero(near >= space.floor) if situations[number].grave == grave]
    best = max((told[number] for number in able), default=0.0)
    return frozenset(int(number) for number in able if told[number] >= best - REACH)


def _candidates(space: Space, answering: frozenset[int], tone: Tone | None) -> list[int]:
    """Places of usable replies, of each act those in the tone that is wanted, or in the next best that it has."""
    bank = space.bank
    acts: dict[str, dict[Tone, list[int]]] = {}
    for place, reply in enumerate(bank.replies):
        if reply.situation in answering and space.usable[place]:
            acts.setdefault(reply.act, {}).setdefault(reply.tone, []).append(place)
    found: list[int] = []
    for tones in acts.values():
        situation = bank.situations[bank.replies[next(iter(tones.values()))[0]].situation]
        wanted = tone or (Tone.SUPPORTIVE if situation.grave else Tone.FRIENDLY)
        found += next(tones[one] for one in (wanted, *_INSTEAD) if one in tones)
    return found
