"""The canonical form of a decision, its seal, and digests that a person's own key makes.

The canonical form is JSON in UTF-8, without spaces, its keys in the order of their code points, its numbers rounded to
`DIGITS` decimals and never NaN, its times whole microseconds since 1970 in UTC. The seal is the SHA-256 of these bytes:
anybody who has them can check it with `sha256sum`.

What was judged and whose it is stand in a decision as HMAC-SHA-256 (RFC 2104) under a random key of the author's own.
Whoever holds the key can show that a decision is about these words; once the key is erased, nobody can.
"""

import hashlib
import hmac
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput, SealBroken
from socialflow.kit.answers import Tier
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.records import (
    Act,
    Actor,
    ActorKind,
    ContentKind,
    Decision,
    Facts,
    Hit,
    Place,
    PolicyVersion,
    Reading,
    Signals,
    Trust,
    Value,
    Verdict,
)

DIGITS = 6
"""Decimals that numbers keep."""
FORMAT = 1
"""Of the canonical form; an older one stays readable."""
_TIERS = {tier.value: tier for tier in Tier}
_SIGNALS, _AFTER_SIGNALS = b',"signals":', b',"supersedes":'
_FACTS, _AFTER_FACTS = b',"facts":', b',"format":'


@dataclass(frozen=True, slots=True)
class Judged:
    """What was looked at, as it was: texts by their field (`title`, `text`), URLs, and digests of media (hexadecimal).

    The order of URLs and of digests counts.
    """

    texts: Mapping[str, str]
    urls: tuple[str, ...] = ()
    media: tuple[str, ...] = ()


def canonical(value: object) -> bytes:
    """JSON with keys in order. Raises InvalidInput for what JSON cannot say, lone surrogates among it.

    >>> canonical({"b": 1, "a": [0.5, None]})
    b'{"a":[0.5,null],"b":1}'
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except (orjson.JSONEncodeError, TypeError) as error:
        raise InvalidInput(f"this cannot be written as JSON: {error}") from error


def digest_of(content: bytes) -> str:
    """SHA-256, lower-case hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def input_digest(key: bytes, judged: Judged) -> str:
    """What was judged, by a person's key: another text, URL, file or key makes another digest (hexadecimal)."""
    said = {"texts": dict(judged.texts), "urls": judged.urls, "media": judged.media}
    return hmac.new(key, b"input\n" + canonical(said), hashlib.sha256).hexdigest()


def pseudonym(key: bytes, role: str = "author") -> str:
    """The name under which a person stands in the record (hexadecimal); another in every role, none without the key."""
    return hmac.new(key, b"name\n" + role.encode(), hashlib.sha256).hexdigest()


def encode(decision: Decision) -> bytes:
    """The canonical form of everything but the seal. Raises InvalidInput: a number that is not finite, a naive time."""
    if decision.at.utcoffset() is None:
        raise InvalidInput("the time of a decision must have its time zone", field="at")
    verdict = decision.verdict
    return canonical(
        {
            "format": FORMAT,
            "id": decision.id,
            "content_id": decision.content_id,
            "facts": _plain(decision.facts),
            "input_digest": decision.input_digest,
            "author": decision.author,
            "signals": {
                "readings": {name: _reading(one) for name, one in decision.signals.readings.items()},
                "missing": dict(decision.signals.missing),
            },
            "policy": _plain(decision.policy),
            "verdict": {
                "status": verdict.status,
                "acts": verdict.acts,
                "hits": [_plain(hit) for hit in verdict.hits],
                "risk": None if verdict.risk is None else _number(verdict.risk),
                "confidence": None if verdict.confidence is None else _number(verdict.confidence),
            },
            "actor": _plain(decision.actor),
            "at": to_micros(decision.at),
            "supersedes": decision.supersedes,
            "note": decision.note,
        }
    )


