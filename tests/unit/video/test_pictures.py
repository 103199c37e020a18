"""What single pictures tell: blur, noise, banding, combing, blocks and bars, on pictures made here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from socialflow.video.bars import Bars
from socialflow.video.blocking import Grid
from socialflow.video.pictures import banding, combing, measured, patches
from socialflow.video.records import Luma

cv2 = pytest.importorskip("cv2", reason="needs the media extra")


def scene(seed: int, height: int = 360, width: int = 480) -> Luma:
    """Shapes of many greys with soft shading: edges to blur, calm parts to see noise in."""
    rng = np.random.default_rng(seed)
    picture = np.linspace(60, 120, width)[None, :] + np.linspace(0, 40, height)[:, None]
    for _ in range(60):
        center = tuple(int(part) for part in rng.integers(0, (width, height)))
        cv2.circle(picture, center, int(rng.integers(5, 40)), float(rng.integers(40, 210)), -1, cv2.LINE_AA)
    return as_luma(picture)


def as_luma(picture: np.ndarray) -> Luma:
    return np.clip(np.round(picture), 0, 255).astype(np.uint8)


def noisy(picture: np.ndarray, sigma: float) -> Luma:
    return as_luma(picture + sigma * np.random.default_rng(9).standard_normal(picture.shape))


def jpeg(picture: Luma, quality: int) -> Luma:
    return cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_GRAYSCALE)


def gridded(picture: Luma) -> tuple[float, float]:
    grid = Grid()
    grid.take(picture)
    return grid.told()


class TestBlur:
    @pytest.mark.parametrize("seed", range(6))
    @pytest.mark.parametrize(
        ("sigma", "strengths"), [(0.0, (0.0, 0.7, 1.0, 1.5, 2.0, 3.0)), (3.0, (0.0, 1.0, 2.0)), (6.0, (0.0, 1.2))]
    )
    def test_grows_with_blur_whatever_the_noise(self, seed: int, sigma: float, strengths: tuple[float, ...]) -> None:
        found = []
        for strength in strengths:
            picture = scene(seed).astype(np.float64)
            blurred = cv2.GaussianBlur(picture, (0, 0), strength) if strength else picture
            found.append(measured(noisy(blurred, sigma) if sigma else as_luma(blurred)).blur)
        assert found == sorted(found)
        assert found[0] < 0.35
        assert found[-1] > 0.5

    def test_a_soft_background_does_not_count(self) -> None:
        picture = cv2.GaussianBlur(scene(1), (0, 0), 5)
        picture[:, :200] = scene(1)[:, :200]
        assert measured(picture).blur < 0.3

    @pytest.mark.parametrize("level", [0, 16, 128, 255])
    def test_without_contrast_there_is_none(self, level: int) -> None:
        told = measured(np.full((240, 320), level, np.uint8))
        assert (told.blur, told.noise, told.banding, told.combing, told.detail) == (None, 0.0, 0.0, 0.0, 0.0)


class TestNoise:
    @pytest.mark.parametrize("sigma", [2, 3, 5, 8, 12, 20])
    @pytest.mark.parametrize("seed", range(3))
    def test_is_estimated_within_a_fifth(self, sigma: float, seed: int) -> None:
        assert measured(noisy(scene(seed), sigma)).noise == pytest.approx(sigma, rel=0.2)

    def test_of_large_pictures(self) -> None:
        assert measured(noisy(scene(1, 720, 1280), 6)).noise == pytest.approx(6, rel=0.2)

    def test_a_clean_picture_has_none(self) -> None:
        assert measured(scene(0)).noise < 0.6

    def test_black_bars_do_not_hide_it(self) -> None:
        picture = noisy(scene(0), 6)
        picture[:60], picture[-60:] = 16, 16
        assert measured(picture).noise == pytest.approx(6, rel=0.2)


class TestBlocking:
    @pytest.mark.parametrize("seed", range(4))
    def test_grows_as_jpeg_gets_worse(self, seed: int) -> None:
        found = [gridded(jpeg(noisy(scene(seed), 2), quality))[0] for quality in (90, 50, 25, 10)]
        assert found == sorted(found)
        assert found[0] < 0.3
        assert found[-1] > 0.8

    @pytest.mark.parametrize(("scale", "period"), [(1.0, 8.0), (4 / 3, 32 / 3), (1.5, 12.0), (2.0, 16.0), (3.0, 24.0)])
    def test_is_found_after_scaling(self, scale: float, period: float) -> None:
        bad = jpeg(noisy(scene(2), 2), 10)
        scaled = cv2.resize(bad, None, fx=scale, fy=scale, interpolation=cv2.INTER_CUBIC)
        strength, found = gridded(scaled)
        assert found == period
        assert strength > 0.3

    def test_a_picture_without_blocks_has_hardly_any(self) -> None:
        for seed in range(6):
            assert gridded(scene(seed))[0] < 0.1
            assert gridded(noisy(scene(seed), 5))[0] < 0.1

    def test_pictures_of_another_size_are_left_out_of_the_whole(self) -> None:
        grid = Grid()
        grid.take(jpeg(scene(1), 10))
        before = grid.told()
        grid.take(scene(2, 100, 100))
        assert grid.told() == before


class TestBanding:
    def test_grows_as_a_gradient_has_fewer_levels(self) -> None:
        gradient = np.tile(np.linspace(30, 220, 1280), (400, 1))
        found = [banding(patches(as_luma(np.round(gradient / by) * by))) for by in (1, 2, 8)]
        assert found[0] == 0.0
        assert found == sorted(found)
        assert found[1] > 0.5

    def test_noise_hides_it(self) -> None:
        gradient = np.round(np.tile(np.linspace(30, 220, 1280), (400, 1)) / 8) * 8
        assert banding(patches(noisy(gradient, 3))) < 0.05


class TestCombing:
    def test_two_fields_of_something_that_moves(self) -> None:
        still = cv2.GaussianBlur(scene(3), (0, 0), 1.0)
        moved = np.roll(still, 8, axis=1)
        woven = still.copy()
        woven[1::2] = moved[1::2]
        assert combing(patches(woven)) > 0.01
        assert combing(patches(still)) < 0.001

    def test_stripes_both_ways_are_none(self) -> None:
        checked = np.kron(np.indices((90, 120)).sum(axis=0) % 2, np.ones((1, 1))) * 100 + 60
        assert combing(patches(as_luma(checked))) == 0.0


class TestBars:
    def told(self, level: int, top: int, bottom: int, left: int = 0) -> dict[str, float]:
        bars = Bars()
        for seed in range(4):
            picture = noisy(scene(seed, 144, 256), 1)
            picture[:top] = level
            picture[144 - bottom :] = level
            picture[:, :left] = level
            bars.take(picture)
        return dict(bars.told())

    def test_black_ones_on_any_side(self) -> None:
        told = self.told(16, 18, 36, left=32)
        assert told == {"top": 0.125, "bottom": 0.25, "left": 0.125, "right": 0.0}

    def test_grey_ones_on_both_sides(self) -> None:
        assert self.told(120, 18, 18)["top"] == 0.125
        assert self.told(120, 18, 0)["top"] == 0.0

    def test_none(self) -> None:
        assert set(self.told(16, 0, 0).values()) == {0.0}
        black = Bars()
        black.take(np.full((144, 256), 16, np.uint8))
        assert set(black.told().values()) == {0.0}


class TestAnything:
    @given(
        st.tuples(st.integers(1, 40), st.integers(1, 300)).flatmap(
            lambda shape: arrays(np.uint8, shape, elements=st.integers(0, 255), fill=st.just(90))
        )
    )
    def test_pictures_of_any_size_and_content_are_measured(self, luma: Luma) -> None:
        told = measured(luma)
        assert told.blur is None or 0 <= told.blur <= 1
        assert min(told.noise, told.banding, told.combing, told.detail) >= 0
        assert max(told.banding, told.combing) <= 1
        bars, (strength, _) = Bars(), gridded(luma)
        bars.take(luma)
        assert strength >= 0
        assert all(0 <= share <= 1 for share in bars.told().values())
