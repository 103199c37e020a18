"""Asking an outside API: what passes is waited for, what does not is said, the token goes nowhere else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from tests.outside_api import NOW, TOKEN, Answer, OutsideServer, outside_server, packed

from socialflow.errors import InvalidInput, PermissionDenied, SocialflowError, SourceUnavailable, TooLarge
from socialflow.intake.external.client import OutsideApi, Patience
from socialflow.intake.external.ports import Page
from socialflow.kit.clock import FixedClock

PATH = "/posts/view"
GOOD = {"posts": [{"id": 1}]}
QUICK = Patience(silence=5, answer=10, tries=4, first_wait=2, longest_wait=60, max_bytes=64 * 1024)


class Asking:
    """A client whose pauses are noted instead of waited for."""

    def __init__(self, server: OutsideServer) -> None:
        self.server = server
        self.pauses: list[float] = []
        self.patience = QUICK

    async def page(self, number: int = 1, *, base: str = "", list_name: str = "posts") -> Page | None:
        async with OutsideApi(
            base or self.server.url, TOKEN, patience=self.patience, clock=FixedClock(NOW), sleep=self._sleep
        ) as api:
            return await api.page(PATH, list_name, number, 100)

    async def refused(self, error: type[SocialflowError], *, base: str = "") -> str:
        with pytest.raises(error) as raised:
            await self.page(base=base)
        assert TOKEN not in str(raised.value)
        return str(raised.value)

    async def _sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
async def asking() -> AsyncIterator[Asking]:
    async with outside_server() as server:
        yield Asking(server)


class TestOnePage:
    async def test_is_asked_for_with_page_size_and_token(self, asking: Asking) -> None:
        asking.server.serve(PATH, "posts", [{"id": n} for n in range(250)])
        page = await asking.page(3)
        assert page is not None
        assert [row["id"] for row in page.rows] == list(range(200, 250))  # type: ignore[index]
        (asked,) = asking.server.asked
        assert (asked.path, asked.page, asked.page_size) == (PATH, 3, 100)
        assert asked.headers["flic-token"] == TOKEN

    async def test_lies_below_the_path_of_the_base_address(self, asking: Asking) -> None:
        asking.server.once("/api/v2/posts/view", Answer(GOOD))
        assert await asking.page(base=asking.server.url + "/api/v2/") is not None

    async def test_takes_a_query_of_the_base_address_along(self, asking: Asking) -> None:
        asking.server.once(PATH, Answer(GOOD))
        await asking.page(base=asking.server.url + "?algorithm=some&page=9")
        (asked,) = asking.server.asked
        assert (asked.query["algorithm"], asked.page) == (["some"], 1)

    @pytest.mark.parametrize("status", [400, 404, 410, 416, 422])
    async def test_beyond_the_last_is_none(self, asking: Asking, status: int) -> None:
        asking.server.once(PATH, Answer({"detail": "none"}, status))
        assert await asking.page(2) is None

    async def test_without_content_is_empty(self, asking: Asking) -> None:
        asking.server.once(PATH, Answer(b"", 204))
        page = await asking.page()
        assert page is not None
        assert not page.rows

    async def test_may_come_compressed(self, asking: Asking) -> None:
        asking.server.once(PATH, packed(GOOD))
        assert (await asking.page()) == (await self.plain(asking))

    async def plain(self, asking: Asking) -> Page | None:
        asking.server.once(PATH, Answer(GOOD))
        return await asking.page()

    async def test_may_be_called_something_else_than_json(self, asking: Asking) -> None:
        asking.server.once(PATH, Answer(GOOD, headers={"Content-Type": "text/plain"}))
        assert await asking.page() is not None

    async def test_digests_tell_pages_apart_by_their_rows(self, asking: Asking) -> None:
        bodies = [{"posts": [{"a": 1, "b": 2}], "page": 1}, {"posts": [{"b": 2, "a": 1}], "page": 2}, {"posts": [{}]}]
        asking.server.once(PATH, *(Answer(body) for body in bodies))
        first, same, other = [page.digest for _ in bodies if (page := await asking.page()) is not None]
        assert first == same != other


class TestWhereTheRowsStand:
    @pytest.mark.parametrize(
        ("body", "name"),
        [
            ({"posts": [1, 2]}, "posts"),
            ({"data": [1, 2]}, "data"),
            ({"items": [1, 2], "total": 2}, "items"),
            ({"results": [1, 2]}, "results"),
            ([1, 2], "(bare list)"),
            ({"data": {"posts": [1, 2]}}, "data.posts"),
            ({"users": [9], "posts": [1, 2]}, "posts"),
        ],
    )
    async def test_is_found_and_told(self, asking: Asking, body: object, name: str) -> None:
        asking.server.once(PATH, Answer(body))
        page = await asking.page()
        assert page is not None
        assert (list(page.rows), page.list_name) == ([1, 2], name)

    async def test_null_is_an_empty_page(self, asking: Asking) -> None:
        asking.server.once(PATH, Answer({"posts": None}))
        page = await asking.page()
        assert page is not None
        assert not page.rows

    @pytest.mark.parametrize("body", [{"status": False, "message": "busy"}, {}, "posts", 7, None, {"posts": "none"}])
    async def test_an_answer_without_rows_is_tried_again_and_then_told(self, asking: Asking, body: object) -> None:
        asking.server.always(PATH, lambda _page, _size: Answer(body))
        said = await asking.refused(SourceUnavailable)
        assert "the answer" in said
        assert len(asking.server.asked) == QUICK.tries


class TestWhatPasses:
    @pytest.mark.parametrize(
        "trouble",
        [
            pytest.param(Answer({"detail": "oops"}, 500), id="500"),
            pytest.param(Answer(b"<html>bad gateway</html>", 502, {"Content-Type": "text/html"}), id="502"),
            pytest.param(Answer(b"", 503), id="503"),
            pytest.param(Answer({"detail": "slower"}, 429), id="429"),
            pytest.param(Answer({"posts": [{"id": 1}, {"id": 2}]}, cut=20), id="connection cut"),
            pytest.param(Answer(b'{"posts": [{"id": 1}, {"id"'), id="truncated JSON"),
            pytest.param(Answer(b"<html>maintenance</html>", headers={"Content-Type": "text/html"}), id="HTML"),
            pytest.param(Answer(b"no gzip", headers={"Content-Encoding": "gzip"}), id="damaged compression"),
            pytest.param(Answer(b"[" * 5000 + b"]" * 5000), id="too deep"),
        ],
    )
    async def test_is_tried_again(self, asking: Asking, trouble: Answer) -> None:
        asking.server.once(PATH, trouble, trouble, Answer(GOOD))
        page = await asking.page()
        assert page is not None
        assert page.rows == [{"id": 1}]
        assert len(asking.pauses) == 2

    async def test_silence_is_not_waited_out(self, asking: Asking) -> None:
        asking.patience = replace(QUICK, silence=0.05)
        asking.server.once(PATH, Answer(GOOD, silent=True), Answer(GOOD))
        assert await asking.page() is not None
        assert len(asking.server.asked) == 2

    async def test_an_answer_that_trickles_is_not_waited_out(self, asking: Asking) -> None:
        asking.patience = replace(QUICK, answer=0.05)
        asking.server.once(PATH, Answer(GOOD, silent=True), Answer(GOOD))
        assert await asking.page() is not None

    async def test_that_does_not_pass_is_told_with_page_and_host(self, asking: Asking) -> None:
        asking.server.always(PATH, lambda _page, _size: Answer(b"", 502))
        said = await asking.refused(SourceUnavailable)
        host = asking.server.url.removeprefix("http://")
        assert said == f"page 1 of {PATH} cannot be read from {host}: it answers 502 (4 tries)"
        assert len(asking.server.asked) == 4

    async def test_a_server_that_is_not_there_is_told(self, asking: Asking) -> None:
        said = await asking.refused(SourceUnavailable, base="http://127.0.0.1:1")
        assert "ConnectError" in said
        assert len(asking.pauses) == 3

    async def test_pauses_are_random_and_grow_up_to_a_bound(self, asking: Asking) -> None:
        asking.patience = replace(QUICK, tries=12, first_wait=1, longest_wait=8)
        asking.server.always(PATH, lambda _page, _size: Answer(b"", 500))
        await asking.refused(SourceUnavailable)
        limits = [min(8.0, 2.0**n) for n in range(11)]
        assert all(0 <= pause <= limit for pause, limit in zip(asking.pauses, limits, strict=True))
        assert len(set(asking.pauses)) == 11

    @pytest.mark.parametrize(
        ("said", "at_least"),
        [
            ("7", 7),
            ("0.5", 0),
            (format_datetime(NOW + timedelta(seconds=30), usegmt=True), 30),
            ("3600", 60),
            ("-5", 0),
            ("nan", 0),
            ("inf", 0),
            ("soon", 0),
        ],
    )
    async def test_retry_after_is_honoured_up_to_a_bound(self, asking: Asking, said: str, at_least: float) -> None:
        asking.server.once(PATH, Answer(b"", 429, {"Retry-After": said}), Answer(GOOD))
        await asking.page()
        (pause,) = asking.pauses
        assert at_least <= pause <= 60


class TestWhatDoesNotPass:
    @pytest.mark.parametrize("status", [401, 403])
    async def test_a_refused_token_is_named(self, asking: Asking, status: int) -> None:
        asking.server.once(PATH, Answer({"detail": "who?"}, status))
        assert "FLIC_TOKEN" in await asking.refused(PermissionDenied)
        assert len(asking.server.asked) == 1

    @pytest.mark.parametrize("status", [400, 404, 405, 422])
    async def test_a_first_page_that_is_not_there_is_told(self, asking: Asking, status: int) -> None:
        asking.server.once(PATH, Answer({"detail": "what?"}, status))
        said = await asking.refused(InvalidInput)
        assert f"page 1 of {PATH} ({status})" in said
        assert not asking.pauses

    @pytest.mark.parametrize("endless", [True, False])
    async def test_a_page_that_is_too_large_is_not_read_to_its_end(self, asking: Asking, endless: bool) -> None:
        body = b" " * (1 << (10 if endless else 17))
        asking.server.once(PATH, Answer(body, endless=endless))
        assert "page" in await asking.refused(TooLarge)

    async def test_a_page_that_unpacks_too_large_is_refused(self, asking: Asking) -> None:
        asking.server.once(PATH, packed({"posts": ["a" * 100_000]}))
        await asking.refused(TooLarge)


class TestRedirects:
    async def test_on_the_same_host_are_followed(self, asking: Asking) -> None:
        asking.server.once(PATH, Answer(b"", 307, {"Location": "/moved?page=1&page_size=100"}))
        asking.server.once("/moved", Answer(GOOD))
        assert await asking.page() is not None
        assert asking.server.asked[1].headers["flic-token"] == TOKEN

    @pytest.mark.parametrize(
        "target",
        [
            "{other}/posts/view?page=1&page_size=1",
            "//{host}/posts/view?page=1&page_size=1",
            "ftp://127.0.0.1/",
            "http://[broken",
            "",
        ],
    )
    async def test_elsewhere_get_neither_question_nor_token(self, asking: Asking, target: str) -> None:
        async with outside_server() as other:
            location = target.format(other=other.url, host=other.url.removeprefix("http://"))
            asking.server.always(PATH, lambda _page, _size: Answer(b"", 302, {"Location": location}))
            assert "API_BASE_URL" in await asking.refused(InvalidInput)
            assert other.asked == []

    async def test_in_a_circle_come_to_an_end(self, asking: Asking) -> None:
        location = {"Location": f"{PATH}?page=1&page_size=100"}
        asking.server.always(PATH, lambda _page, _size: Answer(b"", 308, location))
        assert "circle" in await asking.refused(InvalidInput)


class TestTheToken:
    async def test_is_in_no_log_line_however_detailed(self, asking: Asking, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        asking.server.once(PATH, Answer(b"", 500), Answer(GOOD))
        await asking.page()
        assert TOKEN not in caplog.text

    async def test_of_an_address_with_a_password_only_the_host_is_told(self, asking: Asking) -> None:
        base = asking.server.url.replace("http://", "http://ann:pass-word@")
        asking.server.once(PATH, Answer(b"", 400))
        assert "pass-word" not in await asking.refused(InvalidInput, base=base)


async def test_a_cancelled_question_is_given_up_at_once(asking: Asking) -> None:
    asking.server.once(PATH, Answer(GOOD, silent=True))
    waiting = asyncio.ensure_future(asking.page())
    await asking.server.heard.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert len(asking.server.asked) == 1
