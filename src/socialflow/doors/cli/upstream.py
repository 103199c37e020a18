"""`socialflow models pull` and `verify`, and what the other commands say of models that others trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.options import Json, pairs
from socialflow.errors import InvalidInput, ModelUnavailable, SocialflowError

if TYPE_CHECKING:
    from socialflow.catalogue.registry import Catalogue
    from socialflow.catalogue.upstream.pulling import Given
    from socialflow.catalogue.upstream.records import UpstreamModel
    from socialflow.catalogue.upstream.store import UpstreamModels
    from socialflow.kit.progress import Progress

Row = dict[str, object]

Names = Annotated[list[str] | None, typer.Argument(help="Names of models, like vad-silero.")]


def register(models_app: typer.Typer) -> None:
    """Add the commands."""
    models_app.command("pull", epilog="Example: socialflow models pull vad-silero yolox-nano-coco")(pull)
    models_app.command("verify", epilog="Example: socialflow models verify")(verify)


def pull(
    names: Names = None,
    every: Annotated[bool, typer.Option("--all", help="Every model that can be had without more being said.")] = False,
    sha256: Annotated[
        list[str] | None,
        typer.Option(metavar="[FILE=]DIGEST", help="Digest of a file whose card does not know it; repeat for several."),
    ] = None,
    url: Annotated[
        list[str] | None, typer.Option(metavar="FILE=ADDRESS", help="Where else to take a file from; https.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Bring models that others trained here, each file checked against its digest.

    They come from SOCIALFLOW_MODEL_MIRROR where that is set, else from where they are published. `--all` leaves out
    what the catalogue lacks a digest or an address of, and what the mirror lacks. Exit code 1 where a model failed.
    """
    if bool(names) == every:
        raise typer.BadParameter("give names of models, or --all")
    if (sha256 or url) and len(names or ()) != 1:
        raise typer.BadParameter("--sha256 and --url speak of one model; name one")
    models = upstream()
    wanted = list(models.names()) if every else list(dict.fromkeys(names or ()))
    given = _given(models.card(wanted[0]), sha256 or (), url or ()) if len(wanted) == 1 else None
    with console.progress_bar() as progress:
        rows = session.run(_pull_each(models, wanted, given, every, progress))
    if as_json:
        console.write_json(rows)
    else:
        for row in rows:
            console.say(f"{row['name']}: {row['state']}{_tail(row)}")
    if any(row["state"] == "failed" for row in rows):
        raise typer.Exit(1)


async def _pull_each(
    models: UpstreamModels,
    names: Sequence[str],
    given: Given | None,
    tolerant: bool,
    progress: Progress,
) -> list[Row]:
    """One after the other; with `tolerant` what cannot be had is told of instead of raised."""
    rows: list[Row] = []
    for name in names:
        try:
            installed = await models.pull(name, given, progress)
        except SocialflowError as error:
            if not tolerant:
                raise
            lacking = isinstance(error, ModelUnavailable | InvalidInput)
            rows.append({"name": name, "state": "skipped" if lacking else "failed", "detail": error.message})
        else:
            rows.append({"name": name, "state": "installed", "size": installed.size, "path": str(installed.directory)})
    return rows


def verify(
    names: Names = None,
    as_json: Json = False,
) -> None:
    """Read every file of the models that are here and compare it with its digest; without names, of all of them.

    Trained versions and models from elsewhere alike. Exit code 1 where one is damaged.
    """
    models, catalogue = upstream(), trained()
    rows = [row for name in names or _here(models, catalogue) for row in _verified(name, models, catalogue)]
    if as_json:
        console.write_json(rows)
    else:
        for row in rows:
            console.say(
                f"{row['name']}{' ' + str(row['version']) if row['version'] else ''}: {row['state']}{_tail(row)}"
            )
        if not rows:
            console.say("no model is here")
    if any(row["state"] != "whole" for row in rows):
        raise typer.Exit(1)


def _here(models: UpstreamModels, catalogue: Catalogue) -> list[str]:
    return [*catalogue.names(), *(name for name in models.names() if models.state(name) != "absent")]


def _verified(name: str, models: UpstreamModels, catalogue: Catalogue) -> Iterator[Row]:
    """A row for each version of a trained model, or one for a model from elsewhere. Raises ModelNotFound."""
    versions = [about.version for about in catalogue.versions(name)]
    for version in versions or [""]:
        row: Row = {"name": name, "version": version or None, "state": "whole"}
        try:
            row["path"] = str(catalogue.open(name, version) if version else models.verify(name).directory)
        except SocialflowError as error:
            if error.code not in ("digest_mismatch", "artefact_invalid"):
                raise
            row |= {"state": "damaged", "detail": error.message}
        yield row


def rows(every: bool) -> list[Row]:
    """Models from elsewhere as `models list` shows them; those that are here, or `every` one of the catalogue."""
    models = upstream()
    states = {name: models.state(name) for name in models.names()}
    return [
        {
            "name": name,
            "origin": "upstream",
            "version": None,
            "state": state.value,
            "active": state.value in ("installed", "in_mirror"),
            "task": (card := models.card(name)).task.value,
            "licence": card.licence,
            "size": card.size,
            "summary": card.summary,
        }
        for name, state in states.items()
        if every or state.value != "absent"
    ]


def table(found: Sequence[Row]) -> None:
    """Rows of `rows` for people."""
    console.table(
        ("model", "state", "task", "MB", "licence", "what"),
        [
            (row["name"], row["state"], row["task"], _megabytes(row["size"]), row["licence"], row["summary"])
            for row in found
        ],
    )


def show(name: str, *, as_json: bool) -> None:
    """A card, and where the model is. Raises ModelNotFound."""
    from socialflow.catalogue.upstream.cards import described

    models = upstream()
    card, state = models.card(name), models.state(name)
    path = str(models.open(name).directory) if state.value in ("installed", "in_mirror") else None
    if as_json:
        console.write_json(described(card) | {"origin": "upstream", "state": state.value, "path": path})
        return
    console.say(card.summary)
    console.facts(
        {
            "state": state.value,
            "task": card.task.value,
            "runs in": card.runtime.value,
            "licence": card.licence,
            "from": card.source,
            "size": f"{_megabytes(card.size) or 'not known'} MB",
            "files": ", ".join(file.path for file in card.files),
            "quality": "; ".join(card.quality),
            "limits": "; ".join(card.limitations),
            **({"notes": " ".join(card.notes)} if card.notes else {}),
            "path": path or f"get it with: socialflow models pull {name}",
        }
    )


def upstream() -> UpstreamModels:
    """The models that others trained, by this run's settings."""
    from socialflow.wiring import upstream_models

    return upstream_models(session.settings())


def trained() -> Catalogue:
    """The versions that were trained here, by this run's settings."""
    from socialflow.catalogue.registry import Catalogue

    return Catalogue(session.settings().models_dir)


def _given(card: UpstreamModel, digests: Sequence[str], urls: Sequence[str]) -> Given:
    from socialflow.catalogue.upstream.pulling import Given

    lone = card.unverified[0] if len(card.unverified) == 1 else None
    told = [f"{lone}={digest}" if lone and "=" not in digest else digest for digest in digests]
    example = f"{(card.unverified or (card.files[0].path,))[0]}="
    return Given(pairs(told, "--sha256", example + "9f86d0..."), pairs(urls, "--url", example + "https://..."))


def _tail(row: Mapping[str, object]) -> str:
    told = row.get("detail") or row.get("path")
    return f" ({told})" if told else ""


def _megabytes(size: object) -> str:
    return f"{size / 1e6:.1f}" if isinstance(size, int) else ""
