"""What runs in a bounded child: one picture, decoded once, for the lookers that were asked for."""

from dataclasses import asdict
from pathlib import Path

from socialflow.image.decode import decoded
from socialflow.image.looking import looked, made
from socialflow.image.records import ImageBounds
from socialflow.kit.bounded_child import Report
from socialflow.kit.findings import told
from socialflow.kit.wire import Array, Message


def look(request: Message, report: Report) -> Message:  # noqa: ARG001 (one look has no stages)
    """Answer `{"path", "lookers": {name: options}, "bounds", "colours"}` with what `reader.seen` reads."""
    body = request.body
    lookers = made(body["lookers"])
    picture = decoded(Path(body["path"]), ImageBounds(**body["bounds"]))
    findings, arrays = told(looked(picture, lookers))
    pixels: list[Array] = [picture.colours] if body["colours"] else []
    answer = {"info": asdict(picture.info), "damaged": picture.damaged, "findings": findings, "colours": len(pixels)}
    return Message(answer, [*pixels, *arrays])
