"""Media comes from where callers may send us, whole, bounded, and from nowhere else."""

import asyncio
import gzip
import logging
import socket
import ssl
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.media_server import Authority, MediaServer, Says, answer, endless, raw, redirect, serving, stuck

from socialflow.errors import MediaUnavailable, RefusedAddress, TooLarge
from socialflow.kit import fetching
from socialflow.kit.fetching import Fetched, Fetcher, Limits, Reach, SystemResolver

HOST = "media.example.org"
LIMITS = Limits()
HEAD = b"HTTP/1.1 200 OK\r\n"


class Names:
    """A resolver that gives the answers of a name in turn, the last again and again; keeps what it was asked."""

    def __init__(self, **answers: Sequence[Sequence[str]]) -> None:
        self.answers = {name.replace("_", "."): list(given) for name, given in answers.items()}
        self.asked: list[str] = []

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        self.asked.append(host)
        given = self.answers.get(host, [("127.0.0.1",)])
        return given.pop(0) if len(given) > 1 else given[0]


def files(folder: Path) -> list[Path]:
    return list(folder.iterdir())


def public(*answers: Sequence[str]) -> Names:
    return Names(media_example_org=answers)


def fetcher(
    server: MediaServer,
    limits: Limits = LIMITS,
    names: Names | None = None,
    *,
    hosts: Sequence[str] = (HOST,),
    tls: ssl.SSLContext | None = None,
) -> Fetcher:
    """One that may fetch from this server."""
    allowed = frozenset(f"{host}:{server.port}" for host in hosts)
    return Fetcher(limits, Reach(allowed_hosts=allowed), resolver=names or Names(), tls=tls or bare())


