"""How good recognised words are, against those that were said.

Word error rate: the least number of words put for another, left out or put in, by the number of words that were said
(Levenshtein, "Binary codes capable of correcting deletions, insertions and reversals", 1966).
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from socialflow.errors import InvalidInput

MOST = 20_000
"""Words that are compared at once."""
_ALONG, _LEFT_OUT, _PUT_IN = 0, 1, 2
_APOSTROPHE = str.maketrans({"’": "'", "‘": "'", "ʼ": "'"})
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_SPELT = {"mr": "mister", "mrs": "missus", "dr": "doctor", "ok": "okay"}
_SPEAKER = re.compile(r"^\s*[A-Z][A-Z .]{0,30}:\s", re.MULTILINE)
_ASIDE = re.compile(r"\[[^\]]*\]|\([^)]*\)|♪")


def spoken(text: str) -> str:
    """Captions without what nobody says: names of speakers in capitals before a colon, sounds in brackets.

    >>> spoken("NAR: This is it. [applause]").strip()
    'This is it.'
    """
    return _ASIDE.sub(" ", _SPEAKER.sub("", text))


def normalised(text: str) -> list[str]:
    """Words in lower case without punctuation, common titles written out.

    >>> normalised("Mr. Dashwood didn’t—ask!")
    ['mister', 'dashwood', "didn't", 'ask']
    """
    plain = unicodedata.normalize("NFKC", text).translate(_APOSTROPHE).lower()
    return [_SPELT.get(word, word) for word in _WORD.findall(plain)]


@dataclass(frozen=True, slots=True)
class WordScore:
    """Words that were said, and how many of them came as another word or not at all, or came unsaid. `matched` are the
    places of words that came right, of those said and those told."""

    said: int
    changed: int
    left_out: int
    put_in: int
    matched: tuple[tuple[int, int], ...]

    @property
    def rate(self) -> float:
        """Errors by words that were said; more than 1 where much was put in. Without any said: errors, at most 1."""
        errors = self.changed + self.left_out + self.put_in
        return errors / self.said if self.said else min(1.0, float(errors))


def compare(said: Sequence[str], told: Sequence[str]) -> WordScore:
    """Align two sequences of words so that the fewest errors explain the difference.

    Raises:
        InvalidInput: one of them has more than `MOST` words; the table of the alignment grows with both.

    >>> round(compare("ask not what you can".split(), "ask what you can do".split()).rate, 2)
    0.4
    """
    if max(len(said), len(told)) > MOST:
        raise InvalidInput(f"more than {MOST} words cannot be compared at once; cut the captions", field="truth")
    numbers = {word: number for number, word in enumerate(dict.fromkeys((*said, *told)))}
    others = np.array([numbers[word] for word in told], np.int64)
    offsets = np.arange(len(told) + 1, dtype=np.int32)
    moves = np.full((len(said) + 1, len(told) + 1), _PUT_IN, np.uint8)
    before = offsets
    for row, word in enumerate(said, 1):
        along, down = before[:-1] + (others != numbers[word]), before[1:] + 1
        least = np.concatenate([[row], np.minimum(along, down)])
        here = np.minimum.accumulate(least - offsets) + offsets  # words put in, one after another
        moves[row, 1:][here[1:] == down] = _LEFT_OUT
        moves[row, 1:][here[1:] == along] = _ALONG
        moves[row, 0] = _LEFT_OUT
        before = here
    return _walked(said, told, moves)


def _walked(said: Sequence[str], told: Sequence[str], moves: npt.NDArray[np.uint8]) -> WordScore:
    """The alignment, from its end."""
    row, column = len(said), len(told)
    matched: list[tuple[int, int]] = []
    changed = left_out = put_in = 0
    while row or column:
        move = moves[row, column]
        row, column = row - (move != _PUT_IN), column - (move != _LEFT_OUT)
        if move == _PUT_IN:
            put_in += 1
        elif move == _LEFT_OUT:
            left_out += 1
        elif said[row] == told[column]:
            matched.append((int(row), int(column)))
        else:
            changed += 1
    return WordScore(len(said), changed, left_out, put_in, tuple(reversed(matched)))
