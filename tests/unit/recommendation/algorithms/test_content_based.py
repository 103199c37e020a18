from pathlib import Path

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.content_based import ContentBased
from socialflow.recommendation.interactions import Histories, Interactions, ItemTable
from socialflow.recommendation.sentences import Sentences

NOTHING = Interactions.from_pairs([], [])


def table(words: dict[int, str]) -> ItemTable:
    n = len(words)
    return ItemTable(
        np.array(list(words)), list(words.values()), [""] * n, [()] * n, [None] * n, np.full(n, -1), np.zeros(n)
    )


FILMS = {10: "cat jumps high", 20: "cat sleeps long", 30: "guitar solo loud", 40: "guitar lesson long", 50: ""}


@pytest.fixture
def model() -> ContentBased:
    return ContentBased().fit(NOTHING, table(FILMS))


class TestItems:
    def test_vectors_have_length_one_or_zero(self, model: ContentBased) -> None:
        assert np.allclose(np.linalg.norm(model.vectors, axis=1), [1, 1, 1, 1, 0], atol=1e-5)

    def test_an_item_without_words_has_no_score(self, model: ContentBased) -> None:
        assert np.isnan(model.score(Histories.from_lists([[10]]))[0, 4])
        assert model.neighbours(np.array([50]), 2).items.tolist() == [[-1, -1]]

    def test_tags_category_and_channel_speak(self) -> None:
        words = ItemTable(
            np.arange(4),
            [""] * 4,
            [""] * 4,
            [["x"], ["x"], [], []],
            [None, None, None, None],
            np.array([-1, -1, 7, 7]),
            np.zeros(4),
        )
        near = ContentBased().fit(NOTHING, words).neighbours(np.arange(4), 1).items
        assert near[:, 0].tolist() == [1, 0, 3, 2]

    def test_stored_neighbours_are_the_computed_ones(self) -> None:
        stored = ContentBased(neighbours=3).fit(NOTHING, table(FILMS)).neighbours(np.array([10, 40]), 2)
        fresh = ContentBased(neighbours=0).fit(NOTHING, table(FILMS)).neighbours(np.array([10, 40]), 2)
        assert stored.items.tolist() == fresh.items.tolist()
        assert np.allclose(stored.scores, fresh.scores, atol=1e-6)

    def test_no_words_at_all_is_refused(self) -> None:
        with pytest.raises(InvalidInput, match="no words"):
            ContentBased().fit(NOTHING, table({1: "", 2: ""}))


class TestProfiles:
    def test_scores_are_cosines(self, model: ContentBased) -> None:
        scores = model.score(Histories.from_lists([[10]]))[0]
        assert scores[0] == pytest.approx(1.0, abs=1e-5)
        assert scores[1] > scores[2]

    def test_the_newest_item_counts_most(self, model: ContentBased) -> None:
        scores = model.score(Histories.from_lists([[30, 10]]).faded(1.0))[0]
        assert scores[0] > scores[2]

    def test_a_dislike_pushes_away(self, model: ContentBased) -> None:
        history = Histories(np.array([0, 2]), np.array([10, 30]), np.array([1.0, -1.0], np.float32), np.zeros(2))
        scores = model.score(history)[0]
        assert scores[0] > 0 > scores[2]


class TestMeaning:
    def test_other_words_for_the_same_thing_come_near(self, model: ContentBased) -> None:
        kitten, violin = model.encode(table({1: "a kitten dozing", 2: "practising my violin"}))
        near = model.vectors[[0, 2]] @ np.stack((kitten, violin)).T
        assert near[0, 0] > near[1, 0] + 0.1
        assert near[1, 1] > near[0, 1] + 0.1

    def test_without_it_only_the_same_words_do(self) -> None:
        words = ContentBased(meaning=0.0).fit(NOTHING, table(FILMS))
        assert not words.encode(table({1: "a kitten dozing"})).any()
        assert words.vectors.shape == ContentBased().fit(NOTHING, table(FILMS)).vectors.shape == (5, 512)

    def test_vectors_of_another_encoder_are_not_mixed_in(
        self, model: ContentBased, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        new = table({1: "cat sleeps", 2: "a kitten dozing"})
        both = model.encode(new)
        monkeypatch.setattr(Sentences, "digest", "another")
        words = model.encode(new)
        assert not words[:, -384:].any()
        assert words[0] @ both[0] > 0
        assert not words[1].any()

    @pytest.mark.parametrize(("settings", "field"), [({"meaning": 1.5}, "meaning"), ({"width": 384}, "width")])
    def test_what_cannot_be_is_refused(self, settings: dict[str, float], field: str) -> None:
        with pytest.raises(InvalidInput) as raised:
            ContentBased(**settings)  # type: ignore[arg-type]
        assert raised.value.field == field


class TestNewItems:
    def test_encoding_is_what_the_fit_would_have_given(self, model: ContentBased) -> None:
        assert np.allclose(model.encode(table(FILMS)), model.vectors, atol=1e-6)

    def test_a_loaded_model_encodes_alike(self, model: ContentBased, tmp_path: Path) -> None:
        model.save(tmp_path)
        new = table({1: "cat guitar solo"})
        assert np.allclose(ContentBased.load(tmp_path).encode(new), model.encode(new), atol=1e-6)
