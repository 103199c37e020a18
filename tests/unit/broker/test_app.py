"""What all applications have in common, and what depends on whether there is a broker."""

from pathlib import Path

import pytest
from kombu.exceptions import ContentDisallowed
from kombu.simple import SimpleQueue

from socialflow.broker.app import QUEUE, make_app
from socialflow.broker.config import BrokerSettings

REDIS = "redis://localhost:6379/0"
PLACES = [
    BrokerSettings(Path("queue")),
    BrokerSettings(Path("queue"), REDIS),
    BrokerSettings(Path("queue"), REDIS, REDIS),
]


@pytest.mark.parametrize("settings", PLACES)
class TestEveryApplication:
    def test_speaks_json_alone(self, settings: BrokerSettings) -> None:
        conf = make_app(settings).conf
        assert conf.accept_content == ["json"]
        assert (conf.task_serializer, conf.result_serializer) == ("json", "json")

    def test_takes_one_message_at_a_time_and_keeps_none_unacknowledged(self, settings: BrokerSettings) -> None:
        conf = make_app(settings).conf
        assert (conf.worker_prefetch_multiplier, conf.task_acks_late) == (1, False)

    def test_has_one_queue(self, settings: BrokerSettings) -> None:
        conf = make_app(settings).conf
        assert ([queue.name for queue in conf.task_queues], conf.task_default_queue) == ([QUEUE], QUEUE)

    def test_looks_for_its_broker_for_as_long_as_it_takes(self, settings: BrokerSettings) -> None:
        conf = make_app(settings).conf
        assert conf.broker_connection_retry_on_startup is True
        assert conf.broker_connection_max_retries is None

    def test_leaves_logging_to_the_service(self, settings: BrokerSettings) -> None:
        conf = make_app(settings).conf
        assert (conf.worker_hijack_root_logger, conf.worker_redirect_stdouts) == (False, False)


class TestPickles:
    def test_are_refused(self, tmp_path: Path) -> None:
        app = make_app(BrokerSettings(tmp_path))
        accept = app.conf.accept_content
        with app.connection() as connection, SimpleQueue(connection, QUEUE, accept=accept) as box:
            box.put({"job": "1"}, serializer="pickle")
            with pytest.raises(ContentDisallowed):
                box.get(block=False).decode()


class TestBounds:
    @pytest.mark.parametrize("url", [REDIS, "rediss://h/0", "redis+socket:///run/redis.sock"])
    def test_are_set_for_every_call_to_redis(self, url: str) -> None:
        options = make_app(BrokerSettings(Path("queue"), url)).conf.broker_transport_options
        assert 0 < options["socket_connect_timeout"] <= options["socket_timeout"] <= 10


class TestWatching:
    def test_is_for_brokers(self) -> None:
        """Events and remote control go to everybody at once, which files cannot."""
        for settings in PLACES:
            conf = make_app(settings).conf
            watched = (conf.worker_send_task_events, conf.task_send_sent_event, conf.worker_enable_remote_control)
            assert watched == (settings.url is not None,) * 3


class TestResults:
    def test_are_kept_by_celery_only_where_a_backend_is_set(self) -> None:
        assert [make_app(settings).conf.task_ignore_result for settings in PLACES] == [True, True, False]
        assert make_app(PLACES[2]).conf.result_backend == REDIS
