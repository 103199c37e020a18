"""`socialflow train` and `socialflow models ...`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from socialflow.doors.cli import console, session, upstream
from socialflow.doors.cli.options import Json, grouped
from socialflow.doors.cli.text_training import TextSources, fit_text, fit_text_languages
from socialflow.errors import ModelNotFound
from socialflow.kit.progress import Progress

if TYPE_CHECKING:
    from socialflow.catalogue.records import Version

models_app = typer.Typer(help="Trained versions and models from elsewhere: list, show, promote, pull, verify, remove.")
upstream.register(models_app)

Name = Annotated[str, typer.Argument(help="Name of the model, like item_item.")]
VersionName = Annotated[str, typer.Argument(help="Version, like 0003.")]


def register(app: typer.Typer) -> None:
    """Add `train`."""
    app.command(epilog="Example: socialflow train als --set factors=128 --promote")(train)


@grouped
def train(
    model: Name,
    *,
    config: Annotated[Path | None, typer.Option(help="TOML or JSON file of settings.")] = None,
    set_: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="One setting; repeat for several.")
    ] = None,
    promote: Annotated[
        bool, typer.Option("--promote", help="Make it the active version if the gate accepts it.")
    ] = False,
    events: Annotated[
        bool,
        typer.Option("--events", help="For programs: progress as JSON lines on standard error; ends with its stdin."),
    ] = False,
    sources: TextSources,
    as_json: Json = False,
) -> None:
    """Fit a model on the store's data and keep it as a candidate; exit code 1 if the gate refuses it.

    `text` is fitted on public sets instead (see `--data`, `--base` and `--licence`), `text-languages` on those of
    `--data`.
    """
    from socialflow.pipelines.train import accepted

    with console.progress_events() if events else console.progress_bar() as progress:
        if model == "text":
            version = fit_text(config, set_ or (), sources, upstream.trained(), progress)
        elif model == "text-languages":
            version = fit_text_languages(sources, upstream.trained(), progress)
        else:
            version = _fit(model, config, set_ or (), progress)
    passed = accepted(version)
    if promote and passed:
        upstream.trained().activate(version.name, version.version)
    if as_json:
        console.write_json(_described(version) | {"promoted": promote and passed})
    else:
        _tell(version, promoted=promote and passed)
    if not passed:
        raise typer.Exit(1)


def _fit(model: str, config: Path | None, changes: Sequence[str], progress: Progress) -> Version:
    from socialflow.kit.clock import SystemClock
    from socialflow.pipelines.train import train as run_training
    from socialflow.training.config import load_config

    chosen = session.settings()
    wanted = load_config(model, config, changes, width=chosen.embedding_dim)
    session.prepare_store(chosen)

    async def work() -> Version:
        async with session.opened(chosen) as platform:
            return await run_training(
                wanted, platform.store, platform.catalogue, chosen.work_dir, clock=SystemClock(), progress=progress
            )

    return session.run(work())


@models_app.command("list", epilog="Example: socialflow models list --json")
def list_models(
    every: Annotated[bool, typer.Option("--all", help="Also models of the catalogue that are not here.")] = False,
    as_json: Json = False,
) -> None:
    """List every version of every trained model, the active ones marked, and the models from elsewhere."""
    catalogue = upstream.trained()
    active = catalogue.active_versions()
    rows = [
        _described(version) | {"origin": "trained", "active": active.get(name) == version.version}
        for name in catalogue.names()
        for version in catalogue.versions(name)
    ]
    others = upstream.rows(every)
    if as_json:
        console.write_json([*rows, *others])
        return
    console.table(
        ("model", "version", "state", "created", "ndcg@10", "interactions"),
        [
            (
                row["name"],
                row["version"],
                "active" if row["active"] else row["state"],
                str(row["created_at"])[:19],
                _figure(row["metrics"].get("ndcg@10")),
                row["data"].get("interactions"),
            )
            for row in rows
        ],
    )
    if others:
        console.say("")
        upstream.table(others)


@models_app.command("show", epilog="Example: socialflow models show als 0002")
def show_model(
    name: Name,
    version: Annotated[str | None, typer.Argument(help="Version; default: the active one.")] = None,
    as_json: Json = False,
) -> None:
    """Show a version's card, parameters, data and metrics; its files are checked against their digests.

    Of a model from elsewhere: its card, and where it is.
    """
    catalogue = upstream.trained()
    if version is None and not catalogue.versions(name) and name in upstream.upstream():
        upstream.show(name, as_json=as_json)
        return
    directory = catalogue.open(name, version)
    manifest = catalogue.manifest(name, directory.name)
    card = catalogue.card(name, directory.name)
    if as_json:
        console.write_json(manifest.to_json() | {"card": card.to_json(), "path": str(directory)})
        return
    about = _described(manifest.about)
    console.say(card.summary)
    console.facts(
        {
            "version": f"{name} {directory.name} ({manifest.size / 1e6:.1f} MB, SHA-256 {manifest.digest[:16]}...)",
            "created": str(about["created_at"])[:19],
            "data": card.data,
            "parameters": about["parameters"],
            "metrics": ", ".join(f"{key} {_figure(value)}" for key, value in about["metrics"].items()),
            "gate": "; ".join(about["reasons"]),
            "path": directory,
        }
    )


@models_app.command("promote", epilog="Example: socialflow models promote als 0002")
def promote_model(name: Name, version: VersionName) -> None:
    """Make a version the active one; running servers take it up without losing a request."""
    about = upstream.trained().activate(name, version)
    console.say(f"{about.name} {about.version} is active")


@models_app.command("rollback", epilog="Example: socialflow models rollback als")
def roll_back_model(name: Name) -> None:
    """Make the version active that was so before."""
    about = upstream.trained().roll_back(name)
    console.say(f"{about.name} {about.version} is active again")


@models_app.command("remove", epilog="Example: socialflow models remove als --keep 3")
def remove_model(
    name: Name,
    version: Annotated[str | None, typer.Argument(help="Version to remove.")] = None,
    keep: Annotated[
        int | None, typer.Option(min=0, help="Instead: remove all but the newest N and the active one.")
    ] = None,
) -> None:
    """Remove one version, or old ones; the active version stays. A model from elsewhere goes as a whole."""
    catalogue = upstream.trained()
    if version is None and keep is None and not catalogue.versions(name) and name in (others := upstream.upstream()):
        others.remove(name)
        console.say(f"removed {name}")
        return
    if (version is None) == (keep is None):
        raise typer.BadParameter("give a version or --keep N")
    if not catalogue.versions(name):
        raise ModelNotFound(f"there is no model {name}; models: {', '.join(catalogue.names()) or 'none yet'}")
    if version is not None:
        catalogue.remove(name, version)
        gone = [version]
    else:
        gone = catalogue.clean_up(name, keep or 0)
    console.say(f"removed {name} {', '.join(gone)}" if gone else "nothing to remove")


def _described(version: Version) -> dict[str, Any]:
    """What machines and tables want to know of a version."""
    metadata = dict(version.metadata)
    gate = _mapping(metadata.get("gate"))
    return {
        "name": version.name,
        "version": version.version,
        "kind": version.kind,
        "created_at": version.created_at.isoformat(),
        "state": "refused" if gate.get("accepted") is False else "candidate",
        "reasons": list(gate.get("reasons", ())),
        "parameters": _mapping(metadata.get("parameters")),
        "metrics": _mapping(metadata.get("metrics")),
        "popularity": _mapping(metadata.get("popularity")),
        "data": _mapping(metadata.get("data")),
        "fit_seconds": metadata.get("fit_seconds"),
    }


def _mapping(value: object) -> dict[str, Any]:
    return dict(value) if isinstance(value, dict) else {}


def _figure(value: object) -> str:
    return f"{value:.4f}" if isinstance(value, float) else ""


def _tell(version: Version, *, promoted: bool) -> None:
    about = _described(version)
    state = "active" if promoted else about["state"]
    console.say(f"{about['name']} {about['version']}: {state}, fitted in {about['fit_seconds']} s")
    for reason in about["reasons"]:
        console.say(f"  {reason}")
    if state == "candidate":
        console.say(f"  serve it with: socialflow models promote {about['name']} {about['version']}")
