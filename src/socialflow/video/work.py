"""What runs in a bounded child: one pass over one file, for the observers that were asked for."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.kit.bounded_child import Report
from socialflow.kit.findings import told
from socialflow.kit.wire import Message
from socialflow.video.builders import OBSERVERS
from socialflow.video.observer import Observer
from socialflow.video.records import Bounds
from socialflow.video.stream import watch


def analyse(request: Message, report: Report) -> Message:
    """Answer `{"path", "observers": {name: options}, "bounds"}` with what `reader.passed` reads; report `{"share"}`."""
    body = request.body
    observers = [_made(name, options) for name, options in body["observers"].items()]
    bounds = Bounds(**body["bounds"])
    found = watch(Path(body["path"]), observers, bounds=bounds, progress=lambda share: report({"share": share}))
    findings, arrays = told(found.findings)
    return Message({"info": asdict(found.info), "read": asdict(found.read), "findings": findings}, arrays)


def _made(name: str, options: Mapping[str, Any]) -> Observer:
    """An observer with its options. Raises InvalidInput."""
    if name not in OBSERVERS:
        raise InvalidInput(f"{name!r} does not watch videos; ask one of {', '.join(OBSERVERS)}", field="analyses")
    try:
        return OBSERVERS[name](**options)
    except TypeError as problem:
        raise InvalidInput(f"{name} does not take these options: {problem}", field=name) from problem
