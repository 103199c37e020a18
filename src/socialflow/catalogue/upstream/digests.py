"""Digests of files, computed once and again whenever a file changed."""

import threading
from pathlib import Path

from socialflow.catalogue.records import FileEntry
from socialflow.errors import ArtefactError
from socialflow.kit.digests import file_digest

_Print = tuple[int, int, int, int]


class Digests:
    """Remembers what each file was found to be while its inode, size and times of change stay as they were."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._known: dict[Path, tuple[_Print, str]] = {}

    def entry(self, path: Path, *, anew: bool = False) -> FileEntry:
        """Size and digest of a file; `anew`: read it whatever is remembered. Raises ArtefactError if it cannot be."""
        try:
            seen = _print(path)
            with self._guard:
                known = self._known.get(path)
            if anew or known is None or known[0] != seen:
                known = (seen, file_digest(path))
                with self._guard:
                    self._known[path] = known
        except OSError as error:
            raise ArtefactError(f"{path} cannot be read: {error.strerror}") from error
        return FileEntry(seen[1], known[1])

    def glance(self, path: Path) -> FileEntry | None:
        """Size of a file, and its digest if it is remembered ("" if not), without reading it; None: no file."""
        if not path.is_file():
            return None
        seen = _print(path)
        with self._guard:
            known = self._known.get(path)
        return FileEntry(seen[1], known[1] if known is not None and known[0] == seen else "")


def _print(path: Path) -> _Print:
    found = path.stat()
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
