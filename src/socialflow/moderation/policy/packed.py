"""Signals packed for replay: what a policy may ask for, without models, versions and places, in a fifth of the bytes.

A packed form is no record: the sealed JSON is, and the packed form is made from it (or with it) and can be made again.

Bytes: a 1, then the number of entries (uint16, little-endian), then the entries, 13 bytes each: the CRC-32 of the
signal's name (uint32), flags (uint8: 1 known, 2 missing, 4 read by a heuristic), the value (float64, 0 for words); and
JSON of the words by name, where there are any. A reading that says nothing counts as missing, as in `evaluate`.
"""

import struct
from collections.abc import Mapping
from zlib import crc32

import numpy as np
import orjson

from socialflow.kit.answers import Tier
from socialflow.moderation.policy.conditions import usable
from socialflow.moderation.records import Signals
from socialflow.moderation.signal_names import SIGNALS

FORM = 1
KNOWN, MISSING, SHAKY = 1, 2, 4
CODES: Mapping[str, int] = {name: crc32(name.encode()) for name in SIGNALS}
ENTRY = np.dtype([("code", "<u4"), ("flags", "u1"), ("value", "<f8")])
HEAD = struct.Struct("<BH")
_ENTRY = struct.Struct("<IBd")


def pack(signals: Signals) -> bytes:
    """The packed form. Signals that this version does not know are left out.

    >>> len(pack(Signals({}, {"text.spam": "model:spam"})))
    16
    """
    entries, words = [], {}
    for name, reading in signals.readings.items():
        code, value = CODES.get(name), reading.value
        if code is None or name in signals.missing:
            continue
        if not (reading.coverage > 0 and usable(name, value)):
            entries.append(_ENTRY.pack(code, MISSING, 0.0))
            continue
        flags = KNOWN | SHAKY if reading.tier is Tier.HEURISTIC else KNOWN
        if isinstance(value, tuple):
            words[name], value = value, 0.0
        entries.append(_ENTRY.pack(code, flags, value))
    lacking = [name for name in signals.missing if name in CODES]
    entries += [_ENTRY.pack(CODES[name], MISSING, 0.0) for name in lacking]
    tail = orjson.dumps(words, option=orjson.OPT_SORT_KEYS) if words else b""
    return HEAD.pack(FORM, len(entries)) + b"".join(entries) + tail
