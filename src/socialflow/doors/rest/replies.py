"""Answers as JSON, written by orjson straight from dicts, dataclasses and enums."""

from typing import Any

import orjson
from starlette.responses import Response

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_SERIALIZE_NUMPY


class Reply(Response):
    """A JSON answer; datetimes become RFC 3339 with `Z`, NaN becomes null."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """Encode the body."""
        return orjson.dumps(content, option=_OPTIONS)
