"""What `socialflow analyze video` and `analyze image` have in common."""

from dataclasses import asdict
from typing import TYPE_CHECKING

from socialflow.doors.cli import console

if TYPE_CHECKING:
    from socialflow.image.analysis import ImageReport
    from socialflow.video.analysis import Report


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
