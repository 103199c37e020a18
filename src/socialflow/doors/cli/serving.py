"""`socialflow serve`."""

from __future__ import annotations

import signal
import socket
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from socialflow.doors.cli import session
from socialflow.errors import ConfigurationError

if TYPE_CHECKING:
    import uvicorn

APPLICATION = "socialflow.main:app"
MAX_FRAME_BYTES = 64 * 1024
"""Bytes of one WebSocket message that are read at all; the door itself takes a quarter of that."""

Host = Annotated[str | None, typer.Option(help="Address to listen on; default SOCIALFLOW_HOST.")]
Port = Annotated[int | None, typer.Option(min=1, max=65535, help="Port to listen on; default SOCIALFLOW_PORT.")]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: socialflow serve --host 0.0.0.0 --port 8080")(serve)


def serve(host: Host = None, port: Port = None) -> None:
    """Serve the REST API; SIGTERM lets requests in flight finish."""
    import uvicorn

    chosen = session.settings()
    session.prepare_store(chosen)
    address = (host or chosen.socialflow_host, port or chosen.socialflow_port)
    check_free(*address)
    run_server(uvicorn.Server(server_config(*address, shutdown_seconds=chosen.shutdown_seconds)))


def run_server(server: uvicorn.Server) -> None:
    """Serve until SIGTERM or SIGINT, finish what is in flight, return; exit code 1 where the start failed."""
    for number in (signal.SIGTERM, signal.SIGINT):
        # uvicorn has its own handlers while it runs; afterwards it raises the signal once more, for these to end it.
        signal.signal(number, lambda *_: None)
    # Rankings run on a thread beside the event loop: handing over after 1 ms, not 5, keeps answers from queueing.
    sys.setswitchinterval(0.001)
    server.run()
    if not server.started:
        raise typer.Exit(1)


def server_config(host: str, port: int, *, shutdown_seconds: int) -> uvicorn.Config:
    """How uvicorn runs the application, everywhere."""
    import uvicorn

    return uvicorn.Config(
        APPLICATION,
        host=host,
        port=port,
        http="httptools",
        ws="websockets-sansio",
        ws_max_size=MAX_FRAME_BYTES,
        ws_per_message_deflate=False,  # a chat's answers are short, and nothing small may grow large here
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=shutdown_seconds,
    )


def check_free(host: str, port: int) -> None:
    """Raise ConfigurationError, with what to do, unless the address can be listened on."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise ConfigurationError(
            f"cannot listen on {host}:{port} ({error.strerror}); stop what uses it or choose another with --port"
        ) from error
