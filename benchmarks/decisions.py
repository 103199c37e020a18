"""What decisions cost: taking them, reading a million of them for a replay, sealing and recomputing a million.

`python -m benchmarks decisions`; on the embedded store, in a temporary folder (3 GB). One process; a decision has eight
signals, as a short text gets. The million is written straight into the tables, one content each.
"""

import asyncio
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

import orjson

from benchmarks.results_file import write
from socialflow.content.records import ModerationStatus
from socialflow.kit.answers import Tier
from socialflow.kit.clock import SystemClock, from_micros, to_micros
from socialflow.kit.digests import short_digest
from socialflow.moderation.audit import event_of
from socialflow.moderation.chain import AuditChain
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.records import (
    Act,
    Actor,
    ActorKind,
    ContentKind,
    Decision,
    Facts,
    Hit,
    PolicyVersion,
    Reading,
    Signals,
    Verdict,
)
from socialflow.moderation.sealing import Judged, digest_of, encode, facts_within, signals_within
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store

ROWS, TAKEN, AT_ONCE, ROUNDS = 1_000_000, 2_000, 16, 3
NAMES = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate", "spam")
FROM = datetime(2026, 1, 1, tzinfo=UTC)
POLICY = PolicyVersion("default", 3, "ab" * 32)
FACTS = Facts(ContentKind.COMMENT, None, "en")
MACHINE = Actor(ActorKind.SERVICE, "socialflow")


def signals(number: int) -> Signals:
    """Those of a short text."""
    readings = {
        f"text.{name}": Reading(((number * 7919 + place * 104729) % 10_007) / 10_007, "english", "7", Tier.BUNDLED)
        for place, name in enumerate(NAMES)
    }
    language = Reading(("en",), "lingua", "2.2", Tier.BUNDLED)
    return Signals({**readings, "text.language": language})


def verdict(score: float) -> Verdict:
    """By one threshold."""
    if score < 0.7:
        return Verdict(ModerationStatus.APPROVED, (Act.APPROVE,), (), score, 1 - score)
    hit = Hit("toxic", "toxicity", (Act.FLAG,), (f"text.toxicity {score:.2f} >= 0.7",))
    return Verdict(ModerationStatus.FLAGGED, (Act.FLAG,), (hit,), score, score)


def stored(count: int) -> Iterator[tuple[Decision, bytes]]:
    """Sealed decisions with their bytes, ten a second, of a thousand kinds; what differs is put into the bytes."""
    kinds = []
    for number in range(1_000):
        found = signals(number)
        score = found.readings["text.toxicity"].value
        said = verdict(score if isinstance(score, float) else 0.0)
        made = Decision("@id", "@content", FACTS, "@input", "", found, POLICY, said, MACHINE, from_micros(0))
        kinds.append((made, encode(made)))
    for number in range(count):
        made, body = kinds[number % len(kinds)]
        name, content, judged = f"{number:032x}", f"post-{number}", short_digest(str(number)).hex() * 2
        at = FROM + timedelta(seconds=number / 10)
        body = body.replace(b'"@id"', f'"{name}"'.encode()).replace(b'"@content"', f'"{content}"'.encode())
        body = body.replace(b'"@input"', f'"{judged}"'.encode()).replace(b'"at":0,', f'"at":{to_micros(at)},'.encode())
        whole = replace(made, id=name, content_id=content, input_digest=judged, at=at, seal=digest_of(body))
        yield whole, body


def fill(path: Path, count: int) -> None:
    """Write decisions and their events straight into the tables."""
    with closing(sqlite3.connect(path)) as database:
        database.execute("PRAGMA synchronous = OFF")
        waiting: list[tuple[Decision, bytes]] = []
        key = 0
        for one in stored(count):
            waiting.append(one)
            if len(waiting) == 10_000:
                _insert(database, key, waiting)
                key, waiting = key + len(waiting), []
        _insert(database, key, waiting)


