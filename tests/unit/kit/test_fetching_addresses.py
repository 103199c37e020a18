"""Media comes from where callers may send us, and from nowhere else."""

import asyncio
import socket
from collections.abc import Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs
from tests.media_fetching import HOST, Names, bare, fetched, fetcher, files, public
from tests.media_server import answer, raw, redirect, serving

from socialflow.errors import MediaUnavailable, RefusedAddress
from socialflow.kit import fetching
from socialflow.kit.fetching import Fetcher, Limits, Reach, SystemResolver


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
