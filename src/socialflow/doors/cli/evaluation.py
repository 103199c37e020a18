"""`socialflow eval ...`: claims checked from outside, on anybody's data."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from socialflow.doors.cli import console
from socialflow.doors.cli.options import grouped
from socialflow.errors import InvalidInput

if TYPE_CHECKING:
    from socialflow.training.tuner import Search

eval_app = typer.Typer(help="Measure recommenders, text models and what is found in videos on data of your own.")

SHOWN = ("recall@10", "ndcg@10", "hit_rate@10", "recall@20", "ndcg@20")
"""Metrics of the table, where they were measured; the JSON document has all."""


@dataclass(frozen=True, slots=True)
class Measuring:
    """What is measured on which data; each field is an option."""

    data: Annotated[
        Path | None, typer.Option(exists=True, file_okay=False, help="Directory of a data set, as it is published.")
    ] = None
    file: Annotated[
        Path | None, typer.Option(exists=True, dir_okay=False, help="One file of interactions; .gz, .xz, .zst too.")
    ] = None
    protocol: Annotated[
        Literal["lightgcn", "leave-one-out", "ncf99", "strong", "time-split"], typer.Option(help="How it is cut.")
    ] = "leave-one-out"
    k: Annotated[str, typer.Option(help="Lengths of the lists, comma-separated.")] = "10,20"
    tune: Annotated[bool, typer.Option("--tune", help="Choose settings first, on a part of train only.")] = False
    trials: Annotated[
        int | None,
        typer.Option(min=1, help="Choose them by a search of so many trials (Optuna), not by a grid; implies --tune."),
    ] = None
    minutes: Annotated[float | None, typer.Option(min=0.01, help="Begin no trial after this long.")] = None
    study: Annotated[
        Path | None, typer.Option(dir_okay=False, help="File from which a search goes on where it was stopped.")
    ] = None
    seed: Annotated[int, typer.Option(min=0, help="Of everything drawn.")] = 0
    bootstrap: Annotated[bool, typer.Option("--bootstrap", help="Add 95 % intervals over users.")] = False
    checkpoints: Annotated[
        Path | None, typer.Option(file_okay=False, help="Directory from which a long fit goes on where it was stopped.")
    ] = None
    json: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report here; - is standard output.")] = (
        None
    )


@eval_app.command(
    "recommender", epilog="Example: socialflow eval recommender item_item --data gowalla --protocol lightgcn"
)
@grouped
def evaluate(
    name: Annotated[str, typer.Argument(help="Algorithm, like item_item, als or hybrid.")], measuring: Measuring
) -> None:
    """Fit and measure one recommender, with plain popularity beside it."""
    _report(_measure([name], measuring), measuring.json, single=True)


@eval_app.command("compare", epilog="Example: socialflow eval compare item_item als --file ratings.csv --bootstrap")
@grouped
def compare(names: Annotated[list[str], typer.Argument(help="Algorithms.")], measuring: Measuring) -> None:
    """Fit and measure several recommenders on the same cut of the same data."""
    _report(_measure(names, measuring), measuring.json, single=False)


def _measure(names: Sequence[str], measuring: Measuring) -> list[dict[str, Any]]:
    from socialflow.training.recommender_eval import compare as run_comparison

    if (measuring.data is None) == (measuring.file is None):
        raise InvalidInput("give the data by --data DIRECTORY or by --file FILE", field="data")
    with console.progress_bar() as progress:
        return run_comparison(
            names,
            measuring.data or measuring.file or Path(),
            measuring.protocol,
            ks=_lengths(measuring.k),
            tune=_tuning(measuring),
            seed=measuring.seed,
            bootstrap=measuring.bootstrap,
            checkpoints=measuring.checkpoints,
            progress=progress,
        )


def _tuning(measuring: Measuring) -> "bool | Search":
    from socialflow.training.tuner import Search

    if measuring.trials is None:
        if measuring.minutes is not None or measuring.study is not None:
            raise InvalidInput("--minutes and --study belong to a search; give --trials too", field="trials")
        return measuring.tune
    seconds = None if measuring.minutes is None else 60.0 * measuring.minutes
    return Search(measuring.trials, seconds, measuring.study)


def _lengths(text: str) -> tuple[int, ...]:
    try:
        lengths = tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"--k takes numbers, like 10,20; not {text!r}", field="k") from None
    if not all(1 <= length <= 1000 for length in lengths):
        raise InvalidInput(f"--k must be from 1 to 1000, not {text}", field="k")
    return lengths


def _report(reports: list[dict[str, Any]], target: Path | None, *, single: bool) -> None:
    document = reports[0] if single else reports
    if target == Path("-"):
        console.write_json(document)
        return
    if target is not None:
        console.save_json(target, document)
    columns = [name for name in SHOWN if name in reports[0]["metrics"]]
    lines = [(report["name"], report["metrics"], report["fit_seconds"]) for report in reports]
    lines.append(("popularity", reports[0]["popularity"], None))
    console.table(
        ("name", *columns, "fit seconds"),
        [
            (name, *(f"{metrics[column]:.4f}" for column in columns), "" if seconds is None else f"{seconds:.1f}")
            for name, metrics, seconds in lines
        ],
    )
