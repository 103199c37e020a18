"""No spelling of an address that is not public gets past, and no text at all breaks what reads it."""

import asyncio
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from socialflow.errors import MediaUnavailable, RefusedAddress, SocialflowError
from socialflow.kit.addresses import Address, host_and_port, is_public, plain_host
from socialflow.kit.fetching import Fetcher, Reach

V4 = st.ip_addresses(v=4).map(lambda one: IPv4Address(int(one)))
CLOSED_V4 = V4.filter(lambda one: not one.is_global or one.is_multicast)
OPEN_V4 = V4.filter(is_public)
V6 = st.ip_addresses(v=6).map(lambda one: IPv6Address(int(one)))


class Fixed:
    """A resolver with one answer; with none, it is not to be asked."""

    def __init__(self, *answer: str) -> None:
        self.answer = answer

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        assert self.answer, f"{host!r} was looked up"
        return self.answer


def within(address: IPv4Address) -> list[IPv6Address]:
    """IPv6 addresses that carry an IPv4 address: mapped, compatible, translated, NAT64, local NAT64, 6to4, Teredo."""
    number = int(address)
    return [
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(number),
        IPv6Address(0xFFFF << 48 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x64FF9B0001 << 80 | number),
        IPv6Address(0x2002 << 112 | number << 80 | 1),
        IPv6Address(0x20010000 << 96 | number << 64),
        IPv6Address(0x20010000 << 96 | (number ^ 0xFFFF_FFFF)),
    ]


def numbers(parts: Sequence[int], bases: Sequence[str]) -> str:
    """Parts of an address, each in a base of its own."""
    return ".".join(format(part, base).replace("0o", "0") for part, base in zip(parts, bases, strict=True))


@st.composite
def spelt(draw: st.DrawFn, address: IPv4Address) -> str:
    """A spelling of an IPv4 address that `inet_aton` takes: one to four parts, each decimal, octal or hexadecimal."""
    count = draw(st.integers(1, 4))
    number = int(address)
    leading = [number >> shift & 0xFF for shift in (24, 16, 8)[: count - 1]]
    last = number & (1 << (8 * (5 - count))) - 1
    bases = draw(st.lists(st.sampled_from(["d", "#o", "#x", "#X", "#012x", "#012o"]), min_size=count, max_size=count))
    return numbers([*leading, last], bases) + draw(st.sampled_from(["", "."]))


@st.composite
def written(draw: st.DrawFn, address: IPv6Address) -> str:
    """A spelling of an IPv6 address: short or long, in either case, the end as an IPv4 address or not."""
    text = draw(st.sampled_from([address.compressed, address.exploded]))
    if draw(st.booleans()):
        text = f"{address.exploded[:29]}:{IPv4Address(int(address) & 0xFFFF_FFFF)}"
    return draw(st.sampled_from([text, text.upper()]))


def fetch(url: str, *answer: str) -> None:
    asyncio.run(Fetcher(resolver=Fixed(*answer)).fetch(url))


class TestAddressesThatAreNotPublic:
    @given(CLOSED_V4)
    def test_are_so_alone_and_within_ipv6(self, address: IPv4Address) -> None:
        assert not is_public(address)
        assert not any(map(is_public, within(address)))

    @given(V6)
    @example(IPv6Address("::1"))
    @example(IPv6Address("fec0::1"))
    def test_are_so_wherever_the_standard_library_says_so(self, address: IPv6Address) -> None:
        carried = address.ipv4_mapped or (int(address) >> 32 == 0x64FF9B << 64 and IPv4Address(int(address) % 2**32))
        assume(not carried)
        if not address.is_global or address.is_multicast or address.is_reserved or address.is_site_local:
            assert not is_public(address)

    @given(st.data(), CLOSED_V4)
    def test_are_refused_in_every_spelling_of_ipv4(self, data: st.DataObject, address: IPv4Address) -> None:
        with pytest.raises(RefusedAddress):
            fetch(f"http://{data.draw(spelt(address))}/")

    @given(st.data(), CLOSED_V4)
    def test_are_refused_in_every_spelling_within_ipv6(self, data: st.DataObject, address: IPv4Address) -> None:
        carrier = data.draw(st.sampled_from(within(address)))
        with pytest.raises(RefusedAddress):
            fetch(f"http://[{data.draw(written(carrier))}]/")

    @given(st.data(), CLOSED_V4, st.lists(OPEN_V4, max_size=3))
    def test_are_refused_among_the_addresses_of_a_name(
        self, data: st.DataObject, closed: IPv4Address, others: Sequence[IPv4Address]
    ) -> None:
        bad = data.draw(st.sampled_from([closed, *within(closed)]))
        answer = data.draw(st.permutations([str(bad), *map(str, others)]))
        with pytest.raises(RefusedAddress) as refusal:
            fetch("https://media.example.org/", *answer)
        assert str(bad) not in refusal.value.message


class TestAddressesThatArePublic:
    @given(OPEN_V4)
    def test_have_one_spelling_as_ipv4(self, address: IPv4Address) -> None:
        assert plain_host(str(address)) == address
        assert address.is_global

    @given(st.data(), OPEN_V4)
    def test_are_refused_in_any_other(self, data: st.DataObject, address: IPv4Address) -> None:
        text = data.draw(spelt(address))
        assume(text != str(address))
        with pytest.raises(RefusedAddress):
            fetch(f"http://{text}/")

    @given(OPEN_V4)
    def test_are_so_where_the_system_connects_to_them_by_ipv6(self, address: IPv4Address) -> None:
        mapped, *_ = within(address)
        assert is_public(mapped)
        assert is_public(ip_address(f"64:ff9b::{address}"))


HOSTS = st.one_of(st.text(max_size=30), st.from_regex(r"[a-z0-9.:\[\]%@\\/#?xX-]{0,30}", fullmatch=True))


class TestAnyText:
    @given(st.text(max_size=60))
    def test_as_a_url_is_refused(self, text: str) -> None:
        assume(not text.lower().startswith("http"))
        with pytest.raises(RefusedAddress):
            fetch(text)

    @given(st.sampled_from(["http:", "https:", "http://", "https://a.org", "HTTP://"]), HOSTS)
    def test_behind_a_scheme_ends_in_a_named_error(self, start: str, rest: str) -> None:
        with pytest.raises((RefusedAddress, MediaUnavailable)):
            fetch(start + rest, "127.0.0.1")

    @given(st.sampled_from(["", "//", "http://", "https://", "http:", "?"]), HOSTS)
    def test_as_a_redirect_ends_in_a_named_error_or_on_the_same_host(self, start: str, rest: str) -> None:
        one = Fetcher(reach=Reach(allowed_hosts=frozenset({"a.org:80"})), resolver=Fixed("127.0.0.1"))

        async def redirected() -> None:
            target = await one._checked(httpx.URL("http://a.org/x"), "url")
            assert (await one._redirected(target, start + rest)).host == "a.org"

        try:
            asyncio.run(redirected())
        except SocialflowError as error:
            assert isinstance(error, RefusedAddress | MediaUnavailable)  # noqa: PT017 - either way is right

    @given(HOSTS)
    def test_as_a_host_is_plain_or_refused(self, text: str) -> None:
        try:
            host: Address | str = plain_host(text)
        except ValueError:
            return
        assert plain_host(str(host)) == host

    @given(HOSTS, st.one_of(st.integers(-1, 70_000).map(str), st.text(max_size=5)))
    def test_as_host_and_port_is_normal_or_refused(self, host: str, port: str) -> None:
        try:
            normal = host_and_port(f"{host}:{port}")
        except ValueError:
            return
        assert host_and_port(normal) == normal
