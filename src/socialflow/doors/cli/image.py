"""`socialflow analyze image`: what one look at a picture tells, beside the server or without one."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.doors.cli import media
from socialflow.doors.cli.options import Json


def register(app: typer.Typer) -> None:
    """Add `image` to `socialflow analyze`."""
    app.command("image", epilog="Example: socialflow analyze image photo.jpg --ask objects,faces --json")(analyze_image)


def analyze_image(
    path: Annotated[Path, typer.Argument(help="The file.", dir_okay=False)],
    ask: Annotated[str, typer.Option(help="Analyses, comma-separated; default all there are.")] = "",
    json: Json = False,
) -> None:
    """Open a picture once, in a process of its own, and answer everything that is asked about it."""
    from socialflow.catalogue.upstream.shared import shared_models
    from socialflow.image.analysis import report
    from socialflow.image.reader import ImageReader
    from socialflow.image.service import chosen
    from socialflow.kit.analyses import watched_by

    names = [name.strip() for name in ask.split(",") if name.strip()] or None
    analyses = chosen(names, shared_models())
    reader = ImageReader()
    try:
        told = report(reader.look(path, watched_by(analyses)), analyses)
    finally:
        reader.close()
    if json:
        media.write(told)
    else:
        media.show(told, {"picture": f"{told.info.width} x {told.info.height}, {told.info.format}"})
