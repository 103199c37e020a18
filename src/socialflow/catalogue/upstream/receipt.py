"""What the store noted when it installed a model: which file came from where, and what it was."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from socialflow.catalogue.records import FileEntry, check_path, to_text
from socialflow.catalogue.upstream.records import RECEIPT_FILE, SUFFIXES
from socialflow.errors import ArtefactError

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Received:
    """One file as it was received, and its `source`: an address, or a path in a mirror."""

    entry: FileEntry
    source: str


@dataclass(frozen=True, slots=True)
class Receipt:
    """An installed model: its files by path, and when they were received."""

    name: str
    received_at: datetime
    files: Mapping[str, Received]

    def write(self, directory: Path) -> None:
        """Leave it beside the files."""
        files = {
            path: {"size": one.entry.size, "sha256": one.entry.sha256, "source": one.source}
            for path, one in self.files.items()
        }
        document = {"format": FORMAT, "name": self.name, "received_at": self.received_at.isoformat(), "files": files}
        (directory / RECEIPT_FILE).write_text(to_text(document), encoding="utf-8")


def read_receipt(directory: Path) -> Receipt:
    """What stands in the folder of an installed model. Raises ArtefactError for none, or a damaged one."""
    path = directory / RECEIPT_FILE
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        if document["format"] != FORMAT:
            raise ArtefactError(f"{path} has format {document['format']!r}; this program reads format {FORMAT}")
        files = {
            check_path(file, SUFFIXES): Received(FileEntry(int(one["size"]), str(one["sha256"])), str(one["source"]))
            for file, one in document["files"].items()
        }
        return Receipt(str(document["name"]), datetime.fromisoformat(document["received_at"]), files)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ArtefactError(f"{path} cannot be used: {error}") from error
