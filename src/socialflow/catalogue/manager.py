"""ModelManager: keep, find again and clear away models without knowing the catalogue."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from socialflow.catalogue.records import Card, Version
from socialflow.catalogue.registry import Catalogue
from socialflow.errors import InvalidInput, ModelUnavailable

DEFAULT_ROOT = Path("var/models")
"""Where models are kept when no setting says otherwise."""


class Savable(Protocol):
    """A model that writes itself as arrays and JSON into an empty directory."""

    def save(self, directory: Path) -> None:
        """Write the model's files."""
        ...


Loader = Callable[[Path], Savable]


class ModelManager:
    """Saves and loads whole models by name; the version saved last is the one loaded by default.

    A stored model names only the *kind* of thing it is, never code to import, so loading needs a `loaders` entry for
    that kind, or the class itself::

        manager = ModelManager(Path("var/models"))
        manager.save_model(model, "tag_classifier", version="1.0")
        model = manager.load_model("tag_classifier")
        model = manager.load_model("tag_classifier", load=TagClassifier.load)  # in another process
    """

    def __init__(self, root: Path = DEFAULT_ROOT, *, loaders: Mapping[str, Loader] | None = None) -> None:
        self._catalogue = Catalogue(root)
        self._loaders = dict(loaders or {})

    def save_model(
        self,
        model: Savable,
        name: str,
        version: str | None = None,
        *,
        metadata: Mapping[str, object] | None = None,
        card: Card | None = None,
    ) -> Version:
        """Store `model` and make it the active version. Raises InvalidInput, Conflict, ArtefactError."""
        if not callable(getattr(model, "save", None)):
            raise InvalidInput(f"{type(model).__name__} cannot be saved: it has no save(directory)", field="model")
        kind = type(model).__name__
        about = self._catalogue.add(name, kind, model.save, metadata or {}, version=version, card=card)
        load = getattr(type(model), "load", None)
        if callable(load):
            self._loaders.setdefault(kind, load)
        return self._catalogue.activate(about.name, about.version)

    def load_model(self, name: str, version: str | None = None, *, load: Loader | None = None) -> Savable:
        """Read a model back, its digests checked.

        Raises:
            ModelNotFound: no such model or version.
            ModelUnavailable: nothing here knows how to read this kind.
            ArtefactError: the files are damaged.
        """
        directory = self._catalogue.open(name, version)
        kind = self._catalogue.manifest(name, directory.name).about.kind
        loader = load or self._loaders.get(kind)
        if loader is None:
            raise ModelUnavailable(f"{name} is a {kind}; give load_model(..., load={kind}.load) to read it")
        return loader(directory)

    def history(self, name: str) -> list[Version]:
        """All stored versions, oldest first."""
        return self._catalogue.versions(name)

    def roll_back(self, name: str) -> Version:
        """Make the version before the active one the active one. Raises ModelNotFound, Conflict."""
        return self._catalogue.roll_back(name)

    def clean_up(self, name: str, keep: int = 3) -> list[str]:
        """Delete all but the newest `keep` versions and the active one; returns what went."""
        return self._catalogue.clean_up(name, keep)
