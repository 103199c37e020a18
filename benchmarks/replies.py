"""Replies to messages that are unknown to the bank, beside other ways to choose three of its situations.

`python -m benchmarks replies [--text-model DIR]`

`tests/functional/replies.tsv` holds messages and, for each, the situations whose replies a careful reader would accept;
`none` where nothing in the bank answers. A hit: one of the three replies answers an accepted situation. An abstention
is a miss, and right where nothing answers. Beside it: three situations at random; always the same three, the best such
ones for these very messages; and those of the bank's messages that share most words (cosine of TF-IDF).
"""

import asyncio
import csv
import math
import tempfile
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.results_file import write
from socialflow.generation.bank import read_bank, words_of
from socialflow.generation.records import RepliesTold
from socialflow.generation.service import GenerationService
from socialflow.kit.answers import Tier
from socialflow.kit.clock import SystemClock
from socialflow.storage.unit_of_work import Store
from socialflow.text.analyser import Analyser
from socialflow.text.bundle import read_bundle
from socialflow.text.service import TextService

MESSAGES = Path(__file__).parents[1] / "tests" / "functional" / "replies.tsv"
NONE = "none"
SHOWN = 3


@dataclass(frozen=True, slots=True)
class Message:
    """A text, and the situations whose replies are accepted; none where nothing answers."""

    text: str
    accepted: frozenset[str]


def run(model: Path) -> Path:
    """Measure and write `results/replies.json`."""
    analyser = Analyser(read_bundle(model, Tier.BUNDLED))
    began = perf_counter()
    told = asyncio.run(asked(analyser, [messages()[0].text]))
    first = perf_counter() - began
    found = asyncio.run(asked(analyser, [one.text for one in messages()]))
    report: dict[str, object] = {"model": told[0]["provenance"][0].version, "first_reply_seconds": round(first, 2)}
    return write("replies", "python -m benchmarks replies", report | measured(found))


def messages() -> list[Message]:
    """All of them, in the order of the file."""
    with MESSAGES.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [Message(row["text"], frozenset(row["situations"].split()) - {NONE}) for row in rows]


async def asked(analyser: Analyser, texts: Sequence[str]) -> list[RepliesTold]:
    """Replies to each text by a service of its own, over an empty platform."""
    with tempfile.TemporaryDirectory() as folder:
        text, store = TextService(lambda: analyser), Store(f"sqlite:///{folder}/socialflow.db")
        service = GenerationService(text, store, SystemClock(), Path(folder))
        try:
            return [await service.replies(one, limit=SHOWN) for one in texts]
        finally:
            await service.close()
            await text.close()
            await store.close()


def measured(told: Sequence[RepliesTold]) -> dict[str, object]:
    """Shares of `messages`, by the replies to each."""
    listed = messages()
    given = [[one["situation"] for one in replies["replies"]] for replies in told]
    answerable = [(one, shown) for one, shown in zip(listed, given, strict=True) if one.accepted]
    others = [shown for one, shown in zip(listed, given, strict=True) if not one.accepted]
    wanted = [one.accepted for one, _ in answerable]
    return {
        "messages": len(answerable),
        "hit_at_3": {
            "replies": hits(wanted, [shown for _, shown in answerable]),
            "most words in common": hits(wanted, [same_words(one.text) for one, _ in answerable]),
            "always the same": hits(wanted, [constant(wanted)] * len(wanted)),
            "at random": round(float(np.mean([_by_chance(len(one)) for one in wanted])), 4),
        },
        "hit_at_1": hits(wanted, [shown[:1] for _, shown in answerable]),
        "abstained": round(float(np.mean([not shown for _, shown in answerable])), 4),
        "unanswerable": len(others),
        "unanswerable_abstained": round(float(np.mean([not shown for shown in others])), 4),
    }


def hits(wanted: Sequence[Collection[str]], shown: Sequence[Collection[str]]) -> float:
    """Share of the messages of which something accepted was shown."""
    return round(float(np.mean([any(one in good for one in few) for good, few in zip(wanted, shown, strict=True)])), 4)


def constant(wanted: Sequence[Collection[str]]) -> list[str]:
    """The three situations that are accepted most often."""
    return [name for name, _ in Counter(name for good in wanted for name in good).most_common(SHOWN)]


def same_words(text: str) -> list[str]:
    """Situations of the bank's messages that are nearest by words, three different ones."""
    weights, known = _tf_idf()
    own = _scaled({word: weights.get(word, 0.0) for word in words_of(text)})
    near = {(name, place): sum(own.get(word, 0.0) * value for word, value in row.items()) for name, place, row in known}
    best = dict.fromkeys(name for (name, _), value in sorted(near.items(), key=lambda pair: -pair[1]) if value > 0.0)
    return list(best)[:SHOWN]


@cache
def _tf_idf() -> tuple[Mapping[str, float], list[tuple[str, int, Mapping[str, float]]]]:
    rows = [(one.name, set(words_of(text))) for one in read_bank().situations for text in one.messages]
    counts = Counter(word for _, words in rows for word in words)
    weights = {word: math.log(len(rows) / count) for word, count in counts.items()}
    return weights, [
        (name, place, _scaled({word: weights[word] for word in words})) for place, (name, words) in enumerate(rows)
    ]


def _scaled(row: Mapping[str, float]) -> Mapping[str, float]:
    length = math.sqrt(sum(value**2 for value in row.values())) or 1.0
    return {word: value / length for word, value in row.items()}


def _by_chance(accepted: int) -> float:
    """That three different situations at random hold one of so many."""
    every = len(read_bank().situations)
    return 1.0 - math.comb(every - accepted, SHOWN) / math.comb(every, SHOWN)