def bare() -> ssl.SSLContext:
    """Trusts nobody, and costs nothing to make."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


async def fetched(tmp_path: Path, *script: Says, limits: Limits = LIMITS) -> tuple[Fetched, MediaServer]:
    async with serving(*script) as server:
        return await fetcher(server, limits).fetch(f"http://{HOST}:{server.port}/clip.mp4", into=tmp_path), server


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


class TestTheAddress:
    async def test_is_looked_up_once_and_the_one_connected_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A name that turns to an inner address after it was checked."""
        monkeypatch.setattr(fetching, "is_public", lambda address: str(address) == "127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", no_lookup)
        names = public(("127.0.0.1",), ("127.0.0.2",))
        async with serving(answer(b"body")) as server:
            reach = Reach(ports=frozenset({server.port}))
            with await Fetcher(reach=reach, resolver=names, tls=bare()).fetch(f"http://{HOST}:{server.port}/") as media:
                assert media.size == 4
        assert names.asked == [HOST]

    async def test_is_checked_anew_for_a_redirect_to_the_same_name(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(fetching, "is_public", lambda address: str(address) == "127.0.0.1")
        names = public(("127.0.0.1",), ("127.0.0.2",))
        async with serving(redirect("/again"), answer(b"inner")) as server:
            reach = Reach(ports=frozenset({server.port}))
            with pytest.raises(RefusedAddress):
                await Fetcher(reach=reach, resolver=names, tls=bare()).fetch(f"http://{HOST}:{server.port}/")
        assert len(server.heads) == 1

    @pytest.mark.parametrize(
        "answers", [("10.0.0.1",), ("93.184.215.14", "127.0.0.1"), ("93.184.215.14", "::1"), ("::ffff:10.0.0.1",)]
    )
    async def test_must_be_public_every_one_of_them(self, answers: Sequence[str]) -> None:
        with pytest.raises(RefusedAddress) as refusal:
            await Fetcher(resolver=public(answers)).fetch(f"https://{HOST}/")
        assert refusal.value.field == "url"
        assert not any(one in refusal.value.message for one in answers)

    async def test_that_is_inner_reads_like_none(self) -> None:
        """Otherwise callers could find out which names an inner name server knows."""
        told = []
        for answers in ((), ("10.0.0.1",)):
            with pytest.raises(RefusedAddress) as refusal:
                await Fetcher(resolver=public(answers)).fetch(f"https://{HOST}/")
            told.append((refusal.value.message, refusal.value.code))
        assert told[0] == told[1]

    async def test_is_not_known_while_names_cannot_be_looked_up(self) -> None:
        class Away:
            async def addresses(self, host: str, port: int) -> Sequence[str]:
                raise socket.gaierror(socket.EAI_AGAIN, "temporary failure")

        with pytest.raises(MediaUnavailable, match="cannot be looked up now"):
            await Fetcher(resolver=Away()).fetch(f"https://{HOST}/")

    async def test_is_waited_for_only_so_long(self) -> None:
        class Silent:
            async def addresses(self, host: str, port: int) -> Sequence[str]:
                await asyncio.Event().wait()
                return ()

        with pytest.raises(MediaUnavailable, match="cannot be looked up now"):
            await Fetcher(Limits(lookup=0.01), resolver=Silent()).fetch(f"https://{HOST}/")

    async def test_that_was_refused_is_logged_without_path(self) -> None:
        with capture_logs() as logs, pytest.raises(RefusedAddress):
            await Fetcher(resolver=public(("10.0.0.1",))).fetch(f"https://{HOST}/private?sign=secret")
        assert [(one["event"], one["host"]) for one in logs] == [("media_refused", HOST)]
        assert "private" not in str(logs)


def no_lookup(host: object, *args: object, **kwargs: object) -> object:
    raise AssertionError(f"{host!r} was looked up behind the resolver's back")


class TestAUrlIsRefused:
    @pytest.mark.parametrize(
        "url",
        [
            "",
            "clip.mp4",
            "//media.example.org/",
            "http:",
            "http://",
            "http:///clip.mp4",
            "file:///etc/passwd",
            "gopher://media.example.org/",
            "ftp://media.example.org/",
            "data:text/plain,hello",
            "http+unix://media.example.org/",
            " http://media.example.org/",
            "http://media.example.org/\r\nX-Injected: 1",
            "http://media.example.org\t/",
            "http://media.example.org/\ud800",
            "http://[::1/",
            "http://[v1.2]/",
            "http://media.example.org:x/",
            "https://media.example.org/" + "x" * 8192,
            "https://media.example.org/" + "x" * 100_000,
        ],
    )
    async def test_that_is_none_of_the_web(self, url: str) -> None:
        await refused(url)

    @pytest.mark.parametrize("userinfo", ["me:secret", "me", ":secret", "media.example.org%00", "a@b"])
    async def test_with_credentials(self, userinfo: str) -> None:
        error = await refused(f"https://{userinfo}@media.example.org/")
        assert "secret" not in error.message

    @pytest.mark.parametrize(
        "place", ["https://media.example.org:22", "http://media.example.org:0", "http://a.org:6379"]
    )
    async def test_with_an_unusual_port(self, place: str) -> None:
        assert "80 or 443" in (await refused(place)).message

    @pytest.mark.parametrize(
        "host",
        [
            "localhost",
            "LOCALHOST",
            "localhost.",
            "app.localhost",
            "redis",
            "printer.local",
            "metadata.google.internal",
            "router.home.arpa",
            "media.example.org.",
            "media..example.org",
            ".example.org",
            "-a.example.org",
            "a b.example.org",
            "media.example.org%2f",
            "%31%32%37.0.0.1",
            "loc%61lhost",
            "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
            "loc\u00adalhost",
            "x" * 64 + ".org",
            "a." * 130 + "org",
        ],
    )
    async def test_whose_host_is_no_public_name(self, host: str) -> None:
        await refused(f"http://{host}/")

    @pytest.mark.parametrize(
        "host",
        [
            "2130706433",
            "0x7f000001",
            "0x7F.1",
            "017700000001",
            "0177.0.0.1",
            "127.1",
            "127.0.1",
            "127.0.0.1.",
            "127.000.000.001",
            "0",
            "0x",
            "256.0.0.1",
            "1.2.3.4.5",
            "１２７.0.0.1",
            "127。0。0。1",
            "①②⑦.0.0.1",
            "[::]",
            "[::1]",
            "[::127.0.0.1]",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[0:0:0:0:0:ffff:7f00:0001]",
            "[64:ff9b::7f00:1]",
            "[64:ff9b:1::808:808]",
            "[2002:7f00:1::]",
            "[2001:0:7f00:1::]",
            "[fe80::1]",
            "[fe80::1%25eth0]",
            "[2606:4700::1%25eth0]",
            "[fd00:ec2::254]",
            "[ff02::1]",
            "169.254.169.254",
            "100.100.100.200",
            "168.63.129.16",
        ],
    )
    async def test_whose_host_is_no_public_address_however_spelt(self, host: str) -> None:
        await refused(f"http://{host}/")


async def refused(url: str) -> RefusedAddress:
    """The refusal of a URL, for which nothing was looked up and nothing stays behind."""
    names = Names()
    with pytest.raises(RefusedAddress) as refusal:
        await Fetcher(resolver=names).fetch(url)
    assert names.asked == []
    assert refusal.value.field == "url"
    assert refusal.value.code == "address_refused"
    return refusal.value


class TestARedirect:
    async def test_is_followed_with_its_path(self, tmp_path: Path) -> None:
        media, server = await fetched(tmp_path, redirect("../other?x=1"), answer(b"body"))
        assert media.url == f"http://{HOST}:{server.port}/other?x=1"
        assert server.heads[1].startswith("GET /other?x=1 ")

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    async def test_may_have_any_of_its_statuses(self, tmp_path: Path, status: int) -> None:
        media, _ = await fetched(tmp_path, redirect("/there", status), answer(b"body"))
        assert media.size == 4

    async def test_may_lead_to_another_allowed_host(self) -> None:
        async with serving(answer(b"body")) as there, serving(redirect(f"http://b.org:{there.port}/")) as here:
            reach = Reach(allowed_hosts=frozenset({f"{HOST}:{here.port}", f"b.org:{there.port}"}))
            with await Fetcher(reach=reach, resolver=Names(), tls=bare()).fetch(f"http://{HOST}:{here.port}/") as media:
                assert media.url == f"http://b.org:{there.port}/"
        assert there.header("Host") == f"b.org:{there.port}"

    @pytest.mark.parametrize(
        "location",
        [
            "http://127.0.0.1/",
            "http://127.0.0.1:{port}/",
            "//127.0.0.1:{port}/",
            "http://localhost:{port}/",
            "http://[::ffff:127.0.0.1]:{port}/",
            "http://0x7f.1/",
            "http://169.254.169.254/latest/meta-data/",
            "http://inner.example.org/",
            "http://media.example.org:22/",
            "http://me:secret@media.example.org:{port}/",
            "file:///etc/passwd",
            "gopher://media.example.org/",
        ],
    )
    async def test_to_where_media_is_not_fetched_from_is_refused(self, tmp_path: Path, location: str) -> None:
        names = Names(inner_example_org=[("10.0.0.1",)])
        async with serving(answer(b"inner")) as server:
            server.script = (redirect(location.format(port=server.port)), answer(b"inner"))
            with pytest.raises(RefusedAddress, match="redirects to") as refusal:
                await fetcher(server, names=names).fetch(f"http://{HOST}:{server.port}/", into=tmp_path)
        assert len(server.heads) == 1
        assert "10.0.0.1" not in refusal.value.message
        assert files(tmp_path) == []

    async def test_in_a_circle_ends(self, tmp_path: Path) -> None:
        async with serving(redirect("/round")) as server:
            with pytest.raises(MediaUnavailable, match="more than 5 times"):
                await fetcher(server).fetch(f"http://{HOST}:{server.port}/", into=tmp_path)
        assert len(server.heads) == 6
        assert files(tmp_path) == []

    @pytest.mark.parametrize("location", ["http://[::1", "//[", "http://a:b/", "http://\udcff", ""])
    async def test_to_what_is_no_url_is_a_broken_answer(self, tmp_path: Path, location: str) -> None:
        said = f"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {location}\r\n\r\n"
        with pytest.raises((MediaUnavailable, RefusedAddress)):
            await fetched(tmp_path, raw(said.encode("utf-8", "surrogateescape")))


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


class TestAllowedHosts:
    async def test_may_be_private_addresses(self) -> None:
        async with serving(answer(b"body")) as server:
            one = fetcher(server, hosts=("127.0.0.1",))
            with await one.fetch(f"http://127.0.0.1:{server.port}/") as media:
                assert media.size == 4

    async def test_may_be_local_names(self) -> None:
        async with serving(answer(b"body")) as server:
            with await fetcher(server, hosts=("MinIO",)).fetch(f"http://minio:{server.port}/bucket/a") as media:
                assert media.size == 4

    async def test_are_allowed_with_their_port_alone(self) -> None:
        names = Names(minio=[("10.0.0.1",)])
        one = Fetcher(reach=Reach(allowed_hosts=frozenset({"minio:9000"})), resolver=names)
        with pytest.raises(RefusedAddress):
            await one.fetch("http://minio/")
        with pytest.raises(RefusedAddress):
            await one.fetch("http://minio:9001/")

    def test_are_host_and_port(self) -> None:
        with pytest.raises(ValueError, match="'minio' is not host:port"):
            Reach(allowed_hosts=frozenset({"minio"}))

    async def test_may_be_the_only_ones_in_the_clear(self) -> None:
        one = Fetcher(reach=Reach(schemes=frozenset({"https"})), resolver=Names())
        with pytest.raises(RefusedAddress, match="must be https:// and a host"):
            await one.fetch(f"http://{HOST}/")


class TestTheSystemsResolver:
    async def test_gives_each_address_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def found(host: str, port: int, **kwargs: object) -> list[object]:
            return [(2, 1, 6, "", ("192.0.2.1", port)), (10, 1, 6, "", ("2001:db8::1", port, 0, 0))] * 2

        monkeypatch.setattr(socket, "getaddrinfo", found)
        assert await SystemResolver().addresses(HOST, 443) == ("192.0.2.1", "2001:db8::1")

    async def test_tells_that_there_is_no_such_host_from_that_it_cannot_tell(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        code = socket.EAI_NONAME

        def fail(*args: object, **kwargs: object) -> object:
            raise socket.gaierror(code, "said")

        monkeypatch.setattr(socket, "getaddrinfo", fail)
        assert await SystemResolver().addresses(HOST, 443) == ()
        code = socket.EAI_AGAIN
        with pytest.raises(OSError, match="said"):
            await SystemResolver().addresses(HOST, 443)

    async def test_knows_this_machine(self) -> None:
        found = await SystemResolver().addresses("localhost", 80)
        assert set(found) <= {"127.0.0.1", "::1"}
        assert found