def decode(body: bytes) -> Decision:
    """The inverse of `encode`; the seal is that of `body`. Raises SealBroken where these bytes are no decision."""
    try:
        data = orjson.loads(body)
        if data["format"] != FORMAT:
            raise SealBroken(f"a decision of format {data['format']} cannot be read; this version reads {FORMAT}")
        return Decision(
            id=data["id"],
            content_id=data["content_id"],
            facts=facts_of(data["facts"]),
            input_digest=data["input_digest"],
            author=data["author"],
            signals=signals_of(data["signals"]),
            policy=PolicyVersion(**data["policy"]),
            verdict=verdict_of(data["verdict"]),
            actor=Actor(ActorKind(data["actor"]["kind"]), data["actor"]["name"]),
            at=from_micros(data["at"]),
            supersedes=data["supersedes"],
            note=data["note"],
            seal=digest_of(body),
        )
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise SealBroken(f"these bytes are not a decision: {error}") from error


def seal(decision: Decision) -> Decision:
    """The decision as it will be read again: numbers rounded, words in order, sealed. Raises InvalidInput."""
    return decode(encode(decision))


def check(decision: Decision) -> bool:
    """Whether the seal is that of everything else. A decision that was never sealed fails."""
    return decision.seal == digest_of(encode(decision))


def facts_of(data: Mapping[str, Any]) -> Facts:
    """Facts from their canonical form."""
    return Facts(ContentKind(data["kind"]), data["community"], data["language"], Trust(data["trust"]))


def signals_of(data: Mapping[str, Any]) -> Signals:
    """Signals from their canonical form."""
    return Signals({name: _read(one) for name, one in data["readings"].items()}, data["missing"])


def verdict_of(data: Mapping[str, Any]) -> Verdict:
    """A verdict from its canonical form."""
    return Verdict(
        ModerationStatus(data["status"]),
        tuple(map(Act, data["acts"])),
        tuple(_hit(one) for one in data["hits"]),
        data["risk"],
        data["confidence"],
    )


def signals_within(body: bytes) -> bytes:
    """The JSON of the signals, cut out of a canonical decision without reading the rest.

    No text can feign the names that it is cut at: within JSON text a quotation mark stands behind a backslash, and what
    comes before and after the signals has no such names.
    """
    return body[body.index(_SIGNALS) + len(_SIGNALS) : body.rindex(_AFTER_SIGNALS)]


def facts_within(body: bytes) -> bytes:
    """The JSON of the facts, cut out of a canonical decision."""
    start = body.index(_FACTS) + len(_FACTS)
    return body[start : body.index(_AFTER_FACTS, start)]


def _plain(record: Facts | PolicyVersion | Actor | Hit) -> dict[str, object]:
    return {name: getattr(record, name) for name in record.__slots__}


def _reading(reading: Reading) -> dict[str, object]:
    return {
        "value": _value(reading.value),
        "model": reading.model,
        "version": reading.version,
        "tier": reading.tier,
        "coverage": _number(reading.coverage),
        "places": [[_number(place.start), _number(place.end), _number(place.score)] for place in reading.places],
    }


def _read(data: Mapping[str, Any]) -> Reading:
    value = data["value"]
    return Reading(
        tuple(value) if isinstance(value, list) else value,
        data["model"],
        data["version"],
        _TIERS[data["tier"]],
        data["coverage"],
        tuple(Place(*place) for place in data["places"]),
    )


def _hit(data: Mapping[str, Any]) -> Hit:
    return Hit(
        data["rule"],
        data["reason"],
        tuple(map(Act, data["acts"])),
        tuple(data["because"]),
        tuple(data["missing"]),
        tuple(data["labels"]),
        data["capped"],
    )


def _value(value: Value) -> object:
    return sorted(set(value)) if isinstance(value, tuple) else _number(value)


def _number(value: float) -> float:
    if not math.isfinite(value):
        raise InvalidInput(f"a score must be a finite number, not {value}", field="signals")
    return round(float(value), DIGITS) + 0.0  # no negative zero
