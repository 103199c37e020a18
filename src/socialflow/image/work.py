"""What runs in a bounded child: one picture, decoded once, for the lookers that were asked for."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.image.builders import LOOKERS
from socialflow.image.decode import decoded
from socialflow.image.looker import Looker
from socialflow.image.records import ImageBounds
from socialflow.kit.bounded_child import Report
from socialflow.kit.findings import told
from socialflow.kit.wire import Array, Message


def look(request: Message, report: Report) -> Message:  # noqa: ARG001 (one look has no stages)
    """Answer `{"path", "lookers": {name: options}, "bounds", "colours"}` with what `reader.seen` reads."""
    body = request.body
    lookers = {name: _made(name, options) for name, options in body["lookers"].items()}
    picture = decoded(Path(body["path"]), ImageBounds(**body["bounds"]))
    findings, arrays = told({name: looker.look(picture) for name, looker in lookers.items()})
    pixels: list[Array] = [picture.colours] if body["colours"] else []
    answer = {"info": asdict(picture.info), "damaged": picture.damaged, "findings": findings, "colours": len(pixels)}
    return Message(answer, [*pixels, *arrays])


def _made(name: str, options: Mapping[str, Any]) -> Looker:
    """A looker with its options. Raises InvalidInput."""
    if name not in LOOKERS:
        raise InvalidInput(f"{name!r} does not look at pictures; ask one of {', '.join(LOOKERS)}", field="analyses")
    try:
        return LOOKERS[name](**options)
    except TypeError as problem:
        raise InvalidInput(f"{name} does not take these options: {problem}", field=name) from problem
