"""`socialflow moderation ...`: what is told of decisions."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from socialflow.doors.cli import console, session
from socialflow.errors import InvalidInput

if TYPE_CHECKING:
    from socialflow.moderation.transparency.dsa import Statement

moderation_app = typer.Typer(help="Moderation: what was decided, told and checked.")
STANDARD_OUTPUT = Path("-")


class Format(StrEnum):
    """How statements are written."""

    JSONL = "jsonl"
    CSV = "csv"


Since = Annotated[datetime | None, typer.Option(help="Decisions from then on (UTC); default: from the first.")]
Until = Annotated[datetime | None, typer.Option(help="Decisions before then (UTC); default: to the last.")]
Out = Annotated[Path, typer.Option(help="File to write; `-` is standard output.")]


@moderation_app.callback()
def group() -> None:
    """Moderation: what was decided, told and checked."""


@moderation_app.command(
    "export", epilog="Example: socialflow moderation export --since 2026-01-01 --format csv --out statements.csv"
)
def export(
    since: Since = None,
    until: Until = None,
    to: Annotated[Format, typer.Option("--format", help="JSON lines, or a table.")] = Format.JSONL,
    out: Out = STANDARD_OUTPUT,
) -> None:
    """Write statements of reasons in the fields of the EU's DSA Transparency Database, one a restricting decision."""
    chosen = session.settings()
    session.prepare_store(chosen)
    with _opened(out) as stream:
        written, undated = session.run(_export(_utc(since), _utc(until), to, stream))
    console.note(f"{written} statements written")
    if undated:
        console.note(
            f"{undated} have no content_date, which the database asks for: when that content was posted is not known"
        )


async def _export(since: datetime | None, until: datetime | None, to: Format, stream: BinaryIO) -> tuple[int, int]:
    from socialflow.moderation.transparency.ports import Period

    written = undated = 0
    write = _writer(to, stream)
    async with session.opened(session.settings()) as platform:
        async for statements in platform.moderation.transparency.export(Period(since, until)):
            write(statements)
            written += len(statements)
            undated += sum(one.content_date is None for one in statements)
    return written, undated


@moderation_app.command("suggestions", epilog="Example: socialflow moderation suggestions --out suggestions.jsonl")
def suggestions(out: Out = STANDARD_OUTPUT) -> None:
    """Write the suggested scores that moderators accepted, as rows to train with: text, and 1, 0 or null by label."""
    chosen = session.settings()
    session.prepare_store(chosen)
    with _opened(out) as stream:
        written = session.run(_suggestions(stream))
    console.note(f"{written} rows written")


async def _suggestions(stream: BinaryIO) -> int:
    import orjson

    from socialflow.moderation.suggestions.training import training_row

    written = 0
    async with session.opened(session.settings()) as platform:
        async for some in platform.moderation.suggestions.accepted():
            stream.writelines(orjson.dumps(training_row(one)) + b"\n" for one in some)
            written += len(some)
    return written


def _writer(to: Format, stream: BinaryIO) -> Callable[[Sequence[Statement]], None]:
    """Writes some statements; a table begins with the names of the fields."""
    from socialflow.moderation.transparency.dsa import FIELDS, cells, json_line

    if to is Format.JSONL:
        return lambda statements: stream.writelines(map(json_line, statements))
    stream.write(_rows([FIELDS]))
    return lambda statements: stream.writelines([_rows(list(map(cells, statements)))])


def _rows(rows: Sequence[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()


@contextmanager
def _opened(out: Path) -> Iterator[BinaryIO]:
    """The stream to write to. A file is complete or not there: it is written beside its place first."""
    if out == STANDARD_OUTPUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = out.with_name(out.name + ".part")
    try:
        with partial.open("wb") as stream:
            yield stream
        partial.replace(out)
    except OSError as error:
        raise InvalidInput(f"cannot write {out}: {error.strerror}", field="out") from error
    finally:
        partial.unlink(missing_ok=True)


def _utc(given: datetime | None) -> datetime | None:
    return None if given is None else given.replace(tzinfo=UTC)
