"""Duties that go on whatever happens to them, until they are to end."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
import structlog

from socialflow.pipelines import housekeeping as module
from socialflow.pipelines.housekeeping import Housekeeping


class Duty:
    """Does what it is told to, once a life; then it goes on for ever."""

    def __init__(self, *lives: BaseException | None) -> None:
        self._lives = list(lives)
        self.begun = 0
        self.ended = 0
        self.lasting = asyncio.Event()

    async def __call__(self) -> None:
        self.begun += 1
        try:
            if self._lives:
                fault = self._lives.pop(0)
                if fault is not None:
                    raise fault
                return
            self.lasting.set()
            await asyncio.Event().wait()
        finally:
            self.ended += 1


def keep(**duties: Callable[[], Awaitable[None]]) -> Housekeeping:
    made = Housekeeping(duties)
    made.start()
    return made


@pytest.fixture(autouse=True)
def _restless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)


class TestDuties:
    async def test_run_beside_each_other(self) -> None:
        one, other = Duty(), Duty()
        kept = keep(one=one, other=other)
        await one.lasting.wait()
        await other.lasting.wait()
        await kept.close()
        assert (one.begun, other.begun) == (1, 1)

    async def test_do_not_begin_before_they_are_told_to(self) -> None:
        duty = Duty()
        kept = Housekeeping({"duty": duty})
        await asyncio.sleep(0)
        assert duty.begun == 0
        await kept.close()

    async def test_that_fail_are_begun_again_and_told(self) -> None:
        duty = Duty(ValueError("a bug"), KeyError("another"))
        with structlog.testing.capture_logs() as lines:
            kept = keep(dispatcher=duty)
            await duty.lasting.wait()
            await kept.close()
        assert duty.begun == 3
        assert [(line["event"], line["duty"]) for line in lines] == [("duty_failed", "dispatcher")] * 2

    async def test_that_end_are_begun_again_and_told(self) -> None:
        duty = Duty(None)
        with structlog.testing.capture_logs() as lines:
            kept = keep(dispatcher=duty)
            await duty.lasting.wait()
            await kept.close()
        assert duty.begun == 2
        assert [(line["event"], line["log_level"]) for line in lines] == [("duty_ended", "error")]

    async def test_that_fail_hold_up_no_other(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PAUSE_SECONDS", 3600.0)
        failing, sound = Duty(ValueError("a bug")), Duty()
        kept = keep(failing=failing, sound=sound)
        await sound.lasting.wait()
        await kept.close()
        assert failing.begun == 1


class TestClosing:
    async def test_ends_every_duty_and_waits_for_its_end(self) -> None:
        cleaned = []

        async def tidy() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                cleaned.append("tidy")

        duty = Duty()
        kept = keep(tidy=tidy, duty=duty)
        await duty.lasting.wait()
        await kept.close()
        assert (cleaned, duty.ended) == (["tidy"], 1)

    async def test_is_not_held_up_by_a_duty_that_fails_as_it_ends(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "PAUSE_SECONDS", 3600.0)

        async def clumsy() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                raise ValueError("while cleaning up")

        duty = Duty()
        kept = keep(clumsy=clumsy, duty=duty)
        await duty.lasting.wait()
        await kept.close()
        assert duty.ended == 1

    async def test_may_come_twice_or_before_the_beginning(self) -> None:
        kept = Housekeeping({"duty": Duty()})
        for _ in range(2):
            await kept.close()
