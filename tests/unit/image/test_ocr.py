"""Text in pictures."""

import sys
from pathlib import Path

import numpy as np
import pytest
from tests.shared_data import media
from tests.unit.image.generated_pictures import picture
from tests.written import written

from socialflow.image import ocr
from socialflow.image.analysis import report
from socialflow.image.lookers.text import TextLooker
from socialflow.image.ocr import LIBRARY, TextReader
from socialflow.image.reader import ImageReader
from socialflow.image.records import ImageInfo, Picture
from socialflow.image.text import TextAnalysis
from socialflow.kit.answers import Status, Tier

pytest.importorskip("rapidocr", reason="needs the media extra")


def picture_of(colours: np.ndarray) -> Picture:
    height, width = colours.shape[:2]
    return Picture(ImageInfo("PNG", width, height, 1, False, False), colours)


class TestLines:
    def test_from_top_to_bottom_with_their_places(self) -> None:
        lines = TextReader().read(written("Fresh bread", "open till nine"))
        assert [line.text for line in lines] == ["Fresh bread", "open till nine"]
        assert all(line.score > 0.9 for line in lines)
        first, second = (line.box for line in lines)
        assert 0 <= first.left < 0.1
        assert 0.4 < first.right < 0.75
        assert first.bottom <= second.top + 0.02

    def test_where_nothing_is_written_nothing_is_read(self) -> None:
        assert TextReader(320).read(picture(3, 120, 160)) == []
        assert TextReader(320).read(np.zeros((1, 1, 3), np.uint8)) == []

    def test_weights_are_those_of_the_package(self, monkeypatch: pytest.MonkeyPatch) -> None:
        import socket

        def refused(*address: object) -> None:
            raise AssertionError("nothing is to be fetched")

        monkeypatch.setattr(socket.socket, "connect", refused)
        ocr._engine.cache_clear()
        assert TextReader().read(written("offline"))[0].text == "offline"


class TestAnswer:
    def test_in_a_child(self, tmp_path: Path) -> None:
        from PIL import Image

        Image.fromarray(written("Hello world")).save(tmp_path / "sign.png")
        reader = ImageReader()
        try:
            analysis = TextAnalysis()
            told = report(reader.look(tmp_path / "sign.png", analysis.watches), [analysis]).analyses["text"]
        finally:
            reader.close()
        assert (told.status, told.answer["text"]) == (Status.COMPLETE, "Hello world")
        assert told.provenance[0].tier is Tier.BUNDLED

    def test_without_the_library_it_is_named(self, monkeypatch: pytest.MonkeyPatch) -> None:
        ocr._engine.cache_clear()
        monkeypatch.setitem(sys.modules, "rapidocr", None)
        finding = TextLooker().look(picture_of(written("Hello")))
        assert finding.missing == (LIBRARY,)
        ocr._engine.cache_clear()


@pytest.mark.shared
def test_a_neon_sign() -> None:
    from PIL import Image

    with Image.open(media("photos") / "blue-1845901.jpg") as image:
        lines = TextReader().read(np.asarray(image.convert("RGB")))
    assert [line.text for line in lines] == ["WORK HARDER"]
