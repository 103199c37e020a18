"""`socialflow demo`: a simulated platform, trained models and a live server; what `make run` calls."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from socialflow.doors.cli import console, session
from socialflow.doors.cli.data import truth_path
from socialflow.doors.cli.serving import Host, Port, check_free, run_server, server_config
from socialflow.errors import ArtefactError, InvalidCredentials

if TYPE_CHECKING:
    from socialflow.kit.progress import Progress
    from socialflow.settings import Settings
    from socialflow.simulation.config import SimulationConfig
    from socialflow.wiring import Platform

SIZE = {"users": 500, "items": 2000, "days": 14, "seed": 7}
SESSIONS_PER_DAY = 2.5
MODELS = ("item_item", "als", "content_based")
SHORT_HISTORY = 10
"""Interactions of the person whose feed is shown: enough to be known, few enough that one more shows."""
TOKEN_DAYS = 365
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Credentials:
    """What the demo hands to a newcomer; kept in `SOCIALFLOW_HOME/credentials.json`, readable by its owner alone."""

    admin_token: str = ""
    service_key: str = ""


@dataclass(frozen=True, slots=True)
class Welcome:
    """What the first calls need: credentials, somebody to recommend to, something to like."""

    credentials: Credentials
    username: str
    item_id: str


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(epilog="Example: socialflow demo --port 8080")(demo)


def demo(host: Host = None, port: Port = None) -> None:
    """Prepare a simulated platform where there is none yet, train what is not trained, and serve it."""
    chosen = session.settings()
    address = (host or chosen.socialflow_host, port or chosen.socialflow_port)
    check_free(*address)
    session.prepare_store(chosen)
    welcome = session.run(_prepare(chosen))
    shown = "127.0.0.1" if address[0] in ("0.0.0.0", "::") else address[0]  # noqa: S104 - compared, not listened on
    base = f"http://{f'[{shown}]' if ':' in shown else shown}:{address[1]}"
    config = server_config(*address, shutdown_seconds=chosen.shutdown_seconds)
    _serve(config, lambda: console.say(greeting(welcome, base, chosen.home)))


def greeting(welcome: Welcome, base: str, home: Path) -> str:
    """What is printed once the server answers."""
    bearer = f"-H 'Authorization: Bearer {welcome.credentials.admin_token}'"
    like = json.dumps({"username": welcome.username, "post_id": welcome.item_id, "interaction_type": "like"})
    feed = f"curl -s {bearer} '{base}/api/v1/feed?username={welcome.username}&page_size=5'"
    return "\n".join(
        (
            "",
            f"Social Flow AI is live at {base}  (API documentation: {base}/docs; stop with Ctrl-C)",
            f"The platform in it is simulated. Admin token, also in {home / 'credentials.json'}:",
            "",
            welcome.credentials.admin_token,
            "",
            "A feed, a like, and the feed that knows of the like:",
            "",
            feed,
            f"curl -s -X POST {bearer} -H 'Content-Type: application/json' -d '{like}' {base}/api/v1/interaction",
            feed,
            "",
        )
    )


async def _prepare(chosen: Settings) -> Welcome:
    """Do what was not done yet: data, models, credentials. A broken-off run goes on where it was."""
    started = time.perf_counter()
    async with session.opened(chosen) as platform:
        with console.progress_bar() as progress:
            did = [*await _simulate(platform, progress), *await _train(platform, progress)]
        if did:
            console.say(f"{', '.join(did)} in {time.perf_counter() - started:.0f} s")
        credentials = await _credentials(platform)
        username, item_id = await _somebody(platform)
    return Welcome(credentials, username, item_id)


async def _somebody(platform: Platform) -> tuple[str, str]:
    """Somebody with a short history, and the most popular item of a category new to them: a like that shows."""
    import numpy as np

    from socialflow.content.log import LogCursor
    from socialflow.errors import Conflict
    from socialflow.ids import UserKey

    async with platform.store.read() as unit:
        block = (await unit.interactions.poll(LogCursor())).block
        if not len(block):
            raise Conflict("the store holds data but no interactions; serve it with `socialflow serve`")
        facts = [row async for batch in unit.items.facts() for row in batch if not row.hidden]
        counts = np.bincount(block.users)
        user = UserKey(int(np.where(counts >= min(SHORT_HISTORY, counts.max()), counts, counts.max() + 1).argmin()))
        theirs = set(block.items[block.users == user].tolist())
        known = {row.category for row in facts if row.key in theirs}
        popularity = np.bincount(block.items, minlength=max(row.key for row in facts) + 1)
        unseen = [row for row in facts if row.key not in theirs]
        best = max(unseen or facts, key=lambda row: (row.category not in known, popularity[row.key], row.key))
        return (await unit.users.by_keys([user]))[user].username, best.id


async def _simulate(platform: Platform, progress: Progress) -> list[str]:
    from socialflow.simulation.service import simulate_into

    truth = truth_path(platform.settings, SIZE["seed"])
    async with platform.store.read() as unit:
        empty = not await unit.users.page(None, 1)
    config = _simulation(truth)
    if not empty and (config is None or truth.exists()):
        return []
    config = config or _fresh_simulation()
    report = await simulate_into(platform.store, config, truth, progress)
    return [f"simulated {report.users} users, {report.items} items, {report.stored + report.duplicates} interactions"]


def _fresh_simulation() -> SimulationConfig:
    from socialflow.simulation.config import SimulationConfig

    return SimulationConfig(**SIZE, until=datetime.now(UTC), sessions_per_day=SESSIONS_PER_DAY)


def _simulation(truth: Path) -> SimulationConfig | None:
    """What an earlier demo of this installation began to simulate, if any."""
    from socialflow.simulation.truth import load_parameters

    try:
        return load_parameters(truth)[0]
    except ArtefactError:
        return None


async def _train(platform: Platform, progress: Progress) -> list[str]:
    missing = [name for name in MODELS if name not in platform.catalogue.active_versions()]
    if not missing:
        return []
    from socialflow.pipelines.train import accepted, train
    from socialflow.training.config import load_config

    did = []
    for name in missing:
        version = await train(
            load_config(name, width=platform.settings.embedding_dim),
            platform.store,
            platform.catalogue,
            platform.settings.home / "work",
            clock=platform.clock,
            progress=_labelled(f"training {name}", progress),
        )
        if accepted(version):
            platform.catalogue.activate(name, version.version)
            did.append(f"trained {name}")
        else:
            did.append(f"{name} did not pass its gate (socialflow models show {name} {version.version})")
    return did


def _labelled(label: str, progress: Progress) -> Progress:
    """One bar for the steps of one training run."""

    def show(stage: str, done: int, total: int) -> None:
        if not stage.startswith("reading i"):
            progress(label, done, total)

    return show


async def _credentials(platform: Platform) -> Credentials:
    """The kept token and key where they are still good, else new ones, kept."""
    path = platform.settings.home / "credentials.json"
    kept = fresh = _kept(path)
    if platform.settings.jwt_jwks_url is None and not await _is_good(
        platform, {"authorization": f"Bearer {kept.admin_token}"}
    ):
        fresh = replace(fresh, admin_token=_admin_token(platform))
    if not await _is_good(platform, {"x-api-key": kept.service_key}):
        from socialflow.access.records import Scope

        _, text = await platform.access.create_key("demo", frozenset({Scope.READ, Scope.WRITE}))
        fresh = replace(fresh, service_key=text)
    if fresh != kept:
        _keep(path, fresh)
    return fresh


def _admin_token(platform: Platform) -> str:
    from socialflow.access.tokens import issue_token
    from socialflow.kit.roles import Role
    from socialflow.wiring import token_settings

    return issue_token(
        token_settings(platform.settings),
        ADMIN,
        Role.ADMIN,
        now=platform.clock.now(),
        lifetime=timedelta(days=TOKEN_DAYS),
    )


async def _is_good(platform: Platform, headers: dict[str, str]) -> bool:
    from socialflow.errors import AuthenticationRequired

    try:
        await platform.access.authenticate(headers)
    except (AuthenticationRequired, InvalidCredentials):
        return False
    return True


def _kept(path: Path) -> Credentials:
    try:
        return Credentials(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Credentials()


def _keep(path: Path, credentials: Credentials) -> None:
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as stream:
        json.dump(asdict(credentials), stream, indent=1)
    temporary.replace(path)


def _serve(config: Any, announce: Callable[[], None]) -> None:
    import uvicorn

    class Announcing(uvicorn.Server):
        """A server that says something once it answers."""

        async def startup(self, sockets: Any = None) -> None:
            await super().startup(sockets)
            if self.started:
                announce()

    run_server(Announcing(config))
