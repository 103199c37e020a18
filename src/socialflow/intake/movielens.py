"""The MovieLens data sets of GroupLens: 100K (`u.data`), 1M (`movies.dat`) and 20M, 25M, latest (`movies.csv`).

Films become videos with their genres as tags (the first one is the category), ratings become interactions of type
`rating`. MovieLens ids are kept as they are, for items, users and usernames alike, so that results can be laid beside
published ones; import one MovieLens set into a store. What the sets say of people (age, gender, occupation, postal
code) goes to the profile and nowhere else.
"""

import asyncio
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from socialflow.content.ports import ContentStore
from socialflow.content.records import Item, ItemKind, User
from socialflow.errors import InvalidInput
from socialflow.intake import values
from socialflow.intake.columns import RecordMapper
from socialflow.intake.importer import Plan, interaction_witness, run_import
from socialflow.intake.readers import Layout, open_source
from socialflow.intake.records import (
    Format,
    ImportKind,
    ImportOptions,
    ImportReport,
    Moderation,
    Row,
)
from socialflow.intake.streams import COMPRESSIONS
from socialflow.intake.writers import Write, Writer
from socialflow.kit.progress import Progress, no_progress

UNDATED = datetime(1970, 1, 1, tzinfo=UTC)
"""Creation time of users, and of films without a year: before every rating."""

