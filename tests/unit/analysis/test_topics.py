"""Topics of texts whose themes are known."""

from itertools import product
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

from socialflow.analysis.topics import Method, TopicModel, npmi
from socialflow.errors import ArtefactError, InvalidInput

BAKING = ("flour", "dough", "oven", "yeast", "crust")
CYCLING = ("saddle", "pedal", "gravel", "helmet", "chain")


def written() -> list[str]:
    """Thirty texts of three words each, half about baking, half about cycling."""
    triples = [(a, a + 1, a + 2) for a in range(5)] * 3
    return [" ".join(theme[place % 5] for place in triple) for theme, triple in product((BAKING, CYCLING), triples)]


@pytest.fixture(params=list(Method), scope="module")
def model(request: pytest.FixtureRequest) -> TopicModel:
    return TopicModel.fit(written(), request.param, 2)


class TestFit:
    def test_words_of_one_theme_come_together(self, model: TopicModel) -> None:
        heaviest = {frozenset(word for word, _ in topic.words[:5]) for topic in model.topics}
        assert heaviest == {frozenset(BAKING), frozenset(CYCLING)}

    def test_weights_of_a_topic_are_shares(self, model: TopicModel) -> None:
        np.testing.assert_allclose(model.weights.sum(axis=1), 1.0, rtol=1e-5)

    def test_again_gives_the_same(self, model: TopicModel) -> None:
        again = TopicModel.fit(written(), model.method, 2)
        np.testing.assert_array_equal(again.weights, model.weights)

    def test_too_few_texts_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="at least 10 texts"):
            TopicModel.fit(["one fine text", "another fine text"], Method.NMF, 2)


class TestTopicsOf:
    def test_a_new_text_is_of_the_theme_of_its_words(self, model: TopicModel) -> None:
        baking = next(topic.number for topic in model.topics if topic.words[0][0] in BAKING)
        shares = model.topics_of(["The yeast, the flour; and a hot oven!", "A chain and a pedal"])
        assert shares[0, baking] > 0.95
        assert shares[1, baking] < 0.05

    def test_a_text_of_both_is_shared(self, model: TopicModel) -> None:
        (shares,) = model.topics_of(["dough oven chain saddle"])
        assert shares == pytest.approx([0.5, 0.5], abs=0.1)

    def test_a_text_without_known_words_has_none(self, model: TopicModel) -> None:
        assert not model.topics_of(["zebra", ""]).any()

    def test_a_batch_agrees_with_single_texts(self, model: TopicModel) -> None:
        texts = written()[:4]
        single = np.concatenate([model.topics_of([text]) for text in texts])
        np.testing.assert_array_equal(model.topics_of(texts), single)


class TestSaved:
    def test_comes_back_whole(self, model: TopicModel, tmp_path: Path) -> None:
        model.save(tmp_path)
        again = TopicModel.load(tmp_path)
        assert again.topics == model.topics
        np.testing.assert_array_equal(again.topics_of(written()), model.topics_of(written()))

    def test_what_does_not_fit_is_refused(self, model: TopicModel, tmp_path: Path) -> None:
        model.save(tmp_path)
        np.save(tmp_path / "weights.npy", model.weights[:, :3])
        with pytest.raises(ArtefactError, match="do not fit"):
            TopicModel.load(tmp_path)


class TestCoherence:
    def test_by_hand(self) -> None:
        """Of four texts both words stand in one, each in two: p = 1/4 = 1/2 * 1/2, which is chance."""
        assert npmi(sparse.csr_array(np.array([[1, 1], [2, 0], [0, 1], [0, 0]])), np.array([0, 1])) == 0.0

    def test_words_only_seen_together_and_never_together(self) -> None:
        together = sparse.csr_array(np.array([[1, 3], [0, 0]]))
        apart = sparse.csr_array(np.array([[1, 0], [0, 1]]))
        words = np.array([0, 1])
        assert (npmi(together, words), npmi(apart, words)) == (1.0, -1.0)
