"""`socialflow analyze image`: what one look at a picture tells, beside the server or without one."""

import typer

from socialflow.doors.cli import media
from socialflow.doors.cli.options import Json


def register(app: typer.Typer) -> None:
    """Add `image` to `socialflow analyze`."""
    app.command("image", epilog="Example: socialflow analyze image photo.jpg --ask objects,faces --report photo.html")(
        analyze_image
    )


def analyze_image(
    path: media.File,
    ask: media.Ask = "",
    json: Json = False,
    report_to: media.ReportTo = None,
) -> None:
    """Open a picture once, in a process of its own, and answer everything that is asked about it."""
    from socialflow.catalogue.upstream.handed import commands
    from socialflow.catalogue.upstream.shared import shared_models
    from socialflow.doors.cli.pages.image import image_page
    from socialflow.doors.cli.pages.page import save
    from socialflow.image.analysis import report
    from socialflow.image.reader import ImageReader
    from socialflow.image.service import chosen
    from socialflow.kit.analyses import watched_by

    analyses = chosen(media.asked(ask), shared_models())
    reader = ImageReader()
    try:
        seen = reader.look(path, watched_by(analyses), colours=report_to is not None)
        told = report(seen, analyses)
    finally:
        reader.close()
    if report_to is not None and seen.colours is not None:
        save(report_to, image_page(path.name, told, seen.colours, commands(told.missing)))
    if json:
        media.write(told)
    else:
        media.show(told, {"picture": f"{told.info.width} x {told.info.height}, {told.info.format}"})
