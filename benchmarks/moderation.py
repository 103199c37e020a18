"""Moderation from end to end, on posts that nothing here was trained on.

`python -m benchmarks moderation [--shared FOLDER]`

The Contextual Abuse Dataset (CAD v1.1, Vidgen et al., NAACL 2021, CC BY 4.0), its test part, as posts of an embedded
store, ten by each author. Stretch by stretch three things are timed, in turns the first, so that all meet the same
machine and the same words: the text model alone, the signals of the posts (the text model, links, forms, what is known
of authors), and judging the stored posts and deciding about them: read, measured, judged, sealed, stored, taken into
effect, with the queue and strikes. Each goes as the job does, chunk by chunk and as many at a time, on three platforms:
medians. The default policy's decisions are counted by the labels that people gave; nothing of it was chosen on this
set. People labelled with the thread before their eyes; the text alone is what is judged here.
"""

import asyncio
import csv
import lzma
import tempfile
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any, NamedTuple

from benchmarks.results_file import write
from socialflow import wiring
from socialflow.content.records import Item, ItemKind, ModerationStatus, User
from socialflow.ids import ItemKey
from socialflow.kit.garbage import keep_loaded
from socialflow.moderation.gather.records import Content, content_of
from socialflow.moderation.gather.service import READ
from socialflow.moderation.gather.text import QUESTIONS
from socialflow.pipelines.batch import BatchProcessor
from socialflow.pipelines.moderate_job import ABREAST, CHUNK
from socialflow.settings import load_settings
from socialflow.storage.maintenance import upgrade
from socialflow.wiring import Platform

PART = "data/text/cad_reddit/cad_v1_1_test.tsv.xz"
ABUSE = frozenset({"IdentityDirectedAbuse", "AffiliationDirectedAbuse", "PersonDirectedAbuse", "Slur"})
STATUSES = ("approved", "flagged", "review_required", "rejected")
BY_EACH = 10
"""Posts of an author."""
ROUNDS = 3
"""Platforms that all of it is done on; speeds are the median of theirs."""
STRETCH = 11 * CHUNK
"""Posts that one thing is timed on before the next one is: half of all. A job takes up to 20,000."""


class Post(NamedTuple):
    """A post with what people said of it."""

    id: str
    text: str
    labels: frozenset[str]

    @property
    def abusive(self) -> bool:
        return not ABUSE.isdisjoint(self.labels)


def posts(shared: Path) -> list[Post]:
    """The test part, in its order."""
    with lzma.open(shared / PART, "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [
        Post(f"post-{number}", row["text"].replace("[linebreak]", "\n").strip(), frozenset(row["labels"].split(",")))
        for number, row in enumerate(rows)
    ]


async def store(platform: Platform, given: Sequence[Post]) -> list[ItemKey]:
    """Posts as items that wait."""
    now = platform.clock.now()
    async with platform.store.write() as unit:
        authors = {f"author-{number // BY_EACH}" for number in range(len(given))}
        await unit.users.upsert([User(name, name, now) for name in sorted(authors)])
        await unit.items.upsert(
            [
                Item(post.id, ItemKind.POST, now, text=post.text, author=f"author-{number // BY_EACH}")
                for number, post in enumerate(given)
            ]
        )
        keys = await unit.items.keys([post.id for post in given])
    return [keys[post.id] for post in given]


async def judged(
    platform: Platform, keys: Sequence[ItemKey], turn: int
) -> tuple[dict[str, str], dict[str, list[float]]]:
    """What each post was decided to be, and the seconds of each stretch by what was timed; `turn` tells what first."""
    statuses: dict[str, str] = {}
    contents: dict[ItemKey, Content] = {}

    async def model(chunk: Sequence[ItemKey]) -> None:
        await platform.text.analyse([contents[key].words for key in chunk], QUESTIONS, turn=READ)

    async def signals(chunk: Sequence[ItemKey]) -> None:
        await platform.moderation.signals.gather([contents[key] for key in chunk])

    async def persisted(chunk: Sequence[ItemKey]) -> None:
        decided = await platform.moderation.moderator.decide(chunk)
        statuses.update({one.content_id: one.verdict.status.value for one in decided})

    ways: list[tuple[str, Callable[[Sequence[ItemKey]], Awaitable[None]]]]
    ways = [("model", model), ("signals", signals), ("persisted", persisted)]
    seconds: dict[str, list[float]] = {name: [] for name, _ in ways}
    ways = ways[turn:] + ways[:turn]
    for begin in range(0, len(keys), STRETCH):
        stretch = keys[begin : begin + STRETCH]
        async with platform.store.read() as unit:
            contents |= {key: content_of(item) for key, item in (await unit.items.by_keys(stretch)).items()}
        for name, way in ways:
            began = perf_counter()
            report = await BatchProcessor[ItemKey](chunk_size=CHUNK, concurrency=ABREAST).run(stretch, way)
            seconds[name].append(perf_counter() - began)
            if report.done != len(stretch):
                raise RuntimeError(f"{name}: {report.as_json()}")
        ways.append(ways.pop(0))
    return statuses, seconds


