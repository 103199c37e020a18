"""`socialflow eval copies`: whether copies of anybody's films and photos are found."""

from pathlib import Path
from typing import Annotated

import typer

from socialflow.doors.cli import console


def evaluate_copies(
    reference: Annotated[Path, typer.Option(exists=True, file_okay=False, help="Folder of what is to be found.")],
    query: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Folder of what is looked up.")
    ] = None,
    truth: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help="Lines query,reference of names that show the same; without it, files of one name.",
        ),
    ] = None,
    transforms: Annotated[
        bool, typer.Option("--transforms", help="Look up the standard edits of every reference too.")
    ] = False,
    json: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")
    ] = None,
) -> None:
    """Look films and photos up among references, and measure how many copies are found and how many others are taken
    for one.
    """
    from socialflow.video.copies_eval import evaluate_copies as measured

    with console.progress_bar() as progress:
        report = measured(reference, query, truth, transforms=transforms, progress=progress)
    if not console.hand_over(report, json):
        return
    console.table(
        ("", "recall", "found", "there", "false matches"),
        [
            (
                name,
                "" if one["recall"] is None else f"{one['recall']:.4f}",
                *map(one.get, ("found", "there")),
                one["false_matches"],
            )
            for name, one in report["per_transform"].items()
        ],
    )


def register(eval_app: typer.Typer) -> None:
    """Add the command."""
    eval_app.command("copies", epilog="Example: socialflow eval copies --reference films --transforms --json f.json")(
        evaluate_copies
    )
