"""Tokens of Whisper: bytes of text, names of languages, times; read from its hub's `tokenizer.json` as plain data."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from socialflow.errors import ArtefactError

STEP = 0.02
"""Seconds between two time tokens."""
_LANGUAGE = re.compile(r"<\|([a-z]{2,3})\|>")


@dataclass(frozen=True, slots=True)
class Tokens:
    """What token numbers mean. Times are the numbers from `first_time` on, `STEP` seconds apart, up to 30 s."""

    pieces: Mapping[int, bytes]
    languages: Mapping[int, str]
    begin: int
    transcribe: int
    end: int
    first_time: int

    def is_time(self, token: int) -> bool:
        """Whether it tells a time."""
        return token >= self.first_time

    def seconds(self, token: int) -> float:
        """The time that it tells."""
        return (token - self.first_time) * STEP

    def text(self, tokens: Iterable[int]) -> str:
        """Text of tokens; what is none is left out, bytes that are no text are replaced."""
        return b"".join(self.pieces.get(token, b"") for token in tokens).decode("utf-8", "replace")


def read_tokens(path: Path) -> Tokens:
    """The tokens of a `tokenizer.json`. Raises ArtefactError."""
    try:
        document = from_json(path.read_bytes())
        vocabulary: Mapping[str, int] = document["model"]["vocab"]
        added = {str(one["content"]): int(one["id"]) for one in document["added_tokens"]}
        return _tokens(vocabulary, added)
    except (ValueError, KeyError, TypeError, AttributeError) as problem:
        raise ArtefactError(f"{path} is no tokenizer of Whisper: {problem!r}") from problem


def _tokens(vocabulary: Mapping[str, Any], added: Mapping[str, int]) -> Tokens:
    named = {**{text: int(number) for text, number in vocabulary.items()}, **added}
    plain = {number: text for text, number in vocabulary.items() if text not in added}
    bytes_of = {sign: byte for byte, sign in enumerate(_signs())}
    found = {text: _LANGUAGE.fullmatch(text) for text in named}
    return Tokens(
        pieces={number: bytes(bytes_of[sign] for sign in text) for number, text in plain.items() if "<|" not in text},
        languages={named[text]: match[1] for text, match in found.items() if match},
        begin=named["<|startoftranscript|>"],
        transcribe=named["<|transcribe|>"],
        end=named["<|endoftext|>"],
        first_time=named["<|notimestamps|>"] + 1,
    )


def _signs() -> Sequence[str]:
    """The sign that stands for each byte in a byte-level vocabulary: itself where it can be printed, else one of those
    from 256 on, in order."""
    printed = {*range(33, 127), *range(161, 173), *range(174, 256)}
    others = iter(range(256, 512))
    return [chr(byte if byte in printed else next(others)) for byte in range(256)]
