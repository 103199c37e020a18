"""What the catalogue says of a version.

On disk (all JSON is UTF-8, keys sorted)::

    root/aliases.json                   which version of each name is active, and which were before
    root/<name>/<version>/manifest.json what the version is and the digest of each of its files
    root/<name>/<version>/card.json     the same for people: purpose, data, metrics, limits
    root/<name>/<version>/...           the artefact's own files
"""

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import PurePosixPath

from socialflow.errors import ArtefactError, InvalidInput

MANIFEST_FILE = "manifest.json"
CARD_FILE = "card.json"
FORMAT = 1
SUFFIXES = frozenset({".npy", ".npz", ".json", ".onnx", ".txt", ".safetensors"})
"""Formats that only hold data: reading one cannot run code."""

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,63}")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,63}")


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a version: `size` in bytes, `sha256` in lower-case hexadecimal."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Card:
    """What a person should know before using a version."""

    summary: str = ""
    intended_use: str = ""
    data: str = ""
    """What it was fitted on: source, size, period."""
    limitations: tuple[str, ...] = ()
    licence: str = ""

    def to_json(self) -> dict[str, object]:
        """The card as it stands in `card.json`."""
        return {
            "summary": self.summary,
            "intended_use": self.intended_use,
            "data": self.data,
            "limitations": list(self.limitations),
            "licence": self.licence,
        }

    @classmethod
    def from_json(cls, document: Mapping[str, object]) -> "Card":
        """Inverse of `to_json`; unknown keys are ignored, so that older programs read newer cards."""
        limitations = document.get("limitations")
        return cls(
            summary=str(document.get("summary", "")),
            intended_use=str(document.get("intended_use", "")),
            data=str(document.get("data", "")),
            limitations=tuple(map(str, limitations)) if isinstance(limitations, list) else (),
            licence=str(document.get("licence", "")),
        )


@dataclass(frozen=True, slots=True)
class Version:
    """One stored version. It never changes; whether it is active is the alias file's business.

    `kind` says what can load it (an algorithm's name); `sequence` counts the versions of a name from 1; `metadata`
    holds parameters, metrics, counts, the digest of the data and versions of libraries.
    """

    name: str
    version: str
    sequence: int
    kind: str
    created_at: datetime
    metadata: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A version and the digests of its files, by path relative to the version's directory."""

    about: Version
    files: Mapping[str, FileEntry]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())

    @property
    def digest(self) -> str:
        """SHA-256 of everything the manifest says: the identity of the version's content."""
        return hashlib.sha256(to_text(self._body()).encode()).hexdigest()

    def _body(self) -> dict[str, object]:
        about = self.about
        return {
            "format": FORMAT,
            "name": about.name,
            "version": about.version,
            "sequence": about.sequence,
            "kind": about.kind,
            "created_at": about.created_at.isoformat(),
            "metadata": dict(about.metadata),
            "files": {path: {"size": entry.size, "sha256": entry.sha256} for path, entry in self.files.items()},
        }

    def to_json(self) -> dict[str, object]:
        """The manifest as it stands on disk, its own digest included."""
        return {**self._body(), "digest": self.digest}

    @classmethod
    def from_json(cls, document: object, *, where: str) -> "Manifest":
        """Inverse of `to_json`.

        Raises:
            ArtefactError: another format, a missing part, an unsafe path, or a digest that does not fit.
        """
        if not isinstance(document, dict):
            raise ArtefactError(f"{where} is not a manifest")
        if document.get("format") != FORMAT:
            raise ArtefactError(f"{where} has format {document.get('format')!r}; this program reads format {FORMAT}")
        try:
            manifest = cls(
                Version(
                    name=check_name(document["name"]),
                    version=check_version(document["version"]),
                    sequence=int(document["sequence"]),
                    kind=str(document["kind"]),
                    created_at=datetime.fromisoformat(document["created_at"]),
                    metadata=dict(document["metadata"]),
                ),
                {
                    check_path(path): FileEntry(int(entry["size"]), str(entry["sha256"]))
                    for path, entry in document["files"].items()
                },
            )
        except (KeyError, TypeError, ValueError, AttributeError, InvalidInput) as error:
            raise ArtefactError(f"{where} is not a usable manifest: {error}") from error
        if manifest.digest != document.get("digest"):
            raise ArtefactError(f"{where} was changed after it was written: its digest does not fit its content")
        return manifest


def to_text(document: object) -> str:
    """JSON text with sorted keys; refuses NaN and infinities. Raises InvalidInput for what JSON cannot hold."""
    try:
        return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1, allow_nan=False)
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"metadata must be plain JSON: {error}", field="metadata") from error


def check_name(name: object) -> str:
    """Return a usable model name. Raises InvalidInput.

    >>> check_name("item_item")
    'item_item'
    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise InvalidInput(f"a model name is 1 to 64 of a-z 0-9 _ -, like item_item; not {name!r}", field="name")
    return name


def check_version(version: object) -> str:
    """Return a usable version name. Raises InvalidInput.

    >>> check_version("0001")
    '0001'
    """
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise InvalidInput(
            f"a version is 1 to 64 letters, digits or . _ - and starts with a letter or digit; not {version!r}",
            field="version",
        )
    return version


def check_path(path: object, suffixes: Collection[str] = SUFFIXES) -> str:
    """Return a relative path of a data file of one of these formats inside a version. Raises ArtefactError.

    >>> check_path("parts/item_item/similarity.npy")
    'parts/item_item/similarity.npy'
    """
    if not isinstance(path, str) or not path or "\\" in path or "\0" in path:
        raise ArtefactError(f"{path!r} is not a path inside a version")
    pure = PurePosixPath(path)
    if pure.is_absolute() or str(pure) != path or any(part.startswith(".") for part in pure.parts):
        raise ArtefactError(f"{path!r} is not a path inside a version")
    if pure.suffix not in suffixes:
        raise ArtefactError(f"{path!r} has a format that is never loaded; allowed: {', '.join(sorted(suffixes))}")
    return path
