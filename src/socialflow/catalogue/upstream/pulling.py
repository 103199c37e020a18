"""How the files of a model come here: from a mirror folder, or from where they are published."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from socialflow.catalogue.records import FileEntry
from socialflow.catalogue.upstream.ports import Fetch
from socialflow.catalogue.upstream.receipt import Received
from socialflow.catalogue.upstream.records import (
    DIGEST,
    MAX_FILE_BYTES,
    Copy,
    UpstreamFile,
    UpstreamModel,
    check_url,
)
from socialflow.errors import (
    ArtefactError,
    DigestMismatch,
    InvalidInput,
    ModelUnavailable,
    SocialflowError,
    SourceUnavailable,
)
from socialflow.kit.progress import Progress

MIRROR_SETTING = "SOCIALFLOW_MODEL_MIRROR"
_BLOCK = 1 << 20
_LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Given:
    """What whoever pulls says of files whose card does not: digests and addresses by path."""

    sha256: Mapping[str, str] = field(default_factory=dict)
    urls: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Wanted:
    """One file to bring: the forms it may have, and an address that goes before theirs."""

    path: str
    copies: tuple[Copy, ...]
    url: str = ""

    def accept(self, entry: FileEntry, source: str) -> Received:
        """The file as received. Raises DigestMismatch for one that is in none of the forms."""
        if entry.sha256 not in {copy.sha256 for copy in self.copies}:
            wanted = " or ".join(copy.sha256 for copy in self.copies)
            raise DigestMismatch(f"{source} is not the {self.path} of the card: SHA-256 {entry.sha256}, not {wanted}")
        return Received(entry, source)


def wanted_files(card: UpstreamModel, given: Given) -> list[Wanted]:
    """The files of a card, completed by what was given.

    Raises:
        InvalidInput: something was given for a file that the card has not, or a digest where the card has its own; or a
            digest is lacking that the card does not know.
    """
    paths = [file.path for file in card.files]
    for path in (*given.sha256, *given.urls):
        if path not in paths:
            raise InvalidInput(f"{card.name} has no file {path}; it has: {', '.join(paths)}", field="file")
    lacking = [path for path in card.unverified if path not in given.sha256]
    if lacking:
        options = " ".join(f"--sha256 {path}=DIGEST" for path in lacking)
        raise InvalidInput(
            f"the catalogue does not know the digest of {', '.join(lacking)}, and nothing is taken unchecked; look at "
            f"a fixed revision of {card.source} and say: socialflow models pull {card.name} {options}",
            field="sha256",
        )
    return [_wanted(card, file, given) for file in card.files]


def _wanted(card: UpstreamModel, file: UpstreamFile, given: Given) -> Wanted:
    digest = given.sha256.get(file.path, "").lower()
    if digest and not DIGEST.fullmatch(digest):
        raise InvalidInput(f"a SHA-256 is 64 hexadecimal digits, not {digest!r}", field="sha256")
    if digest and file.copies and digest not in {copy.sha256 for copy in file.copies}:
        raise InvalidInput(f"the card of {card.name} names another digest of {file.path}; leave it out", field="sha256")
    copies = file.copies or (Copy(digest, 0, file.url),)
    try:
        return Wanted(file.path, copies, check_url(given.urls.get(file.path, "")))
    except ArtefactError as error:
        raise InvalidInput(error.message, field="url") from error


class Bringer:
    """Brings files of one model into a folder.

    Args:
        places: folders of a mirror that may have them; None: there is no mirror.
        fetch: reads addresses; None: nothing here can.
    """

    def __init__(
        self, card: UpstreamModel, places: Sequence[Path] | None, fetch: Fetch | None, progress: Progress
    ) -> None:
        self._card = card
        self._places = places
        self._fetch = fetch
        self._progress = progress

    async def bring(self, wanted: Wanted, into: Path) -> Received:
        """Write one file, in one of its forms.

        Raises:
            DigestMismatch: what was found is something else.
            ModelUnavailable: the mirror lacks it, or it has no address, or nothing can read addresses.
            SourceUnavailable: it cannot be read.
        """
        if self._places is not None and not wanted.url:
            return await asyncio.to_thread(self._from_mirror, wanted, into, self._places)
        return await self._from_upstream(wanted, into)

    def _from_mirror(self, wanted: Wanted, into: Path, places: Sequence[Path]) -> Received:
        found = next((path for place in places if (path := place / wanted.path).is_file()), None)
        if found is None:
            looked = " or ".join(map(str, places))
            raise ModelUnavailable(
                f"the mirror lacks {wanted.path} of {self._card.name}; put it into {looked}, or unset {MIRROR_SETTING}"
            )
        digest, done, total = hashlib.sha256(), 0, found.stat().st_size
        try:
            with found.open("rb") as source, into.open("xb") as target:
                while block := source.read(_BLOCK):
                    digest.update(block)
                    target.write(block)
                    done += len(block)
                    self._progress(f"{self._card.name}/{wanted.path}", done, total)
        except OSError as error:
            raise SourceUnavailable(f"{found} cannot be copied: {error.strerror}") from error
        return wanted.accept(FileEntry(done, digest.hexdigest()), str(found))

    async def _from_upstream(self, wanted: Wanted, into: Path) -> Received:
        """The first of its addresses that gives it; the others are told of where none does."""
        addresses = list(dict.fromkeys(filter(None, (wanted.url, *(copy.url for copy in wanted.copies)))))
        if not addresses:
            raise ModelUnavailable(
                f"the catalogue knows no address of {wanted.path} of {self._card.name}; set {MIRROR_SETTING} to a "
                f"folder that has it, or say --url {wanted.path}=ADDRESS"
            )
        failures: list[SocialflowError] = []
        for address in addresses:
            try:
                return await self._from_address(wanted, address, into)
            except SocialflowError as error:
                failures.append(error)
        if len(failures) == 1:
            raise failures[0]
        raise SourceUnavailable("; ".join(failure.message for failure in failures)) from failures[0]

    async def _from_address(self, wanted: Wanted, address: str, into: Path) -> Received:
        if self._fetch is None:
            raise ModelUnavailable(f"nothing here can read {address}; set {MIRROR_SETTING} to a folder with the file")
        sizes = [copy.size for copy in wanted.copies]
        limit = max(sizes) if all(sizes) else MAX_FILE_BYTES
        with TemporaryDirectory(prefix=".fetching-", dir=into.parent) as folder:
            try:
                async with self._watched(wanted, Path(folder), limit if all(sizes) else 0):
                    fetched = await self._fetch.fetch(address, into=Path(folder), max_bytes=limit)
            except SocialflowError as error:
                raise SourceUnavailable(f"{address} cannot be fetched: {error.message}") from error
            entry = await asyncio.to_thread(_entry, fetched.path)
            received = wanted.accept(entry, address)
            await asyncio.to_thread(fetched.path.rename, into)
        return received

    @asynccontextmanager
    async def _watched(self, wanted: Wanted, folder: Path, total: int) -> AsyncIterator[None]:
        """Tell how much has come while something writes into a folder."""

        async def look() -> None:
            while True:
                await asyncio.sleep(_LOOK_SECONDS)
                self._progress(f"{self._card.name}/{wanted.path}", await asyncio.to_thread(_written, folder), total)

        looking = asyncio.create_task(look())
        try:
            yield
        finally:
            looking.cancel()


def _written(folder: Path) -> int:
    """Bytes of a folder's files so far."""
    with suppress(FileNotFoundError):  # one was finished, or taken away, between listing and looking
        return sum(path.stat().st_size for path in folder.iterdir())
    return 0


def _entry(path: Path) -> FileEntry:
    """Size and digest of what was fetched. Raises SourceUnavailable where nothing was."""
    digest, size = hashlib.sha256(), 0
    try:
        with path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise SourceUnavailable(f"what was fetched cannot be read: {error.strerror}") from error
    return FileEntry(size, digest.hexdigest())
