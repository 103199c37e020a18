"""The store of models from elsewhere: fetched whole or not at all, checked before anybody reads them.

On disk::

    root/<name>/installed.json   what each file is and where it came from
    root/<name>/...              the files of the card

A mirror is a folder somebody else keeps: `mirror/<card's folder>/...` or `mirror/<name>/...`. It is only read.
"""

import asyncio
import secrets
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from socialflow.catalogue.disk import clear_abandoned, exclusive, scratch, sync
from socialflow.catalogue.records import FileEntry
from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.digests import Digests
from socialflow.catalogue.upstream.ports import Fetch
from socialflow.catalogue.upstream.pulling import Bringer, Given, Wanted, wanted_files
from socialflow.catalogue.upstream.receipt import Receipt, Received, read_receipt
from socialflow.catalogue.upstream.records import Installed, State, UpstreamFile, UpstreamModel
from socialflow.errors import ArtefactError, Conflict, DigestMismatch, ModelNotFound, ModelUnavailable
from socialflow.kit.clock import Clock, SystemClock
from socialflow.kit.progress import Progress, no_progress

_TEMPORARY = ".pulling-"
_TRASH = ".removed-"


class UpstreamModels:
    """Models that others trained, below one directory shared by any number of threads and processes of a machine.

    Args:
        root: where pulled models are kept; made by the first `pull`.
        mirror: a folder that has them, so that nothing is downloaded; what it has is used in place.
        fetch: reads addresses; without it and without a mirror nothing can be pulled.
        cards: what models there are; the package's own cards if not given.
    """

    def __init__(
        self,
        root: Path,
        mirror: Path | None = None,
        fetch: Fetch | None = None,
        *,
        cards: Cards | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._root = root
        self._mirror = mirror
        self._fetch = fetch
        self._cards = cards or Cards()
        self._clock = clock or SystemClock()
        self._digests = Digests()

    def __contains__(self, name: object) -> bool:
        return name in self._cards

    def names(self) -> tuple[str, ...]:
        """Names of all models of the catalogue, in order."""
        return self._cards.names()

    def card(self, name: str) -> UpstreamModel:
        """What the catalogue says of a model. Raises ModelNotFound."""
        return self._cards.card(name)

    def state(self, name: str) -> State:
        """Where a model is. Files are looked at, not read: `verify` is what reads them. Raises ModelNotFound."""
        card = self.card(name)
        directory = self._directory(name)
        if directory.is_dir():
            try:
                expected = self._expected(card, directory)
            except ArtefactError:
                return State.DAMAGED
            return State.INSTALLED if self._looks_right(directory, expected) else State.DAMAGED
        return State.ABSENT if self._mirrored(card) is None else State.IN_MIRROR

    def open(self, name: str) -> Installed:
        """A model ready to be read: its digests are checked once in a process, and whenever a file changed.

        Raises:
            ModelNotFound: the catalogue has no such model.
            ModelUnavailable: it is not here; names the command that gets it.
            DigestMismatch: a file is not what it was when it was pulled, or not what the card says.
            ArtefactError: a file or the store's note is missing or damaged.
        """
        return self._open(self.card(name), anew=False)

    def verify(self, name: str) -> Installed:
        """As `open`, but every file is read again."""
        return self._open(self.card(name), anew=True)

    async def pull(self, name: str, given: Given | None = None, progress: Progress = no_progress) -> Installed:
        """Bring a model here; durable and checked when this returns. One that is here and whole is left as it is.

        Raises:
            ModelNotFound: the catalogue has no such model.
            InvalidInput: what was given does not fit the card, or lacks a digest that the card does not know.
            ModelUnavailable: it has no address, or the mirror lacks a file; says what helps.
            DigestMismatch: what was found is not the model. Nothing is left behind.
            SourceUnavailable: it cannot be fetched.
        """
        card = self.card(name)
        wanted = wanted_files(card, given or Given())
        ready = await asyncio.to_thread(self._ready, card, wanted)
        if ready is not None:
            return ready
        places = None if self._mirror is None else self._places(card, self._mirror)
        bringer = Bringer(card, places, self._fetch, progress)
        with scratch(self._root, _TEMPORARY) as directory:
            received: dict[str, Received] = {}
            for file in wanted:
                into = directory / file.path
                into.parent.mkdir(parents=True, exist_ok=True)
                received[file.path] = await bringer.bring(file, into)
            receipt = Receipt(name, self._clock.now(), received)
            await asyncio.to_thread(self._publish, card, receipt, directory)
        return await asyncio.to_thread(self.open, name)

    def remove(self, name: str) -> None:
        """Delete what was pulled. Who has the model in memory goes on. Raises ModelNotFound, Conflict."""
        state = self.state(name)
        if state is State.IN_MIRROR:
            raise Conflict(f"{name} is used in place from the mirror, which is only read; take it out there")
        if state is State.ABSENT:
            raise ModelNotFound(f"{name} is not installed")
        with exclusive(self._root / ".lock"):
            trash = self._discard(name)
        shutil.rmtree(trash, ignore_errors=True)  # what stays is cleared by the next pull or removal

    def _open(self, card: UpstreamModel, *, anew: bool) -> Installed:
        directory = self._directory(card.name)
        if directory.is_dir():
            expected = self._expected(card, directory)
            wanted: dict[str, tuple[str, ...]] = {path: (entry.sha256,) for path, entry in expected.items()}
        else:
            found = self._mirrored(card)
            if found is None:
                raise ModelUnavailable(f"{card.name} is not here; get it with: socialflow models pull {card.name}")
            directory = found
            wanted = {file.path: tuple(copy.sha256 for copy in file.copies) for file in card.files}
        entries = {path: self._checked(card, directory / path, digests, anew) for path, digests in wanted.items()}
        return Installed(card, directory, entries)

    def _checked(self, card: UpstreamModel, path: Path, digests: Sequence[str], anew: bool) -> FileEntry:
        entry = self._digests.entry(path, anew=anew)
        if entry.sha256 not in digests:
            raise DigestMismatch(
                f"{path} is damaged: its SHA-256 is not that of the card; get it again with: "
                f"socialflow models pull {card.name}"
            )
        return entry

    def _expected(self, card: UpstreamModel, directory: Path) -> Mapping[str, FileEntry]:
        """What the files of an installed model must be. Raises ArtefactError where the card means other files now."""
        receipt = read_receipt(directory)
        entries = {path: one.entry for path, one in receipt.files.items()}
        changed = [file.path for file in card.files if not _is_of(file, entries.get(file.path))]
        if receipt.name != card.name or set(entries) != {file.path for file in card.files} or changed:
            raise ArtefactError(
                f"{directory} does not hold what the card of {card.name} names; get it again with: "
                f"socialflow models pull {card.name}"
            )
        return entries

    def _looks_right(self, directory: Path, expected: Mapping[str, FileEntry]) -> bool:
        for path, entry in expected.items():
            seen = self._digests.glance(directory / path)
            if seen is None or seen.size != entry.size or seen.sha256 not in ("", entry.sha256):
                return False
        return True

    def _mirrored(self, card: UpstreamModel) -> Path | None:
        """The folder of the mirror that has every file of a card, by path and size; None without one.

        A card that does not know all digests has nothing to check a mirror's files against.
        """
        if self._mirror is None or card.unverified:
            return None
        return next((place for place in self._places(card, self._mirror) if self._has_all(place, card)), None)

    def _has_all(self, place: Path, card: UpstreamModel) -> bool:
        seen = ((file, self._digests.glance(place / file.path)) for file in card.files)
        return all(one is not None and any(copy.size in (0, one.size) for copy in file.copies) for file, one in seen)

    def _places(self, card: UpstreamModel, mirror: Path) -> list[Path]:
        return list(dict.fromkeys(mirror / folder for folder in (card.folder or card.name, card.name)))

    def _directory(self, name: str) -> Path:
        return self._root / name

    def _ready(self, card: UpstreamModel, wanted: Sequence[Wanted]) -> Installed | None:
        """The model as it is installed, if every file is one of those wanted."""
        if not self._directory(card.name).is_dir():
            return None
        try:
            found = self._open(card, anew=True)
        except ArtefactError:
            return None  # what is damaged is what a pull mends
        fits = all(found.files[file.path].sha256 in {copy.sha256 for copy in file.copies} for file in wanted)
        return found if fits else None

    def _publish(self, card: UpstreamModel, receipt: Receipt, directory: Path) -> None:
        receipt.write(directory)
        for path in directory.rglob("*"):
            sync(path)
            if path.is_file():
                path.chmod(0o444)
        sync(directory)
        trash = None
        with exclusive(self._root / ".lock"):
            clear_abandoned(self._root, _TRASH)
            if self._directory(card.name).exists():
                if self._is_there(card, receipt):
                    return  # somebody else was faster: who reads theirs is not disturbed
                trash = self._discard(card.name)
            directory.rename(self._directory(card.name))
            sync(self._root)
        if trash is not None:
            shutil.rmtree(trash, ignore_errors=True)

    def _is_there(self, card: UpstreamModel, receipt: Receipt) -> bool:
        """Whether the very files of a receipt are installed already."""
        try:
            found = self._open(card, anew=False)
        except ArtefactError:
            return False
        return found.files == {path: one.entry for path, one in receipt.files.items()}

    def _discard(self, name: str) -> Path:
        """Move a model's folder aside; the caller holds the lock of the root."""
        trash = self._root / f"{_TRASH}{secrets.token_hex(8)}"
        self._directory(name).rename(trash)
        sync(self._root)
        return trash


def _is_of(file: UpstreamFile, entry: FileEntry | None) -> bool:
    """Whether a card accepts an installed file: by its digest, or by that of whoever pulled it."""
    return entry is not None and (file.unverified or entry.sha256 in {copy.sha256 for copy in file.copies})
