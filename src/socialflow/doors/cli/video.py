"""`socialflow analyze video`: what one pass over a file tells, beside the server or without one."""

from typing import TYPE_CHECKING

import typer

from socialflow.doors.cli import console, media
from socialflow.doors.cli.options import Json

if TYPE_CHECKING:
    from socialflow.video.analysis import Report


def register(app: typer.Typer) -> None:
    """Add `video` to `socialflow analyze`."""
    app.command("video", epilog="Example: socialflow analyze video clip.mp4 --report clip.html")(analyze_video)


def analyze_video(
    path: media.File,
    ask: media.Ask = "",
    json: Json = False,
    report_to: media.ReportTo = None,
) -> None:
    """Open a video once, in a process of its own, and answer everything that is asked about it."""
    from socialflow.catalogue.upstream.handed import commands
    from socialflow.catalogue.upstream.shared import shared_models
    from socialflow.doors.cli.pages.page import save
    from socialflow.doors.cli.pages.video import STILLS, video_page
    from socialflow.kit.analyses import Options, watched_by
    from socialflow.video.analysis import report
    from socialflow.video.reader import VideoReader, Watching
    from socialflow.video.service import chosen

    analyses = chosen(media.asked(ask), shared_models())
    reader = VideoReader()
    try:
        with console.progress_bar() as progress:
            heard = Watching(lambda share: progress("watching", round(100 * share), 100))
            stills: Options = {} if report_to is None else {STILLS: {}}
            seen = reader.watch(path, {**watched_by(analyses), **stills}, heard)
        told = report(seen, analyses)
    finally:
        reader.close()
    if report_to is not None:
        save(report_to, video_page(path.name, told, seen, commands(told.missing)))
    if json:
        media.write(told)
    else:
        media.show(told, _facts(told))


def _facts(told: "Report") -> dict[str, object]:
    info = told.info
    picture = f"{info.width} x {info.height}, {info.codec}, {info.frame_rate:.4g} frames/s"
    sound = f"{info.audio_codec}, {info.audio_rate} Hz, {info.audio_channels} channels"
    return {
        "picture": picture if info.codec else "none",
        "sound": sound if info.audio_codec else "none",
        "read": f"{told.read.frames} frames, {told.read.seconds:.1f} s",
    }
