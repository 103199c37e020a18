"""Which addresses belong to the public internet, and which hosts a URL may name.

A host is taken only in its one plain spelling. Systems read many more as addresses (`127.1`, `0x7f000001`,
`017700000001`), not all of them alike; what two readers may understand differently is refused, not interpreted.
"""

import re
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address

_CLOSED_4 = tuple(
    IPv4Network(block)
    for block in (
        "0.0.0.0/8",  # "this network"; 0.0.0.0 connects to this machine
        "10.0.0.0/8",  # private
        "100.64.0.0/10",  # between a carrier and its customers
        "127.0.0.0/8",  # loopback
        "168.63.129.16/32",  # public by its number, but within Azure the machine's own host answers here
        "169.254.0.0/16",  # link-local; clouds serve credentials here
        "172.16.0.0/12",  # private
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays, withdrawn
        "192.168.0.0/16",  # private
        "198.18.0.0/15",  # benchmarks
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, and broadcast
    )
)
_OPEN_6 = IPv6Network("2000::/3")
"""All that is given out as global unicast; loopback, link-local, unique local and multicast are outside it."""
_CLOSED_6 = tuple(
    IPv6Network(block)
    for block in (
        "2001::/23",  # protocol assignments; Teredo, which carries an IPv4 address, is one of them
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which carries an IPv4 address; withdrawn
        "3fff::/20",  # documentation
    )
)
_CARRIERS = (
    IPv6Network("::ffff:0:0/96"),  # IPv4-mapped: the system connects to the IPv4 address
    IPv6Network("64:ff9b::/96"),  # NAT64: what names resolve to on networks that have only IPv6
)
"""Blocks whose addresses are in use for the IPv4 address in their last 32 bits."""

_LABEL = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
_LOCAL_NAMES = ("localhost", "local", "internal", "home.arpa")
"""Top names that no public name ends with (RFC 6761, 6762, 8375; `internal` is set aside by ICANN)."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet.

    The tables follow IANA's registries of special-purpose addresses (RFC 6890); `ipaddress.is_global` knows them too,
    but its answers differ between the versions of Python this runs on. An IPv6 address that stands for an IPv4 address
    is judged as that, or refused where nothing is served that way any more.

    >>> from ipaddress import ip_address
    >>> [is_public(ip_address(text)) for text in ("93.184.215.14", "10.0.0.1", "::ffff:10.0.0.1", "64:ff9b::a00:1")]
    [True, False, False, False]
    """
    if isinstance(address, IPv4Address):
        return not any(address in block for block in _CLOSED_4)
    if any(address in block for block in _CARRIERS):
        return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
    return address in _OPEN_6 and not any(address in block for block in _CLOSED_6)


def plain_host(text: str) -> Address | str:
    """The address or the name that a host says, a name in lower case.

    Args:
        text: without brackets; names of other scripts in their ASCII form (`xn--`).

    Raises:
        ValueError: it is neither; the message reads on from "the host".

    >>> plain_host("CDN.example.org"), plain_host("93.184.215.14")
    ('cdn.example.org', IPv4Address('93.184.215.14'))
    >>> plain_host("0x7f.1")
    Traceback (most recent call last):
    ValueError: is a number but no address; IPv4 addresses are four numbers from 0 to 255, without zeros before them
    """
    host = text.lower()
    if ":" in host:
        return _ipv6(host)
    labels = host.split(".")
    if _NUMBER.fullmatch(labels[-1]):
        return _ipv4(host)
    if len(host) > 253 or not all(map(_LABEL.fullmatch, labels)):
        raise ValueError("is no name of the internet: letters, digits and hyphens between single dots, none at the end")
    return host


def is_public_name(name: str) -> bool:
    """Whether a name could be one of the public internet: of several labels, and under no top name kept for local use.

    >>> is_public_name("example.org"), is_public_name("redis"), is_public_name("db.internal")
    (True, False, False)
    """
    return "." in name and not any(name.endswith("." + local) for local in _LOCAL_NAMES)


def host_and_port(text: str) -> str:
    """The normal form of `host:port`, an IPv6 address in brackets.

    Raises:
        ValueError: the host is neither name nor address, or the port is none of 1 to 65535.

    >>> host_and_port("MinIO:9000"), host_and_port("[FD00::0:1]:9000")
    ('minio:9000', '[fd00::1]:9000')
    """
    host, _, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    if not (port.isascii() and port.isdigit() and 1 <= int(port) <= 65535) or (":" in host) != bracketed:
        raise ValueError(f"{text.strip()!r} is not host:port, the port from 1 to 65535")
    try:
        return joined(plain_host(host.strip("[]")), int(port))
    except ValueError as error:
        raise ValueError(f"{text.strip()!r} is not host:port: the host {error}") from None


def joined(host: Address | str, port: int) -> str:
    """`host:port`, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if isinstance(host, IPv6Address) else f"{host}:{port}"


def _ipv4(text: str) -> IPv4Address:
    try:
        return IPv4Address(text)
    except ValueError:
        raise ValueError(
            "is a number but no address; IPv4 addresses are four numbers from 0 to 255, without zeros before them"
        ) from None


def _ipv6(text: str) -> IPv6Address:
    try:
        address = IPv6Address(text)
    except ValueError:
        raise ValueError("is no IPv6 address") from None
    if address.scope_id is not None:
        raise ValueError("names an interface of this machine; IPv6 addresses end before a %")
    return address
