"""Lists of hashes as others exchange them.

`csv`: a PDQ hash (64 hexadecimal digits) a line, then its quality where it is known; a head line is passed over, and
further columns. `threatexchange`: JSON as ThreatExchange's `threat_updates` gives it out, an object whose `data` is a
list of signals, each with `type`, `indicator`, `tags`, `should_delete`: `HASH_PDQ`; `HASH_VIDEO_VPDQ`, whose indicator
is a JSON list of ``hash,quality,seconds``, or the older object of frames; `TEXT_STRING`, of which only the print is
kept. What is given out has one field more, `socialflow_print` (base64): all that is kept of the entry, for another
installation.
"""

import base64
import binascii
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b
from typing import Any

import numpy as np
import orjson

from socialflow.errors import InvalidInput, SocialflowError
from socialflow.image.pdq import HASH_BYTES, Pdq, parse
from socialflow.image.records import ImageFingerprint
from socialflow.moderation.banks import films, pictures, texts
from socialflow.moderation.banks.records import (
    DIGEST_BYTES,
    MOST_LABEL,
    Bank,
    BankKind,
    Entry,
    EntryState,
    Many,
    NewEntry,
    Print,
    Refused,
)
from socialflow.video.prints import FrameHash, VideoFingerprint


class Format(StrEnum):
    """How a list is written."""

    CSV = "csv"
    THREATEXCHANGE = "threatexchange"


PDQ, VPDQ, TEXT = "HASH_PDQ", "HASH_VIDEO_VPDQ", "TEXT_STRING"
_OWN = {BankKind.TEXT: "SOCIALFLOW_TEXT", BankKind.AUDIO: "SOCIALFLOW_AUDIO"}
"""Types of what nobody else has a type for."""
_PRINT = "socialflow_print"
_MOST_TOLD = 100
_ROW = re.compile(rb'\s*"?([0-9A-Fa-f]{64})"?\s*(?:,\s*"?(\d{1,3})"?\s*(?:,.*)?)?')
_HEAD = re.compile(rb"[^,]*(?:hash|pdq)[^,]*(?:,.*)?", re.IGNORECASE)


@dataclass(slots=True)
class Parsed:
    """What a list says: hashes alone, entries with more, digests that are to go, and rows that cannot be read."""

    many: Many | None = None
    entries: list[NewEntry] = field(default_factory=list)
    gone: list[bytes] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    refused_count: int = 0

    def refuse(self, row: int, reason: str) -> None:
        """A row cannot be read."""
        self.refused_count += 1
        if len(self.refused) < _MOST_TOLD:
            self.refused.append(Refused(row, reason))


def parsed(data: bytes, written: Format, bank: Bank, label: str = "", source: str = "") -> Parsed:
    """A list for a bank; `label` and `source` are those of rows that say none.

    Raises InvalidInput where the whole is no such list, or none for a bank of this kind.
    """
    if written is Format.CSV:
        if bank.kind is not BankKind.PICTURE:
            raise InvalidInput(f"a list of PDQ hashes is for a bank of pictures, not of {bank.kind}", field="format")
        return _csv(data, label, source)
    return _signals(data, bank, label, source)


def _csv(data: bytes, label: str, source: str) -> Parsed:
    told = Parsed()
    hexes, qualities = [], bytearray()
    for row, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").splitlines(), 1):
        found = _ROW.fullmatch(line)
        if found is None:
            if line.strip() and not (row == 1 and _HEAD.fullmatch(line)):
                told.refuse(row, "a row is 64 hexadecimal digits and a quality of 0 to 100")
            continue
        quality = int(found[2] or 100)
        if quality > 100:
            told.refuse(row, f"a quality is 0 to 100, not {quality}")
            continue
        hexes.append(found[1])
        qualities.append(quality)
    digests = np.frombuffer(bytes.fromhex(b"".join(hexes).decode()), np.uint8).reshape(-1, HASH_BYTES)
    told.many = Many(digests, np.frombuffer(bytes(qualities), np.uint8), label, source)
    return told


def _signals(data: bytes, bank: Bank, label: str, source: str) -> Parsed:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError as problem:
        raise InvalidInput(f"this is not JSON: {problem}", field="body") from problem
    listed = body.get("data") if isinstance(body, Mapping) else body
    if not isinstance(listed, list):
        raise InvalidInput("signals are a list, or an object whose `data` is one", field="body")
    told = Parsed()
    for row, signal in enumerate(listed, 1):
        try:
            made, gone = _signal(signal, bank.kind)
            if gone:
                told.gone.append(made.digest)
            else:
                told.entries.append(NewEntry(made, _label(signal) or label, _source(signal) or source))
        except SocialflowError as problem:
            told.refuse(row, problem.message)
    return told


