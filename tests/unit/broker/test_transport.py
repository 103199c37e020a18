"""Sending messages: into a folder, and to a real Redis that dies, hangs and refuses."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from tests.fakes import NOW
from tests.redis_server import RedisServer, redis_server

from socialflow.broker.app import QUEUE, make_app
from socialflow.broker.config import BrokerSettings
from socialflow.broker.folder import prepare
from socialflow.broker.transport import NET_BELOW, CeleryTransport
from socialflow.errors import Overloaded, TransportUnavailable
from socialflow.jobs.records import Job, JobState, PipelineType
from socialflow.jobs.work import KINDS


def job(number: int, kind: PipelineType = PipelineType.CACHE_WARM) -> Job:
    return Job(f"job-{number}", kind, "job", {"secret": 1}, 5, JobState.QUEUED, 0, 0, 0, NOW, NOW)


def sent(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(path.read_text()) for path in sorted(folder.glob("*.msg"))]


class Making:
    """Makes applications over one folder, and counts them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = 0

    def __call__(self) -> Celery:
        self.made += 1
        prepare(self.folder)
        return make_app(BrokerSettings(self.folder))


@pytest.fixture
def making(tmp_path: Path) -> Making:
    return Making(tmp_path / "queue")


@pytest.fixture
async def transport(making: Making) -> AsyncIterator[CeleryTransport]:
    opened = CeleryTransport(making)
    yield opened
    await opened.close()


class TestSending:
    async def test_writes_one_message_a_job_in_order(self, transport: CeleryTransport, making: Making) -> None:
        await transport.send([job(1), job(2, PipelineType.TRAIN_MODEL)])
        await transport.send([job(3)])
        told = [(message["headers"]["id"], message["headers"]["task"]) for message in sent(making.folder)]
        assert told == [("job-1", "ml.cache_warm"), ("job-2", "ml.train_model"), ("job-3", "ml.cache_warm")]

    async def test_tells_the_id_alone(self, transport: CeleryTransport, making: Making) -> None:
        await transport.send([job(1)])
        (message,) = sent(making.folder)
        args, kwargs, _ = json.loads(b64decode(message["body"]))
        assert (args, kwargs) == ([], {"job": "job-1"})
        assert "secret" not in json.dumps(message)

    async def test_hangs_a_net_below_the_time_limit_of_each_kind(
        self, transport: CeleryTransport, making: Making
    ) -> None:
        kinds = list(KINDS)
        await transport.send([job(number, kind) for number, kind in enumerate(kinds)])
        limits = [message["headers"]["timelimit"][0] for message in sent(making.folder)]
        assert limits == [KINDS[kind].time_limit + NET_BELOW for kind in kinds]

    async def test_makes_the_application_once_and_when_it_is_needed(
        self, transport: CeleryTransport, making: Making
    ) -> None:
        await transport.send([])
        assert making.made == 0
        for _ in range(2):
            await transport.send([job(1)])
        assert making.made == 1


class TestFailures:
    async def test_of_the_folder_are_told_and_pass(self, transport: CeleryTransport, making: Making) -> None:
        await transport.send([job(1)])
        moved = making.folder.rename(making.folder.with_name("away"))
        with pytest.raises(TransportUnavailable, match="cannot be reached"):
            await transport.send([job(2)])
        moved.rename(making.folder)
        await transport.send([job(3)])
        assert [message["headers"]["id"] for message in sent(making.folder)] == ["job-1", "job-3"]

    async def test_after_closing_are_no_hanging(self, making: Making) -> None:
        transport = CeleryTransport(making)
        await transport.send([job(1)])
        for _ in range(2):
            await transport.close()
        with pytest.raises(Overloaded):
            await transport.send([job(2)])


class TestRedis:
    @pytest.fixture
    def redis(self) -> Iterator[RedisServer]:
        with redis_server() as running:
            yield running

    @pytest.fixture
    async def transport(self, redis: RedisServer, tmp_path: Path) -> AsyncIterator[CeleryTransport]:
        def make() -> Celery:
            app = make_app(BrokerSettings(tmp_path, redis.url.replace("unix://", "redis+socket://")))
            app.conf.broker_transport_options |= {"socket_timeout": 0.2}  # what hangs is not waited for as long
            return app

        opened = CeleryTransport(make)
        yield opened
        await opened.close()

    def waiting(self, redis: RedisServer) -> int:
        with redis.client() as client:
            return int(client.llen(QUEUE))

    async def test_that_is_killed_is_told_and_used_again_once_it_is_back(
        self, redis: RedisServer, transport: CeleryTransport
    ) -> None:
        await transport.send([job(1), job(2)])
        assert self.waiting(redis) == 2
        redis.kill()
        for _ in range(2):
            with pytest.raises(TransportUnavailable):
                await transport.send([job(3)])
        redis.start()
        await transport.send([job(4)])
        assert self.waiting(redis) == 1

    async def test_that_restarted_between_two_sendings_is_not_even_noticed(
        self, redis: RedisServer, transport: CeleryTransport
    ) -> None:
        await transport.send([job(1)])
        redis.kill()
        redis.start()
        await transport.send([job(2)])
        assert self.waiting(redis) == 1

    async def test_that_is_full_is_told(self, redis: RedisServer, transport: CeleryTransport) -> None:
        with redis.client() as client:
            client.config_set("maxmemory", 1)
            with pytest.raises(TransportUnavailable):
                await transport.send([job(1)])
            client.config_set("maxmemory", 0)
        await transport.send([job(2)])

    async def test_that_wants_a_password_is_told(self, redis: RedisServer, transport: CeleryTransport) -> None:
        with redis.client() as client:
            client.config_set("requirepass", "another")
        with pytest.raises(TransportUnavailable):
            await transport.send([job(1)])

    async def test_that_hangs_is_given_up(self, redis: RedisServer, transport: CeleryTransport) -> None:
        await transport.send([job(1)])
        redis.freeze()
        try:
            with pytest.raises(TransportUnavailable):
                await transport.send([job(2)])
        finally:
            redis.thaw()
        await transport.send([job(3)])
