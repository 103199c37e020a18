"""The Celery application: how messages travel, everywhere alike."""

from celery import Celery
from kombu.entity import Queue
from kombu.transport import TRANSPORT_ALIASES

from socialflow.broker.config import BrokerSettings

QUEUE = "ai_processing"
POLLING_SECONDS = 0.03
"""How often a worker looks into the folder where there is no broker."""
_FOLDER = "socialflow-folder"

TRANSPORT_ALIASES[_FOLDER] = "socialflow.broker.folder:Transport"


def make_app(settings: BrokerSettings) -> Celery:
    """Return the application; nothing is connected yet.

    Messages are acknowledged as they arrive and may be lost with their worker: the job's lease brings it back.
    """
    app = Celery("socialflow", broker=settings.url or f"{_FOLDER}://localhost/", backend=settings.result_backend)
    app.conf.update(
        accept_content=["json"],
        task_serializer="json",
        result_serializer="json",
        task_default_queue=QUEUE,
        task_queues=[Queue(QUEUE)],  # type: ignore[no-untyped-call]
        task_acks_late=False,
        task_ignore_result=settings.result_backend is None,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=settings.url is not None,
        task_send_sent_event=settings.url is not None,
        worker_enable_remote_control=settings.url is not None,
        worker_cancel_long_running_tasks_on_connection_loss=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=3,
        broker_transport_options=_transport_options(settings),
        worker_proc_alive_timeout=60,
    )
    return app


def _transport_options(settings: BrokerSettings) -> dict[str, object]:
    if settings.url is None:
        folder = str(settings.folder)
        return {
            "data_folder_in": folder,
            "data_folder_out": folder,
            "polling_interval": POLLING_SECONDS,
        }
    if settings.url.startswith("redis"):
        return {"socket_connect_timeout": 3, "socket_timeout": 5, "health_check_interval": 10}
    return {}
