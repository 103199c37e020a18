"""Content vectors of people, and the feed of somebody of whom only a profile is known."""

from dataclasses import replace

import numpy as np
import pytest
from tests.fakes import FakeModels, FakeStore, ago
from tests.unit.recommendation.test_recommendation_service import TITLES, content, ids, populate

from socialflow.content.records import Privacy, User
from socialflow.errors import ModelUnavailable
from socialflow.recommendation.candidates import ItemIndex
from socialflow.recommendation.content_space import ContentSpace
from socialflow.recommendation.context import Viewer
from socialflow.recommendation.embedding import embed_items, embed_users
from socialflow.recommendation.interactions import Histories
from socialflow.recommendation.profiles import stated, user_vector
from socialflow.recommendation.records import FeedQuery
from socialflow.recommendation.service import RecommendationService

ME = User("me", "me", ago(days=1), interests=("guitar",), profile={"bio": "bread, mostly", "name": "Ada"})
CATS, GUITARS = np.array([1, 2, 3]), np.array([4, 5, 6])


@pytest.fixture
def space() -> ContentSpace:
    return ContentSpace(content(TITLES))


class TestStated:
    def test_is_interests_and_own_words(self) -> None:
        table = stated(Viewer(ME))
        assert table.titles == ["guitar", "bread, mostly"]
        assert table.categories == ["guitar", None]
        assert table.tags == [("guitar",), ()]

    def test_is_nothing_without_permission_and_without_a_person(self) -> None:
        assert not len(stated(Viewer(replace(ME, privacy=Privacy(personalise=False)))))
        assert not len(stated(Viewer()))


class TestUserVector:
    def test_goes_over_from_profile_to_history(self, space: ContentSpace) -> None:
        told, cats = stated(Viewer(replace(ME, profile={}))), Histories.from_lists([[1, 2]])
        leaning = []
        for warmth in (0.0, 0.4, 1.0):
            vector = user_vector(space, told, cats, warmth)
            assert np.linalg.norm(vector) == pytest.approx(1.0, abs=1e-5)
            leaning.append(np.nanmean(space.score(vector, CATS)) - np.nanmean(space.score(vector, GUITARS)))
        assert leaning[0] < leaning[1] < leaning[2]
        assert leaning[0] < 0 < leaning[2]
        assert np.allclose(user_vector(space, told, cats, 1.0), space.of_history(cats), atol=1e-6)

    def test_newer_things_count_more(self) -> None:
        model = content(TITLES)
        model.half_life = 1.0
        space = ContentSpace(model)
        vector = user_vector(space, stated(Viewer()), Histories.from_lists([[1, 4]]), 1.0)
        assert space.score(vector, np.array([4]))[0] > space.score(vector, np.array([1]))[0]

    def test_a_profile_alone_speaks_where_the_history_has_no_words(self, space: ContentSpace) -> None:
        vector = user_vector(space, stated(Viewer(ME)), Histories.from_lists([[999]]), 0.5)
        assert np.allclose(vector, space.of_words(stated(Viewer(ME))), atol=1e-6)

    def test_of_nothing_is_zeros_and_scores_nothing(self, space: ContentSpace) -> None:
        vector = user_vector(space, stated(Viewer()), Histories.from_lists([[]]), 0.0)
        assert not vector.any()
        assert np.isnan(space.score(vector, CATS)).all()


