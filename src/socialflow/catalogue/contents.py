"""The files of a version: what is there, and whether it is what the manifest says."""

import json
from pathlib import Path

from socialflow.catalogue.records import MANIFEST_FILE, FileEntry, Manifest, check_path
from socialflow.errors import ArtefactError, DigestMismatch
from socialflow.kit.digests import file_digest


def read_manifest(directory: Path) -> Manifest:
    """What the manifest in `directory` says; its files are not looked at. Raises ArtefactError."""
    path = directory / MANIFEST_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ArtefactError(f"{path} cannot be read: {error}") from error
    return Manifest.from_json(document, where=str(path))


def _files(directory: Path) -> list[str]:
    """Relative paths of all files below `directory`. Raises ArtefactError for a link or anything but a plain file."""
    found = []
    for path in sorted(directory.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise ArtefactError(f"{path} is not a plain file")
        if path.is_file():
            found.append(path.relative_to(directory).as_posix())
    return found


def entries(directory: Path) -> dict[str, FileEntry]:
    """Size and digest of every file below `directory`. Raises ArtefactError for a format that is never loaded."""
    found = {}
    for path in map(check_path, _files(directory)):
        file = directory / path
        found[path] = FileEntry(file.stat().st_size, file_digest(file))
    return found


def verify(directory: Path, manifest: Manifest) -> None:
    """Check every file below `directory` against the manifest. Raises DigestMismatch, ArtefactError."""
    present = set(_files(directory)) - {MANIFEST_FILE}
    if missing := sorted(set(manifest.files) - present):
        raise ArtefactError(f"{directory} lacks {missing[0]}")
    if extra := sorted(present - set(manifest.files)):
        raise ArtefactError(f"{directory} holds {extra[0]}, which its manifest does not name")
    for path, entry in manifest.files.items():
        file = directory / path
        if file.stat().st_size != entry.size or file_digest(file) != entry.sha256:
            raise DigestMismatch(f"{file} is damaged: its SHA-256 is not the one in its manifest")
