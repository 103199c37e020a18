"""Media comes whole, bounded in bytes and time, and leaves nothing behind where it does not come."""

import asyncio
import gzip
import logging
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.media_fetching import HEAD, HOST, LIMITS, Names, fetched, fetcher, files, public
from tests.media_server import Authority, Says, answer, endless, raw, redirect, serving, stuck

from socialflow.errors import MediaUnavailable, RefusedAddress, TooLarge
from socialflow.kit.fetching import Fetcher, Limits, Reach


class TestABody:
    async def test_lands_in_a_file_of_the_folder_with_what_was_declared(self, tmp_path: Path) -> None:
        media, server = await fetched(tmp_path, answer(b"moving pictures", Content_Type="Video/MP4; codecs=avc1"))
        assert media.path.parent == tmp_path
        assert media.path.read_bytes() == b"moving pictures"
        assert (media.size, media.content_type) == (15, "video/mp4")
        assert media.url == f"http://{HOST}:{server.port}/clip.mp4"

    async def test_may_be_of_no_declared_type_or_length(self, tmp_path: Path) -> None:
        media, _ = await fetched(tmp_path, raw(HEAD + b"\r\nuntil the end"))
        assert (media.path.read_bytes(), media.content_type) == (b"until the end", "")

    @pytest.mark.parametrize("declared", ["video", "a/b/c", "x" * 500 + "/mp4", "text/html, video/mp4", "vidéo/mp4"])
    async def test_of_a_type_that_is_none_has_none(self, tmp_path: Path, declared: str) -> None:
        media, _ = await fetched(tmp_path, answer(b"body", Content_Type=declared))
        assert media.content_type == ""

    async def test_may_come_in_chunks(self, tmp_path: Path) -> None:
        chunked = b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n5\r\n more\r\n0\r\n\r\n"
        media, _ = await fetched(tmp_path, raw(HEAD + chunked))
        assert media.path.read_bytes() == b"half more"

    async def test_larger_than_one_write_is_whole(self, tmp_path: Path) -> None:
        body = bytes(range(256)) * (12 << 10)
        media, _ = await fetched(tmp_path, answer(body))
        assert media.path.read_bytes() == body
        assert media.size == len(body)

    async def test_may_be_as_large_as_the_limit(self, tmp_path: Path) -> None:
        media, _ = await fetched(tmp_path, answer(b"x" * 100), limits=Limits(max_bytes=100))
        assert media.size == 100

    async def test_ends_at_its_declared_length(self, tmp_path: Path) -> None:
        media, _ = await fetched(tmp_path, answer(b"four and more", Content_Length="4"))
        assert media.path.read_bytes() == b"four"

    async def test_is_deleted_at_the_end_of_a_block(self, tmp_path: Path) -> None:
        media, _ = await fetched(tmp_path, answer(b"body"))
        with media:
            assert media.path.exists()
        assert files(tmp_path) == []

    def test_comes_to_code_without_an_event_loop(self) -> None:
        with pytest.raises(RefusedAddress):
            Fetcher().fetch_now("http://127.0.0.1/")


class TestARequest:
    async def test_names_the_host_and_asks_for_bytes_as_they_are(self, tmp_path: Path) -> None:
        _, server = await fetched(tmp_path, answer(b"body"))
        assert server.heads[0].startswith("GET /clip.mp4 HTTP/1.1\r\n")
        assert server.header("Host") == f"{HOST}:{server.port}"
        assert server.header("Accept-Encoding") == "identity"

    async def test_keeps_the_query_and_leaves_the_fragment(self) -> None:
        async with serving(answer(b"body")) as server:
            with await fetcher(server).fetch(f"http://{HOST}:{server.port}/a%20b?sign=x%2Fy#t=10") as media:
                assert media.url == f"http://{HOST}:{server.port}/a%20b?sign=x%2Fy"
        assert server.heads[0].startswith("GET /a%20b?sign=x%2Fy HTTP/1.1\r\n")

    async def test_takes_nothing_from_the_environment(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        netrc = tmp_path / "netrc"
        netrc.write_text(f"machine {HOST} login me password secret\nmachine 127.0.0.1 login me password secret\n")
        netrc.chmod(0o600)
        monkeypatch.setenv("NETRC", str(netrc))
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, "http://127.0.0.1:9")
        _, server = await fetched(tmp_path, answer(b"body"))
        assert server.header("Authorization") is None

    async def test_brings_no_cookies_of_the_answer_before(self, tmp_path: Path) -> None:
        _, server = await fetched(tmp_path, redirect("/there", Set_Cookie="seen=1; Path=/"), answer(b"body"))
        assert len(server.heads) == 2
        assert server.header("Cookie") is None

    async def test_goes_to_the_next_address_where_one_cannot_be_connected_to(self) -> None:
        async with serving(answer(b"body")) as server:
            names = public(("127.0.0.2", "127.0.0.1"))
            with await fetcher(server, names=names).fetch(f"http://{HOST}:{server.port}/") as media:
                assert media.size == 4

    async def test_is_not_logged_beyond_the_host(self, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.INFO)
        with capture_logs() as logs:
            await fetched(tmp_path, redirect("/private?sign=secret"), answer(b"body"))
        assert logs == [{"event": "media_fetched", "host": HOST, "bytes": 4, "log_level": "info"}]
        assert not [record for record in caplog.records if record.name.startswith("http")]


