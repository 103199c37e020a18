"""A served application over a small platform: users ann (a creator) and bob, ann's channel, four items."""

import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, MutableMapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import httpx
import pytest
import structlog
from fastapi import FastAPI

from socialflow.access.records import Scope
from socialflow.access.tokens import TokenSettings, issue_token
from socialflow.content.records import Channel, Item, ItemKind, ModerationStatus, User
from socialflow.doors.rest.app import create_app
from socialflow.kit.roles import Role
from socialflow.observability.metrics import Metrics
from socialflow.storage import maintenance
from socialflow.storage.unit_of_work import Store
from tests.doors.fakes import SECRET, STATIC_KEY, FakePlatform

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
Headers = Mapping[str, str]


@pytest.fixture(autouse=True, scope="package")
def quiet_logs() -> Iterator[None]:
    """Expected failures do not fill the terminal."""
    before = structlog.get_config()

    def drop(_logger: object, _method: str, _event: MutableMapping[str, Any]) -> NoReturn:
        raise structlog.DropEvent

    structlog.configure(processors=[drop])
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("template") / "socialflow.db"
    maintenance.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture
async def platform(empty_database: Path, tmp_path: Path) -> AsyncIterator[FakePlatform]:
    path = tmp_path / "socialflow.db"
    for part in empty_database.parent.glob("socialflow.db*"):
        shutil.copy(part, tmp_path / part.name)
    replies = empty_database.parent / "replies"
    platform = FakePlatform(Store(f"sqlite:///{path}"), replies_dir=replies, models_dir=tmp_path)
    await populate(platform.store)
    yield platform
    await platform.store.close()


async def populate(store: Store) -> None:
    async with store.write() as unit:
        await unit.users.upsert(
            [User("u-ann", "ann", WHEN, role=Role.CREATOR), User("u-bob", "bob", WHEN), User("u-eve", "eve", WHEN)]
        )
        await unit.channels.upsert([Channel("c-ann", "Ann's", WHEN, owner="u-ann"), Channel("c-none", "Free", WHEN)])
        await unit.items.upsert(
            [
                item("i-1", ModerationStatus.APPROVED),
                item("i-2", ModerationStatus.FLAGGED),
                item("i-3", ModerationStatus.PENDING),
                item("i-4", ModerationStatus.APPROVED, author=None),
            ]
        )


def item(item_id: str, status: ModerationStatus, author: str | None = "u-ann") -> Item:
    return Item(
        item_id,
        ItemKind.VIDEO,
        WHEN,
        channel="c-ann",
        author=author,
        title=f"Title {item_id}",
        moderation_status=status,
    )


class Stage:
    """One application for all tests: it works out its routes at the first request, which takes longer than a test.
    The platform behind it is another one for each, and so are its metrics."""

    def __init__(self) -> None:
        self.platform: FakePlatform | None = None
        self.app = create_app(self._present)

    def _present(self) -> FakePlatform:
        assert self.platform is not None
        return self.platform


@pytest.fixture(scope="session")
def stage() -> Stage:
    return Stage()


@pytest.fixture
async def app(stage: Stage, platform: FakePlatform) -> AsyncIterator[FastAPI]:
    stage.platform = platform
    stage.app.state.draining, stage.app.state.metrics = False, Metrics()
    async with stage.app.router.lifespan_context(stage.app):
        yield stage.app


@pytest.fixture
async def client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def token(subject: str, role: Role = Role.USER, lifetime: timedelta = timedelta(hours=1)) -> Headers:
    text = issue_token(TokenSettings(secret=SECRET), subject, role, now=datetime.now(UTC), lifetime=lifetime)
    return {"Authorization": f"Bearer {text}"}


SERVICE: Headers = {"X-API-Key": STATIC_KEY}


@pytest.fixture
def service_key(platform: FakePlatform) -> Callable[..., object]:
    async def make(*scopes: Scope, rate_limit: int | None = None) -> Headers:
        _, text = await platform.access.create_key("test", frozenset(scopes), rate_limit)
        return {"X-API-Key": text}

    return make
