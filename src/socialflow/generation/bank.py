"""Short replies written by hand, under the situations that they answer.

`bank/*.toml` hold situations: how people put it (`messages`), what they want and feel when they do (`intents`,
`emotions` of the text model), and `answers`: one *act* each ("thanks", "ask back", "say no"), in several tones.
"""

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from socialflow.text.normalise import normalise

PACKAGED = Path(__file__).parent / "bank"

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class Tone(StrEnum):
    """How something is said."""

    FRIENDLY = "friendly"
    FORMAL = "formal"
    PLAYFUL = "playful"
    SUPPORTIVE = "supportive"


@dataclass(frozen=True, slots=True)
class Situation:
    """What is answered. What is `grave` (a death, an illness) is never answered beside what is light."""

    name: str
    intents: frozenset[str]
    emotions: frozenset[str]
    messages: tuple[str, ...]
    grave: bool


@dataclass(frozen=True, slots=True)
class BankReply:
    """One reply; `situation` is the number of the one it answers, `rank` the place of its act among the acts there."""

    text: str
    tone: Tone
    act: str
    rank: int
    situation: int


@dataclass(frozen=True, slots=True)
class Bank:
    """All situations and replies; `version` is a digest of both."""

    situations: tuple[Situation, ...]
    replies: tuple[BankReply, ...]
    words: frozenset[str]
    """Every word of its messages and replies, in lower case."""
    version: str


@cache
def read_bank(directory: Path = PACKAGED) -> Bank:
    """Read all files of a directory, in the order of their names."""
    digest = hashlib.sha256()
    situations: list[Situation] = []
    replies: list[BankReply] = []
    for path in sorted(directory.glob("*.toml")):
        raw = path.read_bytes()
        digest.update(raw)
        for document in tomllib.loads(raw.decode("utf-8"))["situation"]:
            answers: Mapping[str, Mapping[str, list[str]]] = document["answers"]
            replies += [
                BankReply(text, Tone(tone), act, rank, len(situations))
                for rank, (act, tones) in enumerate(answers.items())
                for tone, texts in tones.items()
                for text in texts
            ]
            situations.append(
                Situation(
                    document["name"],
                    frozenset(document["intents"]),
                    frozenset(document["emotions"]),
                    tuple(document["messages"]),
                    document.get("grave", False),
                )
            )
    told = [*(text for one in situations for text in one.messages), *(one.text for one in replies)]
    words = frozenset(word for text in told for word in words_of(text))
    return Bank(tuple(situations), tuple(replies), words, digest.hexdigest()[:12])


def words_of(text: str) -> list[str]:
    """The words of a text in lower case; none of links and user names.

    >>> words_of("Thank you, @ann! It's 5 o'clock: https://example.org")
    ['thank', 'you', "it's", "o'clock"]
    """
    said = re.sub(r"@user|\bhttp\b", " ", normalise(text).text).replace("’", "'")
    return [word.lower() for word in _WORD.findall(said)]
