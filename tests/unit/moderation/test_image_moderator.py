"""Pictures are judged by what they show and by what is written in them."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.looks import CALM, told
from tests.shared_data import media, shared_models
from tests.stocked import reddish, stocked
from tests.unit.moderation.test_gather_text import Fixed

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import InvalidInput, MediaUnreadable
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Status
from socialflow.moderation import ImageModerator
from socialflow.text.records import Analysis

pytest.importorskip("cv2", reason="needs the media extra")
pytest.importorskip("rapidocr", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")
from PIL import ImageDraw, ImageFont  # noqa: E402

SILENT = Analysis({}, Status.ABSTAINED, ("toxicity", "text:empty"), 1.0, 0)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("models"), {"nsfw-mobilenet-v2": {"nsfw_mobilenet_v2.onnx": reddish()}})


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


def of(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((48, 64, 3), colour, np.uint8)


def written(path: Path, words: str) -> Path:
    """A picture with words on it."""
    shown = Image.new("RGB", (320, 64), "white")
    ImageDraw.Draw(shown).text((12, 14), words, "black", ImageFont.load_default(28))
    shown.save(path)
    return path


class TestPictures:
    def test_what_is_harmless_is_safe(self, models: UpstreamModels) -> None:
        found = ImageModerator(models, Fixed(SILENT)).predict(of((120, 120, 120)))
        assert (found["is_safe"], found["recommended_action"], found["text_toxicity"]) == (True, "approve", 0.0)
        assert found["safe"] > 0.7  # type: ignore[operator]
        assert found["status"] is Status.PARTIAL
        assert found["missing"] == ["model:yolox-nano-coco", "category:violence", "category:gore"]

    def test_what_is_explicit_is_not(self, models: UpstreamModels) -> None:
        found = ImageModerator(models, Fixed(SILENT)).predict(of((220, 20, 20)))
        assert (found["is_safe"], found["recommended_action"]) == (False, "reject")

    def test_toxic_words_in_a_harmless_picture(self, models: UpstreamModels) -> None:
        rude = told({**CALM, "insult": 0.875})
        found = ImageModerator(models, Fixed(rude)).predict(of((120, 120, 120)))
        assert (found["is_safe"], found["recommended_action"]) == (False, "flag_for_review")
        assert found["text_toxicity"] == 0.875

    def test_words_in_a_language_nobody_reads_are_for_people(self, models: UpstreamModels) -> None:
        thai = told(None, None, missing=("toxicity", "language:th"))
        found = ImageModerator(models, Fixed(thai)).predict(of((120, 120, 120)))
        assert (found["is_safe"], found["recommended_action"]) == (False, "flag_for_review")
        assert "text:language:th" in found["missing"]

    def test_without_the_model_it_is_not_called_safe(self) -> None:
        found = ImageModerator(NoModels(), Fixed(SILENT)).predict(of((120, 120, 120)))
        assert (found["is_safe"], found["safe"], found["recommended_action"]) == (False, None, "flag_for_review")
        assert found["missing"][0] == "model:nsfw-mobilenet-v2"

    def test_what_is_no_picture(self, reader: ImageReader) -> None:
        with pytest.raises(MediaUnreadable):
            ImageModerator(NoModels(), Fixed(SILENT), reader=reader).predict(b"hello")
        with pytest.raises(InvalidInput):
            ImageModerator(threshold=0.0)

    async def test_words_that_are_really_there(self, reader: ImageReader, tmp_path: Path) -> None:
        found = await ImageModerator(NoModels(), reader=reader).detect(
            written(tmp_path / "rude.png", "YOU STUPID IDIOT")
        )
        assert found["text_toxicity"] > 0.7  # type: ignore[operator]
        found = await ImageModerator(NoModels(), reader=reader).detect(written(tmp_path / "kind.png", "HAPPY BIRTHDAY"))
        assert found["text_toxicity"] < 0.2  # type: ignore[operator]


@pytest.mark.shared
def test_an_ordinary_photo_is_safe(reader: ImageReader, tmp_path: Path) -> None:
    moderator = ImageModerator(UpstreamModels(tmp_path, shared_models()), reader=reader)
    found = moderator.predict(media("photos") / "pexels-cat.jpg")
    assert (found["is_safe"], found["recommended_action"]) == (True, "approve")
    assert found["missing"] == ["category:violence", "category:gore"]
