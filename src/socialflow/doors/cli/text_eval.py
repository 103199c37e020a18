"""`socialflow eval text`: the heads of the text model on anybody's labelled texts."""

import json as json_of
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from socialflow.doors.cli import console
from socialflow.doors.cli.options import grouped
from socialflow.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Reading:
    """Which file is read and how; each field is an option."""

    data: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="File of texts; .gz, .xz, .zst too.")]
    text: Annotated[str, typer.Option(help="Column of the texts, or its number from 0.")] = "text"
    label: Annotated[str, typer.Option(help="Column of the labels; several of 0 and 1, comma-separated.")] = "label"
    map: Annotated[
        str, typer.Option(metavar="JSON", help='Their labels -> ours, or a file of that: {"1": "spam", "?": null}.')
    ] = "{}"
    multi: Annotated[bool, typer.Option("--multi", help="A cell holds several labels.")] = False
    target: Annotated[str | None, typer.Option(help="Column of the words that aspect is asked about.")] = None
    format: Annotated[
        Literal["csv", "tsv", "jsonl", "conll"] | None, typer.Option(help="By the name's ending, if not given.")
    ] = None
    slice: Annotated[str | None, typer.Option(help="Tell the figures apart by this column too.")] = None
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")] = (
        None
    )


@grouped
def evaluate_text(head: Annotated[str, typer.Argument(help="Like sentiment or toxicity.")], reading: Reading) -> None:
    """Measure a head of the text model, with the most frequent answer beside it."""
    from socialflow.training.text.labelled_file import Columns
    from socialflow.training.text.text_eval import evaluate_text as measured

    columns = Columns(reading.text, reading.label, _names(reading.map), reading.multi, reading.target, reading.slice)
    with console.progress_bar() as progress:
        report = measured(head, reading.data, columns, reading.format, progress=progress)
    if not console.hand_over(report, reading.json):
        return
    shown = ("accuracy", "macro_f1", "macro_recall")
    console.table(
        ("", *shown),
        [
            (name, *(f"{report[key][figure]:.4f}" for figure in shown))
            for name, key in ((head, "metrics"), ("most frequent answer", "majority"))
        ],
    )


def _names(given: str) -> dict[str, Any]:
    """The JSON object given, or that in the file of that name. Raises InvalidInput."""
    try:
        names = json_of.loads(given if given.lstrip().startswith("{") else Path(given).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise InvalidInput(f"--map takes a JSON object or a file with one: {problem}", field="map") from problem
    if not isinstance(names, dict):
        raise InvalidInput(f"--map takes a JSON object, not {given[:80]}", field="map")
    return names


def register(eval_app: typer.Typer) -> None:
    """Add the command."""
    eval_app.command("text", epilog="Example: socialflow eval text sentiment --data reviews.csv --text review")(
        evaluate_text
    )
