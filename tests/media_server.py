"""A server on this machine that answers byte by byte as it is told, and a certificate authority for it."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

Says: TypeAlias = Callable[[asyncio.StreamWriter], Awaitable[None]]
"""Writes an answer; the connection closes when it returns."""


def answer(body: bytes = b"", status: int = 200, **headers: str) -> Says:
    """A plain answer with a right length, unless `headers` (with `_` for `-`) give another; empty ones are left out."""
    lines = {"Content-Length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items() if value)
    return raw(f"HTTP/1.1 {status} Said\r\n{head}\r\n".encode() + body)


def redirect(location: str, status: int = 302, **headers: str) -> Says:
    return answer(b"", status, Location=location, **headers)


def raw(data: bytes) -> Says:
    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(data)

    return say


def endless(start: bytes, more: bytes) -> Says:
    """Writes on and on until nobody listens."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        while True:
            writer.write(more)
            await writer.drain()
            await asyncio.sleep(0)

    return say


def stuck(start: bytes, reached: asyncio.Event | None = None) -> Says:
    """Says the start, and then nothing."""

    async def say(writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        if reached is not None:
            reached.set()
        await asyncio.Event().wait()

    return say


@dataclass
class MediaServer:
    """Says the scripted answers in turn, the last of them again and again; keeps the head of every request."""

    port: int = 0
    script: Sequence[Says] = ()
    heads: list[str] = field(default_factory=list)
    names: list[str | None] = field(default_factory=list)
    """Server names that TLS clients asked for."""

    def header(self, name: str, request: int = -1) -> str | None:
        for line in self.heads[request].split("\r\n")[1:]:
            found, _, value = line.partition(": ")
            if found.lower() == name.lower():
                return value
        return None

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(ConnectionError, asyncio.IncompleteReadError):
                head = await reader.readuntil(b"\r\n\r\n")
                self.heads.append(head.decode())
                await self.script[min(len(self.heads), len(self.script)) - 1](writer)
                await writer.drain()
            writer.close()
            with suppress(ConnectionError, ssl.SSLError):
                await writer.wait_closed()
        finally:
            writer.transport.abort()


@asynccontextmanager
async def serving(*script: Says, tls: ssl.SSLContext | None = None) -> AsyncIterator[MediaServer]:
    server = MediaServer(script=script)
    tasks: set[asyncio.Task[None]] = set()

    def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(server._serve(reader, writer))
        tasks.add(task)

    if tls is not None:
        tls.sni_callback = lambda sock, name, context: server.names.append(name)
    listening = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        listening.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Authority:
    """A certificate authority: what servers show, and what clients trust."""

    folder: Path

    def server(self, name: str) -> ssl.SSLContext:
        """The side of a server with a certificate for `name`."""
        key, issuer = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = _certificate("Test authority", issuer, "Test authority", issuer, ca=True)
        shown = _certificate(name, key, "Test authority", issuer, ca=False)
        pem = self.folder / f"{name}.pem"
        pem.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + shown.public_bytes(serialization.Encoding.PEM)
        )
        with (self.folder / "roots.pem").open("ab") as roots:
            roots.write(root.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
        return context

    def trusted(self) -> ssl.SSLContext:
        """The side of a client that trusts what was issued so far."""
        return ssl.create_default_context(cafile=str(self.folder / "roots.pem"))


def _certificate(
    name: str, key: ec.EllipticCurvePrivateKey, issuer: str, signing: ec.EllipticCurvePrivateKey, *, ca: bool
) -> x509.Certificate:
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
    )
    if not ca:
        made = made.add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
    return made.sign(signing, hashes.SHA256())
