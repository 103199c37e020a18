"""Asking an outside API for a page: bounded in time and bytes, patient with what passes, plain about what does not.

The token goes to the host of `API_BASE_URL` and nowhere else: redirects to another host are not followed, and neither
token nor addresses are part of any message.
"""

import asyncio
import math
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import httpx
import orjson
from tenacity import AsyncRetrying, RetryCallState, retry_if_exception_type, stop_after_attempt
from tenacity.wait import wait_random_exponential

from socialflow.errors import InvalidInput, PermissionDenied, SourceUnavailable, TooLarge
from socialflow.intake.external.endpoints import OTHER_LIST_NAMES, host_of
from socialflow.intake.external.ports import Page
from socialflow.kit.clock import Clock, SystemClock
from socialflow.kit.digests import short_digest

_REDIRECTS = 3
_NO_SUCH_PAGE = frozenset({400, 404, 410, 416, 422})
"""What APIs answer to pages beyond the last. The first page must be there: without it the address is wrong."""
_BARE = "(bare list)"


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often a page is asked for; times in seconds.

    Attributes:
        silence: longest wait for a connection, or for the next bytes.
        answer: longest time for one whole answer.
        tries: requests for one page in all.
        first_wait: pause before the second try, at most; it doubles with each and is drawn at random below that.
        longest_wait: longest pause, whatever the API asks for.
        max_bytes: of one page, unpacked.
    """

    silence: float = 30.0
    answer: float = 120.0
    tries: int = 6
    first_wait: float = 2.0
    longest_wait: float = 300.0
    max_bytes: int = 32 << 20


class _Passing(Exception):
    """It did not work this time. `wait` is the pause that the API asked for, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


