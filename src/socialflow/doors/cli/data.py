"""`socialflow import ...` and `socialflow simulate`."""

from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json, grouped, pairs
from socialflow.kit.progress import Progress

if TYPE_CHECKING:
    from socialflow.content.ports import ContentStore
    from socialflow.intake.records import ImportOptions, ImportReport
    from socialflow.settings import Settings

import_app = typer.Typer(
    help="Bring real data in: files and known data sets; broken off imports go on where they were."
)

KINDS = {
    "items": "socialflow import items videos.csv --map id=video_id --map title=name --moderation trusted",
    "users": "socialflow import users users.jsonl.gz",
    "channels": "socialflow import channels channels.parquet",
    "interactions": "socialflow import interactions likes.tsv --map user=0 --map item=1 --create-missing",
    "follows": "socialflow import follows follows.csv --map source=follower --map target=followed",
    "subscriptions": "socialflow import subscriptions subs.csv --map source=user --map target=channel",
}
"""Kinds of rows a file may hold, each with an example."""

Source = Annotated[Path, typer.Argument(exists=True, help="File or directory; .gz, .xz and .zst are read as they are.")]


@dataclass(frozen=True, slots=True)
class FileOptions:
    """How a file is read; each field is an option of `import items|users|...`."""

    map: Annotated[
        list[str],
        typer.Option(metavar="FIELD=COLUMN", help="Column by name, or by position from 0; repeat for each field."),
    ] = field(default_factory=list)
    set: Annotated[list[str], typer.Option(metavar="FIELD=VALUE", help="Value for every row, like type=like.")] = field(
        default_factory=list
    )
    split: Annotated[
        list[str],
        typer.Option(metavar="FIELD=SEPARATOR", help="Repeat the row for each part of a column, like item=' '."),
    ] = field(default_factory=list)
    format: Annotated[
        Literal["csv", "tsv", "jsonl", "parquet"] | None, typer.Option(help="Default: by the file's name.")
    ] = None
    separator: Annotated[str | None, typer.Option(help="Between cells, one or more characters.")] = None
    header: Annotated[bool | None, typer.Option(help="Whether the first row names the columns; default: by --map.")] = (
        None
    )
    encoding: Annotated[str, typer.Option(help="Of a text file.")] = "utf-8"
    time_unit: Annotated[Literal["auto", "s", "ms", "us", "ns"], typer.Option(help="Of numeric times.")] = "auto"
    base_time: Annotated[datetime | None, typer.Option(help="Time of the first event where no column has one.")] = None
    moderation: Annotated[
        Literal["trusted", "pending"], typer.Option(help="Whether items were checked where they come from.")
    ] = "pending"
    create_missing: Annotated[
        bool, typer.Option("--create-missing", help="Make users, items and channels that rows name.")
    ] = False


@dataclass(frozen=True, slots=True)
class Reporting:
    """Where an import says what became of the rows."""

    rejects: Annotated[Path | None, typer.Option(help="Copy the rejected rows, with reasons, to this file.")] = None
    as_json: Json = False


@dataclass(frozen=True, slots=True)
class Size:
    """How large a simulated platform is; each field is an option of `simulate`."""

    users: Annotated[int, typer.Option(min=2, help="People.")] = 1000
    items: Annotated[int, typer.Option(min=1, help="Videos and posts.")] = 5000
    days: Annotated[int, typer.Option(min=1, help="Days of activity, up to now.")] = 30
    seed: Annotated[int, typer.Option(min=0, help="Equal seeds and sizes make equal platforms.")] = 0
    until: Annotated[datetime | None, typer.Option(help="Last day; default: now.")] = None


def truth_path(chosen: "Settings", seed: int) -> Path:
    """Where the ground truth of a simulation is kept."""
    return chosen.home / "simulations" / f"seed-{seed}.npz"


def register(app: typer.Typer) -> None:
    """Add `simulate`."""
    app.command(epilog="Example: socialflow simulate --users 1000 --items 5000 --days 30 --seed 7")(simulate)


@grouped
def simulate(size: Size, as_json: Json = False) -> None:
    """Add a simulated platform with known ground truth; everything in it is marked as simulated."""
    from socialflow.simulation.config import SimulationConfig
    from socialflow.simulation.service import SimulationReport, simulate_into

    until = size.until.replace(tzinfo=UTC) if size.until else datetime.now(UTC)
    config = SimulationConfig(users=size.users, items=size.items, days=size.days, seed=size.seed, until=until)
    chosen = session.settings()
    session.prepare_store(chosen)
    truth = truth_path(chosen, size.seed)

    async def work() -> SimulationReport:
        async with session.opened(chosen) as platform:
            with console.progress_bar() as progress:
                return await simulate_into(platform.store, config, truth, progress)

    report = session.run(work())
    if as_json:
        console.write_json(asdict(report))
        return
    console.say(
        f"{report.users} users, {report.channels} channels, {report.items} items, {report.follows} follows, "
        f"{report.stored} interactions in {report.seconds:.1f} s ({report.duplicates} there before)"
    )
    console.say(f"ground truth: {report.truth_path}")


