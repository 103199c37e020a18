"""Links of a text and what is suspicious about them. All of it is heuristic: lists and rules set by hand."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from socialflow.moderation.signals import Signal, ramp

SHORTENERS = frozenset({
    "bit.ly", "buff.ly", "cutt.ly", "goo.gl", "is.gd", "lnkd.in", "ow.ly", "rb.gy", "rebrand.ly", "s.id", "shorturl.at",
    "t.co", "t.ly", "tiny.cc", "tinyurl.com", "v.gd",
})  # fmt: skip
"""Hosts whose links do not tell where they go."""

MESSENGERS = frozenset({"chat.whatsapp.com", "discord.gg", "t.me", "telegram.me", "wa.me"})
"""Hosts whose links open a conversation elsewhere."""

_IMITATED = frozenset({
    "amazon", "apple", "binance", "coinbase", "dhl", "ebay", "facebook", "gmail", "google", "instagram", "linkedin",
    "microsoft", "netflix", "paypal", "steamcommunity", "telegram", "tiktok", "twitter", "whatsapp", "youtube",
})  # fmt: skip
"""Names under which people are often deceived."""

_LINK = re.compile(
    r"""<a\b[^<>]{0,400}?\bhref\s{0,9}=\s{0,9}["']?(?P<href>[^"'\s<>]{1,2000})["']?[^<>]{0,400}>(?P<words>[^<]{0,400})</a>
    |\[(?P<name>[^\[\]]{1,400})\]\((?P<target>[^()\s]{1,2000})\)
    |(?P<plain>(?:https?://(?:\[[0-9a-f:.]{2,45}\])?|\bwww\.)[^\s<>"')\]]{1,2000})
    |(?P<bare>\b(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}/[^\s<>"')\]]{0,2000})""",
    re.IGNORECASE | re.VERBOSE,
)
_MAY = re.compile(r"[/<]|www\.|\]\(", re.IGNORECASE)
"""Without any of these there is no link."""
_AFTER = ".,;:!?"
"""Punctuation that ends a sentence and no address."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:[/\\]*|[/\\]{2,}", re.IGNORECASE)
_HOST_SHOWN = re.compile(r"(?:https?://)?((?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24})(?:[/?#:]\S*)?", re.IGNORECASE)
_NUMBERS = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-f:.]+\]|0x[0-9a-f]+|\d{8,10}", re.IGNORECASE)
_LETTERS_LIKE = str.maketrans(
    "аеорсухіјѕһԁԛԝӏκονρτυχαεı0135",
    "aeopcyxijshdqwlkovptuxaeioles",
)
"""Letters of other scripts, and digits, by the Latin letter they are taken for."""
_PAIRS_LIKE = (("rn", "m"), ("vv", "w"))
_SECOND_LEVEL = frozenset({"ac", "co", "com", "edu", "gov", "net", "org"})


@dataclass(frozen=True, slots=True)
class Link:
    """The stretch `text[start:end]`, where it leads, and what is shown for it (None: the address itself).

    `host` is in lower case, its Punycode decoded; empty where the address names none.
    """

    start: int
    end: int
    address: str
    host: str
    shown: str | None = None


def links(text: str) -> list[Link]:
    """Links of a text in their order: HTML, Markdown, plain addresses, and hosts with a path.

    >>> [(link.host, link.shown) for link in links("see [paypal.com](http://evil.example/x) or bit.ly/abc")]
    [('evil.example', 'paypal.com'), ('bit.ly', None)]
    """
    return list(_links(text)) if _MAY.search(text) else []


def _links(text: str) -> Iterator[Link]:
    for found in _LINK.finditer(text):
        start, end = found.span()
        marked = found["href"] or found["target"]
        address = marked or found[0].rstrip(_AFTER)
        shown = found["words"] if found["href"] else found["name"]
        yield Link(start, end if marked else start + len(address), address, host_of(address), shown)


def host_of(address: str) -> str:
    r"""The host an address leads to, as a browser reads it: what stands before `@` only pretends.

    >>> host_of("https://paypal.com@evil.example:8080\\login"), host_of("//XN--80AK6AA92E.com/")
    ('evil.example', 'аррӏе.com')
    """
    authority = re.split(r"[/\\?#]", _SCHEME.sub("", address, count=1), maxsplit=1)[0]
    host = authority.rpartition("@")[2].lower()
    host = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return ".".join(_decoded(label) for label in host.rstrip(".").split("."))


def _decoded(label: str) -> str:
    """A label of a host with its Punycode decoded, where it is some."""
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode")
    except (UnicodeError, ValueError, OverflowError):
        return label


def imitates(host: str) -> str | None:
    """The well-known name that a host pretends to be; "mixed scripts" where a label has letters of several; or None.

    >>> imitates("www.paypa1.com"), imitates("paypal.com.login.example"), imitates("mail.google.co.uk")
    ('paypal', 'paypal', None)
    """
    labels = host.split(".")
    for place, label in enumerate(labels):
        for word in label.split("-"):
            plain = _skeleton(word)
            if plain in _IMITATED and word != plain:
                return plain
        if label in _IMITATED and labels[place + 1 : place + 2] == ["com"] and not _is_suffix(labels[place + 1 :]):
            return label
        if len(_scripts(label)) > 1:
            return "mixed scripts"
    return None


def _is_suffix(labels: Sequence[str]) -> bool:
    """Whether names are given out below these labels: com, co.uk, com.br and the like. A rule, not the public list."""
    return len(labels) == 1 or (len(labels) == 2 and len(labels[1]) == 2 and labels[0] in _SECOND_LEVEL)


def _skeleton(word: str) -> str:
    plain = "".join(one for one in unicodedata.normalize("NFKD", word) if not unicodedata.combining(one))
    plain = plain.translate(_LETTERS_LIKE)
    for pair, letter in _PAIRS_LIKE:
        if plain.replace(pair, letter) in _IMITATED:
            plain = plain.replace(pair, letter)
    return plain


def _scripts(label: str) -> set[str]:
    """Of Latin, Cyrillic and Greek, those that a label has letters of."""
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in label if letter.isalpha())
    return {name for name in names if name in ("LATIN", "CYRILLIC", "GREEK")}


def link_signals(found: Sequence[Link]) -> list[Signal]:
    """What is suspicious about the links of a text; every signal is told, at 0 too."""
    return [
        Signal("link_many", "links", ramp(len(found), 2, 6), 0.5, f"{len(found)} links"),
        _any("link_shortened", 0.3, (link.host for link in found if link.host in SHORTENERS)),
        _any("link_messenger", 0.4, (link.host for link in found if link.host in MESSENGERS)),
        _any("link_number", 0.6, (link.host for link in found if _NUMBERS.fullmatch(link.host))),
        _any("link_lookalike", 0.8, (f"{link.host}: {name}" for link in found if (name := imitates(link.host)))),
        _any("link_disguised", 0.8, (f"{shown} -> {link.host}" for link in found if (shown := _disguise(link)))),
    ]


def _any(name: str, weight: float, found: Iterable[str]) -> Signal:
    """1 where there is anything, with the first three."""
    first = list(dict.fromkeys(found))[:3]
    return Signal(name, "links", float(bool(first)), weight, ", ".join(first))


def _disguise(link: Link) -> str | None:
    """The host that is shown, or stands before `@`, where another one is behind it."""
    if link.shown is not None:
        shown = _HOST_SHOWN.fullmatch(link.shown.strip())
        pretended = host_of(shown[1]) if shown else None
    else:
        before, at, _ = re.split(r"[/\\?#]", _SCHEME.sub("", link.address, count=1), maxsplit=1)[0].rpartition("@")
        pretended = host_of(before) if at and "." in before else None
    if pretended is None or pretended.removeprefix("www.") == link.host.removeprefix("www."):
        return None
    return pretended
