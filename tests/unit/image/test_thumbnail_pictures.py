"""What draws the eye, what speaks for a picture, and crops that hold it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.errors import InvalidInput
from socialflow.image.appeal import appeal, colourfulness, exposure, parts, sharpness, with_faces
from socialflow.image.crops import RATIOS, crop, ratio_of
from socialflow.image.cv import jpeg, unpacked_jpeg
from socialflow.image.detections import Box
from socialflow.image.saliency import centre, concentration, saliency

pytest.importorskip("cv2", reason="needs the media extra")

GREY = np.full((90, 160, 3), 120, np.uint8)
shares = st.floats(0, 1, allow_nan=False)


def with_disc(x: int, y: int, size: tuple[int, int] = (90, 160)) -> np.ndarray:
    """Grey grass with a red ball on it."""
    made = np.random.default_rng(0).integers(100, 130, (*size, 1), np.uint8).repeat(3, 2)
    rows, columns = np.ogrid[: size[0], : size[1]]
    made[(rows - y) ** 2 + (columns - x) ** 2 <= 12**2] = (220, 30, 30)
    return made


def board(size: int = 8, side: int = 160) -> np.ndarray:
    """A board of black and white squares."""
    rows, columns = np.ogrid[:side, :side]
    return np.where((rows // size + columns // size) % 2, 200, 40).astype(np.uint8)


def blurred(luma: np.ndarray, times: int) -> np.ndarray:
    """Under a running mean of three, so many times in both directions."""
    values = luma.astype(np.float64)
    for _ in range(times):
        for axis in (0, 1):
            values = (np.roll(values, 1, axis) + values + np.roll(values, -1, axis)) / 3
    return values.astype(np.uint8)


class TestSaliency:
    @pytest.mark.parametrize(("x", "y"), [(30, 30), (120, 60), (80, 45)])
    def test_a_ball_on_the_grass_draws_the_eye(self, x: int, y: int) -> None:
        found = saliency(with_disc(x, y))
        row, column = np.unravel_index(found.argmax(), found.shape)
        assert abs(column / found.shape[1] - x / 160) < 0.1
        assert abs(row / found.shape[0] - y / 90) < 0.16
        assert found.sum() == pytest.approx(1, abs=1e-4)

    def test_nothing_stands_out_of_a_plain_picture(self) -> None:
        found = saliency(GREY)
        assert concentration(found) == 0
        assert centre(found) == (0.5, 0.5)

    @given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
    def test_any_picture_has_a_map(self, height: int, width: int, seed: int) -> None:
        found = saliency(np.random.default_rng(seed).integers(0, 255, (height, width, 3), np.uint8))
        assert np.isfinite(found).all()
        assert found.min() >= 0
        assert found.sum() == pytest.approx(1, abs=1e-3)


class TestParts:
    def test_blur_takes_sharpness_and_contrast_does_not(self) -> None:
        sharp = board()
        values = [sharpness(blurred(sharp, times)) for times in (0, 2, 6, 12)]
        assert values == sorted(values, reverse=True)
        assert values[0] > 0.9
        assert values[-1] < 0.35
        faint = (90 + (sharp.astype(int) - 40) // 3).astype(np.uint8)
        assert sharpness(faint) == pytest.approx(values[0], abs=0.02)

    def test_nothing_plain_is_sharp(self) -> None:
        assert sharpness(GREY[:, :, 0]) == 0

    def test_a_middling_light_is_best(self) -> None:
        dark, lit, bright = (exposure(np.full((9, 9), level, np.uint8)) for level in (20, 120, 245))
        assert lit == 1
        assert max(dark, bright) < 0.25

    def test_colours_count(self) -> None:
        wild = np.zeros((8, 8, 3), np.uint8)
        wild[:4, :, 0] = wild[4:, :, 2] = 255
        assert colourfulness(wild) > 100

    def test_a_face_counts_where_a_detector_looked(self) -> None:
        told = parts(GREY, saliency(GREY), 0.5)
        assert "faces" not in told
        assert with_faces(told, []) == {**told, "faces": 0.5}
        assert with_faces(told, [Box(0.4, 0.3, 0.6, 0.6)])["faces"] > 0.9

    @given(st.dictionaries(st.sampled_from(["sharpness", "exposure", "contrast", "faces"]), shares, min_size=1))
    def test_appeal_lies_between_the_parts(self, told: dict[str, float]) -> None:
        floored = [max(0.05, value) for value in told.values()]
        assert min(floored) - 1e-4 <= appeal(told) <= max(floored) + 1e-4

    def test_a_jpeg_comes_back(self) -> None:
        picture = with_disc(80, 45)
        back = unpacked_jpeg(jpeg(picture, 95))
        assert back.shape == picture.shape
        assert np.abs(back.astype(int) - picture).mean() < 12


class TestCrops:
    @pytest.mark.parametrize("ratio", RATIOS)
    @pytest.mark.parametrize("x", [25, 80, 135])
    def test_hold_what_draws_the_eye(self, ratio: str, x: int) -> None:
        told = crop(saliency(with_disc(x, 45)), (160, 90), ratio_of(ratio))
        assert told is not None
        assert told["x"] <= x - 6
        assert x + 6 <= told["x"] + told["width"]
        assert told["width"] / told["height"] == pytest.approx(ratio_of(ratio), rel=0.03)

    def test_of_a_tall_picture_the_part_with_the_subject(self) -> None:
        told = crop(saliency(with_disc(45, 40, (160, 90))), (90, 160), 16 / 9)
        assert told is not None
        assert (told["x"], told["width"]) == (0, 90)
        assert told["y"] <= 32
        assert told["y"] + told["height"] >= 48

    @given(
        st.lists(st.tuples(shares, shares, st.floats(0.02, 0.3), st.floats(0.02, 0.4)), min_size=1, max_size=4),
        st.sampled_from(RATIOS),
        st.sampled_from([(1280, 720), (720, 1280), (641, 480), (500, 500)]),
    )
    def test_never_cut_a_face(
        self, boxes: list[tuple[float, float, float, float]], ratio: str, size: tuple[int, int]
    ) -> None:
        faces = [Box(x, y, min(1.0, x + w), min(1.0, y + h)) for x, y, w, h in boxes]
        told = crop(saliency(GREY), size, ratio_of(ratio), faces)
        if told is None:
            return
        assert 0 <= told["x"] <= told["x"] + told["width"] <= size[0]
        assert 0 <= told["y"] <= told["y"] + told["height"] <= size[1]
        for face in faces:
            left, top, right, bottom = (
                side * long for side, long in zip((face.left, face.top, face.right, face.bottom), size * 2, strict=True)
            )
            across = min(right, told["x"] + told["width"]) - max(left, told["x"])
            down = min(bottom, told["y"] + told["height"]) - max(top, told["y"])
            if across > 1.5 and down > 1.5:  # pixels are whole
                assert across >= right - left - 1.5
                assert down >= bottom - top - 1.5

    def test_a_face_at_the_side_is_held_rather_than_what_glares(self) -> None:
        told = crop(saliency(with_disc(135, 45)), (160, 90), 1.0, [Box(0.05, 0.3, 0.25, 0.7)])
        assert told is not None
        assert told["faces"] == 1
        assert told["x"] <= 8

    def test_a_face_that_fits_in_no_part_leaves_none(self) -> None:
        assert crop(saliency(GREY), (160, 90), 9 / 16, [Box(0.0, 0.1, 1.0, 0.9)]) is None

    @pytest.mark.parametrize("told", ["16x9", "0:1", "101:1", "1:", "", "१:१", "16:9\n"])
    def test_what_is_no_ratio_is_refused(self, told: str) -> None:
        with pytest.raises(InvalidInput, match="aspect ratio"):
            ratio_of(told)
