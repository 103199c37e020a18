"""Children with limits: what they answer, and what is left when they break down."""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest

from socialflow.errors import InvalidInput, MediaUnreadable, Overloaded, TooLarge
from socialflow.kit.bounded import BoundedPool, Cancelled, Given, Limits
from socialflow.kit.wire import Message

JOB = "tests.unit.kit.bounded_jobs:do"
PARENT = f"""
from socialflow.kit.bounded import BoundedPool
from socialflow.kit.wire import Message
print(BoundedPool({JOB!r}).run(Message({{"do": "double"}})).body["pid"], flush=True)
input()
"""
LIMITS = Limits(memory=4 << 30, processor_seconds=1, seconds=20.0)


@pytest.fixture(scope="module")
def pool() -> Iterator[BoundedPool]:
    made = BoundedPool(JOB, limits=LIMITS)
    yield made
    made.close()


def ask(pool: BoundedPool, what: str, given: Given | None = None, **more: object) -> Mapping[str, Any]:
    return pool.run(Message({"do": what, **more}), given).body


class TestAnswers:
    def test_arrays_go_and_come(self, pool: BoundedPool) -> None:
        (doubled,) = pool.run(Message({"do": "double"}, [np.arange(3)])).arrays
        assert doubled.tolist() == [0, 2, 4]

    def test_a_child_stays_warm(self, pool: BoundedPool) -> None:
        assert ask(pool, "double")["pid"] == ask(pool, "double")["pid"]

    def test_what_libraries_print_disturbs_nothing(self, pool: BoundedPool) -> None:
        assert ask(pool, "print") == {"said": True}

    def test_reports_are_heard_in_order(self, pool: BoundedPool) -> None:
        heard: list[float] = []

        class Hears(Given):
            def report(self, body: Mapping[str, Any]) -> None:
                heard.append(body["share"])

        ask(pool, "report", Hears())
        assert heard == [0.25, 0.5]

    def test_a_refusal_keeps_its_kind_and_field(self, pool: BoundedPool) -> None:
        with pytest.raises(InvalidInput, match="not like this") as refused:
            ask(pool, "refuse")
        assert refused.value.field == "path"

    def test_threads_share_children(self) -> None:
        shared = BoundedPool(JOB, size=2, limits=LIMITS)
        try:
            with ThreadPoolExecutor(6) as threads:
                pids = {body["pid"] for body in threads.map(lambda _: ask(shared, "double"), range(12))}
        finally:
            shared.close()
        assert 1 <= len(pids) <= 2

    def test_a_child_outlives_the_thread_that_began_it(self) -> None:
        shared = BoundedPool(JOB, limits=LIMITS)
        try:
            with ThreadPoolExecutor(1) as thread:
                pid = thread.submit(ask, shared, "double").result()["pid"]
            assert ask(shared, "double")["pid"] == pid
        finally:
            shared.close()

    def test_a_child_that_somebody_ended_is_replaced(self, pool: BoundedPool) -> None:
        child = psutil.Process(ask(pool, "double")["pid"])
        child.kill()
        child.wait(10)
        assert ask(pool, "double")["pid"] != child.pid

    def test_a_child_ends_with_its_parent(self) -> None:
        with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
            assert parent.stdout is not None
            child = psutil.Process(int(parent.stdout.readline()))
            parent.kill()
        psutil.wait_procs([child], timeout=10)
        assert not child.is_running()

    def test_a_child_is_replaced_after_its_share_of_requests(self) -> None:
        short = BoundedPool(JOB, limits=LIMITS, requests=1)
        try:
            assert ask(short, "double")["pid"] != ask(short, "double")["pid"]
        finally:
            short.close()


class TestLimits:
    @pytest.mark.parametrize(
        ("what", "error", "words"),
        [
            ("die", MediaUnreadable, "broke down"),
            ("spin", MediaUnreadable, "processor time"),
            ("eat", TooLarge, "memory"),
        ],
    )
    def test_the_caller_is_told_and_the_next_is_served(
        self, pool: BoundedPool, what: str, error: type[Exception], words: str
    ) -> None:
        with pytest.raises(error, match=words):
            ask(pool, what)
        assert ask(pool, "print") == {"said": True}

    def test_time_runs_out(self) -> None:
        short = BoundedPool(JOB, limits=Limits(memory=4 << 30, seconds=0.5))
        try:
            with pytest.raises(TooLarge, match="longer"):
                ask(short, "hang")
        finally:
            short.close()

    def test_no_file_is_written(self, pool: BoundedPool, tmp_path: Path) -> None:
        with pytest.raises(MediaUnreadable):
            ask(pool, "write", path=str(tmp_path / "out"))
        assert (tmp_path / "out").stat().st_size == 0

    def test_a_request_that_is_given_up_ends(self, pool: BoundedPool) -> None:
        given = Given()
        with ThreadPoolExecutor(1) as thread:
            waiting = thread.submit(ask, pool, "hang", given)
            given.give_up()
            with pytest.raises(Cancelled):
                waiting.result()

    def test_too_many_are_refused(self) -> None:
        full = BoundedPool(JOB, waiting=0, limits=LIMITS)
        given = Given()
        try:
            with ThreadPoolExecutor(1) as thread:
                waiting = thread.submit(ask, full, "hang", given)
                while not full._idle and not waiting.done():
                    try:
                        ask(full, "double", given)
                    except Overloaded:
                        break
                given.give_up()
                with pytest.raises(Cancelled):
                    waiting.result()
        finally:
            full.close()

    def test_a_closed_pool_says_so(self) -> None:
        closed = BoundedPool(JOB, limits=LIMITS)
        closed.close()
        with pytest.raises(Overloaded, match="shutting down"):
            ask(closed, "double")
