"""Schemathesis over the whole document, against a running server with the real platform behind it.

A documented 503 is reported by Schemathesis as a server error, so the checks are named here: no 500, and nothing that
the document does not say.
"""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from socialflow import wiring
from socialflow.content.records import Channel, ModerationStatus, User
from socialflow.doors.rest.app import create_app
from socialflow.settings import load_settings
from socialflow.storage import maintenance
from socialflow.storage.unit_of_work import Store
from tests.doors.conftest import SERVICE, WHEN, item, populate
from tests.doors.fakes import STATIC_KEY
from tests.doors.test_openapi import DOCUMENT

CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
pytestmark = pytest.mark.slow
schema = schemathesis.openapi.from_dict(DOCUMENT)


async def populate_examples(store: Store) -> None:
    """What the examples of the document speak of, so that they find it."""
    async with store.write() as unit:
        await unit.users.upsert([User("u-7", "user123", WHEN), User("u-8", "user124", WHEN)])
        await unit.channels.upsert([Channel("quiet-hours", "Quiet Hours", WHEN, owner="u-7")])
        await unit.items.upsert([item("1200", ModerationStatus.APPROVED), item("1234", ModerationStatus.APPROVED)])


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server that runs in a thread of its own."""
    home: Path = tmp_path_factory.mktemp("home")
    chosen = load_settings({"socialflow_home": home, "api_key": STATIC_KEY, "database_url": "", "redis_url": None})
    maintenance.upgrade(chosen.store_url)

    class Server(uvicorn.Server):
        async def startup(self, sockets: object = None) -> None:
            await super().startup()
            await populate(app.state.platform.store)
            await populate_examples(app.state.platform.store)
            ready.set()

    app = create_app(lambda: wiring.assemble(chosen))
    ready = threading.Event()
    server = Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run)
    thread.start()
    assert ready.wait(60), "the server did not start"
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@schema.parametrize()
@settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_every_operation_answers_as_documented(case: schemathesis.Case, server: str) -> None:
    response = case.call(base_url=server, headers=dict(SERVICE))
    assert response.status_code != 500, response.text
    case.validate_response(response, checks=CHECKS)