def _signal(signal: Any, kind: BankKind) -> tuple[Print, bool]:
    """The print of a signal, and whether it is to go."""
    if not isinstance(signal, Mapping) or not isinstance(signal.get("indicator"), str):
        raise InvalidInput("a signal is an object with a type and an indicator")
    named = signal.get("type")
    wanted = {BankKind.PICTURE: (PDQ,), BankKind.VIDEO: (VPDQ,), BankKind.TEXT: (TEXT, _OWN[BankKind.TEXT])}
    if named not in wanted.get(kind, (_OWN[BankKind.AUDIO],)):
        raise InvalidInput(f"a signal of the type {named!r} is none for a bank of kind {kind}")
    gone = bool(signal.get("should_delete", False))
    packed = signal.get(_PRINT)
    if isinstance(packed, str):
        return own_print(packed, kind), gone
    return _print(str(named), signal["indicator"]), gone


def _print(named: str, indicator: str) -> Print:
    if named == PDQ:
        return pictures.print_of(parse(indicator))
    if named == VPDQ:
        return films.print_of(films.of_frames(frames_of(indicator)))
    if named == TEXT and (made := texts.print_of(indicator)) is not None:
        return made
    raise InvalidInput(f"a signal of the type {named} without {_PRINT}, or with nothing to compare, cannot be taken")


def own_print(packed: str, kind: BankKind) -> Print:
    """What another installation gave out. Raises InvalidInput, ArtefactError."""
    try:
        payload = base64.b64decode(packed, validate=True)
    except (binascii.Error, ValueError) as problem:
        raise InvalidInput(f"{_PRINT} is base64, as it was given out", field=_PRINT) from problem
    if kind is BankKind.PICTURE:
        return pictures.print_of(ImageFingerprint.from_bytes(payload))
    if kind is BankKind.TEXT:
        texts.shingles_in(payload)
        return Print(kind, blake2b(payload, digest_size=DIGEST_BYTES).digest(), 100, payload)
    return films.print_of(VideoFingerprint.from_bytes(payload), sound_only=kind is BankKind.AUDIO)


def frames_of(indicator: str) -> list[FrameHash]:
    """vPDQ as others write it. Raises InvalidInput.

    >>> frames_of('["' + "0f" * 32 + ',100,1.5"]')[0].seconds
    1.5
    """
    try:
        told = orjson.loads(indicator)
        if isinstance(told, Mapping):
            rows = [(int(frame), one["hash"], one["quality"], one["timestamp"]) for frame, one in told.items()]
        else:
            rows = [(frame, *str(one).split(",")) for frame, one in enumerate(told)]  # type: ignore[misc]
        return [
            FrameHash(frame, float(seconds), parse(str(hexed), int(quality))) for frame, hexed, quality, seconds in rows
        ]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError) as problem:
        raise InvalidInput('vPDQ is a JSON list of "hash,quality,seconds"', field="indicator") from problem


def _label(signal: Mapping[str, Any]) -> str:
    """Its tags: a list of words, or of objects with a text."""
    tags = signal.get("tags")
    listed = tags.get("data") if isinstance(tags, Mapping) else tags
    if not isinstance(listed, list):
        return ""
    words = [str(one.get("text", "")) if isinstance(one, Mapping) else str(one) for one in listed]
    return _plain(", ".join(word for word in words if word))


def _source(signal: Mapping[str, Any]) -> str:
    named = signal.get("id")
    return _plain(f"threatexchange:{named}") if isinstance(named, str | int) else ""


def _plain(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:MOST_LABEL]


def exported(entries: Sequence[Entry], payloads: Mapping[int, bytes], bank: Bank, written: Format) -> Iterator[bytes]:
    """Pieces of a list: of `csv` lines, of `threatexchange` signals as JSON objects.

    Raises InvalidInput where entries of this kind cannot be written so.
    """
    if written is Format.CSV:
        if bank.kind is not BankKind.PICTURE:
            raise InvalidInput(f"PDQ hashes are of banks of pictures, not of {bank.kind}", field="format")
        for entry in entries:
            yield f"{entry.digest.hex()},{entry.quality}\n".encode()
        return
    for entry in entries:
        yield orjson.dumps(_told(entry, payloads.get(entry.id), bank))


def _told(entry: Entry, payload: bytes | None, bank: Bank) -> dict[str, object]:
    named, indicator = _indicator(entry, payload, bank.kind)
    said = entry.opinions
    told: dict[str, object] = {
        "id": str(entry.id),
        "indicator": indicator,
        "type": named,
        "creation_time": int(entry.created_at.timestamp()),
        "should_delete": entry.state is EntryState.WITHDRAWN,
        "status": "MALICIOUS" if bank.purpose == "block" else "UNKNOWN",
        "tags": [entry.label] if entry.label else [],
        "quality": entry.quality,
        "opinions": {"seen": said.seen, "confirmed": said.confirmed, "false_positive": said.false_positive},
    }
    if payload is not None:
        told[_PRINT] = base64.b64encode(payload).decode()
    return told


def _indicator(entry: Entry, payload: bytes | None, kind: BankKind) -> tuple[str, str]:
    if kind is BankKind.PICTURE:
        return PDQ, Pdq(entry.digest, entry.quality).hex
    if kind is BankKind.VIDEO and payload is not None:
        frames = VideoFingerprint.from_bytes(payload).frames()
        rows = [f"{one.pdq.hex},{one.pdq.quality},{one.seconds:.3f}" for one in frames]
        return VPDQ, orjson.dumps(rows).decode()
    return _OWN.get(kind, VPDQ), entry.digest.hex()