def _file_command(kind: str) -> Callable[..., None]:
    def command(file: Source, options: FileOptions, reporting: Reporting) -> None:
        from socialflow.intake.importer import import_file
        from socialflow.intake.records import ImportKind

        chosen = _import_options(options)
        _import(lambda store, hear: import_file(store, ImportKind(kind), file, chosen, hear), reporting)

    command.__doc__ = f"Import {kind} from a file (CSV, TSV, JSON lines, Parquet)."
    return grouped(command)


for _kind, _example in KINDS.items():
    import_app.command(_kind, epilog=f"Example: {_example}")(_file_command(_kind))


@import_app.command("movielens", epilog="Example: socialflow import movielens ./ml-100k")
@grouped
def import_movielens(directory: Source, reporting: Reporting) -> None:
    """Import a MovieLens directory (100k, 1M, 20M and newer layouts): films, people, ratings."""
    from socialflow.intake.movielens import import_movielens as run_import

    chosen = _import_options(FileOptions())
    _import(lambda store, hear: run_import(store, directory, chosen, hear), reporting)


@import_app.command("youtube-trending", epilog="Example: socialflow import youtube-trending USvideos.csv.xz")
@grouped
def import_youtube_trending(file: Source, reporting: Reporting) -> None:
    """Import a YouTube trending file: channels, videos and their views, likes and comments per day."""
    from socialflow.intake.youtube import import_youtube_trending as run_import

    chosen = _import_options(FileOptions())
    _import(lambda store, hear: run_import(store, file, chosen, hear), reporting)


def _import_options(given: FileOptions) -> "ImportOptions":
    from socialflow.intake.records import SEQUENCE_EPOCH, Format, ImportOptions, Moderation, TimeUnit

    return ImportOptions(
        mapping=pairs(given.map, "--map", "item=video_id"),
        constants=pairs(given.set, "--set", "type=like"),
        split=pairs(given.split, "--split", "item=|"),
        format=Format(given.format) if given.format else None,
        separator=given.separator,
        header=given.header,
        encoding=given.encoding,
        time_unit=TimeUnit(given.time_unit),
        base_time=given.base_time.replace(tzinfo=UTC) if given.base_time else SEQUENCE_EPOCH,
        moderation=Moderation(given.moderation),
        create_missing=given.create_missing,
        state_dir=session.settings().imports_dir,
    )


def _import(
    work: Callable[["ContentStore", Progress], Coroutine[Any, Any, "ImportReport"]], reporting: Reporting
) -> None:
    chosen = session.settings()
    session.prepare_store(chosen)

    async def run() -> "ImportReport":
        async with session.opened(chosen) as platform:
            with console.progress_bar() as progress:
                return await work(platform.store, progress)

    report = session.run(run())
    if reporting.rejects is not None:
        _collect_rejects(report, reporting.rejects)
    _tell(report, reporting)


def _collect_rejects(report: "ImportReport", target: Path) -> None:
    """Copy the rejected rows of every stage into one file; an empty file where none was rejected."""
    with target.open("wb") as stream:
        for part in report.parts or (report,):
            if part.rejected_path is not None:
                stream.write(part.rejected_path.read_bytes())


def _tell(report: "ImportReport", reporting: Reporting) -> None:
    if reporting.as_json:
        console.write_json(_plain(report))
        return
    for part in report.parts or (report,):
        refused = sum(part.rejected.values())
        console.say(
            f"{part.name}: {part.rows} rows, {part.stored} stored, {part.duplicates} there before, {refused} rejected"
        )
        for reason, count in sorted(part.rejected.items(), key=lambda pair: -pair[1]):
            console.say(f"  {count} x {reason}")
    if report.resumed_from:
        console.say(f"{report.resumed_from} rows had been done by an earlier run")
    if report.rejected_path is not None:
        console.say(f"rejected rows with reasons: {reporting.rejects or report.rejected_path}")
    console.say(f"took {report.seconds:.1f} s")


def _plain(report: "ImportReport") -> dict[str, Any]:
    """The report as JSON-able data."""
    values = {entry.name: getattr(report, entry.name) for entry in fields(report)}
    return values | {"rejected": dict(report.rejected), "parts": [_plain(part) for part in report.parts]}
