"""What `socialflow analyze video` and `analyze image` have in common."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from socialflow.doors.cli import console

if TYPE_CHECKING:
    from socialflow.image.analysis import ImageReport
    from socialflow.video.analysis import Report


File = Annotated[Path, typer.Argument(help="The file.", dir_okay=False)]
Ask = Annotated[str, typer.Option(help="Analyses, comma-separated; default all there are.")]
ReportTo = Annotated[Path | None, typer.Option("--report", help="Write a page of it (HTML) here.", dir_okay=False)]


def asked(ask: str) -> list[str] | None:
    """Names of analyses; None: all there are.

    >>> asked("scene, objects"), asked("")
    (['scene', 'objects'], None)
    """
    return [name.strip() for name in ask.split(",") if name.strip()] or None


def write(told: "Report | ImageReport") -> None:
    """The whole report as one document."""
    from socialflow.catalogue.upstream.handed import commands

    said = {"status": told.status, "missing": list(told.missing), "commands": commands(told.missing)}
    console.write_json({**said, **asdict(told)})


def show(told: "Report | ImageReport", facts: dict[str, object]) -> None:
    """Facts and how each analysis went, for people; beside them what is missing and what brings it."""
    from socialflow.catalogue.upstream.handed import commands

    console.facts({**facts, **{name: one.status for name, one in told.analyses.items()}})
    if told.missing:
        console.note(f"{told.status}; missing: {', '.join(told.missing)}")
    for command in commands(told.missing).values():
        console.note(f"get it with: {command}")
