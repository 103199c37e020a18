"""Heads of the audit chain in a file beside the database: who cuts the chain short must find and change this too.

A line a head: `{"number": 3, "hash": "...", "sealed_at": "2026-01-31T12:00:00+00:00"}`. Copy it elsewhere now and then.
"""

from collections.abc import Sequence
from pathlib import Path

import orjson

from socialflow.errors import InvalidInput
from socialflow.moderation.audit import Batch, Head


class HeadFile:
    """Heads that this machine sealed, appended."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def keep(self, batch: Batch) -> None:
        """Note the hash of a batch. Raises OSError."""
        line = {"number": batch.number, "hash": batch.hash, "sealed_at": batch.sealed_at}
        with self._path.open("ab") as file:
            file.write(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))

    def heads(self) -> Sequence[Head]:
        """What was kept; none where there is no file. Raises InvalidInput where a line is no head."""
        if not self._path.exists():
            return []
        found = []
        for number, line in enumerate(self._path.read_bytes().splitlines(), 1):
            try:
                data = orjson.loads(line)
                found.append(Head(int(data["number"]), str(data["hash"])))
            except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
                raise InvalidInput(
                    f"{self._path.name}, line {number}: not the head of a chain", field="heads"
                ) from error
        return found
