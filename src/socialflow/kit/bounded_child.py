"""What a bounded child runs: `python -m socialflow.kit.bounded_child MODULE:FUNCTION MEMORY`.

It imports the function once, then answers one request after another on its standard streams (`kit.wire`), each with a
budget of processor time, until its input ends. What libraries print goes to nowhere.
"""

import os
import resource
import select
import signal
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module
from typing import Any, BinaryIO

from socialflow.errors import SocialflowError
from socialflow.kit.wire import Message, packed, unpacked

Report = Callable[[Mapping[str, Any]], None]
"""Takes what a job has to say while it goes on."""
Job = Callable[[Message, Report], Message]

_LOOK = 5
"""Seconds between looks whether the parent is there, should others have inherited its end of the pipe."""
_SPARE = 2
"""Seconds between the warning that processor time is spent and the end by force."""


def main() -> None:
    """Serve until standard input ends."""
    where, memory = sys.argv[1:]
    requests, replies = _streams()
    _end_with_parent(requests)
    module, _, name = where.partition(":")
    job: Job = getattr(import_module(module), name)
    _limit(int(memory))
    _say(replies, Message({"kind": "ready"}))
    with suppress(EOFError):
        while True:
            request = unpacked(lambda size: _exactly(requests, size))
            _budget(int(request.body["seconds"]))
            _say(replies, _answer(job, request, lambda body: _say(replies, Message({"kind": "report", "body": body}))))


def _answer(job: Job, request: Message, report: Report) -> Message:
    try:
        done = job(Message(request.body["body"], request.arrays), report)
    except SocialflowError as refused:
        told = {"kind": "refused", "code": refused.code, "message": refused.message, "field": refused.field}
        return Message(told)
    except MemoryError:
        return Message({"kind": "exhausted", "what": "memory"})
    return Message({"kind": "done", "body": done.body}, done.arrays)


def _streams() -> tuple[BinaryIO, BinaryIO]:
    """Standard input and output for messages alone: both of these, and errors, then lead nowhere."""
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    return requests, replies


def _say(replies: BinaryIO, message: Message) -> None:
    replies.writelines(packed(message))
    replies.flush()


def _exactly(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise EOFError
    return data


def _end_with_parent(requests: BinaryIO) -> None:
    """End this process when nobody holds the other end of `requests` any more, whatever it is at.

    The kernel's signal at a parent's death would not do: it comes when the *thread* ends that started this process.
    """
    poller = select.poll()
    poller.register(requests, 0)  # a hang-up is told without being asked for

    def watch() -> None:
        while not poller.poll(_LOOK * 1000):
            if os.getppid() == 1:
                break
        os._exit(1)

    threading.Thread(target=watch, name="parent", daemon=True).start()


def _limit(memory: int) -> None:
    """No core dumps, no files beyond what may come back over the pipe, and `memory` bytes of address space."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


def _budget(seconds: int) -> None:
    """From now on, `seconds` of processor time; then the kernel ends the process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    spent = int(used.ru_utime + used.ru_stime) + seconds + 1
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    allowed = spent if hard == resource.RLIM_INFINITY else min(spent, hard)
    resource.setrlimit(resource.RLIMIT_CPU, (allowed, hard))
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)


if __name__ == "__main__":
    main()
