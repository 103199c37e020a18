"""The resident platform of a process."""

import asyncio
import os
import threading
from collections.abc import Iterator

import pytest

from socialflow.errors import ConfigurationError
from socialflow.kit import defaults
from socialflow.kit.defaults import Resident, resident, substituted


class Platform:
    """Counts itself; remembers the loops it was used on."""

    def __init__(self) -> None:
        self.loops: set[asyncio.AbstractEventLoop] = set()
        self.closed = False

    async def work(self) -> int:
        assert not self.closed
        self.loops.add(asyncio.get_running_loop())
        await asyncio.sleep(0)
        return os.getpid()

    async def close(self) -> None:
        self.closed = True


class Factory:
    def __init__(self, failures: int = 0) -> None:
        self.made: list[Platform] = []
        self._failures = failures

    def __call__(self) -> Platform:
        if self._failures:
            self._failures -= 1
            raise ConfigurationError("DATABASE_URL is wrong")
        self.made.append(Platform())
        return self.made[-1]


@pytest.fixture
def factory() -> Factory:
    return Factory()


@pytest.fixture
def home(factory: Factory) -> Iterator[Resident]:
    made = Resident(factory)
    yield made
    made.close()


class TestOnePlatform:
    def test_nothing_is_made_before_the_first_use(self, home: Resident, factory: Factory) -> None:
        assert not factory.made

    def test_serves_code_without_a_loop_and_any_number_of_loops(self, home: Resident, factory: Factory) -> None:
        home.call(Platform.work)
        for _ in range(3):
            assert asyncio.run(home.run(Platform.work)) == os.getpid()
        (platform,) = factory.made
        assert len(platform.loops) == 1

    def test_is_made_once_by_many_threads_at_once(self, home: Resident, factory: Factory) -> None:
        threads = [threading.Thread(target=home.call, args=(Platform.work,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(factory.made) == 1

    def test_a_failure_reaches_the_caller_and_the_next_use_tries_again(self) -> None:
        home = Resident(Factory(failures=1))
        with pytest.raises(ConfigurationError):
            home.call(Platform.work)
        assert home.call(Platform.work) == os.getpid()
        home.close()

    def test_closing_closes_it_and_the_next_use_makes_another(self, home: Resident, factory: Factory) -> None:
        home.call(Platform.work)
        home.close()
        home.close()
        assert factory.made[0].closed
        home.call(Platform.work)
        assert len(factory.made) == 2

    def test_a_blocking_call_from_its_own_loop_is_refused(self, home: Resident) -> None:
        async def nested(platform: Platform) -> int:
            return home.call(Platform.work)

        with pytest.raises(RuntimeError, match="await run"):
            home.call(nested)

    async def test_a_cancelled_caller_cancels_what_it_waits_for(self, home: Resident) -> None:
        began, ended = asyncio.Event(), threading.Event()
        loop = asyncio.get_running_loop()

        async def long(platform: Platform) -> None:
            loop.call_soon_threadsafe(began.set)
            try:
                await asyncio.sleep(3600)
            finally:
                ended.set()

        task = asyncio.create_task(home.run(long))
        await began.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await asyncio.to_thread(ended.wait, 10)


class TestTheProcess:
    def test_has_one_that_can_be_substituted(self, factory: Factory) -> None:
        before = resident()
        with substituted(factory) as other:
            assert resident() is other
            other.call(Platform.work)
        assert resident() is before
        assert factory.made[0].closed

    @pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_forked_child_makes_its_own(self, factory: Factory) -> None:
        with substituted(factory) as home:
            assert home.call(Platform.work) == os.getpid()
            read, write = os.pipe()
            child = os.fork()
            if child == 0:
                try:
                    own = defaults.resident().call(Platform.work)
                    os.write(write, str(own).encode())
                finally:
                    os._exit(0)
            os.close(write)
            with os.fdopen(read) as answer:
                assert answer.read() == str(child)
            os.waitpid(child, 0)
