"""Jobs for bounded children in tests."""

import os
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from socialflow.errors import InvalidInput
from socialflow.kit.bounded_child import Report
from socialflow.kit.wire import Message


def do(message: Message, report: Report) -> Message:
    """What the message names."""
    return JOBS[message.body["do"]](message, report)


def double(message: Message, _: Report) -> Message:
    return Message({"pid": os.getpid()}, [2 * array for array in message.arrays])


def prints(_: Message, __: Report) -> Message:
    print("noise of a library", flush=True)
    sys.stderr.write("more of it")
    return Message({"said": True})


def reports(_: Message, report: Report) -> Message:
    for share in (0.25, 0.5):
        report({"share": share})
    return Message({})


def refuse(_: Message, __: Report) -> Message:
    raise InvalidInput("not like this", field="path")


def die(_: Message, __: Report) -> Message:
    os.kill(os.getpid(), 11)
    return Message({})


def hang(_: Message, __: Report) -> Message:
    time.sleep(60)
    return Message({})


def spin(_: Message, __: Report) -> Message:
    while True:
        pass


def eat(_: Message, __: Report) -> Message:
    return Message({"bytes": len(bytearray(8 << 30))})


def write(message: Message, _: Report) -> Message:
    Path(message.body["path"]).write_bytes(b"x")
    return Message({})


JOBS: Mapping[str, Callable[[Message, Report], Message]] = {
    "double": double,
    "print": prints,
    "report": reports,
    "refuse": refuse,
    "die": die,
    "hang": hang,
    "spin": spin,
    "eat": eat,
    "write": write,
}
