"""From answers and what people did with them to a ranker that serves: on a real store."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.registry import Catalogue
from socialflow.content.records import (
    Interaction,
    InteractionContext,
    InteractionType,
    Item,
    ItemKind,
    ModerationStatus,
    Privacy,
    User,
)
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.kit.clock import FixedClock
from socialflow.kit.progress import no_progress
from socialflow.pipelines.exposures import export_exposures
from socialflow.pipelines.model_source import CatalogueModels
from socialflow.pipelines.train import accepted, train
from socialflow.recommendation import ranker_signals
from socialflow.recommendation.ranker import HEADS, RANKER
from socialflow.recommendation.records import FeedQuery, Impression
from socialflow.recommendation.rewards import WINDOW
from socialflow.recommendation.service import RecommendationService
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store
from socialflow.training.config import load_config
from socialflow.training.ranker_data import read_exposures

NOW = datetime(2026, 3, 1, tzinfo=UTC)
USERS, ITEMS, PAGE = 60, 40, 10
LIKE = HEADS.index(InteractionType.LIKE)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """People whom nothing is known of, the first of whom bars training; the lower an item's number, the newer it is."""
    url = f"sqlite:///{tmp_path / 'socialflow.db'}"
    upgrade(url)
    store = Store(url)
    users = [User(f"user-{n}", f"name-{n}", NOW, privacy=Privacy(train=n != 0)) for n in range(USERS)]
    items = [
        Item(
            f"item-{n}",
            ItemKind.VIDEO,
            NOW - timedelta(days=1 + n),
            title=f"film {n}",
            category=f"genre-{n % 4}",
            moderation_status=ModerationStatus.APPROVED,
        )
        for n in range(ITEMS)
    ]
    async with store.write() as unit:
        await unit.users.upsert(users)
        await unit.items.upsert(items)
    yield store
    await store.close()


@pytest.fixture
async def service(store: Store, tmp_path: Path, clock: FixedClock) -> AsyncIterator[RecommendationService]:
    service = RecommendationService(store, CatalogueModels(Catalogue(tmp_path / "models")), clock)
    await service.start()
    yield service
    await service.close()


async def act(store: Store, made: Impression, user: int, items: list[int], at: datetime) -> None:
    """The user likes some of the entries, and skips the others, under the request's id."""
    context = InteractionContext(request_id=made.request_id)
    rows = [
        Interaction(
            f"{made.request_id}-{place}", f"user-{user}", entry.item_id,
            InteractionType.LIKE if place in items else InteractionType.SKIP, 1.0, at, at, context,
        )
        for place, entry in enumerate(made.entries)
    ]  # fmt: skip
    async with store.write() as unit:
        await unit.interactions.add(rows)


