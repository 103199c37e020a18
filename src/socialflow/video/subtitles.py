"""Captions as files: WebVTT (W3C, "WebVTT: The Web Video Text Tracks Format", 2019) and SubRip, written and read.

Times are told in milliseconds. What is read may come from anybody: times, tags and entities are understood as players
do, and what cannot be is refused with its line.
"""

import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Literal

from socialflow.errors import InvalidInput
from socialflow.video.cues import Cue

Format = Literal["vtt", "srt"]
MEDIA_TYPES: Mapping[Format, str] = {"vtt": "text/vtt", "srt": "application/x-subrip"}
_BREAK = re.compile(r"\r\n|\r|\n")
_TIME = r"(?:(\d{1,6}):)?(\d{1,2}):(\d{1,2})[.,](\d{1,3})"
_TIMES = re.compile(rf"\s*{_TIME}\s*-->\s*{_TIME}(?:\s.*)?", re.ASCII)
_TAG = re.compile(r"</?(?:b|i|u|s|font)(?:\s[^<>]*)?/?>", re.IGNORECASE)
_STYLE = re.compile(r"\{\\[^{}]*\}")
_VTT_TAG = re.compile(r"<[^<>]*>")
_Block = Sequence[tuple[int, str]]
"""Lines that no blank one parts, with their numbers."""


def to_vtt(cues: Iterable[Cue]) -> str:
    """WebVTT; `&`, `<` and `>` are escaped, lines end with a line feed.

    >>> print(to_vtt([Cue(0.5, 2.25, "salt & pepper")]))
    WEBVTT
    <BLANKLINE>
    00:00:00.500 --> 00:00:02.250
    salt &amp; pepper
    <BLANKLINE>
    """
    blocks = (f"{_span(cue, '.')}\n{html.escape(_clean(cue.text), quote=False)}\n" for cue in cues)
    return "\n".join(["WEBVTT\n", *blocks])


def to_srt(cues: Iterable[Cue]) -> str:
    """SubRip; lines end with carriage return and line feed. It knows no escapes: what players would take for a tag is
    written with other brackets.

    >>> to_srt([Cue(3599.9996, 3601.0, "now <b>")])
    '1\\r\\n01:00:00,000 --> 01:00:01,000\\r\\nnow ‹b›\\r\\n'
    """
    blocks = (f"{number}\n{_span(cue, ',')}\n{_plain(_clean(cue.text))}\n" for number, cue in enumerate(cues, 1))
    return "\n".join(blocks).replace("\n", "\r\n")


WRITERS: Mapping[Format, Callable[[Iterable[Cue]], str]] = {"vtt": to_vtt, "srt": to_srt}
"""By format."""


def read_captions(text: str) -> list[Cue]:
    """Cues of WebVTT or SubRip, whichever it is, in order of their start. Raises InvalidInput."""
    return from_vtt(text) if text.removeprefix("\ufeff").startswith("WEBVTT") else from_srt(text)


def from_vtt(text: str) -> list[Cue]:
    """Cues of WebVTT, without tags; notes, styles and regions are passed over. Raises InvalidInput, which names the
    line."""
    text = text.removeprefix("\ufeff")
    if not re.match(r"WEBVTT(?:[ \t\r\n]|$)", text):
        raise InvalidInput("line 1: a WebVTT file begins with WEBVTT", field="captions")
    blocks = list(_blocks(text))[1:]
    kept = [block for block in blocks if not re.match(r"(?:NOTE|STYLE|REGION)(?:\s|$)", block[0][1])]
    return _cues(kept, lambda line: html.unescape(_VTT_TAG.sub("", line)))


def from_srt(text: str) -> list[Cue]:
    """Cues of SubRip, without tags; numbers may be wrong or left out. Raises InvalidInput, which names the line.

    >>> from_srt("1\\n00:00:01,5 --> 00:00:02,000\\n<i>Look!</i>\\n")
    [Cue(start=1.5, end=2.0, text='Look!')]
    """
    return _cues(list(_blocks(text.removeprefix("\ufeff"))), lambda line: _STYLE.sub("", _TAG.sub("", line)))


def _blocks(text: str) -> Iterator[_Block]:
    block: list[tuple[int, str]] = []
    for number, line in enumerate(_BREAK.split(text), 1):
        if line.strip():
            block.append((number, line))
        elif block:
            yield block
            block = []
    if block:
        yield block


def _cues(blocks: Sequence[_Block], plain: Callable[[str], str]) -> list[Cue]:
    cues = [cue for block in blocks if (cue := _cue(block, plain)) is not None]
    return sorted(cues, key=lambda cue: (cue.start, cue.end))


def _cue(block: _Block, plain: Callable[[str], str]) -> Cue | None:
    """A cue; None for one that shows nothing."""
    place = 0 if "-->" in block[0][1] else 1
    if place >= len(block) or (times := _TIMES.fullmatch(block[place][1])) is None:
        number, line = block[min(place, len(block) - 1)]
        raise InvalidInput(
            f"line {number}: {line[:80]!r} is no time like 00:01:02.500 --> 00:01:04.000", field="captions"
        )
    start, end = _seconds(times.groups()[:4]), _seconds(times.groups()[4:])
    if end <= start:
        raise InvalidInput(f"line {block[place][0]}: the cue ends at {end} s, before it begins", field="captions")
    lines = (plain(line).strip() for _, line in block[place + 1 :])
    text = "\n".join(line for line in lines if line)
    return Cue(start, end, text) if text else None


def _seconds(parts: Sequence[str | None]) -> float:
    hours, minutes, seconds, fraction = parts
    whole = int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0)
    return whole + int((fraction or "0").ljust(3, "0")) / 1000


def _span(cue: Cue, point: str) -> str:
    start = round(cue.start * 1000)
    return f"{_time(start, point)} --> {_time(max(start + 1, round(cue.end * 1000)), point)}"


def _time(milliseconds: int, point: str) -> str:
    seconds, rest = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02}:{minutes:02}:{seconds:02}{point}{rest:03}"


def _clean(text: str) -> str:
    """Text without blank lines, which would end the cue, and without NUL."""
    lines = (line.strip() for line in _BREAK.split(text.replace("\0", "\ufffd")))
    return "\n".join(line for line in lines if line)


def _plain(text: str) -> str:
    """Text in which nothing looks like a tag of SubRip."""
    unbraced = _STYLE.sub(lambda found: f"({found[0][1:-1]})", text)
    return _TAG.sub(lambda found: f"‹{found[0][1:-1]}›", unbraced)