class TestABodyIsTooLarge:
    async def test_by_what_it_declares_before_a_byte_of_it_is_read(self, tmp_path: Path) -> None:
        await too_large(tmp_path, stuck(HEAD + b"Content-Length: 1001\r\n\r\n"))

    async def test_without_an_end(self, tmp_path: Path) -> None:
        await too_large(tmp_path, endless(HEAD + b"\r\n", b"x" * 1000))

    async def test_in_chunks_without_an_end(self, tmp_path: Path) -> None:
        await too_large(tmp_path, endless(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"))

    async def test_by_one_byte(self, tmp_path: Path) -> None:
        await too_large(tmp_path, raw(HEAD + b"\r\n" + b"x" * 1001))

    async def test_for_the_one_call(self, tmp_path: Path) -> None:
        async with serving(answer(b"x" * 11)) as server:
            with pytest.raises(TooLarge, match="more than 10 bytes"):
                await fetcher(server).fetch(f"http://{HOST}:{server.port}/", into=tmp_path, max_bytes=10)


async def too_large(tmp_path: Path, says: Says) -> None:
    with pytest.raises(TooLarge, match="more than 1000 bytes") as error:
        await fetched(tmp_path, says, limits=Limits(max_bytes=1000))
    assert error.value.field == "url"
    assert files(tmp_path) == []


class TestMediaIsUnavailable:
    @pytest.mark.parametrize("status", [201, 204, 206, 304, 401, 404, 429, 500, 503])
    async def test_with_any_status_but_200(self, tmp_path: Path, status: int) -> None:
        body = b"" if status in {204, 304} else b"an inner secret"
        error = await unavailable(tmp_path, answer(body, status))
        assert error.message == f"{HOST} answers {status}"

    async def test_with_a_redirect_to_nowhere(self, tmp_path: Path) -> None:
        assert (await unavailable(tmp_path, answer(b"", 302))).message == f"{HOST} answers 302"

    async def test_compressed_though_asked_for_plain(self, tmp_path: Path) -> None:
        bomb = gzip.compress(b"\0" * (4 << 20))
        assert "compressed" in (await unavailable(tmp_path, answer(bomb, Content_Encoding="gzip"))).message

    @pytest.mark.parametrize(
        "said",
        [
            b"",
            b"no HTTP at all\r\n\r\n",
            b"\x16\x03\x01",
            HEAD + b"Content-Length: 9\r\n\r\nhalf",
            HEAD + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
            HEAD + b"Content-Length: -1\r\n\r\nab",
            HEAD + b"Content-Length: 0x2\r\n\r\nab",
            HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhal",
            HEAD + b"Transfer-Encoding: chunked\r\n\r\nfour\r\nhalf\r\n",
            HEAD + b"Transfer-Encoding: gzip\r\n\r\nhalf",
            HEAD + b"X-Large: " + b"x" * 200_000 + b"\r\n\r\n",
            HEAD + b"Bad Header\r\n\r\n",
        ],
    )
    async def test_where_the_answer_is_broken(self, tmp_path: Path, said: bytes) -> None:
        await unavailable(tmp_path, raw(said))

    async def test_after_silence(self, tmp_path: Path) -> None:
        error = await unavailable(tmp_path, stuck(b""), Limits(silence=0.05))
        assert error.message == f"{HOST} was silent for 0.05 s"

    async def test_after_silence_in_the_middle(self, tmp_path: Path) -> None:
        await unavailable(tmp_path, stuck(HEAD + b"Content-Length: 9\r\n\r\nhalf"), Limits(silence=0.05))

    async def test_when_it_drips(self, tmp_path: Path) -> None:
        drip = endless(HEAD + b"\r\n", b".")
        assert "more than 0.2 s" in (await unavailable(tmp_path, drip, Limits(total=0.2))).message

    async def test_when_its_head_drips(self, tmp_path: Path) -> None:
        await unavailable(tmp_path, endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"), Limits(total=0.2))

    async def test_where_nobody_listens(self, tmp_path: Path) -> None:
        async with serving() as server:
            pass
        with pytest.raises(MediaUnavailable, match=f"the connection to {HOST} failed"):
            await fetcher(server).fetch(f"http://{HOST}:{server.port}/", into=tmp_path)
        assert files(tmp_path) == []


async def unavailable(tmp_path: Path, says: Says, limits: Limits = LIMITS) -> MediaUnavailable:
    with pytest.raises(MediaUnavailable) as error:
        await fetched(tmp_path, says, limits=limits)
    assert error.value.code == "media_unavailable"
    assert "secret" not in error.value.message
    assert files(tmp_path) == []
    return error.value


class TestTls:
    async def test_names_the_host_though_an_address_is_connected_to(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        async with serving(answer(b"body"), tls=authority.server(HOST)) as server:
            with await fetcher(server, tls=authority.trusted()).fetch(f"https://{HOST}:{server.port}/") as media:
                assert media.size == 4
        assert server.names == [HOST]
        assert server.header("Host") == f"{HOST}:{server.port}"

    async def test_refuses_a_certificate_of_another_name(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        async with serving(answer(b"body"), tls=authority.server("other.example.org")) as server:
            with pytest.raises(MediaUnavailable):
                await fetcher(server, tls=authority.trusted()).fetch(f"https://{HOST}:{server.port}/")
        assert server.heads == []

    async def test_refuses_a_certificate_of_an_unknown_authority(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        async with serving(answer(b"body"), tls=authority.server(HOST)) as server:
            reach = Reach(allowed_hosts=frozenset({f"{HOST}:{server.port}"}))
            with pytest.raises(MediaUnavailable):
                await Fetcher(reach=reach, resolver=Names()).fetch(f"https://{HOST}:{server.port}/")
        assert server.heads == []

    async def test_that_breaks_off_amid_a_body_makes_media_unavailable(self, tmp_path: Path) -> None:
        async def break_off(writer: asyncio.StreamWriter) -> None:
            writer.write(HEAD + b"Content-Length: 9\r\n\r\nhalf")
            await writer.drain()
            under: asyncio.WriteTransport = writer.transport._ssl_protocol._transport  # type: ignore[attr-defined]
            under.write(b"\x17\x03\x03\x00\x20" + b"no such record".ljust(32))

        authority = Authority(tmp_path / "authority")
        authority.folder.mkdir()
        (into := tmp_path / "media").mkdir()
        async with serving(break_off, tls=authority.server(HOST)) as server:
            with pytest.raises(MediaUnavailable, match="SSLError"):
                await fetcher(server, tls=authority.trusted()).fetch(f"https://{HOST}:{server.port}/", into=into)
        assert files(into) == []

    async def test_is_not_left_by_a_redirect(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        async with serving(answer(b"body"), tls=authority.server(HOST)) as server:
            server.script = (redirect(f"http://{HOST}:{server.port}/"),)
            with pytest.raises(RefusedAddress, match="from https to http"):
                await fetcher(server, tls=authority.trusted()).fetch(f"https://{HOST}:{server.port}/")

    async def test_asks_a_second_host_at_the_same_address_for_its_own_certificate(self, tmp_path: Path) -> None:
        authority = Authority(tmp_path)
        async with serving(answer(b"body"), tls=authority.server(HOST)) as server:
            server.script = (redirect(f"https://b.example.org:{server.port}/"), answer(b"of another"))
            one = fetcher(server, hosts=(HOST, "b.example.org"), tls=authority.trusted())
            with pytest.raises(MediaUnavailable, match=r"b\.example\.org"):
                await one.fetch(f"https://{HOST}:{server.port}/")
        assert server.names == [HOST, "b.example.org"]
        assert len(server.heads) == 1


class TestCancelling:
    async def test_leaves_no_file_behind(self, tmp_path: Path) -> None:
        reached = asyncio.Event()
        async with serving(stuck(HEAD + b"Content-Length: 9\r\n\r\nhalf", reached)) as server:
            task = asyncio.create_task(fetcher(server).fetch(f"http://{HOST}:{server.port}/", into=tmp_path))
            await reached.wait()
            assert len(files(tmp_path)) == 1
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
        assert files(tmp_path) == []
