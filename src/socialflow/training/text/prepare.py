"""From labelled texts to lessons: normalised and tokenised as in serving, stretches brought onto tokens."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from socialflow.text.casing import cases_of
from socialflow.text.disguise import undisguised
from socialflow.text.head import bio
from socialflow.text.normalise import Normalised, normalise
from socialflow.text.reading import WINDOW
from socialflow.training.text.lessons import UNTOLD, IntArray, Lesson, Tokens
from socialflow.training.text.records import Head, Part, Spans

if TYPE_CHECKING:
    from tokenizers import Encoding, Tokenizer

_AT_ONCE = 4096


@dataclass(frozen=True, slots=True)
class Tokenised:
    """Texts as tokens: `starts` and `ends` (all tokens,) are offsets into the text as given, -1 for marks; `cases` (all
    tokens,) says how their words are written."""

    tokens: Tokens
    starts: IntArray
    ends: IntArray
    cases: IntArray


def tokeniser(path: Path) -> "Tokenizer":
    """The tokeniser of a `tokenizer.json`, cutting at one window."""
    from tokenizers import Tokenizer

    made = Tokenizer.from_file(str(path))
    made.no_padding()
    made.enable_truncation(WINDOW)
    made.encode_special_tokens = True
    return made


def tokenised(texts: Sequence[str], by: "Tokenizer") -> Tokenised:
    """The first window of each text."""
    ids, starts, ends, cases, lengths = [], [], [], [], []
    for first in range(0, len(texts), _AT_ONCE):
        plain = [normalise(text) for text in texts[first : first + _AT_ONCE]]
        read = [undisguised(one.text, lambda word: by.token_to_id(word) is not None) for one in plain]
        for one, words, encoding in zip(plain, read, by.encode_batch(read), strict=True):
            begins, stops = _offsets(one, encoding)
            ids.append(np.array(encoding.ids, np.int32))
            starts.append(begins)
            ends.append(stops)
            cases.append(np.array(cases_of(words, encoding.offsets, encoding.word_ids), np.int64))
            lengths.append(len(encoding.ids))
    indptr = np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    none = np.empty(0, np.int64)
    return Tokenised(
        Tokens(np.concatenate([none.astype(np.int32), *ids]), indptr),
        np.concatenate([none, *starts]),
        np.concatenate([none, *ends]),
        np.concatenate([none, *cases]),
    )


def lesson(head: Head, part: Part, by: "Tokenizer") -> Lesson:
    """What one head learns from some texts. Of a span head, texts whose stretch lies beyond the window are left out."""
    found = tokenised(part.texts, by)
    if not isinstance(part.targets, Spans):
        return Lesson(head.name, head.kind, head.labels, found.tokens, part.targets)
    if head.kind == "tokens":
        tags, asked = _tags(found, part.targets, len(head.labels))
        return Lesson(head.name, "tokens", bio(head.labels), found.tokens, tags, asked=asked, cases=found.cases)
    return _spanned(head, found, part.targets)


def _offsets(text: Normalised, encoding: "Encoding") -> tuple[IntArray, IntArray]:
    read = zip(encoding.offsets, encoding.special_tokens_mask, strict=True)
    begins, stops = np.array(text.spans([(0, 0) if mark else place for place, mark in read]), np.int64).reshape(-1, 2).T
    return begins, stops


def _tags(found: Tokenised, spans: Spans, labels: int) -> tuple[IntArray, np.ndarray]:
    """Tags of all tokens, UNTOLD for marks; and which tags (n, tags) were looked for in each text."""
    tags = np.where(found.starts >= 0, 0, UNTOLD).astype(np.int64)
    for row, start, end, label in zip(
        spans.rows.tolist(), spans.starts.tolist(), spans.ends.tolist(), spans.labels.tolist(), strict=True
    ):
        places = _covered(found, row, start, end)
        tags[places] = 2 + 2 * label
        tags[places[:1]] = 1 + 2 * label
    asked = np.ones((len(spans.asked), 1 + 2 * labels), np.bool_)
    asked[:, 1:] = np.repeat(spans.asked, 2, axis=1)
    return tags, asked


def _spanned(head: Head, found: Tokenised, spans: Spans) -> Lesson:
    places = [
        _covered(found, row, start, end)
        for row, start, end in zip(spans.rows.tolist(), spans.starts.tolist(), spans.ends.tolist(), strict=True)
    ]
    inside = [number for number, covered in enumerate(places) if len(covered)]
    rows = spans.rows[inside]
    firsts = found.tokens.indptr[rows]
    reach = np.array([[places[number][0], places[number][-1] + 1] for number in inside], np.int64).reshape(-1, 2)
    lengths = found.tokens.lengths[rows]
    ids = [found.tokens.row(row) for row in rows.tolist()]
    tokens = Tokens(
        np.concatenate([np.empty(0, np.int32), *ids]), np.concatenate(([0], np.cumsum(lengths))).astype(np.int64)
    )
    return Lesson(head.name, "span", head.labels, tokens, spans.labels[inside], spans=reach - firsts[:, None])


def _covered(found: Tokenised, row: int, start: int, end: int) -> IntArray:
    """Places among all tokens of those of a text that share a character with a stretch."""
    first, last = found.tokens.indptr[row], found.tokens.indptr[row + 1]
    begins, stops = found.starts[first:last], found.ends[first:last]
    covered: IntArray = first + np.flatnonzero((begins >= 0) & (begins < end) & (stops > start))
    return covered
