"""Rows in, records stored: chunk by chunk, idempotent, resumable; a bad row is set aside, never the end."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any, Generic, TypeVar

import orjson

from socialflow.content.ports import ContentStore, ContentUnit
from socialflow.content.records import Interaction, RowOutcome, RowStatus
from socialflow.errors import Erased, InvalidInput
from socialflow.intake.checkpoint import Journal, Tally, file_identity
from socialflow.intake.columns import RecordMapper, has_header
from socialflow.intake.readers import Source, excerpt, layout_of, open_source
from socialflow.intake.records import (
    ImportKind,
    ImportOptions,
    ImportReport,
    RejectedRow,
    Row,
)
from socialflow.intake.streams import plain_name
from socialflow.intake.writers import Write, Writer
from socialflow.kit.progress import Progress, no_progress

R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Plan(Generic[R]):
    """What one stage does with a file's rows.

    `signature` is all that besides the file decides what is stored; `noun` names the repository that knows the ids
    that `witness` takes from records (a checkpoint counts only in the store where its witness is found).
    """

    name: str
    map_row: Callable[[Row], Sequence[R]]
    write: Write[R]
    noun: str
    witness: Callable[[R], str]
    signature: str = ""


@dataclass(slots=True)
class _Chunk(Generic[R]):
    rows: int = 0
    records: list[R] = field(default_factory=list)
    origins: list[Row] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)


async def import_file(
    store: ContentStore,
    kind: ImportKind,
    path: Path,
    options: ImportOptions | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a file of one kind of row.

    Raises:
        InvalidInput: the file or the options cannot be used; rows that cannot be used are in the report instead.
        StoreUnavailable: the database went away; the next call goes on from the last stored chunk.
    """
    options = options or ImportOptions()
    layout = layout_of(
        path,
        file_format=options.format,
        separator=options.separator,
        header=has_header(options),
        encoding=options.encoding,
    )
    source = await asyncio.to_thread(open_source, path, layout)
    try:
        plan = _plan(kind, path, options, source)
    except InvalidInput:
        source.close()
        raise
    return await run_import(store, source, plan, options, progress)


def _plan(kind: ImportKind, path: Path, options: ImportOptions, source: Source) -> Plan[Any]:
    mapper = RecordMapper(kind, options, source.columns, options.dataset or plain_name(path))
    writer = Writer(options)
    table: dict[ImportKind, tuple[Write[Any], str, Callable[[Any], str]]] = {
        ImportKind.ITEMS: (writer.items, "items", lambda item: str(item.id)),
        ImportKind.USERS: (writer.users, "users", lambda user: str(user.id)),
        ImportKind.CHANNELS: (writer.channels, "channels", lambda channel: str(channel.id)),
        ImportKind.INTERACTIONS: (writer.interactions, "users", interaction_witness),
        ImportKind.FOLLOWS: (writer.edges, "users", lambda edge: str(edge.source)),
        ImportKind.SUBSCRIPTIONS: (writer.edges, "users", lambda edge: str(edge.source)),
    }
    write, noun, witness = table[kind]
    said = [
        kind,
        sorted(options.mapping.items()),
        sorted(options.constants.items()),
        sorted(options.split.items()),
        [options.format, options.separator, options.header, options.encoding, options.time_unit],
        [options.base_time, options.interaction_type, options.moderation, options.create_missing, options.dataset],
    ]
    return Plan(kind.value, mapper, write, noun, witness, orjson.dumps(said).decode())


def interaction_witness(row: Interaction) -> str:
    """The id by which a store that holds this interaction is known again."""
    return row.user


async def run_import(
    store: ContentStore,
    source: Source,
    plan: Plan[R],
    options: ImportOptions,
    progress: Progress = no_progress,
) -> ImportReport:
    """Store all rows of an open source by a plan, and close the source."""
    started = time.perf_counter()
    try:
        identity = await asyncio.to_thread(file_identity, source.path)
        journal = Journal(options.state_dir, f"{plain_name(source.path)}-{plan.name}", f"{identity} {plan.signature}")
        tally = await _resume(store, journal, plan)
        resumed_from = tally.rows
        await asyncio.to_thread(journal.begin, tally)
        rows = islice(source.rows(), tally.rows, None)
        while (chunk := await asyncio.to_thread(_collect, rows, plan.map_row, options.chunk_rows)).rows:
            if chunk.records:
                async with store.write() as unit:
                    outcomes = await plan.write(unit, chunk.records)
                    await unit.items.request_work(options.clock.now())
                if (accepted := _judge(chunk, outcomes, tally)) is not None:
                    tally.witness = plan.witness(accepted)
            tally.rows += chunk.rows
            await asyncio.to_thread(_settle, journal, chunk, tally)
            progress(plan.name, source.position, source.size)
        progress(plan.name, source.size, source.size)
        await asyncio.to_thread(journal.finish)
    finally:
        source.close()
    return ImportReport(
        name=plan.name,
        rows=tally.rows,
        stored=tally.stored,
        duplicates=tally.duplicates,
        rejected=dict(tally.rejected),
        seconds=time.perf_counter() - started,
        rejected_path=journal.rejected_path if tally.rejected else None,
        resumed_from=resumed_from,
    )


async def _resume(store: ContentStore, journal: Journal, plan: Plan[R]) -> Tally:
    """The tally to go on from: the checkpoint's, if this is the store it was made with."""
    tally = await asyncio.to_thread(journal.read)
    if tally is None or not tally.witness:
        return Tally()
    async with store.read() as unit:
        known = await _keys(unit, plan.noun, tally.witness)
    return tally if known else Tally()


async def _keys(unit: ContentUnit, noun: str, one: str) -> bool:
    if noun == "users":
        return bool(await unit.users.keys([one]))
    if noun == "items":
        return bool(await unit.items.keys([one]))
    return bool(await unit.channels.keys([one]))


def _collect(rows: Iterator[Row | RejectedRow], map_row: Callable[[Row], Sequence[R]], limit: int) -> _Chunk[R]:
    chunk: _Chunk[R] = _Chunk()
    for row in rows:
        chunk.rows += 1
        if isinstance(row, RejectedRow):
            chunk.rejected.append(row)
        else:
            try:
                records = map_row(row)
            except InvalidInput as wrong:
                raw = excerpt(row.cells)
                chunk.rejected.append(RejectedRow(row.line, wrong.code, wrong.message, wrong.field, raw))
            else:
                chunk.records += records
                chunk.origins += [row] * len(records)
        if chunk.rows >= limit or len(chunk.records) >= limit:
            break
    return chunk


def _judge(chunk: _Chunk[R], outcomes: Sequence[RowOutcome], tally: Tally) -> R | None:
    """Count what the store said of each record; what it rejected joins the rejected rows. Returns one it accepted."""
    accepted = None
    for outcome, row, record in zip(outcomes, chunk.origins, chunk.records, strict=True):
        if outcome.status is not RowStatus.REJECTED:
            accepted = record
        if outcome.status is RowStatus.STORED:
            tally.stored += 1
        elif outcome.status is RowStatus.DUPLICATE:
            tally.duplicates += 1
        else:
            code, reason = outcome.code or "rejected", outcome.detail or "the store refused this row"
            raw = "" if code == Erased.code else excerpt(row.cells)  # it would bring the erased name back
            chunk.rejected.append(RejectedRow(row.line, code, reason, outcome.field, raw))
    return accepted


def _settle(journal: Journal, chunk: _Chunk[R], tally: Tally) -> None:
    chunk.rejected.sort(key=lambda row: row.line)
    journal.reject(chunk.rejected, tally)
    journal.commit(tally)
