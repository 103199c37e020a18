"""From a real store to a served model: who bars training is left out, and nothing stays behind."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.registry import Catalogue
from socialflow.content.records import (
    Interaction,
    InteractionType,
    Item,
    ItemKind,
    ModerationStatus,
    Privacy,
    RowStatus,
    User,
)
from socialflow.errors import ArtefactError, ModelNotFound
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.kit.progress import no_progress
from socialflow.pipelines.export import export_snapshot
from socialflow.pipelines.model_source import CatalogueModels
from socialflow.pipelines.train import accepted, train
from socialflow.storage.maintenance import upgrade
from socialflow.storage.unit_of_work import Store
from socialflow.training.config import load_config
from socialflow.training.snapshot import read_snapshot

NOW = datetime(2026, 3, 1, tzinfo=UTC)
USERS, ITEMS, GROUPS = 80, 40, 4


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Four groups of taste; user-0 bars training; user-1 dislikes what all of the group like."""
    url = f"sqlite:///{tmp_path / 'socialflow.db'}"
    upgrade(url)
    store = Store(url)
    rng = np.random.default_rng(1)
    users = [
        User(f"user-{n}", f"name-{n}", NOW - timedelta(days=90), privacy=Privacy(train=n != 0)) for n in range(USERS)
    ]
    items = [
        Item(
            f"item-{n}",
            ItemKind.VIDEO,
            NOW - timedelta(days=n),
            title=f"film {n}",
            tags=(f"taste-{n % GROUPS}",),
            category=f"genre-{n % GROUPS}",
            moderation_status=ModerationStatus.APPROVED,
        )
        for n in range(ITEMS)
    ]
    likes = [
        _like(f"user-{user}", f"item-{item}", NOW - timedelta(minutes=1000 - place))
        for user in range(USERS)
        for place, item in enumerate(rng.choice(np.arange(user % GROUPS, ITEMS, GROUPS), 7, replace=False))
    ]
    async with store.write() as unit:
        for outcomes in (await unit.users.upsert(users), await unit.items.upsert(items)):
            assert {outcome.status for outcome in outcomes} == {RowStatus.STORED}
        assert {outcome.status for outcome in await unit.interactions.add(likes)} == {RowStatus.STORED}
    yield store
    await store.close()


def _like(user: str, item: str, at: datetime, kind: InteractionType = InteractionType.LIKE) -> Interaction:
    return Interaction(f"{user}-{item}-{kind}", user, item, kind, 1.0, at, at)


class TestExport:
    async def test_everything_but_who_bars_training(self, store: Store, tmp_path: Path) -> None:
        directory = tmp_path / "snapshot"
        directory.mkdir()
        about = await export_snapshot(store, directory, FixedClock(NOW), no_progress)
        assert (about.users, about.items, about.interactions, about.left_out_users) == (79, 40, 79 * 7, 1)
        snapshot, interactions, items, _ = read_snapshot(directory)
        assert snapshot == about
        assert items.titles[3] == "film 3"
        assert items.tags[3] == ("taste-3",)
        assert items.categories[3] == "genre-3"
        assert items.created_at[1] == (NOW - timedelta(days=1)).timestamp()
        assert interactions.at.max() == (NOW - timedelta(minutes=994)).timestamp()
        assert set(interactions.items.tolist()) <= set(items.ids.tolist())

    async def test_rows_are_weighed_by_the_value_model(self, store: Store, tmp_path: Path) -> None:
        async with store.write() as unit:
            weights = (await unit.value_models.active()).weights
            await unit.interactions.add([_like("user-5", "item-5", NOW, InteractionType.REPORT)])
        directory = tmp_path / "snapshot"
        directory.mkdir()
        await export_snapshot(store, directory, FixedClock(NOW), no_progress)
        _, interactions, _, _ = read_snapshot(directory)
        assert interactions.weights.min() == weights[InteractionType.REPORT]
        assert interactions.weights.max() == weights[InteractionType.LIKE]

    async def test_no_name_of_a_person_in_any_file(self, store: Store, tmp_path: Path) -> None:
        directory = tmp_path / "snapshot"
        directory.mkdir()
        await export_snapshot(store, directory, FixedClock(NOW), no_progress)
        for path in directory.iterdir():
            assert b"user-" not in path.read_bytes()
            assert b"name-" not in path.read_bytes()


class TestTraining:
    @pytest.fixture
    def catalogue(self, tmp_path: Path) -> Catalogue:
        return Catalogue(tmp_path / "models")

    @pytest.mark.parametrize("model", ["item_item", "als", "content_based"])
    async def test_a_candidate_that_can_be_served(
        self, store: Store, catalogue: Catalogue, tmp_path: Path, model: str
    ) -> None:
        work = tmp_path / "work"
        version = await train(load_config(model), store, catalogue, work, clock=FixedClock(NOW), progress=no_progress)
        assert accepted(version), version.metadata["gate"]
        assert [path.name for path in work.iterdir()] == [".lock"]
        models = CatalogueModels(catalogue)
        assert models.versions() == {}
        catalogue.activate(model, version.version)
        assert models.versions() == {model: "0001"}
        loaded, provenance = models.load(model)
        assert len(loaded.item_ids) == ITEMS
        assert (provenance.model, provenance.version, provenance.tier) == (model, "0001", Tier.TRAINED)


class TestModelSource:
    def test_no_active_version(self, tmp_path: Path) -> None:
        with pytest.raises(ModelNotFound, match="no version of als is active"):
            CatalogueModels(Catalogue(tmp_path)).load("als")

    def test_names_that_are_no_recommender_are_not_offered(self, tmp_path: Path) -> None:
        catalogue = Catalogue(tmp_path)
        for name in ("tag_classifier", "als"):
            catalogue.add(name, "tag_classifier", lambda directory: (directory / "a.txt").write_text("x") and None, {})
            catalogue.activate(name, "0001")
        models = CatalogueModels(catalogue)
        assert models.versions() == {"als": "0001"}
        with pytest.raises(ArtefactError, match="'tag_classifier'"):
            models.load("als")
