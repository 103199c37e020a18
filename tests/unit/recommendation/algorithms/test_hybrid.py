from collections.abc import Mapping

import numpy as np
import pytest

from socialflow.errors import InvalidInput
from socialflow.recommendation.algorithms.hybrid import Hybrid, Part
from socialflow.recommendation.interactions import FloatArray, Histories, Interactions
from socialflow.recommendation.protocol import Arrays, FitData, Recommender, Saved


class Fixed(Recommender):
    """Says what it was told to say."""

    name = "fixed"

    def __init__(self, *, scores: list[float]) -> None:
        super().__init__()
        self.scores = scores

    @property
    def parameters(self) -> Mapping[str, object]:
        return {"scores": self.scores}

    def _fit(self, data: FitData) -> None: ...

    def _score(self, histories: Histories) -> FloatArray:
        return np.tile(np.array(self.scores, np.float32), (len(histories), 1))

    def _arrays(self) -> Arrays:
        return {}

    def _restore(self, saved: Saved) -> None: ...


LOG = Interactions.from_pairs([1, 1, 1], [10, 20, 30])
NAN = float("nan")


def blend(shares: list[float], *scores: list[float]) -> list[float]:
    members = {f"m{n}": Fixed(scores=line) for n, line in enumerate(scores)}
    parts = [Part(share, (name,)) for share, name in zip(shares, members, strict=True)]
    return Hybrid(members, parts).fit(LOG).score(Histories.from_lists([[]]))[0].tolist()


class TestBlend:
    def test_scales_do_not_matter_shares_do(self) -> None:
        assert blend([0.6, 0.4], [0.0, 500.0, 1000.0], [0.3, 0.1, 0.2]) == pytest.approx([0.4, 0.3, 0.8])

    def test_a_part_is_the_mean_of_its_members(self) -> None:
        members = {"a": Fixed(scores=[0.0, 1.0, 1.0]), "b": Fixed(scores=[0.0, 0.0, 9.0])}
        model = Hybrid(members, [Part(1.0, ("a", "b"))]).fit(LOG)
        assert model.score(Histories.from_lists([[]]))[0].tolist() == pytest.approx([0.0, 0.5, 1.0])

    def test_who_cannot_tell_leaves_it_to_the_others(self) -> None:
        assert blend([0.5, 0.5], [NAN, NAN, NAN], [1.0, 2.0, 3.0]) == pytest.approx([0.0, 0.25, 0.5])

    def test_nobody_can_tell(self) -> None:
        scores = blend([0.5, 0.5], [NAN, 1.0, 2.0], [NAN, NAN, 3.0])
        assert np.isnan(scores[0])
        assert scores[1:] == pytest.approx([0.0, 0.5])


class TestParts:
    @pytest.mark.parametrize(
        "parts", [[], [Part(1.0, ("a",))], [Part(1.0, ("a", "b")), Part(1.0, ("a",))], [Part(0.0, ("a", "b"))]]
    )
    def test_every_member_has_exactly_one_share(self, parts: list[Part]) -> None:
        with pytest.raises(InvalidInput, match="part"):
            Hybrid({"a": Fixed(scores=[]), "b": Fixed(scores=[])}, parts)