_MOST_USED_TAGS = 10
_MONTHS = {
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6,
    "jul": 7, "aug": 8, "sep": 9, "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_YEAR = re.compile(r"\((\d{4})(?:[-–]\d{0,4})?\)\s*$")
_AGES_1M = {
    "1": "under 18", "18": "18-24", "25": "25-34", "35": "35-44", "45": "45-49", "50": "50-55", "56": "56 and over",
}  # fmt: skip
_OCCUPATIONS_1M = (
    "other", "academic/educator", "artist", "clerical/admin", "college/grad student", "customer service",
    "doctor/health care", "executive/managerial", "farmer", "homemaker", "K-12 student", "lawyer", "programmer",
    "retired", "sales/marketing", "scientist", "self-employed", "technician/engineer", "tradesman/craftsman",
    "unemployed", "writer",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Stage:
    """One file of a set, its layout, and what its rows become."""

    kind: ImportKind
    path: Path
    layout: Layout
    map_row: Callable[[Row], Sequence[Any]] | None = None
    """None for interactions, which go through a column map."""
    options: ImportOptions | None = None


async def import_movielens(
    store: ContentStore,
    directory: Path,
    options: ImportOptions | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a MovieLens directory, each file plain or compressed; films arrive approved.

    Raises:
        InvalidInput: no known MovieLens set is in the directory.
        StoreUnavailable: the database went away; the next call goes on from the last stored chunk.
    """
    options = replace(options or ImportOptions(), moderation=Moderation.TRUSTED, mapping={}, constants={}, split={})
    name, stages = await asyncio.to_thread(_recognise, directory, options)
    reports = [await _run(store, stage, options, name, progress) for stage in stages]
    return ImportReport.together(name, reports)


async def _run(
    store: ContentStore, stage: _Stage, options: ImportOptions, name: str, progress: Progress
) -> ImportReport:
    options = stage.options or options
    writer = Writer(options)
    writes: dict[ImportKind, tuple[Write[Any], str, Callable[[Any], str]]] = {
        ImportKind.ITEMS: (writer.items, "items", lambda item: str(item.id)),
        ImportKind.USERS: (writer.users, "users", lambda user: str(user.id)),
        ImportKind.INTERACTIONS: (writer.interactions, "users", interaction_witness),
    }
    write, noun, witness = writes[stage.kind]
    source = await asyncio.to_thread(open_source, stage.path, stage.layout)
    map_row = stage.map_row or RecordMapper(stage.kind, options, source.columns, name)
    plan = Plan(stage.kind.value, map_row, write, noun, witness, name)
    return await run_import(store, source, plan, options, progress)


def find(directory: Path, name: str) -> Path | None:
    """The file of this name, plain or compressed."""
    for suffix in ("", *sorted(COMPRESSIONS)):
        path = directory / (name + suffix)
        if path.is_file():
            return path
    return None


def _recognise(directory: Path, options: ImportOptions) -> tuple[str, list[_Stage]]:
    for marker, stages in (("u.data", _stages_100k), ("movies.dat", _stages_1m), ("movies.csv", _stages_csv)):
        if find(directory, marker):
            return stages(directory, options)
    raise InvalidInput(
        f"no MovieLens set in {directory}: looked for u.data, movies.dat and movies.csv, plain or compressed",
        field="directory",
    )


def _need(directory: Path, *names: str) -> Path:
    for name in names:
        if path := find(directory, name):
            return path
    raise InvalidInput(f"{directory} lacks {' or '.join(names)}", field="directory")


def _bare(separator: str, encoding: str = "latin-1") -> Layout:
    return Layout(Format.CSV, separator, header=False, encoding=encoding, quoted=False)


def _stages_100k(directory: Path, options: ImportOptions) -> tuple[str, list[_Stage]]:
    genres = _genres(directory)

    def film(row: Row) -> Sequence[Item]:
        cells = row.cells
        flags = (genre for place, genre in enumerate(genres) if cells.get(str(place + 5)) == "1")
        released = _release_date(str(cells.get("2", "")))
        return (
            _film(cells.get("0"), str(cells.get("1", "")), [name for name in flags if name != "unknown"], released),
        )

    def person(row: Row) -> Sequence[User]:
        profile = _known(row, {"age": "1", "gender": "2", "occupation": "3", "zip": "4"})
        return (_person(row, {**profile, "age": values.whole(profile["age"], "age")} if "age" in profile else profile),)

    ratings = replace(options, mapping={"user": "0", "item": "1", "value": "2", "at": "3"})
    return "ml-100k", [
        _Stage(ImportKind.ITEMS, _need(directory, "u.item"), _bare("|"), film),
        _Stage(ImportKind.USERS, _need(directory, "u.user"), _bare("|"), person),
        _Stage(ImportKind.INTERACTIONS, _need(directory, "u.data"), _bare("\t"), options=ratings),
    ]


def _genres(directory: Path) -> list[str]:
    source = open_source(_need(directory, "u.genre"), _bare("|"))
    try:
        rows = [row for row in source.rows() if isinstance(row, Row)]
    finally:
        source.close()
    return [str(row.cells["0"]) for row in sorted(rows, key=lambda row: int(str(row.cells.get("1", 0))))]


def _stages_1m(directory: Path, options: ImportOptions) -> tuple[str, list[_Stage]]:
    def film(row: Row) -> Sequence[Item]:
        genres = str(row.cells.get("2", "")).split("|")
        return (_film(row.cells.get("0"), str(row.cells.get("1", "")), genres),)

    def person(row: Row) -> Sequence[User]:
        profile = _known(row, {"gender": "1", "age": "2", "occupation": "3", "zip": "4"})
        profile["age"] = _AGES_1M.get(profile.get("age", ""), "unknown")
        code = profile.get("occupation", "")
        if code.isdecimal() and int(code) < len(_OCCUPATIONS_1M):
            profile["occupation"] = _OCCUPATIONS_1M[int(code)]
        return (_person(row, profile),)

    if ratings := find(directory, "ratings.dat"):
        layout = _bare("::")
        rated = replace(options, mapping={"user": "0", "item": "1", "value": "2", "at": "3"})
    else:  # histories in time order, without stars and times
        ratings, layout = _need(directory, "sequences.tsv"), _bare("\t", "utf-8")
        rated = replace(options, mapping={"user": "0", "item": "1"}, split={"item": " "})
    return "ml-1m", [
        _Stage(ImportKind.ITEMS, _need(directory, "movies.dat"), _bare("::"), film),
        _Stage(ImportKind.USERS, _need(directory, "users.dat"), _bare("::"), person),
        _Stage(ImportKind.INTERACTIONS, ratings, layout, options=rated),
    ]


def _stages_csv(directory: Path, options: ImportOptions) -> tuple[str, list[_Stage]]:
    tags = _most_used_tags(directory)

    def film(row: Row) -> Sequence[Item]:
        film_id, genres = row.cells.get("movieId"), str(row.cells.get("genres", ""))
        listed = [] if genres.startswith("(no genres") else genres.split("|")
        return (_film(film_id, str(row.cells.get("title", "")), listed, tags=tags.get(str(film_id), ())),)

    columns = {"user": "userId", "item": "movieId", "value": "rating", "at": "timestamp"}
    rated = replace(options, mapping=columns, create_missing=True)  # these sets describe no users
    layout = Layout(Format.CSV)
    return "ml-csv", [
        _Stage(ImportKind.ITEMS, _need(directory, "movies.csv"), layout, film),
        _Stage(ImportKind.INTERACTIONS, _need(directory, "ratings.csv"), layout, options=rated),
    ]


def _most_used_tags(directory: Path) -> Mapping[str, tuple[str, ...]]:
    """The tags most often given to each film, lower-case, most used first."""
    path = find(directory, "tags.csv")
    if path is None:
        return {}
    counts: defaultdict[str, Counter[str]] = defaultdict(Counter)
    source = open_source(path, Layout(Format.CSV))
    try:
        for row in source.rows():
            if isinstance(row, Row) and (tag := str(row.cells.get("tag", "")).strip().lower()):
                counts[str(row.cells.get("movieId"))][tag] += 1
    finally:
        source.close()
    return {film: tuple(tag for tag, _ in given.most_common(_MOST_USED_TAGS)) for film, given in counts.items()}


def _film(
    film_id: object, title: str, genres: Sequence[str], released: datetime | None = None, tags: Sequence[str] = ()
) -> Item:
    named = values.text(title.strip(), "title")
    year = _YEAR.search(named)
    if released is None and year and int(year[1]) > 0:
        released = datetime(int(year[1]), 1, 1, tzinfo=UTC)
    listed = [genre for genre in genres if genre]
    return Item(
        id=_given(film_id, "id"),
        kind=ItemKind.VIDEO,
        created_at=released or UNDATED,
        title=named,
        tags=tuple(dict.fromkeys([*listed, *tags])),
        category=listed[0] if listed else None,
        moderation_status=Moderation.TRUSTED.status,
    )


def _person(row: Row, profile: Mapping[str, object]) -> User:
    user = _given(row.cells.get("0"), "id")
    return User(id=user, username=user, created_at=UNDATED, profile=profile)


def _known(row: Row, columns: Mapping[str, str]) -> dict[str, str]:
    return {name: values.text(row.cells[place], name) for name, place in columns.items() if row.cells.get(place)}


def _given(value: object, field: str) -> str:
    if value in {None, ""}:
        raise InvalidInput(f"{field} is missing", field=field)
    return values.identifier(value, field)


def _release_date(text: str) -> datetime | None:
    """Read `01-Jan-1995`, in whatever locale this runs."""
    day, _, rest = text.partition("-")
    month, _, year = rest.partition("-")
    try:
        return datetime(int(year), _MONTHS[month.lower()], int(day), tzinfo=UTC)
    except (ValueError, KeyError):
        return None
