"""A draft policy over a million stored decisions, beside evaluation one by one.

`python -m benchmarks replay`

Decisions are made up: 80 % comments, 15 % posts with pictures, 5 % videos, with about 20 readings each, 1 % of them
missing, a tenth of the decisions with a person's verdict. They lie in a SQLite file, which is read within the time in
batches of 50,000, in one thread; once in the sealed form, once in the packed one. The peer reads the same sealed rows,
makes of each the records that `evaluate` takes, and calls it; it is timed on part of the rows, of which both are shown
to change the same. The draft is the default policy with other thresholds. Median of five.
"""

import json
import random
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

import orjson

from benchmarks.results_file import write
from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier
from socialflow.moderation.policy.columns import Columns, Past
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.packed import pack
from socialflow.moderation.policy.replay import Trial
from socialflow.moderation.policy.vector import outcome
from socialflow.moderation.records import ContentKind, Facts, Place, Reading, Signals, Trust
from socialflow.moderation.signal_names import HEURISTIC_ONLY, SIGNALS, Measure, Medium

DECISIONS, BATCH, ALONE, TIMES = 1_000_000, 50_000, 50_000, 5
DRAFT = {"nsfw": 0.6, "toxicity": 0.6, "spam": 0.7}
_MEDIA = {
    "comment": (Medium.TEXT, Medium.AUTHOR, Medium.MATCH),
    "post": (Medium.TEXT, Medium.AUTHOR, Medium.MATCH, Medium.IMAGE),
    "video": (Medium.TEXT, Medium.AUTHOR, Medium.MATCH, Medium.VIDEO),
}
_HOUR = 3_600_000_000


def run() -> Path:
    """Measure and write `results/replay.json`."""
    draft = Compiled(default_policy(DRAFT))
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        path = Path(folder) / "decisions.db"
        _fill(path)
        sealed = [_replayed(path, draft, "signals") for _ in range(TIMES)]
        packed = [_replayed(path, draft, "packed") for _ in range(TIMES)]
        alone = [_one_by_one(path, draft) for _ in range(TIMES)]
    if sealed[0][1] != packed[0][1]:
        raise AssertionError("sealed and packed signals differ")
    figures = {form: median(took for took, _ in runs) for form, runs in (("sealed", sealed), ("packed", packed))}
    peer = median(took for took, _ in alone) * DECISIONS / ALONE
    return write(
        "replay",
        "python -m benchmarks replay",
        {
            "decisions": DECISIONS,
            "seconds_sealed": round(figures["sealed"], 1),
            "seconds_packed": round(figures["packed"], 1),
            "seconds_one_by_one": round(peer, 1),
            "times_as_fast_sealed": round(peer / figures["sealed"], 1),
            "times_as_fast_packed": round(peer / figures["packed"], 1),
            "evaluations_a_second_one_by_one": round(median(rate for _, rate in alone)),
            **_steps(draft),
            "flips": sealed[0][1],
        },
    )


def _steps(draft: Compiled) -> dict[str, float]:
    """Bytes a decision, and seconds a million of decoding into columns and of evaluating these."""
    made = random.Random(1)
    rows = [_row(made, number) for number in range(BATCH)]
    sealed = [_past(name, facts, said, *rest) for name, facts, said, _, *rest in rows]
    packed = [_past(name, facts, said, *rest) for name, facts, _, said, *rest in rows]
    told: dict[str, float] = {}
    for form, batch in (("sealed", sealed), ("packed", packed)):
        start = time.perf_counter()
        columns = Columns.of(batch)
        told[f"decoding_{form}"] = round((time.perf_counter() - start) * DECISIONS / BATCH, 1)
        told[f"bytes_{form}"] = round(sum(len(one.signals) for one in batch) / BATCH)
    start = time.perf_counter()
    outcome(draft, columns)
    return told | {"evaluating": round((time.perf_counter() - start) * DECISIONS / BATCH, 2)}


def _fill(path: Path) -> None:
    made = random.Random(0)
    with sqlite3.connect(path) as store:
        columns = "id TEXT, facts TEXT, signals BLOB, packed BLOB, status TEXT, at INTEGER, verdict TEXT"
        store.execute(f"CREATE TABLE decisions ({columns})")
        kept = [_row(made, number) for number in range(100_000)]
        for start in range(0, DECISIONS, len(kept)):
            rows = ((f"d{start + place}", *row[1:]) for place, row in enumerate(kept))
            store.executemany("INSERT INTO decisions VALUES (?, ?, ?, ?, ?, ?, ?)", rows)


