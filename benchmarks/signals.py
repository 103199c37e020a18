"""What all signals of texts cost beside the encoder's own pass over the same texts.

`python -m benchmarks signals [--shared FOLDER]`

A thousand tweets (TweetEval, hate, the part for validation: 36 tokens each) in one call, and a thousand of 16 to 24
tokens (of the parts for validation of five of its sets). *Encoder alone* is the text model of the package asked every
question that moderation asks. *All signals* is that with the language of each text found, links, forms, spelling and
the record of signals; *service* the same through the queues of a running platform, chunk by chunk as its jobs go, by
authors that nothing is known of. The three take turns, five times; medians, and the ratio of each round to the
encoder's of that round. Words were seen before, as a running service has seen most. Seconds of the processor count both
cores.
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
from socialflow.kit.answers import Tier
from socialflow.moderation.gather.records import Content
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.gather.text import QUESTIONS, text_signals
from socialflow.moderation.records import ContentKind
from socialflow.pipelines.batch import BatchProcessor
from socialflow.pipelines.moderate_job import ABREAST, CHUNK
from socialflow.text.analyser import bundled
from socialflow.text.bundle import PACKAGED, read_bundle
from socialflow.text.encoder import Encoder
from socialflow.text.multilingual import multilingual
from socialflow.text.service import TextService

ROUNDS, TEXTS = 5, 1000
SETS = ("hate", "offensive", "irony", "emotion", "sentiment")
SHORT = range(16, 25)
"""Tokens of a short text, the marks of both ends included."""


def run(shared: Path) -> Path:
    """Measure and write `results/signals.json`."""
    tweets = {name: _tweets(shared, name) for name in SETS}
    short = _short([text for texts in tweets.values() for text in texts])[:TEXTS]
    with threadpool_limits(1, "blas"):
        report = {"rounds": ROUNDS, **_measured(tweets["hate"][:TEXTS]), "short": _measured(short)}
    return write("signals", "python -m benchmarks signals", report)


def _tweets(shared: Path, name: str) -> list[str]:
    """The part for validation of one of TweetEval's sets."""
    with lzma.open(shared / "data" / "text" / "tweeteval" / name / "val_text.txt.xz", "rt", encoding="utf-8") as file:
        return [line.rstrip("\n") for line in file]


def _short(texts: Sequence[str]) -> list[str]:
    readings = Encoder(read_bundle(PACKAGED, Tier.BUNDLED)).read(texts, [()] * len(texts))
    return [
        text
        for text, reading in zip(texts, readings, strict=True)
        if sum(len(window.ids) for window in reading.windows) in SHORT
    ]


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
    return {"texts": len(texts), **{name: _told(name, took, len(texts)) for name in ways}}


def _told(name: str, took: Mapping[str, Sequence[tuple[float, float]]], texts: int) -> dict[str, float]:
    pairs = list(zip(took[name], took["encoder_alone"], strict=True))
    return {
        "texts_per_second": round(texts / median(wall for wall, _ in took[name])),
        "processor_ms_per_text": round(1000 * median(used for _, used in took[name]) / texts, 3),
        "of_encoder_alone": round(median(own[0] / alone[0] for own, alone in pairs), 3),
        "processor_of_encoder_alone": round(median(own[1] / alone[1] for own, alone in pairs), 3),
    }


async def _served(texts: Sequence[str]) -> None:
    """As the job goes: chunk by chunk, two at a time."""
    analysed = TextService()
    service = SignalService(analysed)
    contents = [Content(ContentKind.COMMENT, text=text) for text in texts]
    report = await BatchProcessor[Content](chunk_size=CHUNK, concurrency=ABREAST).run(contents, service.gather)
    await service.close()
    await analysed.close()
    if report.done != len(texts):
        raise RuntimeError(f"signals of {len(texts)} texts: {report.as_json()}")
