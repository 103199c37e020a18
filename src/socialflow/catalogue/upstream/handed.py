"""Models handed to a child process: who opens them checks them, who runs them takes them as they were checked."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json

from socialflow.catalogue.records import FileEntry
from socialflow.catalogue.upstream.cards import card_of, described
from socialflow.catalogue.upstream.loading import Runnable, load
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.records import Installed
from socialflow.errors import ArtefactError, ModelNotFound, ModelUnavailable
from socialflow.kit.answers import Provenance, Tier

Handed: TypeAlias = Mapping[str, Any]
"""A model as JSON: its card, where its files lie, and what each of them was found to be."""

KEPT = 12
"""Models that a child keeps in memory."""
LACKING = "model:"
"""What stands before the name of a model in what an answer lacks."""


class NoModels:
    """Where no model is at hand: every question gets the tier below."""

    def open(self, name: str) -> Installed:
        """Raises ModelUnavailable, naming the command that gets it."""
        raise ModelUnavailable(f"{name} is not here; get it with: {command(name)}")


def first_of(models: Models, *names: str) -> tuple[Installed | None, tuple[str, ...]]:
    """The first of these models that is at hand (None: none is), and what is lacking: those that stand before it.

    A model that is here but damaged counts as lacking, as does one that the catalogue does not know.

    >>> first_of(NoModels(), "yolox-nano-coco", "ssd-mobilenet-v1-coco")
    (None, ('model:yolox-nano-coco', 'model:ssd-mobilenet-v1-coco'))
    """
    lacking: list[str] = []
    for name in names:
        try:
            return models.open(name), tuple(lacking)
        except (ModelUnavailable, ModelNotFound, ArtefactError):
            lacking.append(LACKING + name)
    return None, tuple(lacking)


def command(name: str) -> str:
    """What brings a model here."""
    return f"socialflow models pull {name}"


def commands(missing: Iterable[str]) -> Mapping[str, str]:
    """What brings the models here that an answer lacks, by name; `missing` may have them under names of analyses.

    >>> commands(["sound", "objects:model:yolox-nano-coco"])
    {'yolox-nano-coco': 'socialflow models pull yolox-nano-coco'}
    """
    names = [what.rpartition(LACKING)[2] for what in missing if what.startswith(LACKING) or f":{LACKING}" in what]
    return {name: command(name) for name in names}


def provenance(installed: Installed) -> Provenance:
    """What an answer says of a model that made it; its version are the first digits of its graph's digest."""
    paths = [graph.file for graph in installed.card.graphs] or sorted(installed.files)
    return Provenance(installed.card.name, installed.files[paths[0]].sha256[:12], Tier.DOWNLOADED)


def handed(installed: Installed) -> Handed:
    """A model as JSON, for a process that is not to look for it itself."""
    files = {path: asdict(entry) for path, entry in installed.files.items()}
    return {"card": described(installed.card), "directory": str(installed.directory), "files": files}


def received(told: Handed) -> Installed:
    """Inverse of `handed`. Raises ArtefactError for what is no such thing."""
    try:
        files = {str(path): FileEntry(int(one["size"]), str(one["sha256"])) for path, one in told["files"].items()}
        return Installed(card_of(told["card"]), Path(told["directory"]), files)
    except (KeyError, TypeError, ValueError, AttributeError) as problem:
        raise ArtefactError(f"what was handed on is no model: {type(problem).__name__}") from problem


def runnable(told: Handed, *graphs: str) -> Runnable:
    """A handed model, loaded, or these of its graphs alone; the last `KEPT` that were asked for stay in memory.

    Raises:
        ArtefactError, InvalidInput, ModelUnavailable: as `load`.
    """
    return _loaded(to_json(told), graphs)


@lru_cache(maxsize=KEPT)
def _loaded(told: bytes, graphs: tuple[str, ...]) -> Runnable:
    whole = received(from_json(told))
    if not graphs:
        return load(whole)
    return load(replace(whole, card=replace(whole.card, graphs=tuple(map(whole.card.graph, graphs)))))
