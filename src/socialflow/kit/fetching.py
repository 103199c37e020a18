"""Media that callers name by URL, fetched without lending them this machine's place in the network.

Who may say what a server fetches can try to have it fetch from itself, from its neighbours or from the services that a
cloud keeps for its machines (server-side request forgery, CWE-918). So every URL, and in the same way everything that
it redirects to, is

1. *named plainly*: http or https, a usual port, no credentials, the host in its one plain spelling (`kit.addresses`);
2. *looked up once, here*: every address that the host has must be one of the public internet;
3. *asked at the address that was looked at*: the request goes to the number, while `Host` and TLS keep the name, and
   the certificate must be the name's. A name that means another address a moment later (DNS rebinding) changes nothing.

The URL is read by the parser of the library that sends the request, so that both see the same host. Requests go
through httpx's transport without its client: a transport knows no proxies, no `.netrc`, no cookies, no redirects and no
decompression, and it does not log.
"""

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from tempfile import NamedTemporaryFile
from types import TracebackType
from typing import IO, Protocol, Self

import httpx
import structlog

from socialflow.errors import MediaUnavailable, RefusedAddress, TooLarge
from socialflow.kit.addresses import Address, host_and_port, is_public, is_public_name, joined, plain_host

_URL_LENGTH = 8192
_TRIED_ADDRESSES = 4
_CHUNK = 1 << 20
"""Bytes written at once."""
_HEADERS = {"Accept": "*/*", "Accept-Encoding": "identity", "Connection": "close", "User-Agent": "socialflow"}
_AS_IT_IS = frozenset({"", "identity", "aws-chunked"})
"""Content encodings that change no byte: some object stores answer with the name of how a file was uploaded."""
_MEDIA_TYPE = re.compile(r"[a-z0-9!#$&^_.+-]{1,127}/[a-z0-9!#$&^_.+-]{1,127}")
"""RFC 6838, 4.2."""
_NO_SUCH_HOST = frozenset({socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME)})
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how long; times in seconds.

    Attributes:
        max_bytes: of one body.
        total: from the call to the last byte, lookups and redirects included.
        silence: longest wait for a connection, or for the next bytes.
        lookup: longest wait for the addresses of one name.
        redirects: followed for one URL.
    """

    max_bytes: int = 512 << 20
    total: float = 60.0
    silence: float = 10.0
    lookup: float = 5.0
    redirects: int = 5


@dataclass(frozen=True, slots=True)
class Reach:
    """Where media may be fetched from.

    Attributes:
        schemes: https, http or both.
        ports: of public hosts.
        allowed_hosts: each `host:port` exactly; these may have any address and any port. Meant for a store in a network
            of one's own: callers can have fetched from it whatever it gives without credentials.

    Raises:
        ValueError: an allowed host is not `host:port`.
    """

    schemes: frozenset[str] = frozenset({"https", "http"})
    ports: frozenset[int] = frozenset({80, 443})
    allowed_hosts: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        object.__setattr__(self, "allowed_hosts", frozenset(map(host_and_port, self.allowed_hosts)))


@dataclass(frozen=True, slots=True)
class Fetched:
    """A body in a file that belongs to the caller; as a context manager it deletes the file at the end.

    Attributes:
        size: in bytes.
        content_type: the media type that the server declares, in lower case without parameters; empty where it declares
            none. What the bytes are is for a decoder to find out.
        url: where the body came from after all redirects. It may carry a signature: not for logs.
    """

    path: Path
    size: int
    content_type: str
    url: str

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.path.unlink(missing_ok=True)


class Resolver(Protocol):
    """Knows the addresses of names."""

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """All addresses of a host, the best first; none: there is no such host. Raises OSError: cannot tell now."""
        ...


class SystemResolver:
    """Asks the system (`getaddrinfo`), in threads of its own: a name server may take half a minute to fail."""

    def __init__(self, threads: int = 16) -> None:
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="lookup")

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """See `Resolver.addresses`."""
        ask = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        try:
            found = await asyncio.get_running_loop().run_in_executor(self._threads, ask)
        except socket.gaierror as error:
            if error.errno in _NO_SUCH_HOST:
                return ()
            raise
        return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


@dataclass(frozen=True, slots=True)
class _Target:
    """A URL that passed every check, and the addresses that were checked."""

    url: httpx.URL
    host: Address | str
    addresses: tuple[Address, ...]

    def request(self, address: Address, silence: float) -> httpx.Request:
        """The request to one of the addresses, in the name of the host.

        `sni_hostname` is what httpx sends as the server's name in TLS, and what it checks the certificate against.
        """
        return httpx.Request(
            "GET",
            self.url.copy_with(host=str(address)),
            headers={"Host": self.url.netloc.decode("ascii"), **_HEADERS},
            extensions={"sni_hostname": str(self.host), "timeout": httpx.Timeout(silence).as_dict()},
        )


class Fetcher:
    """Fetches media from public addresses, and from the hosts that are allowed by name. It holds no connection open.

    Args:
        resolver: None: the system's.
        tls: certificates to trust. None: those of the public authorities.
    """

    def __init__(
        self,
        limits: Limits = Limits(),
        reach: Reach = Reach(),
        *,
        resolver: Resolver | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._limits = limits
        self._reach = reach
        self._resolver = resolver or SystemResolver()
        self._tls = tls

    async def fetch(self, url: str, *, into: Path | None = None, max_bytes: int | None = None) -> Fetched:
        """Fetch a body into a new file. Where that fails, or is cancelled, no file stays behind.

        Args:
            into: an existing folder for the file. None: the system's for temporary files.
            max_bytes: a smaller limit than the fetcher's own.

        Raises:
            RefusedAddress: the URL, or one it redirects to, is not one that media is fetched from.
            TooLarge: the body is larger than it may be.
            MediaUnavailable: the server gave no answer, not status 200, not all of the body, or all of it too slowly.
        """
        most = self._limits.max_bytes if max_bytes is None else min(max_bytes, self._limits.max_bytes)
        try:
            async with asyncio.timeout(self._limits.total):
                target = await self._checked(_parsed(url), "url")
                with _new_file(into) as file:
                    return await self._follow(target, file, most)
        except TimeoutError:
            raise MediaUnavailable(f"url took more than {self._limits.total:g} s to fetch", field="url") from None

    def fetch_now(self, url: str, *, into: Path | None = None, max_bytes: int | None = None) -> Fetched:
        """As `fetch`, blocking: for code that runs no event loop."""
        return asyncio.run(self.fetch(url, into=into, max_bytes=max_bytes))

    async def _follow(self, target: _Target, file: IO[bytes], most: int) -> Fetched:
        for _ in range(self._limits.redirects + 1):
            async with self._answer(target) as response:
                if not response.has_redirect_location:
                    return await _kept(response, target, file, most)
                location = response.headers["location"]
            target = await self._redirected(target, location)
        raise MediaUnavailable(f"url redirects more than {self._limits.redirects} times", field="url")

    @asynccontextmanager
    async def _answer(self, target: _Target) -> AsyncIterator[httpx.Response]:
        """Status and headers, the body still to be read."""
        if self._tls is None:
            self._tls = await asyncio.to_thread(httpx.create_ssl_context, trust_env=False)
        try:
            async with (
                httpx.AsyncHTTPTransport(verify=self._tls, trust_env=False) as transport,
                aclosing(await self._asked(transport, target)) as response,
            ):
                yield response
        except httpx.TimeoutException:
            raise MediaUnavailable(f"{target.host} was silent for {self._limits.silence:g} s", field="url") from None
        except (httpx.TransportError, ssl.SSLError) as error:  # the latter for broken records amid a body
            said = f"the connection to {target.host} failed ({type(error).__name__})"
            raise MediaUnavailable(said, field="url") from None

    async def _asked(self, transport: httpx.AsyncHTTPTransport, target: _Target) -> httpx.Response:
        """The answer of the first address that can be connected to."""
        *others, last = target.addresses[:_TRIED_ADDRESSES]
        for address in others:
            with suppress(httpx.ConnectError, httpx.ConnectTimeout):  # the next one may do
                return await transport.handle_async_request(target.request(address, self._limits.silence))
        return await transport.handle_async_request(target.request(last, self._limits.silence))

    async def _redirected(self, target: _Target, location: str) -> _Target:
        try:
            url = target.url.join(location)
        except (httpx.InvalidURL, ValueError):
            raise MediaUnavailable(f"{target.host} redirects to what is no URL", field="url") from None
        if (target.url.scheme, url.scheme) == ("https", "http"):
            raise RefusedAddress("url redirects from https to http", field="url")
        return await self._checked(url, "what url redirects to")

    async def _checked(self, url: httpx.URL, what: str) -> _Target:
        """The URL with its addresses. Raises RefusedAddress unless it passes every check."""
        try:
            host, port = self._place(url, what)
            addresses = await self._looked_up(host, port)
            allowed = joined(host, port) in self._reach.allowed_hosts
            if not addresses or not (allowed or all(map(is_public, addresses))):
                raise RefusedAddress(f"the host of {what} must have public addresses and no others", field="url")
        except RefusedAddress as error:
            _log.warning("media_refused", host=url.raw_host.decode("ascii")[:253], reason=error.message)
            raise
        return _Target(url.copy_with(fragment=None), host, addresses)

    def _place(self, url: httpx.URL, what: str) -> tuple[Address | str, int]:
        """Host and port of a URL that is in order as it is written."""
        if url.scheme not in self._reach.schemes or not url.raw_host or len(str(url)) > _URL_LENGTH:
            schemes = " or ".join(sorted(f"{scheme}://" for scheme in self._reach.schemes))
            raise RefusedAddress(f"{what} must be {schemes} and a host, up to {_URL_LENGTH} characters", field="url")
        if url.userinfo:
            raise RefusedAddress(f"{what} holds a user name or a password; give one without", field="url")
        try:
            host = plain_host(url.raw_host.decode("ascii"))
        except ValueError as error:
            raise RefusedAddress(f"the host of {what} {error}", field="url") from None
        port = url.port if url.port is not None else {"http": 80, "https": 443}[url.scheme]
        if joined(host, port) not in self._reach.allowed_hosts:
            if port not in self._reach.ports:
                usual = " or ".join(map(str, sorted(self._reach.ports)))
                raise RefusedAddress(f"the port of {what} must be {usual}", field="url")
            if isinstance(host, str) and not is_public_name(host):
                raise RefusedAddress(f"the host of {what} is a name for local use", field="url")
        return host, port

    async def _looked_up(self, host: Address | str, port: int) -> tuple[Address, ...]:
        if not isinstance(host, str):
            return (host,)
        try:
            async with asyncio.timeout(self._limits.lookup):
                found = await self._resolver.addresses(host, port)
        except OSError:  # a TimeoutError is one
            raise MediaUnavailable(f"the name {host} cannot be looked up now", field="url") from None
        return tuple(map(ip_address, found))


def _parsed(url: str) -> httpx.URL:
    try:
        return httpx.URL(url)
    except (httpx.InvalidURL, ValueError):  # the latter for halves of surrogate pairs
        raise RefusedAddress("url is no URL; one looks like https://media.example.org/clip.mp4", field="url") from None


@contextmanager
def _new_file(folder: Path | None) -> Iterator[IO[bytes]]:
    """A file that is deleted where the block fails or is cancelled."""
    with NamedTemporaryFile(prefix="media-", dir=folder, delete=False) as file:
        try:
            yield file
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise


async def _kept(response: httpx.Response, target: _Target, file: IO[bytes], most: int) -> Fetched:
    """The body of an answer in the file, its bytes counted as they arrive."""
    if response.status_code != httpx.codes.OK:
        raise MediaUnavailable(f"{target.host} answers {response.status_code}", field="url")
    if response.headers.get("content-encoding", "").strip().lower() not in _AS_IT_IS:
        raise MediaUnavailable(f"{target.host} sends it compressed, though asked for it as it is", field="url")
    too_large = TooLarge(f"{target.host} gives more than {most} bytes", field="url")
    if int(response.headers.get("content-length", "0")) > most:
        raise too_large
    size = 0
    async for chunk in response.aiter_raw(min(_CHUNK, most + 1)):
        size += len(chunk)
        if size > most:
            raise too_large
        await asyncio.to_thread(file.write, chunk)
    await asyncio.to_thread(file.flush)
    declared = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    content_type = declared if _MEDIA_TYPE.fullmatch(declared) else ""
    _log.info("media_fetched", host=str(target.host), bytes=size)
    return Fetched(Path(file.name), size, content_type, str(target.url))
