"""`socialflow eval captions`: recognised speech against anybody's captions."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.doors.cli import console


def evaluate_captions(
    media: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The video or sound.")],
    truth: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="What is said: SubRip or WebVTT.")],
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")
    ] = None,
) -> None:
    """Make captions of a file, and measure how many words are wrong and how far their times are off.

    Words are compared in lower case without punctuation; times by the first words of cues that were recognised rightly.
    """
    from socialflow.video.captions import SpeechCaptioner
    from socialflow.video.captions_eval import evaluate_captions as measured
    from socialflow.video.reader import VideoReader, Watching

    reader = VideoReader()
    try:
        with console.progress_bar() as progress:
            heard = Watching(lambda share: progress("listening", round(100 * share), 100))
            report = measured(media, truth, SpeechCaptioner(reader=reader), heard)
    finally:
        reader.close()
    if not console.hand_over(report, json):
        return
    off = report["timing_error_s"]
    console.facts(
        {
            "word error rate": f"{report['word_error_rate']:.4f} of {report['data']['words']} words",
            "timing error": "none of the cues' first words was recognised" if off is None else f"{off:.3f} s",
            "made by": ", ".join(report["provenance"]),
        }
    )
    if report["missing"]:
        console.note(f"{report['status']}; missing: {', '.join(report['missing'])}")


def register(eval_app: typer.Typer) -> None:
    """Add the command."""
    eval_app.command("captions", epilog="Example: socialflow eval captions --media clip.mp4 --truth clip.srt")(
        evaluate_captions
    )
