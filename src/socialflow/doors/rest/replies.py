"""Answers as JSON, written by orjson straight from dicts, dataclasses and enums."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from starlette.responses import Response

from socialflow.recommendation.records import Impression

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


class Reply(Response):
    """A JSON answer; datetimes become RFC 3339 with `Z`, NaN becomes null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the body."""
        return orjson.dumps(content, option=_OPTIONS)


def _header(description: str, example: str) -> dict[str, object]:
    return {"description": description, "schema": {"type": "string"}, "example": example}


HEADERS: Mapping[str, Any] = {
    "X-Socialflow-Status": _header("`partial` where a signal was missing.", "complete"),
    "X-Socialflow-Missing": _header("Signals that could not be had.", "model:als"),
    "X-Socialflow-Provenance": _header("What made the answer: model, version, tier.", "item_item 0003 trained"),
    "X-Socialflow-Request-Id": _header("Explains the list, and goes with interactions.", "b7e1c2d9"),
}
"""What a bare list says of itself, as OpenAPI headers."""


def listed(rows: Sequence[Mapping[str, object]], made: Impression) -> Reply:
    """A bare list; what made it stands in `HEADERS`."""
    by = ", ".join(f"{one.model} {one.version} {one.tier}" for one in made.provenance)
    told = (made.status, ", ".join(made.missing), by, made.request_id)
    return Reply(list(rows), headers=dict(zip(HEADERS, told, strict=True)))
