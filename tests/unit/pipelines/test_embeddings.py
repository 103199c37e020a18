"""Content vectors as batch work."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.fakes import FakeModels, FakeStore, ago
from tests.unit.pipelines.runs import FakeRun
from tests.unit.recommendation.test_recommendation_service import TITLES, content, populate

from socialflow.content.records import Privacy
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.jobs.records import PipelineType
from socialflow.kit.cache import item_embedding_key, user_embedding_key
from socialflow.pipelines.embeddings import GenerateEmbeddings
from socialflow.pipelines.live import LiveRecommender
from socialflow.storage.cache.memory import MemoryCache


@pytest.fixture
def generate(
    live: LiveRecommender, fake_store: FakeStore, models: FakeModels, cache: MemoryCache
) -> GenerateEmbeddings:
    populate(fake_store)
    models.activate(content(TITLES), version="0007")
    return GenerateEmbeddings(live, cache)


async def done(generate: GenerateEmbeddings, **config: object) -> dict[str, Any]:
    return dict((await generate(FakeRun(PipelineType.GENERATE_EMBEDDINGS, config))).result)


async def kept(cache: MemoryCache, keys: Sequence[str]) -> list[Any]:
    return [None if value is None else np.frombuffer(value, "<f4") for value in await cache.get_many(keys)]


class TestItems:
    async def test_that_came_since_the_model_was_fitted(
        self, generate: GenerateEmbeddings, fake_store: FakeStore, cache: MemoryCache
    ) -> None:
        fake_store.item(20, "cat piano")
        fake_store.item(21, "unheard of")
        result = await done(generate)
        assert (result["model"], result["version"]) == ("content_based", "0007")
        assert (result["items"], result["items_without_words"]) == (1, 1)
        new, old = await kept(cache, [item_embedding_key("i20"), item_embedding_key("i1")])
        assert np.linalg.norm(new) == pytest.approx(1.0)
        assert old is None

    async def test_by_name(self, generate: GenerateEmbeddings, cache: MemoryCache) -> None:
        result = await done(generate, item_ids=["i1", "i2", "i1", "nothing"])
        assert (result["items"], result["items_unknown"]) == (2, 1)
        cats = await kept(cache, [item_embedding_key("i1"), item_embedding_key("i2")])
        assert cats[0] @ cats[1] > 0


class TestUsers:
    async def test_are_near_what_they_took(
        self, generate: GenerateEmbeddings, fake_store: FakeStore, cache: MemoryCache
    ) -> None:
        fake_store.act(5, 4, at=ago(minutes=1))
        result = await done(generate, user_ids=["u5", "u1", "nobody"], item_ids=["i1", "i4"])
        assert (result["users"], result["items"]) == (2, 2)
        of_guitars, of_cats, cat, guitar = await kept(
            cache,
            [user_embedding_key("u5"), user_embedding_key("u1"), item_embedding_key("i1"), item_embedding_key("i4")],
        )
        assert of_guitars @ guitar > of_guitars @ cat
        assert of_cats @ cat > of_cats @ guitar

    async def test_who_bar_analysis_have_none(
        self, generate: GenerateEmbeddings, fake_store: FakeStore, cache: MemoryCache
    ) -> None:
        fake_store.data.users[1] = replace(fake_store.data.users[1], privacy=Privacy(analyse=False))
        assert (await done(generate, user_ids=["u1"]))["users"] == 0
        assert await kept(cache, [user_embedding_key("u1")]) == [None]


class TestWhatIsMissing:
    async def test_without_a_model_the_command_that_mends_it_is_named(
        self, generate: GenerateEmbeddings, models: FakeModels
    ) -> None:
        models.deactivate("content_based")
        with pytest.raises(ModelUnavailable, match="socialflow train content_based"):
            await done(generate)

    async def test_an_unknown_key_is_refused(self, generate: GenerateEmbeddings) -> None:
        with pytest.raises(InvalidInput, match="there are: item_ids, user_ids"):
            await done(generate, items=["i1"])
