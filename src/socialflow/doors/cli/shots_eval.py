"""`socialflow eval shots`: changes of shot against anybody's annotation."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.doors.cli import console


def evaluate_shots(
    video: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="The film.")],
    truth: Annotated[
        Path,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Lines kind,first,last: cut,120 (first frame of the new shot), dissolve,310,334, fade,...; or JSON.",
        ),
    ],
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")
    ] = None,
) -> None:
    """Find the cuts, fades and dissolves of a film, and measure how many are right.

    Cuts count within a frame, gradual changes where they overlap; frames count from 0. JSON: `transitions`, each with
    `type`, and `first_frame_of_new_shot` or `from_frame` and `to_frame`; `optional` ones count neither way.
    """
    from socialflow.video.reader import VideoReader, Watching
    from socialflow.video.shots_eval import evaluate_shots as measured

    reader = VideoReader()
    try:
        with console.progress_bar() as progress:
            heard = Watching(lambda share: progress("watching", round(100 * share), 100))
            report = measured(video, truth, reader, heard)
    finally:
        reader.close()
    if not console.hand_over(report, json):
        return
    shown = ("precision", "recall", "f1")
    console.table(
        ("", *shown, "there", "told"),
        [
            (name, *(f"{report[name][figure]:.4f}" for figure in shown), report[name]["there"], report[name]["told"])
            for name in ("cuts", "gradual", "all")
        ],
    )
    console.facts({"frames per second": f"{report['frames_per_second']:.0f}"})


def register(eval_app: typer.Typer) -> None:
    """Add the command."""
    eval_app.command("shots", epilog="Example: socialflow eval shots --video film.mp4 --truth film.csv")(evaluate_shots)