class TestExport:
    async def test_signals_are_those_of_the_moment_of_serving(
        self, store: Store, service: RecommendationService, clock: FixedClock, tmp_path: Path
    ) -> None:
        viewer = (await service.viewers(["user-1"]))["user-1"]
        made = (await service.feed(FeedQuery(user_id="user-1", page_size=PAGE))).impression
        keys = np.array([entry.item for entry in made.entries])
        ctx = service._context(FeedQuery(user_id="user-1"), viewer, need=PAGE)
        served = ranker_signals.signals(ctx, keys)
        await act(store, made, 1, [0, 2], NOW + timedelta(minutes=1))
        await service.present()  # the state has moved on
        now = service._context(FeedQuery(user_id="user-1"), (await service.viewers(["user-1"]))["user-1"], need=PAGE)
        assert not np.array_equal(ranker_signals.signals(now, keys), served, equal_nan=True)
        clock.at += WINDOW + timedelta(minutes=5)
        told = await export_exposures(store, tmp_path_of(tmp_path), clock, no_progress)
        kept, shown = read_exposures(tmp_path_of(tmp_path, make=False))
        assert (kept, told.exposures, told.users) == (told, PAGE, 1)
        assert np.array_equal(shown.signals, served, equal_nan=True)
        assert shown.outcomes[:, LIKE].tolist() == [1, 0, 1, 0, 0, 0, 0, 0, 0, 0]
        assert shown.reacted.all()
        assert shown.places.tolist() == list(range(PAGE))

    async def test_whoever_bars_training_and_open_windows_are_left_out(
        self, store: Store, service: RecommendationService, clock: FixedClock, tmp_path: Path
    ) -> None:
        await service.feed(FeedQuery(user_id="user-0", page_size=PAGE))
        clock.at += WINDOW + timedelta(minutes=5)
        await service.feed(FeedQuery(user_id="user-1", page_size=PAGE))
        await service.feed(FeedQuery(page_size=PAGE))  # nobody
        told = await export_exposures(store, tmp_path_of(tmp_path), clock, no_progress)
        assert (told.exposures, told.left_out_users) == (0, 1)

    async def test_pages_of_one_request_are_told_apart(
        self, store: Store, service: RecommendationService, clock: FixedClock, tmp_path: Path
    ) -> None:
        first = (await service.feed(FeedQuery(user_id="user-1", page_size=PAGE))).impression
        clock.at += timedelta(minutes=50)
        query = FeedQuery(user_id="user-1", page=2, page_size=PAGE, request_id=first.request_id)
        second = (await service.feed(query)).impression
        await act(store, second, 1, [3], clock.at + timedelta(minutes=50))
        clock.at += 2 * WINDOW
        await export_exposures(store, tmp_path_of(tmp_path), clock, no_progress)
        _, shown = read_exposures(tmp_path_of(tmp_path, make=False))
        assert sorted(shown.places.tolist()) == list(range(2 * PAGE))
        assert shown.places[shown.outcomes[:, LIKE] > 0].tolist() == [PAGE + 3]


class TestTrain:
    async def test_from_a_log_to_a_served_and_explained_feed(
        self, store: Store, service: RecommendationService, clock: FixedClock, tmp_path: Path
    ) -> None:
        with pytest.raises(ModelUnavailable, match="socialflow train ranker"):
            await service.feed(FeedQuery(user_id="user-1", algorithm="ranked"))
        for user in range(USERS):
            made = (await service.feed(FeedQuery(user_id=f"user-{user}", page_size=PAGE))).impression
            newest = [place for place, entry in enumerate(made.entries) if int(entry.item_id.split("-")[1]) % 4 == 0]
            await act(store, made, user, newest, clock.at + timedelta(minutes=1))
            clock.at += timedelta(minutes=10)
        clock.at += WINDOW
        catalogue = Catalogue(tmp_path / "models")
        version = await train(load_config(RANKER), store, catalogue, tmp_path, clock=clock, progress=no_progress)
        assert accepted(version)
        assert set(version.metadata["facts"]["missing"]) == {head.value for head in HEADS} - {"like", "skip"}
        assert version.metadata["metrics"]["like_log_loss"] > 0
        catalogue.activate(RANKER, version.version)
        await service.present()
        await service.models_settled()
        made = (await service.feed(FeedQuery(user_id="user-1", algorithm="ranked", page_size=5))).impression
        assert [by.model for by in made.provenance] == [RANKER]
        assert "head:report" in made.missing
        told = await service.explain(made.request_id, made.entries[0].item_id, None)
        assert {term.name: term.weight for term in told.terms} == {"P(like)": 1.0, "P(skip)": -0.5}
        assert not _snapshots(tmp_path)

    async def test_nothing_shown_is_nothing_to_train_on(self, store: Store, clock: FixedClock, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="nothing was shown"):
            await train(
                load_config(RANKER), store, Catalogue(tmp_path / "models"), tmp_path, clock=clock, progress=no_progress
            )


def tmp_path_of(tmp_path: Path, *, make: bool = True) -> Path:
    """Where the snapshot of a test lies."""
    directory = tmp_path / "snapshot"
    if make:
        directory.mkdir()
    return directory


def _snapshots(tmp_path: Path) -> list[Path]:
    return list(tmp_path.glob(".snapshot-*"))