def _row(made: random.Random, number: int) -> tuple[str, str, bytes, bytes, str, int, str | None]:
    kind = made.choices(("comment", "post", "video"), (80, 15, 5))[0]
    readings, missing = {}, {}
    for name, about in SIGNALS.items():
        if about.medium not in _MEDIA[kind]:
            continue
        if made.random() < 0.01:
            missing[name] = "model:some-model"
        else:
            readings[name] = _reading(made, name)
    signals = orjson.dumps({"readings": readings, "missing": missing}, option=orjson.OPT_SORT_KEYS)
    facts = {"kind": kind, "community": f"c{made.randrange(50)}", "language": made.choice(("en", "de", "es", "pt"))}
    facts["trust"] = made.choice([trust.value for trust in Trust])
    verdict = made.choice(("approved", "rejected")) if made.random() < 0.1 else None
    status = made.choices(("approved", "flagged", "review_required", "rejected"), (90, 4, 4, 2))[0]
    return (
        f"d{number}",
        json.dumps(facts),
        signals,
        pack(_signals(signals)),
        status,
        made.randrange(720) * _HOUR,
        verdict,
    )


def _reading(made: random.Random, name: str) -> dict[str, object]:
    measure, value = SIGNALS[name].measure, round(made.random() ** 6, 6)
    said: object = value if measure is Measure.SCORE else float(made.randrange(4))
    if measure is Measure.WORDS:
        said = sorted({f"w{made.randrange(30)}" for _ in range(made.randrange(3))})
    tier = Tier.HEURISTIC if name in HEURISTIC_ONLY else Tier.BUNDLED
    places = [[1.0, 9.0, value]] if value > 0.5 else []
    return {"value": said, "model": "text-v3", "version": "1.2.0", "tier": tier, "coverage": 1.0, "places": places}


_KNOWN: dict[str, Facts] = {}


def _facts(text: str) -> Facts:
    found = _KNOWN.get(text)
    if found is None:
        data = orjson.loads(text)
        found = Facts(ContentKind(data["kind"]), data["community"], data["language"], Trust(data["trust"]))
        _KNOWN[text] = found
    return found


_STATUS = {status.value: status for status in ModerationStatus}


def _past(name: str, facts: str, signals: bytes, status: str, at: int, verdict: str | None) -> Past:
    return Past(name, _facts(facts), signals, _STATUS[status], at, None if verdict is None else _STATUS[verdict])


def _batches(path: Path, form: str, limit: int = DECISIONS) -> Iterator[list[Past]]:
    with sqlite3.connect(path) as store:
        cursor = store.execute(f"SELECT id, facts, {form}, status, at, verdict FROM decisions LIMIT ?", [limit])
        while rows := cursor.fetchmany(BATCH):
            yield [_past(*row) for row in rows]


def _replayed(path: Path, draft: Compiled, form: str) -> tuple[float, dict[str, int]]:
    start, trial = time.perf_counter(), Trial(draft)
    for batch in _batches(path, form):
        trial.take(Columns.of(batch))
    told = trial.result()
    return time.perf_counter() - start, {f"{flip.before} to {flip.after}": flip.count for flip in told.flips}


def _one_by_one(path: Path, draft: Compiled) -> tuple[float, float]:
    """Seconds for part of the rows, and evaluations a second of records that are there."""
    start, statuses = time.perf_counter(), []
    for batch in _batches(path, "signals", ALONE):
        statuses += [evaluate(draft, _signals(one.signals), one.facts).status for one in batch]
    took = time.perf_counter() - start
    rows = [one for batch in _batches(path, "signals", ALONE) for one in batch]
    trial = Trial(draft)
    trial.take(Columns.of(rows))
    changed = sum(one.status is not status for one, status in zip(rows, statuses, strict=True))
    if trial.result().flipped != changed:
        raise AssertionError(f"columns flip {trial.result().flipped}, evaluation one by one {changed}")
    records = [(_signals(one.signals), one.facts) for one in rows[:10_000]]
    start = time.perf_counter()
    for signals, facts in records:
        evaluate(draft, signals, facts)
    return took, len(records) / (time.perf_counter() - start)


def _signals(raw: bytes) -> Signals:
    data = orjson.loads(raw)
    return Signals({name: _record(one) for name, one in data["readings"].items()}, data["missing"])


def _record(data: dict[str, object]) -> Reading:
    value, places = data["value"], data["places"]
    assert isinstance(places, list)
    return Reading(
        tuple(value) if isinstance(value, list) else value,  # type: ignore[arg-type]
        str(data["model"]),
        str(data["version"]),
        Tier(str(data["tier"])),
        float(data["coverage"]),  # type: ignore[arg-type]
        tuple(Place(*place) for place in places),
    )
