"""Work on what strangers sent, in warm child processes with limits of memory, processor and time.

A decoder that is led astray takes its child with it, not the service: the caller gets a clear error, and the next
request a new child.
"""

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import IO, Any, cast

from socialflow.errors import (
    ArtefactError,
    DigestMismatch,
    InvalidInput,
    MediaUnreadable,
    ModelUnavailable,
    Overloaded,
    SocialflowError,
    TooLarge,
)
from socialflow.kit.courtesy import follow
from socialflow.kit.wire import BrokenMessage, Message, packed, unpacked

_LOOK = 0.1
"""Seconds after which a waiting call looks whether it was given up."""
_STARTS_WITHIN = 120.0
"""Seconds in which a child has to load its libraries; one that steps back behind others may need them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one child: bytes of address space (a decoder and its libraries need 1 GiB to load), and of one request:
    seconds of processor time and of the clock."""

    memory: int = 3 << 30
    processor_seconds: int = 600
    seconds: float = 900.0


_REFUSALS: Mapping[str, type[SocialflowError]] = {
    kind.code: kind
    for kind in (ArtefactError, DigestMismatch, InvalidInput, MediaUnreadable, ModelUnavailable, TooLarge)
}
"""What a job may raise, by code."""


class Given:
    """Ways of a caller to hear of a request while it goes on, and to give it up."""

    def __init__(self) -> None:
        self._given_up = threading.Event()

    def report(self, body: Mapping[str, Any]) -> None:
        """Hear what the job has to say; called on the thread that runs the request."""

    def give_up(self) -> None:
        """End the request: its child is killed, and `run` raises Cancelled."""
        self._given_up.set()

    @property
    def up(self) -> bool:
        """Whether the request was given up."""
        return self._given_up.is_set()


class Cancelled(Exception):
    """A request was given up by who made it."""


class BoundedPool:
    """Runs one function, "module:function", in at most `size` children at a time; more callers than `waiting` beyond
    these are refused. Safe to use from many threads; children start at the first request and are kept warm.
    """

    def __init__(
        self, job: str, *, size: int = 1, waiting: int = 64, limits: Limits | None = None, requests: int = 200
    ) -> None:
        """A child is replaced after so many `requests`: what a library leaks goes with it."""
        self._job, self._limits, self._requests = job, limits or Limits(), requests
        self._turns, self._places = threading.Semaphore(size), threading.Semaphore(size + waiting)
        self._guard = threading.Lock()
        self._idle: list[_Child] = []
        self._closed = False

    def run(self, message: Message, given: Given | None = None) -> Message:
        """What the function answers.

        Raises:
            SocialflowError: as the function raised it.
            MediaUnreadable: the child died of what it was given.
            TooLarge: memory or time ran out.
            Overloaded: too many requests wait, or the pool is closed.
            Cancelled: it was given up.
        """
        if not self._places.acquire(blocking=False):
            raise Overloaded("too much media waits to be decoded; try again")
        given = given or Given()
        try:
            self._take_turn(given)
            try:
                return self._run(message, given)
            finally:
                self._turns.release()
        finally:
            self._places.release()

    def close(self) -> None:
        """End the children that are idle; those at work end with their requests."""
        with self._guard:
            self._closed, idle, self._idle = True, self._idle, []
        for child in idle:
            child.end()

    def _take_turn(self, given: Given) -> None:
        while not self._turns.acquire(timeout=_LOOK):
            if given.up:
                raise Cancelled

    def _run(self, message: Message, given: Given) -> Message:
        child = self._child(given)
        try:
            answer = child.exchange(message, self._limits, given)
        except BaseException:
            child.end()
            raise
        self._put_back(child)
        return _done(answer)

    def _child(self, given: Given) -> "_Child":
        with self._guard:
            if self._closed:
                raise Overloaded("the service is shutting down; try again")
            idle = self._idle.pop() if self._idle else None
        if idle is not None:
            if idle.alive:
                return idle
            idle.end()  # somebody else ended it
        return _Child.started(self._job, self._limits, given)

    def _put_back(self, child: "_Child") -> None:
        with self._guard:
            if not self._closed and child.served < self._requests:
                self._idle.append(child)
                return
        child.end()


def _done(answer: Message) -> Message:
    """The answer of a job, or the error that it tells."""
    body = answer.body
    match body.get("kind"):
        case "done":
            return Message(body["body"], answer.arrays)
        case "refused":
            refusal = _REFUSALS.get(str(body.get("code")), SocialflowError)
            raise refusal(str(body.get("message")), field=body.get("field"))
        case "exhausted":
            raise TooLarge("this needs more memory than one request may take")
        case _:
            raise MediaUnreadable("it cannot be decoded: the decoder gave no answer")


class _Child:
    """One process and the pipes to it."""

    def __init__(self, process: "subprocess.Popen[bytes]", requests: IO[bytes], replies: IO[bytes]) -> None:
        self._process, self._requests, self._replies = process, requests, replies
        self._selector = selectors.DefaultSelector()
        self._selector.register(replies, selectors.EVENT_READ)
        self.served = 0

    @classmethod
    def started(cls, job: str, limits: Limits, given: Given) -> "_Child":
        """A child that is ready."""
        command = [sys.executable, "-m", "socialflow.kit.bounded_child", job, str(limits.memory)]
        process = subprocess.Popen(  # noqa: S603 (our own interpreter and module)
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
        )
        follow(process.pid)
        child = cls(process, cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout))
        try:
            if child._next(time.monotonic() + _STARTS_WITHIN, given).body.get("kind") != "ready":
                raise MediaUnreadable("the decoder does not start")
        except TooLarge as problem:
            child.end()
            raise Overloaded("the decoder does not come up: this machine is too busy; try again") from problem
        except BaseException:
            child.end()
            raise
        return child

    @property
    def alive(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def exchange(self, message: Message, limits: Limits, given: Given) -> Message:
        """Give a request, hear its reports, take its answer."""
        self.served += 1
        asked = Message({"seconds": limits.processor_seconds, "body": message.body}, message.arrays)
        until = time.monotonic() + limits.seconds
        with suppress(BrokenPipeError):  # it is dead; the next read says so
            for piece in packed(asked):
                self._requests.write(piece)
            self._requests.flush()
        while (answer := self._next(until, given)).body.get("kind") == "report":
            given.report(answer.body["body"])
        return answer

    def end(self) -> None:
        """Kill it and what it started."""
        if self.alive:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, 9)
        self._process.wait()
        self._selector.close()
        for pipe in (self._requests, self._replies):
            with suppress(BrokenPipeError):
                pipe.close()

    def _next(self, until: float, given: Given) -> Message:
        try:
            return unpacked(lambda size: self._exactly(size, until, given))
        except EOFError:
            raise MediaUnreadable(self._why()) from None
        except BrokenMessage as problem:
            raise MediaUnreadable(f"it cannot be decoded: {problem}") from problem

    def _exactly(self, size: int, until: float, given: Given) -> bytearray:
        data = bytearray()
        while len(data) < size:
            if given.up:
                raise Cancelled
            if time.monotonic() > until:
                raise TooLarge("this takes longer than one request may")
            if self._selector.select(_LOOK):
                piece = os.read(self._replies.fileno(), min(size - len(data), 1 << 20))
                if not piece:
                    raise EOFError
                data += piece
        return data

    def _why(self) -> str:
        """How the child ended, in words."""
        code = self._process.wait()
        spent = "it took more processor time than one request may" if code == -24 else "the decoder broke down on it"
        return f"it cannot be decoded: {spent}"
