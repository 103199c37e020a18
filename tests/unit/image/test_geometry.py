"""Features that lie alike are found among those that do not."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.image.geometry import ANGLE_UNIT, PLACE_UNIT, SIZE_UNIT, Features, fit


def features(count: int, seed: int) -> Features:
    rng = np.random.default_rng(seed)
    places = np.stack(
        (
            rng.uniform(0, 512, count) * PLACE_UNIT,
            rng.uniform(0, 400, count) * PLACE_UNIT,
            rng.uniform(3, 60, count) * SIZE_UNIT,
            rng.uniform(0, 360, count) * ANGLE_UNIT,
        ),
        axis=1,
    )
    return Features(places.astype(np.int16), rng.integers(0, 60, (count, 128), dtype=np.uint8))


def moved(given_: Features, scale: float, degrees: float, shift: complex, noise: np.random.Generator) -> Features:
    places = given_.places.astype(np.float64)
    change = scale * np.exp(1j * np.radians(degrees))
    at = (places[:, 0] + 1j * places[:, 1]) * change + shift * PLACE_UNIT
    at += PLACE_UNIT * noise.normal(0, 0.5, (2, len(at))).T @ (1, 1j)
    turned = (places[:, 3] + degrees * ANGLE_UNIT) % (360 * ANGLE_UNIT)
    made = np.stack((at.real, at.imag, places[:, 2] * scale, turned), axis=1)
    return Features(np.clip(made, -32768, 32767).astype(np.int16), given_.descriptors)


class TestFit:
    @given(st.floats(0.5, 1.5), st.floats(-180, 180), st.integers(0, 1000))
    def test_the_map_of_a_moved_picture_is_found_among_wrong_pairs(
        self, scale: float, degrees: float, seed: int
    ) -> None:
        rng = np.random.default_rng(seed)
        one = features(60, seed)
        other = moved(one, scale, degrees, complex(20, -10), rng)
        places = other.places.copy()
        places[::2] = features(60, seed + 1).places[::2]
        found = fit(one, Features(places, other.descriptors))
        change = scale * np.exp(1j * np.radians(degrees))
        expected = [[change.real, -change.imag, 20], [change.imag, change.real, -10]]
        assert found is not None
        assert found.inliers >= 20
        np.testing.assert_allclose(found.affine[:, :2], np.array(expected)[:, :2], atol=0.02)

    def test_unrelated_features_have_no_map(self) -> None:
        for seed in range(0, 20, 2):
            found = fit(features(200, seed), features(200, seed + 1))
            assert found is None or found.inliers < 6

    @pytest.mark.parametrize("count", [0, 1, 2])
    def test_too_few_features_have_no_map(self, count: int) -> None:
        assert fit(features(count, 0), features(50, 0)) is None
        assert fit(features(50, 0), features(count, 0)) is None

    def test_many_features_in_one_place_count_once(self) -> None:
        one = features(40, 3)
        places = one.places.copy()
        places[:, :2] = 200 * PLACE_UNIT
        same = Features(places, one.descriptors)
        assert fit(same, same) is None


class TestMirror:
    def test_twice_is_none(self) -> None:
        one = features(30, 1)
        twice = one.mirrored().mirrored()
        assert (twice.places == one.places).all()
        assert (twice.descriptors == one.descriptors).all()