class TestComparing:
    def test_leaves_out_the_erased_and_the_old_words_of_the_changed(self, space: ContentSpace) -> None:
        space.forget(1)
        new = np.array([2, 20])
        space.put(new, np.stack([space.vectors(np.array([4]))[0]] * 2))
        keys, scores = space.nearest(space.vectors(np.array([4]))[0], 8)
        assert sorted(keys.tolist()) == [2, 3, 4, 5, 6, 7, 8, 20]
        by_key = dict(zip(keys.tolist(), scores.tolist(), strict=True))
        assert by_key[2] == by_key[20] == pytest.approx(1.0, abs=1e-5)

    def test_an_index_finds_what_looking_at_everything_does_and_what_came_late(self) -> None:
        model = content(TITLES)
        vector, late = model.vectors[3], np.array([50])
        everything = ContentSpace(model)
        model.index = ItemIndex.build(model._targets())
        assert not len(model.index.head)  # all vectors are as long
        indexed = ContentSpace(model)
        for space in (everything, indexed):
            space.put(late, vector[None])
        keys, scores = indexed.nearest(vector, 3)
        assert 50 in keys
        assert len(keys) <= 4
        exact = dict(zip(*(column.tolist() for column in everything.nearest(vector, 3)), strict=True))
        assert scores == pytest.approx([exact[key] for key in keys.tolist()], abs=1e-6)
        assert scores.max() == pytest.approx(1.0, abs=1e-5)


@pytest.fixture
async def service(store: FakeStore, models: FakeModels, service_of) -> RecommendationService:
    populate(store)
    models.activate(content(TITLES), version="0007")
    return await service_of(store)


class TestFeed:
    async def test_a_newcomer_gets_what_the_profile_speaks_of(
        self, service: RecommendationService, store: FakeStore
    ) -> None:
        store.user(9, interests=("guitar",))
        made = (await service.feed(FeedQuery(user_id="u9", page_size=3))).impression
        assert {entry.item_id for entry in made.entries} == {"i4", "i5", "i6"}
        assert {entry.source for entry in made.entries} == {"profile"}
        assert made.entries[0].reason == "like what you say of yourself"
        assert "content_based" in {one.model for one in made.provenance}

    async def test_gives_way_to_the_history(self, service: RecommendationService, store: FakeStore) -> None:
        store.user(9, interests=("guitar",))
        for item in (7, 7, 7, 7, 7):
            store.act(9, item, at=ago(minutes=5))
        answer = await service.feed(FeedQuery(user_id="u9", algorithm="content_based", page_size=1))
        assert ids(answer) == ["i8"]
        assert "profile" not in {entry.source for entry in answer.impression.entries}

    async def test_who_forbids_it_is_not_known_by_it(self, service: RecommendationService, store: FakeStore) -> None:
        store.user(9, interests=("guitar",), privacy=Privacy(personalise=False))
        made = (await service.feed(FeedQuery(user_id="u9"))).impression
        assert "profile" not in {entry.source for entry in made.entries}
        assert "content_based" not in {term.name for term in made.entries[0].terms}


class TestByName:
    async def test_items_and_users_share_a_space(self, service: RecommendationService, store: FakeStore) -> None:
        store.user(9, interests=("guitar",))
        items = await embed_items(service, ["i4", "i1", "unheard", "i4"])
        users = await embed_users(service, ["u9", "u1", "u5", "nobody"])
        assert items.ids == ("i4", "i1", "i4")
        assert items.missing == ("unheard",)
        assert users.ids == ("u9", "u1")
        assert users.missing == ("u5", "nobody")  # of u5 nothing is known
        assert (users.provenance.model, users.provenance.version) == ("content_based", "0007")
        assert items.vectors.shape[1] == users.vectors.shape[1] == 8
        guitarist, cat_lover = users.vectors @ items.vectors[:2].T
        assert guitarist[0] > guitarist[1]
        assert cat_lover[1] > cat_lover[0]

    @pytest.mark.parametrize("privacy", [Privacy(analyse=False), Privacy(personalise=False)])
    async def test_nobody_is_embedded_against_their_will(
        self, service: RecommendationService, store: FakeStore, privacy: Privacy
    ) -> None:
        store.user(9, interests=("guitar",), privacy=privacy)
        store.act(9, 1, at=ago(minutes=1))
        assert (await embed_users(service, ["u9"])).missing == ("u9",)

    async def test_without_a_model_it_says_which(self, store: FakeStore, service_of) -> None:
        service = await service_of(FakeStore())
        with pytest.raises(ModelUnavailable, match="socialflow train content_based"):
            await embed_items(service, ["i1"])
