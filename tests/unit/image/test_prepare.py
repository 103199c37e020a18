"""Pictures as models take them."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.catalogue.upstream.records import Fit, ImageInput
from socialflow.errors import InvalidInput
from socialflow.image.prepare import batch, placed, prepared

pytest.importorskip("cv2", reason="needs the media extra")

FITS: tuple[Fit, ...] = ("stretch", "centre_crop", "letterbox", "letterbox_corner")
sides = st.integers(1, 90)


def halves(height: int, width: int) -> np.ndarray:
    """Red on the left, blue on the right."""
    made = np.zeros((height, width, 3), np.uint8)
    made[:, : width // 2, 0] = made[:, width // 2 :, 2] = 200
    return made


class TestFits:
    def test_stretch_ignores_the_aspect(self) -> None:
        made = prepared(halves(10, 40), ImageInput((8, 8), "rgb", "nhwc"))
        assert made.shape == (1, 8, 8, 3)
        assert made.dtype == np.float32
        assert (made[0, :, :4] == (200, 0, 0)).all()
        assert (made[0, :, 4:] == (0, 0, 200)).all()

    def test_a_letterbox_keeps_the_aspect_in_the_middle(self) -> None:
        made = prepared(halves(20, 40), ImageInput((8, 8), "rgb", "nhwc", "letterbox", fill=114))
        assert (made[0, [0, 1, 6, 7]] == 114).all()
        assert (made[0, 2:6, :4] == (200, 0, 0)).all()

    def test_a_letterbox_in_the_corner(self) -> None:
        made = prepared(halves(20, 40), ImageInput((8, 8), "rgb", "nhwc", "letterbox_corner", fill=7))
        assert (made[0, 4:] == 7).all()
        assert (made[0, :4, 4:] == (0, 0, 200)).all()

    def test_the_middle_is_cut(self) -> None:
        image = ImageInput((4, 4), "rgb", "nhwc", "centre_crop", short_side=8)
        made = prepared(halves(8, 16), image)
        assert (made[0, :, :2] == (200, 0, 0)).all()
        assert (made[0, :, 2:] == (0, 0, 200)).all()
        at = placed(8, 16, image)
        assert (at.height, at.width, at.top, at.left) == (8, 16, -2, -6)

    def test_a_very_long_picture_is_cut_before_it_is_scaled(self) -> None:
        made = prepared(halves(1, 200_000), ImageInput((224, 224), "rgb", "nhwc", "centre_crop"))
        assert made.shape == (1, 224, 224, 3)


class TestValues:
    def test_colours_and_layout(self) -> None:
        made = prepared(halves(4, 4), ImageInput((4, 4), "bgr", "nchw"))
        assert made.shape == (1, 3, 4, 4)
        assert made[0, :, 0, 0].tolist() == [0, 0, 200]
        assert made.flags.c_contiguous

    def test_grey_has_one_channel(self) -> None:
        made = prepared(np.full((9, 9, 3), 100, np.uint8), ImageInput((4, 4), "grey", "nhwc", divisor=200))
        assert made.shape == (1, 4, 4, 1)
        assert made == pytest.approx(0.5)

    def test_divided_then_centred_then_scaled(self) -> None:
        image = ImageInput((2, 2), "rgb", "nhwc", divisor=255, mean=(0.485, 0.456, 0.406), std=(0.229, 0.224, 0.225))
        made = prepared(np.full((5, 5, 3), 255, np.uint8), image)
        assert made[0, 0, 0] == pytest.approx([(1 - 0.485) / 0.229, (1 - 0.456) / 0.224, (1 - 0.406) / 0.225])

    def test_bytes_stay_bytes(self) -> None:
        made = prepared(halves(4, 4), ImageInput((4, 4), "rgb", "nhwc"), "uint8")
        assert made.dtype == np.uint8
        assert (made[0] == halves(4, 4)).all()


class TestBatches:
    def test_pictures_of_different_sizes(self) -> None:
        image = ImageInput((6, 8), "rgb", "nchw", "letterbox")
        pictures = [halves(30, 20), halves(7, 50)]
        made = batch(pictures, image)
        assert made.shape == (2, 3, 6, 8)
        assert all((made[row] == prepared(one, image)[0]).all() for row, one in enumerate(pictures))

    def test_frames_are_one_run(self) -> None:
        pictures = [np.full((4, 4, 3), level, np.uint8) for level in (1, 2, 3)]
        assert batch(pictures, ImageInput((4, 4), "rgb", "ncthw", frames=3))[0, 0, :, 0, 0].tolist() == [1, 2, 3]
        assert batch(pictures, ImageInput((4, 4), "rgb", "nthwc", frames=3)).shape == (1, 3, 4, 4, 3)

    def test_other_numbers_of_frames_are_refused(self) -> None:
        with pytest.raises(InvalidInput, match="3 pictures, not 1"):
            batch([halves(4, 4)], ImageInput((4, 4), "rgb", "ncthw", frames=3))
        with pytest.raises(InvalidInput, match="one or more"):
            batch([], ImageInput((4, 4), "rgb", "nchw"))


class TestBack:
    @given(sides, sides, st.sampled_from(FITS), sides, sides)
    def test_any_picture_fits_and_corners_come_back(
        self, height: int, width: int, fit: Fit, tall: int, wide: int
    ) -> None:
        image = ImageInput((tall, wide), "rgb", "nhwc", fit)
        assert prepared(halves(height, width), image, "uint8").shape == (1, tall, wide, 3)
        at = placed(height, width, image)
        corners = np.array([[at.left, at.top, at.left + at.width, at.top + at.height]])
        assert at.fractions(corners).tolist() == [[0, 0, 1, 1]]
