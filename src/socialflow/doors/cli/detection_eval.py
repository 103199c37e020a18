"""`socialflow eval objects` and `eval faces`: what is found in pictures against what somebody saw."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialflow.doors.cli import console

if TYPE_CHECKING:
    from socialflow.catalogue.upstream.ports import Models
    from socialflow.image.detection_eval import Progress
    from socialflow.image.reader import ImageReader

Images = Annotated[Path, typer.Option(exists=True, file_okay=False, help="The folder of pictures.")]
Report = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")]


def evaluate_objects(
    images: Images,
    truth: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help='JSON: {"photo.jpg": ["dog"]}, {"photo.jpg": {"car": 2}} or boxes, or a list of objects with "file".',
        ),
    ],
    json: Report = None,
) -> None:
    """Find the objects of pictures, and measure how many of the listed labels are among them.

    Where numbers are listed they are compared too; where boxes are drawn, {"label", "box": [left, top, right, bottom]}
    in fractions, precision and recall at half in common.
    """
    from socialflow.image.detection_eval import evaluate_objects as measured

    report = _measured(measured, images, truth, json)
    if report is None:
        return
    labels, boxes, numbers = report["labels"], report["boxes"], report["counts"]
    facts: dict[str, object] = {"model": report["model"]["name"] if report["model"] else "none"}
    facts["labels found"] = f"{labels['found']} of {labels['listed']}"
    if numbers:
        facts["numbers right"] = f"{numbers['right']} of {numbers['of']}"
    if boxes:
        facts["boxes"] = f"precision {boxes['precision']:.4f}, recall {boxes['recall']:.4f}"
    console.facts({**facts, "pictures per second": report["pictures_per_second"]})
    for one in report["missed"]:
        console.note(f"{one['file']}: no {one['label']} found")


def evaluate_faces(
    images: Images,
    truth: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help='JSON: {"photo.jpg": 2}, or a list of objects with "file" and "faces"; null is not counted.',
        ),
    ],
    json: Report = None,
) -> None:
    """Find the faces of pictures, and measure in how many pictures their number is right."""
    from socialflow.image.detection_eval import evaluate_faces as measured

    report = _measured(measured, images, truth, json)
    if report is None:
        return
    facts: dict[str, object] = {"model": report["model"]["name"] if report["model"] else "none"}
    facts["numbers right"] = f"{report['right']} of {report['of']}"
    console.facts({**facts, "pictures per second": report["pictures_per_second"]})
    for one in report["wrong"]:
        console.note(f"{one['file']}: {one['found']} found, {one['listed']} listed")


def register(eval_app: typer.Typer) -> None:
    """Add the commands."""
    example = "Example: socialflow eval {0} --images photos --truth {0}.json"
    eval_app.command("objects", epilog=example.format("objects"))(evaluate_objects)
    eval_app.command("faces", epilog=example.format("faces"))(evaluate_faces)


def _measured(
    measure: "Callable[[Path, Path, Models, ImageReader, Progress], dict[str, Any]]",
    images: Path,
    truth: Path,
    json: Path | None,
) -> dict[str, Any] | None:
    """The report, written where it is wanted; None where that is standard output."""
    from socialflow.catalogue.upstream.shared import shared_models
    from socialflow.image.reader import ImageReader

    reader = ImageReader()
    try:
        with console.progress_bar() as progress:
            report = measure(images, truth, shared_models(), reader, lambda done, of: progress("looking", done, of))
    finally:
        reader.close()
    return report if console.hand_over(report, json) else None