def _insert(database: sqlite3.Connection, key: int, rows: list[tuple[Decision, bytes]]) -> None:
    events, decided = [], []
    for place, (decision, body) in enumerate(rows, key + 1):
        event, at = event_of(decision), to_micros(decision.at)
        events.append((place, event.id, at, event.kind, event.actor, event.subject, event.body, event.digest))
        named = (place, decision.id, decision.content_id, decision.facts.kind, at, at // 3_600_000_000)
        taken = (decision.verdict.status, POLICY.scope, POLICY.version, MACHINE.kind, None)
        decided.append((*named, *taken, decision.input_digest, decision.seal, body, 1))
    database.executemany("INSERT INTO audit_events VALUES (?, ?, ?, ?, ?, ?, ?, ?)", events)
    database.executemany(f"INSERT INTO decisions VALUES ({', '.join('?' * 15)}, NULL, NULL, NULL)", decided)
    database.commit()


async def taking(url: str) -> dict[str, float]:
    """Decisions a second, one after the other and some at once, each a transaction of its own."""
    store = Store(url)
    service = DecisionService(store, MemoryCache(), SystemClock())

    def new(name: str) -> NewDecision:
        judged = Judged({"text": "a short comment on a video"})
        return NewDecision(name, FACTS, judged, signals(len(name)), POLICY, verdict(0.1), MACHINE)

    async def some(name: str, count: int) -> None:
        for number in range(count):
            await service.record(new(f"{name}-{number}"))

    await some("warm", 100)
    began = time.perf_counter()
    await some("single", TAKEN)
    single = TAKEN / (time.perf_counter() - began)
    began = time.perf_counter()
    await asyncio.gather(*(some(f"at-once-{lane}", TAKEN // AT_ONCE) for lane in range(AT_ONCE)))
    at_once = TAKEN / (time.perf_counter() - began)
    await store.close()
    return {"one_after_the_other": round(single), f"{AT_ONCE}_at_once": round(at_once)}


async def reading(store: Store, *, parse: bool) -> float:
    """Seconds to read every decision; with `parse`, its signals and facts too."""
    began, rows = time.perf_counter(), 0
    async with store.read() as unit:
        async for batch in unit.decisions.replayable():
            rows += len(batch)
            if parse:
                for row in batch:
                    orjson.loads(signals_within(row.body))
                    orjson.loads(facts_within(row.body))
    if rows != ROWS:
        raise RuntimeError(f"{rows} rows where {ROWS} were written")
    return time.perf_counter() - began


async def a_million(folder: str) -> dict[str, object]:
    """Reading, sealing and recomputing."""
    path = Path(folder) / "million.db"
    upgrade(f"sqlite:///{path}")
    fill(path, ROWS)
    store = Store(f"sqlite:///{path}")
    clock = SystemClock()
    read = median([await reading(store, parse=False) for _ in range(ROUNDS)])
    parsed = median([await reading(store, parse=True) for _ in range(ROUNDS)])
    began = time.perf_counter()
    batches = await AuditChain(store, clock).seal()
    sealed = time.perf_counter() - began
    began = time.perf_counter()
    report = await DecisionService(store, MemoryCache(), clock).verify_all()
    verified = time.perf_counter() - began
    if not report.ok or report.decisions != ROWS:
        raise RuntimeError(f"not verified: {report}")
    await store.close()
    return {
        "rows": ROWS,
        "bytes_a_decision": path.stat().st_size // ROWS,
        "read_seconds": round(read, 1),
        "read_rows_per_second": round(ROWS / read),
        "read_and_parsed_seconds": round(parsed, 1),
        "sealed_seconds": round(sealed, 1),
        "batches": len(batches),
        "verified_seconds": round(verified, 1),
    }


def run() -> None:
    """Measure and write the result."""
    with tempfile.TemporaryDirectory(prefix="socialflow-", ignore_cleanup_errors=True) as folder:
        url = f"sqlite:///{folder}/taking.db"
        upgrade(url)
        figures = {"taken_per_second": asyncio.run(taking(url)), "a_million": asyncio.run(a_million(folder))}
    print(write("decisions", "python -m benchmarks decisions", figures).read_text())


if __name__ == "__main__":
    run()
