"""Where an import stands, kept beside the store so that a broken one goes on where it was.

A checkpoint is written after its chunk is committed. A kill between the two repeats one chunk, which stores nothing
twice because every record has its own identity.
"""

import hashlib
import json
import os
import re
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

import orjson

from socialflow.errors import InvalidInput
from socialflow.intake.records import RejectedRow

_HEAD = 1 << 16


@dataclass(slots=True)
class Tally:
    """Counts so far; `witness` is the id of something stored, by which the store is known again."""

    rows: int = 0
    stored: int = 0
    duplicates: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    rejected_bytes: int = 0
    witness: str = ""


def forget(directory: Path, names: Collection[str]) -> int:
    """Take whatever names a person out of kept rows and checkpoints; part of erasing that person.

    A name counts where it stands as a word of its own, so a short one may take other people's rejected rows with it.

    Returns:
        Number of rejected rows and checkpoints removed.
    """
    if not names:
        return 0
    words = "|".join(re.escape(form) for name in names for form in _written(name))
    named = re.compile(rf"(?<!\w)(?:{words})(?!\w)".encode())
    removed = 0
    for path in sorted(directory.glob("*.rejected.jsonl")):
        rows = path.read_bytes().splitlines(keepends=True)
        kept = [row for row in rows if not named.search(row)]
        if len(kept) < len(rows):
            removed += len(rows) - len(kept)
            _replace(path, b"".join(kept))
    for path in sorted(directory.glob("*.json")):
        if named.search(path.read_bytes()):
            removed += 1
            path.unlink()
    return removed


def _written(name: str) -> set[str]:
    """The forms in which a name may stand in a kept file.

    Everything there is JSON; a row in it was JSON, JSON in ASCII or Python text before, or bytes read as Latin-1.
    """
    rows = (name, _json(name), json.dumps(name)[1:-1], ascii(name)[1:-1], name.encode().decode("latin-1"))
    return {_json(row) for row in rows}


def _json(text: str) -> str:
    return orjson.dumps(text).decode()[1:-1]


def _replace(path: Path, content: bytes) -> None:
    """Write a file, all or nothing."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)


def file_identity(path: Path) -> str:
    """Name, size, change time and the first 64 KiB of a file, as one text."""
    facts = path.stat()
    with path.open("rb") as stream:
        head = hashlib.blake2b(stream.read(_HEAD), digest_size=16).hexdigest()
    return f"{path.name} {facts.st_size} {facts.st_mtime_ns} {head}"


class Journal:
    """The checkpoint and the rejected rows of one import."""

    def __init__(self, directory: Path, name: str, identity: str) -> None:
        try:
            directory.mkdir(parents=True, exist_ok=True)
        except OSError as wrong:
            raise InvalidInput(f"cannot keep checkpoints in {directory}: {wrong}", field="state_dir") from wrong
        key = hashlib.blake2b(identity.encode(), digest_size=8).hexdigest()
        self._checkpoint = directory / f"{name}-{key}.json"
        self.rejected_path = directory / f"{name}-{key}.rejected.jsonl"

    def read(self) -> Tally | None:
        """What an earlier run left, or None."""
        try:
            kept = orjson.loads(self._checkpoint.read_bytes())
            return Tally(
                rows=int(kept["rows"]),
                stored=int(kept["stored"]),
                duplicates=int(kept["duplicates"]),
                rejected=Counter({str(reason): int(count) for reason, count in kept["rejected"].items()}),
                rejected_bytes=int(kept["rejected_bytes"]),
                witness=str(kept["witness"]),
            )
        except (OSError, orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError):
            return None  # none, or one cut short: beginning again is safe

    def begin(self, tally: Tally) -> None:
        """Drop rejected rows beyond the checkpoint; they will be met again."""
        if tally.rejected_bytes and self.rejected_path.exists():
            os.truncate(self.rejected_path, tally.rejected_bytes)
        else:
            self.rejected_path.unlink(missing_ok=True)

    def reject(self, rows: list[RejectedRow], tally: Tally) -> None:
        """Append rejected rows to their file and count them."""
        if not rows:
            return
        with self.rejected_path.open("ab") as stream:
            for row in rows:
                tally.rejected[f"{row.code}:{row.field}" if row.field else row.code] += 1
                stream.write(orjson.dumps(row._asdict(), option=orjson.OPT_APPEND_NEWLINE))
            tally.rejected_bytes = stream.tell()

    def commit(self, tally: Tally) -> None:
        """Write the checkpoint, all or nothing."""
        kept = {
            "rows": tally.rows,
            "stored": tally.stored,
            "duplicates": tally.duplicates,
            "rejected": dict(tally.rejected),
            "rejected_bytes": tally.rejected_bytes,
            "witness": tally.witness,
        }
        _replace(self._checkpoint, orjson.dumps(kept))

    def finish(self) -> None:
        """Forget the checkpoint: the import is complete."""
        self._checkpoint.unlink(missing_ok=True)
