"""Files that are whole or absent, whatever moment the power fails, and a lock that ends with its process."""

import fcntl
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path`: one holder among all threads and processes of this machine."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def claim(directory: Path) -> int | None:
    """Lock a directory without waiting; the lock lives until the descriptor is closed or the process ends.

    Returns None if somebody alive holds it, or if it has gone.
    """
    try:
        descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def sync(path: Path) -> None:
    """Make a file's content, or a directory's entries, survive a power failure."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Replace a small file: readers see the old text or the new one, never a part.

    The modification time always grows, so that (inode, time, size) tells two states of the file apart even when they
    were written within one tick of the file system's clock.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with temporary.open("x", encoding="utf-8") as stream:
            stream.write(text)
        if path.exists():
            written = temporary.stat().st_mtime_ns
            later = max(written, path.stat().st_mtime_ns + 1)
            os.utime(temporary, ns=(later, later))
        sync(temporary)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    sync(path.parent)


@contextmanager
def scratch(root: Path, prefix: str) -> Iterator[Path]:
    """A new empty directory `root/<prefix>...`, deleted at the end.

    Directories of the same prefix whose owner died are cleared away first; those in use by anybody are left alone.
    """
    directory = root / f"{prefix}{secrets.token_hex(8)}"
    root.mkdir(parents=True, exist_ok=True)
    with exclusive(root / ".lock"):  # nobody clears the directory between its making and its claiming
        clear_abandoned(root, prefix)
        directory.mkdir()
        owner = claim(directory)
    try:
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)
        if owner is not None:
            os.close(owner)


def clear(root: Path, prefix: str) -> None:
    """Delete directories `root/<prefix>...` whose owner died; there need not be any."""
    if root.is_dir():
        with exclusive(root / ".lock"):
            clear_abandoned(root, prefix)


def clear_abandoned(root: Path, prefix: str) -> None:
    """Delete directories `root/<prefix>...` that nobody alive has claimed; the caller holds the lock of `root`."""
    for entry in root.iterdir():
        if entry.name.startswith(prefix) and (owner := claim(entry)) is not None:
            shutil.rmtree(entry, ignore_errors=True)
            os.close(owner)
