"""The catalogue: versions are added whole, never rewritten, activated and rolled back by one atomic write."""

import json
import secrets
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from socialflow.catalogue.aliases import AliasFile
from socialflow.catalogue.contents import entries, read_manifest, verify
from socialflow.catalogue.disk import clear_abandoned, exclusive, scratch, sync
from socialflow.catalogue.records import (
    CARD_FILE,
    MANIFEST_FILE,
    Card,
    Manifest,
    Version,
    check_name,
    check_version,
    to_text,
)
from socialflow.errors import ArtefactError, Conflict, ModelNotFound
from socialflow.kit.clock import Clock, SystemClock

_TEMPORARY = ".adding-"
_TRASH = ".removed-"


class Catalogue:
    """Versions of artefacts below one directory, shared by any number of threads and processes of a machine.

    A version is first a *candidate*; `activate` makes it the one that `open(name)` gives. What a crash leaves behind
    is a temporary directory that the next `add` clears away.
    """

    def __init__(self, root: Path, *, clock: Clock | None = None) -> None:
        self._root = root
        self._clock = clock or SystemClock()
        self._aliases = AliasFile(root / "aliases.json")
        self._verified: dict[tuple[str, str], Manifest] = {}
        self._verifying = threading.Lock()

    @property
    def root(self) -> Path:
        """The directory; made by the first `add`."""
        return self._root

    def add(
        self,
        name: str,
        kind: str,
        write: Callable[[Path], None],
        metadata: Mapping[str, object],
        *,
        version: str | None = None,
        card: Card | None = None,
    ) -> Version:
        """Store a new version as a candidate; it is durable when this returns.

        `write` is given an empty directory and leaves the artefact's files there. Without `version` the sequence
        number names it (0001, 0002, ...).

        Raises:
            InvalidInput: an unusable name, version or metadata.
            ArtefactError: `write` left nothing, a link, or a file of a format that is never loaded.
            Conflict: this version exists.
        """
        check_name(name)
        if version is not None:
            check_version(version)
        to_text(dict(metadata))  # refuse what JSON cannot hold before any work is done
        with scratch(self._root, _TEMPORARY) as directory:
            write(directory)
            (directory / CARD_FILE).write_text(to_text((card or Card()).to_json()), encoding="utf-8")
            files = entries(directory)
            if set(files) == {CARD_FILE}:
                raise ArtefactError(f"nothing was written for {name}")
            with self._locked():
                about = self._number(name, kind, version, metadata)
                manifest = Manifest(about, files)
                (directory / MANIFEST_FILE).write_text(to_text(manifest.to_json()), encoding="utf-8")
                self._publish(directory, about)
        return about

    def activate(self, name: str, version: str) -> Version:
        """Make a version the active one of its name. Raises ModelNotFound, ArtefactError, DigestMismatch."""
        self.open(name, version)
        with self._locked():
            manifest = self.manifest(name, version)
            state = self._aliases.read()
            changed = state.with_active(name, version)
            if changed is not state:
                self._aliases.write(changed)
        return manifest.about

    def roll_back(self, name: str) -> Version:
        """Make the version active that was so before. Raises ModelNotFound, Conflict where there was none."""
        with self._locked():
            state = self._aliases.read()
            if check_name(name) not in state.active:
                raise ModelNotFound(f"no version of {name} is active")
            try:
                changed = state.rolled_back(name)
            except KeyError:
                raise Conflict(f"{name} has no former version to go back to") from None
            manifest = self.manifest(name, changed.active[name])
            self._aliases.write(changed)
        return manifest.about

    def active(self, name: str) -> Version | None:
        """The active version of `name`, if any."""
        version = self._aliases.read().active.get(check_name(name))
        return None if version is None else self.manifest(name, version).about

    def active_versions(self) -> dict[str, str]:
        """Name -> active version; costs one `stat` while nothing changed."""
        return dict(self._aliases.read().active)

    def previous(self, name: str) -> tuple[str, ...]:
        """Versions of `name` that were active before, newest last: what `roll_back` walks through."""
        return self._aliases.read().previous.get(check_name(name), ())

    def names(self) -> list[str]:
        """Names that have a version, in order."""
        if not self._root.is_dir():
            return []
        folders = [entry for entry in self._root.iterdir() if entry.is_dir() and not entry.name.startswith(".")]
        return sorted(folder.name for folder in folders if any(map(_is_version, folder.iterdir())))

    def versions(self, name: str) -> list[Version]:
        """All versions of `name`, oldest first; empty for an unknown name."""
        folder = self._root / check_name(name)
        if not folder.is_dir():
            return []
        found = [self.manifest(name, entry.name).about for entry in folder.iterdir() if _is_version(entry)]
        return sorted(found, key=lambda about: about.sequence)

    def open(self, name: str, version: str | None = None) -> Path:
        """The directory of a version (the active one by default), its files checked once per process.

        Raises:
            ModelNotFound: no such version, or none is active.
            DigestMismatch: a file is not what the manifest says.
            ArtefactError: a file too many or too few, a link, or an unreadable manifest.
        """
        if version is None:
            version = self._aliases.read().active.get(check_name(name))
            if version is None:
                raise ModelNotFound(f"no version of {name} is active; see `socialflow models list`")
        directory = self._directory(name, version)
        with self._verifying:
            if (name, version) not in self._verified:
                manifest = self.manifest(name, version)
                verify(directory, manifest)
                self._verified[name, version] = manifest
        return directory

    def manifest(self, name: str, version: str) -> Manifest:
        """What a version's manifest says; its files are not looked at. Raises ModelNotFound, ArtefactError."""
        directory = self._directory(name, version)
        manifest = read_manifest(directory)
        if (manifest.about.name, manifest.about.version) != (name, version):
            raise ArtefactError(f"{directory} belongs to {manifest.about.name} {manifest.about.version}")
        return manifest

    def card(self, name: str, version: str) -> Card:
        """The version's card, its digest checked. Raises ModelNotFound, ArtefactError, DigestMismatch."""
        return Card.from_json(json.loads((self.open(name, version) / CARD_FILE).read_text(encoding="utf-8")))

    def remove(self, name: str, version: str) -> None:
        """Delete a version that is not active. Raises ModelNotFound, Conflict."""
        with self._locked():
            directory = self._directory(name, version)
            state = self._aliases.read()
            if state.active.get(name) == version:
                raise Conflict(f"{name} {version} is active; activate another version first")
            self._aliases.write(state.without(name, version))
            clear_abandoned(self._root, _TRASH)
            trash = self._root / f"{_TRASH}{secrets.token_hex(8)}"
            directory.rename(trash)
            sync(directory.parent)
        self._verified.pop((name, version), None)
        shutil.rmtree(trash, ignore_errors=True)  # what stays is cleared by the next removal

    def clean_up(self, name: str, keep: int = 3) -> list[str]:
        """Delete all but the newest `keep` versions and the active one; returns what went, oldest first."""
        versions = [about.version for about in self.versions(name)]
        active = self._aliases.read().active.get(name)
        gone = [version for version in versions[: max(len(versions) - keep, 0)] if version != active]
        for version in gone:
            with suppress(Conflict, ModelNotFound):  # activated or removed by somebody else meanwhile
                self.remove(name, version)
        return gone

    def _directory(self, name: str, version: str) -> Path:
        directory = self._root / check_name(name) / check_version(version)
        if not _is_version(directory):
            known = ", ".join(self.names()) or "none yet"
            raise ModelNotFound(f"there is no version {version} of {name}; models: {known}")
        return directory

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._root.mkdir(parents=True, exist_ok=True)
        with exclusive(self._root / ".lock"):
            yield

    def _number(self, name: str, kind: str, version: str | None, metadata: Mapping[str, object]) -> Version:
        """Give out the next sequence number, durably, so that a removed version's name never comes back."""
        state = self._aliases.read()
        sequence = state.sequences.get(name, 0) + 1
        while version is None and (self._root / name / f"{sequence:04d}").exists():
            sequence += 1  # the alias file was lost, or somebody chose this number as a name
        chosen = version or f"{sequence:04d}"
        if (self._root / name / chosen).exists():
            raise Conflict(f"{name} {chosen} exists already; versions are never rewritten")
        self._aliases.write(state.with_sequence(name, sequence))
        return Version(name, chosen, sequence, kind, self._clock.now(), dict(metadata))

    def _publish(self, directory: Path, about: Version) -> None:
        folder = self._root / about.name
        folder.mkdir(exist_ok=True)
        for path in directory.rglob("*"):
            sync(path)
            if path.is_file():
                path.chmod(0o444)
        sync(directory)
        directory.rename(folder / about.version)
        sync(folder)
        sync(self._root)


def _is_version(directory: Path) -> bool:
    return directory.is_dir() and not directory.is_symlink() and (directory / MANIFEST_FILE).is_file()
