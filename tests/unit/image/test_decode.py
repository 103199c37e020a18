"""Pictures as they are shown, and what is said of those that are not whole."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from socialflow.errors import MediaUnreadable, TooLarge
from socialflow.image.records import ImageBounds

Image = pytest.importorskip("PIL.Image", reason="needs the media extra")
decode = pytest.importorskip("socialflow.image.decode", reason="needs the media extra")


def halves(width: int = 64, height: int = 32) -> np.ndarray:
    """Red on the left, blue on the right."""
    pixels = np.zeros((height, width, 3), np.uint8)
    pixels[:, : width // 2, 0] = 250
    pixels[:, width // 2 :, 2] = 250
    return pixels


def stored(path: Path, image: "Image.Image", **options: object) -> Path:
    image.save(path, **options)
    return path


class TestShown:
    @pytest.mark.parametrize("suffix", ["png", "jpg", "webp", "gif", "bmp"])
    def test_every_kind_gives_the_same_picture(self, tmp_path: Path, suffix: str) -> None:
        path = stored(tmp_path / f"picture.{suffix}", Image.fromarray(halves()))
        found = decode.decoded(path)
        assert found.colours.shape == (32, 64, 3)
        assert not found.damaged
        assert np.abs(found.colours.astype(int) - halves()).mean() < 6

    def test_a_name_counts_for_nothing(self, tmp_path: Path) -> None:
        stored(tmp_path / "real.png", Image.fromarray(halves())).rename(tmp_path / "liar.jpg")
        assert decode.decoded(tmp_path / "liar.jpg").info.format == "PNG"

    @pytest.mark.parametrize(("orientation", "turned"), [(3, 2), (6, -1), (8, 1)])
    def test_turned_as_the_file_says(self, tmp_path: Path, orientation: int, turned: int) -> None:
        exif = Image.Exif()
        exif[0x0112] = orientation
        found = decode.decoded(stored(tmp_path / "p.png", Image.fromarray(halves()), exif=exif))
        assert np.array_equal(found.colours, np.rot90(halves(), turned))
        assert (found.info.height, found.info.width) == found.colours.shape[:2]
        assert found.info.turned

    def test_what_is_transparent_is_white(self, tmp_path: Path) -> None:
        layered = np.dstack([halves(), np.zeros((32, 64), np.uint8)])
        found = decode.decoded(stored(tmp_path / "p.png", Image.fromarray(layered)))
        assert (found.colours == 255).all()
        assert found.info.transparent

    @pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "LA"])
    def test_every_mode_becomes_three_colours(self, tmp_path: Path, mode: str) -> None:
        path = stored(tmp_path / ("p.jpg" if mode == "CMYK" else "p.png"), Image.new(mode, (8, 8)))
        assert decode.decoded(path).colours.shape == (8, 8, 3)

    def test_sixteen_bits_become_eight(self, tmp_path: Path) -> None:
        grey = Image.fromarray(np.full((8, 8), 200 * 257, np.uint16))
        assert decode.decoded(stored(tmp_path / "p.png", grey)).colours.mean() == pytest.approx(200, abs=1)

    def test_an_animation_is_its_first_frame(self, tmp_path: Path) -> None:
        frames = [Image.fromarray(np.full((8, 8, 3), shade, np.uint8)) for shade in (10, 120, 240)]
        path = stored(tmp_path / "a.gif", frames[0], save_all=True, append_images=frames[1:])
        found = decode.decoded(path)
        assert found.info.frames == 3
        assert found.colours.mean() == pytest.approx(10, abs=2)

    def test_large_pictures_come_small_where_that_is_enough(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "large.jpg", Image.fromarray(halves(1600, 800)))
        found = decode.decoded(path, ImageBounds(side=200))
        assert found.colours.shape == (100, 200, 3)
        assert (found.info.width, found.info.height) == (1600, 800)


class TestRefused:
    @pytest.mark.parametrize("content", [b"", b"hello", b"%PDF-1.7", b"<svg width='9'/>", b"%!PS"])
    def test_what_is_no_picture(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "p.png").write_bytes(content)
        with pytest.raises(MediaUnreadable, match="no picture"):
            decode.decoded(tmp_path / "p.png")

    def test_other_kinds_are_not_tried(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "p.tif", Image.fromarray(halves()))
        with pytest.raises(MediaUnreadable, match="no picture"):
            decode.decoded(path)

    def test_too_many_pixels_are_told_before_decoding(self, tmp_path: Path) -> None:
        path = stored(tmp_path / "p.png", Image.new("1", (20_000, 20_000)))
        with pytest.raises(TooLarge, match="20000 x 20000"):
            decode.decoded(path)


class TestNotWhole:
    def test_what_is_there_is_shown(self, tmp_path: Path) -> None:
        buffer = BytesIO()
        rng = np.random.default_rng(1)
        Image.fromarray(rng.integers(0, 255, (128, 128, 3), np.uint8)).save(buffer, "JPEG")
        (tmp_path / "half.jpg").write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
        found = decode.decoded(tmp_path / "half.jpg")
        assert found.damaged
        assert found.colours[:32].std() > 40 > 5 > found.colours[-16:].std()

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(cut=st.integers(0, 400), flips=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 7)), max_size=6))
    @pytest.mark.parametrize("kind", ["PNG", "JPEG", "GIF", "WEBP", "BMP"])
    def test_damage_gives_a_picture_or_a_refusal(
        self, tmp_path: Path, kind: str, cut: int, flips: list[tuple[int, int]]
    ) -> None:
        buffer = BytesIO()
        Image.fromarray(halves(16, 16)).save(buffer, kind)
        data = bytearray(buffer.getvalue())
        for place, bit in flips:
            data[place % len(data)] ^= 1 << bit
        path = tmp_path / "p"
        path.write_bytes(data[: len(data) - cut % len(data)])
        try:
            found = decode.decoded(path, ImageBounds(pixels=1_000_000))
        except (MediaUnreadable, TooLarge):
            return
        assert found.colours.dtype == np.uint8