class OutsideApi:
    """Reads pages of one API (satisfies `ports.Pages`); an asynchronous context manager.

    Args:
        base_url: what stands before every path; a query in it is sent with every page.
        token: sent as `Flic-Token`.
        sleep: pauses between tries.
    """

    def __init__(
        self,
        base_url: str,
        token: str,
        *,
        patience: Patience = Patience(),
        clock: Clock | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._base = httpx.URL(base_url.rstrip("/"))
        self._token = token
        self._patience = patience
        self._clock = clock or SystemClock()
        self._sleep = sleep
        self._backoff = wait_random_exponential(multiplier=patience.first_wait, max=patience.longest_wait)
        self._client = httpx.AsyncClient(timeout=patience.silence, follow_redirects=False)

    @property
    def source(self) -> str:
        """The host, with its port where that is not the usual one."""
        return host_of(str(self._base))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def page(self, path: str, list_name: str, page: int, page_size: int) -> Page | None:
        """One page; see `ports.Pages.page`."""
        retrying = AsyncRetrying(
            stop=stop_after_attempt(self._patience.tries),
            wait=self._pause,
            retry=retry_if_exception_type(_Passing),
            sleep=self._sleep,
            reraise=True,
        )
        try:
            return await retrying(self._ask, path, list_name, page, page_size)
        except _Passing as reason:
            raise SourceUnavailable(
                f"page {page} of {path} cannot be read from {self.source}: {reason} ({self._patience.tries} tries)"
            ) from None

    def _pause(self, state: RetryCallState) -> float:
        asked = 0.0
        if state.outcome is not None and isinstance(problem := state.outcome.exception(), _Passing):
            asked = problem.wait
        return max(min(asked, self._patience.longest_wait), self._backoff(state))

    async def _ask(self, path: str, list_name: str, page: int, page_size: int) -> Page | None:
        """Try once. Raises _Passing for what another try may mend."""
        url = self._base.copy_with(path=self._base.path.rstrip("/") + path)
        url = url.copy_merge_params({"page": page, "page_size": page_size})
        try:
            async with asyncio.timeout(self._patience.answer):
                status, kind, body = await self._get(url)
        except TimeoutError:
            raise _Passing(f"no whole answer within {self._patience.answer:g} s") from None
        except httpx.RequestError as error:
            raise _Passing(f"the connection failed ({type(error).__name__})") from None
        if page > 1 and status in _NO_SUCH_PAGE:
            return None
        if status >= 300:
            said = f"{self.source} refuses page {page} of {path} ({status}); is API_BASE_URL right?"
            raise InvalidInput(said, field="API_BASE_URL")
        return await asyncio.to_thread(_page_of, body, kind, list_name)

    async def _get(self, url: httpx.URL) -> tuple[int, str, bytes]:
        """Status, content type and body, redirects on the same host followed."""
        headers = {"Flic-Token": self._token, "Accept": "application/json"}
        for _ in range(_REDIRECTS):
            async with self._client.stream("GET", url, headers=headers) as response:
                if not response.is_redirect:
                    self._check(response)
                    return response.status_code, response.headers.get("content-type", ""), await self._body(response)
                url = self._same_host(url, response.headers.get("location", ""))
        raise InvalidInput(f"{self.source} redirects in a circle; is API_BASE_URL right?", field="API_BASE_URL")

    def _same_host(self, url: httpx.URL, location: str) -> httpx.URL:
        try:
            target = url.join(location)
        except httpx.InvalidURL:
            target = httpx.URL()
        upgraded = target.scheme == url.scheme or (url.scheme, target.scheme) == ("http", "https")
        usual = target.port is None and url.port is None
        if target.host == url.host and upgraded and (usual or target.port == url.port):
            return target
        raise InvalidInput(
            f"{self.source} redirects to {target.host or 'nowhere'}; the token goes to API_BASE_URL's host alone",
            field="API_BASE_URL",
        )

    def _check(self, response: httpx.Response) -> None:
        """Stop at what says nothing of the page: a refused token, and what may be over in a moment."""
        status = response.status_code
        if status in {401, 403}:
            raise PermissionDenied(f"{self.source} refuses FLIC_TOKEN ({status})", field="FLIC_TOKEN")
        if status in {408, 425, 429} or response.is_server_error:
            raise _Passing(f"it answers {status}", self._retry_after(response.headers))

    def _retry_after(self, headers: Mapping[str, str]) -> float:
        """Seconds that `Retry-After` asks for, as a number or a date; 0 where it says nothing that can be read."""
        said = headers.get("retry-after", "").strip()
        try:
            seconds = float(said)
        except ValueError:
            try:
                at = parsedate_to_datetime(said)
            except ValueError:
                return 0.0
            at = at if at.tzinfo else at.replace(tzinfo=UTC)
            seconds = _seconds_until(at, self._clock.now())
        return seconds if math.isfinite(seconds) and seconds > 0 else 0.0

    async def _body(self, response: httpx.Response) -> bytes:
        """The whole body. Raises TooLarge as soon as it is known to be larger than it may be."""
        chunks, size = [], 0
        async for chunk in response.aiter_bytes():
            size += len(chunk)
            if size > self._patience.max_bytes:
                limit = self._patience.max_bytes >> 20
                raise TooLarge(f"{self.source} sends pages of more than {limit} MiB", field="page_size")
            chunks.append(chunk)
        return b"".join(chunks)


def _seconds_until(at: datetime, now: datetime) -> float:
    return (at - now).total_seconds()


def _page_of(body: bytes, kind: str, list_name: str) -> Page:
    """The rows in an answer. Raises _Passing for one that cannot be understood: most such answers are accidents."""
    if not body:
        return Page((), list_name, "")
    try:
        answer = orjson.loads(body)
    except orjson.JSONDecodeError:
        said = "" if "json" in kind else f" ({kind.partition(';')[0].strip()[:60] or 'of no type'})"
        raise _Passing(f"the answer is no JSON, or not all of it{said}") from None
    name, rows = _rows_of(answer, list_name)
    digest = short_digest(orjson.dumps(rows, option=orjson.OPT_SORT_KEYS).decode()).hex()
    return Page(rows, name, digest)


def _rows_of(answer: object, list_name: str) -> tuple[str, list[object]]:
    if isinstance(answer, list):
        return _BARE, answer
    if isinstance(answer, dict):
        for name in (list_name, *OTHER_LIST_NAMES):
            if name not in answer:
                continue
            held = answer[name]
            if held is None:
                return name, []
            if isinstance(held, list):
                return name, held
            if isinstance(held, dict):
                below, rows = _rows_of(held, list_name)
                return f"{name}.{below}", rows
        raise _Passing(f"the answer holds no list of rows, only {', '.join(map(str, list(answer)[:10])) or 'nothing'}")
    raise _Passing("the answer is neither an object nor a list")