def confusion(given: Sequence[Post], statuses: Mapping[str, str]) -> dict[str, dict[str, int]]:
    """Decisions by label; a post with two labels counts with both."""
    counts = {label: Counter[str]() for label in sorted({label for post in given for label in post.labels})}
    for post in given:
        for label in post.labels:
            counts[label][statuses[post.id]] += 1
    return {label: {status: counted[status] for status in STATUSES} for label, counted in counts.items()}


def found(given: Sequence[Post], statuses: Mapping[str, str], acts: frozenset[str]) -> dict[str, float]:
    """How well these decisions find what people called abuse."""
    hit = sum(post.abusive and statuses[post.id] in acts for post in given)
    called = sum(statuses[post.id] in acts for post in given)
    abusive = sum(post.abusive for post in given)
    right = sum(post.abusive == (statuses[post.id] in acts) for post in given)
    precision, recall = hit / max(called, 1), hit / max(abusive, 1)
    return {
        "precision": round(precision, 3),
        "recall": round(recall, 3),
        "f1": round(2 * hit / max(called + abusive, 1), 3),
        "accuracy": round(right / len(given), 3),
    }


async def _run(shared: Path, folder: Path, turn: int) -> dict[str, Any]:
    settings = load_settings({"socialflow_home": folder, "database_url": "", "redis_url": None})
    await asyncio.to_thread(upgrade, settings.store_url)
    platform = wiring.assemble(settings)
    given = posts(shared)
    keys = await store(platform, given)
    await platform.text.analyse(["warm"], QUESTIONS)
    keep_loaded()  # as a worker does
    statuses, seconds = await judged(platform, keys, turn)
    report = await platform.moderation.decisions.verify_all()
    if not report.ok or report.decisions != len(given):
        raise RuntimeError(f"not verified: {report}")
    await platform.close()
    neutral = sum(not post.abusive for post in given)
    pairs = list(zip(seconds["model"], seconds["signals"], seconds["persisted"], strict=True))
    return {
        "posts": len(given),
        "characters_a_post": round(sum(len(post.text) for post in given) / len(given)),
        "chunk": CHUNK,
        "chunks_at_a_time": ABREAST,
        "per_second": {name: round(len(given) / sum(took), 1) for name, took in seconds.items()},
        "persisted_over_model": round(median(model / whole for model, _, whole in pairs), 3),
        "persisted_over_signals": round(median(signals / whole for _, signals, whole in pairs), 3),
        "labels": confusion(given, statuses),
        "decisions": {status: sum(one == status for one in statuses.values()) for status in STATUSES},
        "abusive": len(given) - neutral,
        "not_approved": found(given, statuses, frozenset(STATUSES) - {ModerationStatus.APPROVED.value}),
        "rejected": found(given, statuses, frozenset({ModerationStatus.REJECTED.value})),
        "majority_accuracy": round(max(neutral, len(given) - neutral) / len(given), 3),
    }


def run(shared: Path) -> None:
    """Measure and write the result."""
    rounds = []
    for turn in range(ROUNDS):
        with tempfile.TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True) as folder:
            rounds.append(asyncio.run(_run(Path(shared), Path(folder), turn)))
    speeds: list[dict[str, float]] = [one["per_second"] for one in rounds]
    told = {name: median(one[name] for one in rounds) for name in ("persisted_over_model", "persisted_over_signals")}
    figures = {
        **rounds[0],
        **told,
        "per_second": {name: median(one[name] for one in speeds) for name in speeds[0]},
        "per_second_of_each": speeds,
    }
    print(write("moderation", "python -m benchmarks moderation", figures).read_text())
