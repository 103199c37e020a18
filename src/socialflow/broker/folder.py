"""kombu's file transport, made to survive kill -9: a message appears whole or not at all, and a damaged one is dropped.

What is dropped is only a message. Its job stays in the store, and is sent again.
"""

import json
import os
import uuid
from contextlib import suppress
from pathlib import Path
from queue import Empty
from time import time_ns
from typing import Any

from kombu.transport import filesystem, virtual

LONGEST_WAIT = 0.25
"""Seconds."""


class Channel(filesystem.Channel):
    """Files `NUMBER_ID.QUEUE.msg` in one folder, oldest first.

    Messages go to a queue by its name. kombu's files of bindings, which every process rewrites in place, are not kept:
    one torn by kill -9 would stop all of them for good.
    """

    supports_fanout = False
    get_table = virtual.Channel.get_table

    def _put(self, queue: str, payload: dict[str, Any], **_options: object) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        name = f"{time_ns():020d}_{uuid.uuid4().hex}"
        aside = folder / f"{name}.part"
        aside.write_text(json.dumps(payload), encoding="utf-8")
        aside.replace(folder / f"{name}.{queue}.msg")

    def _get(self, queue: str, timeout: float | None = None) -> dict[str, Any]:  # noqa: ARG002 - kombu's
        folder = Path(self.data_folder_in)
        for name in sorted(os.listdir(folder)):  # noqa: PTH208 - names alone are wanted, as cheaply as can be
            if name.partition(".")[2] != f"{queue}.msg":
                continue
            taken = folder / f"{name}.{os.getpid()}.taken"
            try:
                (folder / name).rename(taken)
                text = taken.read_bytes()
            except FileNotFoundError:  # another process was faster
                continue
            with suppress(FileNotFoundError):
                taken.unlink()
            with suppress(ValueError):
                message: dict[str, Any] = json.loads(text)
                return message
        raise Empty


class Transport(filesystem.Transport):
    """The transport of this channel."""

    Channel = Channel

    def drain_events(self, connection: Any, timeout: float | None = None) -> None:  # type: ignore[override]
        """Wait for a message, though never for long: a worker that is to stop notices between two waits."""
        wait = min(timeout or LONGEST_WAIT, LONGEST_WAIT)
        super().drain_events(connection, timeout=wait)  # type: ignore[no-untyped-call]


def prepare(folder: Path) -> None:
    """Make the folder, and clear it of what killed processes left half done."""
    folder.mkdir(parents=True, exist_ok=True)
    for left in (*folder.glob("*.part"), *folder.glob("*.taken")):
        with suppress(FileNotFoundError):
            if time_ns() - left.stat().st_mtime_ns > _STALE_NS:
                left.unlink()


_STALE_NS = 60 * 1_000_000_000
