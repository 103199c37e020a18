"""Which version of each name is active: one small file, replaced as a whole."""

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from socialflow.catalogue.disk import replace_text
from socialflow.catalogue.records import to_text
from socialflow.errors import ArtefactError

MAX_PREVIOUS = 50
"""How many former active versions of a name are remembered for rolling back."""


@dataclass(frozen=True, slots=True)
class Aliases:
    """One state of the alias file.

    `active`: name -> version; `previous`: name -> versions active before, newest last; `sequences`: name -> highest
    sequence number ever given, so that a removed version's name is never used again.
    """

    active: Mapping[str, str] = field(default_factory=dict)
    previous: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sequences: Mapping[str, int] = field(default_factory=dict)

    def with_active(self, name: str, version: str) -> "Aliases":
        """The state after `version` became active; the one before is remembered."""
        former = self.active.get(name)
        if former == version:
            return self
        history = self.previous.get(name, ()) + ((former,) if former else ())
        return Aliases({**self.active, name: version}, {**self.previous, name: history[-MAX_PREVIOUS:]}, self.sequences)

    def rolled_back(self, name: str) -> "Aliases":
        """The state after the last activation of `name` was taken back. Raises KeyError without a former version."""
        history = self.previous.get(name, ())
        if not history:
            raise KeyError(name)
        return Aliases({**self.active, name: history[-1]}, {**self.previous, name: history[:-1]}, self.sequences)

    def without(self, name: str, version: str) -> "Aliases":
        """The state after a version that is not active was removed."""
        history = tuple(former for former in self.previous.get(name, ()) if former != version)
        return Aliases(self.active, {**self.previous, name: history}, self.sequences)

    def with_sequence(self, name: str, sequence: int) -> "Aliases":
        """The state after a sequence number was given out."""
        return Aliases(self.active, self.previous, {**self.sequences, name: sequence})


class AliasFile:
    """The alias file of a catalogue. Reading costs one `stat` while nothing changed; writers hold the root's lock."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._seen: tuple[int, int, int] | None = None
        self._state = Aliases()

    def read(self) -> Aliases:
        """The present state; empty before the first activation. Raises ArtefactError for a damaged file."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return Aliases()
        seen = (found.st_ino, found.st_mtime_ns, found.st_size)
        with self._lock:
            if seen != self._seen:
                # The file may be replaced between stat and read: then the next stat differs and it is read again.
                self._state, self._seen = self._parse(), seen
            return self._state

    def write(self, state: Aliases) -> None:
        """Replace the state; durable when this returns."""
        document = {
            "format": 1,
            "active": dict(state.active),
            "previous": {name: list(versions) for name, versions in state.previous.items() if versions},
            "sequences": dict(state.sequences),
        }
        replace_text(self._path, to_text(document))

    def _parse(self) -> Aliases:
        try:
            document = json.loads(self._path.read_text(encoding="utf-8"))
            return Aliases(
                {str(name): str(version) for name, version in document["active"].items()},
                {str(name): tuple(map(str, versions)) for name, versions in document["previous"].items()},
                {str(name): int(number) for name, number in document["sequences"].items()},
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArtefactError(
                f"{self._path} is damaged ({error}); restore it or delete it and activate again"
            ) from error
