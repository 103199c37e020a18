"""What all signals of texts cost beside the encoder's own pass over the same texts.

`python -m benchmarks signals [--shared FOLDER]`

A thousand tweets (TweetEval, hate, the part for validation) in one call. *Encoder alone* is the text model of the
package asked every question that moderation asks. *All signals* is that with the language of each text found, links,
forms, spelling and the record of signals; *service* the same through the queues of a running platform, by authors that
nothing is known of. The three take turns, five times; medians, and the ratio of each round to the encoder's of that
round. Seconds of the processor count both cores.
"""

import asyncio
import lzma
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from threadpoolctl import threadpool_limits

from benchmarks.results_file import write
from socialflow.moderation.gather.records import Content
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.gather.text import QUESTIONS, text_signals
from socialflow.moderation.records import ContentKind
from socialflow.text.analyser import bundled
from socialflow.text.multilingual import multilingual
from socialflow.text.service import TextService

ROUNDS, TEXTS = 5, 1000


def run(shared: Path) -> Path:
    """Measure and write `results/signals.json`."""
    with lzma.open(shared / "data" / "text" / "tweeteval" / "hate" / "val_text.txt.xz", "rt", encoding="utf-8") as file:
        texts = [line.rstrip("\n") for line in file][:TEXTS]
    with threadpool_limits(1, "blas"):
        return write("signals", "python -m benchmarks signals", _measured(texts))


def _measured(texts: Sequence[str]) -> dict[str, Any]:
    ways: Mapping[str, Callable[[], object]] = {
        "encoder_alone": lambda: bundled().analyse(texts, QUESTIONS),
        "all_signals": lambda: text_signals(multilingual(), texts),
        "service": lambda: asyncio.run(_served(texts)),
    }
    took: dict[str, list[tuple[float, float]]] = {name: [] for name in ways}
    for way in ways.values():
        way()
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begun, used = perf_counter(), process_time()
            way()
            took[name].append((perf_counter() - begun, process_time() - used))
    return {"texts": len(texts), "rounds": ROUNDS, **{name: _told(name, took, len(texts)) for name in ways}}


def _told(name: str, took: Mapping[str, Sequence[tuple[float, float]]], texts: int) -> dict[str, float]:
    pairs = list(zip(took[name], took["encoder_alone"], strict=True))
    return {
        "texts_per_second": round(texts / median(wall for wall, _ in took[name])),
        "processor_ms_per_text": round(1000 * median(used for _, used in took[name]) / texts, 3),
        "of_encoder_alone": round(median(own[0] / alone[0] for own, alone in pairs), 3),
        "processor_of_encoder_alone": round(median(own[1] / alone[1] for own, alone in pairs), 3),
    }


async def _served(texts: Sequence[str]) -> None:
    analysed = TextService()
    service = SignalService(analysed)
    await service.gather([Content(ContentKind.COMMENT, text=text) for text in texts])
    await service.close()
    await analysed.close()
