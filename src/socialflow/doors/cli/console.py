"""What commands show: a progress bar where somebody watches, tables for people, JSON for programs."""

import json
import os
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import typer

from socialflow.errors import InvalidInput, SocialflowError
from socialflow.kit.progress import Progress, no_progress


@contextmanager
def progress_bar() -> Iterator[Progress]:
    """A listener (stage, done, total) that draws bars on standard error if that is a terminal, else stays silent."""
    if not sys.stderr.isatty():
        yield no_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskID, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    with Bars(*columns, console=Console(stderr=True)) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                for former in bars.tasks:
                    bars.update(former.id, total=former.total or 1, completed=former.total or 1)
                tasks[stage] = bars.add_task(stage, total=None)
            bars.update(tasks[stage], completed=done, total=total or None)

        yield show


@contextmanager
def progress_events() -> Iterator[Progress]:
    """A listener that writes JSON lines on standard error, for the program that started this one.

    {"stage", "done", "total"} as work goes on, {"error", "detail"} where it fails for a named reason. The process ends
    as soon as its standard input is closed, so that it does not outlive that program.
    """

    def tell(event: Mapping[str, object]) -> None:
        sys.stderr.write(json.dumps(event) + "\n")
        sys.stderr.flush()

    threading.Thread(target=_end_with_input, name="stdin", daemon=True).start()
    try:
        yield lambda stage, done, total: tell({"stage": stage, "done": done, "total": total})
    except SocialflowError as error:
        tell({"error": error.code, "detail": error.message})
        raise


def _end_with_input() -> None:
    while os.read(sys.stdin.fileno(), 1024):  # unbuffered: a held buffer would spoil the interpreter's end
        pass
    os._exit(130)


def say(text: str) -> None:
    """A line for people, on standard output."""
    typer.echo(text)


def note(text: str) -> None:
    """A line beside the result, on standard error, so that a pipe carries the result alone."""
    typer.echo(text, err=True)


def write_json(document: object) -> None:
    """One JSON document on standard output."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False, default=str))


def save_json(path: Path, document: object) -> None:
    """One JSON document in a file. Raises InvalidInput where it cannot be written."""
    try:
        path.write_text(json.dumps(document, indent=2, ensure_ascii=False, default=str) + "\n", encoding="utf-8")
    except OSError as error:
        raise InvalidInput(f"cannot write {path}: {error.strerror}", field="json") from error


def hand_over(report: object, to: Path | None) -> bool:
    """Put a report where it is wanted: on standard output for `-`, in a file, nowhere for None. Whether it may be shown
    to people besides, as standard output is theirs. Raises InvalidInput where it cannot be written."""
    if to == Path("-"):
        write_json(report)
        return False
    if to is not None:
        save_json(to, report)
    return True


def table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under headings; in a pipe plain tab-separated text."""
    if not sys.stdout.isatty():
        typer.echo("\t".join(columns))
        for row in rows:
            typer.echo("\t".join("" if cell is None else str(cell) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        grid.add_row(*(Text("" if cell is None else str(cell)) for cell in row))
    Console().print(grid)


def facts(values: Mapping[str, object]) -> None:
    """`name: value` lines."""
    width = max(map(len, values), default=0) + 1
    for name, value in values.items():
        typer.echo(f"{name + ':':<{width}} {value}")
