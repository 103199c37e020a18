"""Sentences about pictures, by a tiny model whose words can be told beforehand."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.captioner import tiny_captioner

from socialflow.catalogue.upstream.handed import NoModels, handed
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import ArtefactError
from socialflow.image.caption import CaptionAnalysis
from socialflow.image.captioning import MODEL, Captioner
from socialflow.image.reader import ImageReader
from socialflow.image.service import ImageService
from socialflow.kit.answers import Status, Tier

pytest.importorskip("cv2", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return tiny_captioner(tmp_path_factory.mktemp("captioner"))


@pytest.fixture(scope="module")
def reader() -> Iterator[ImageReader]:
    reader = ImageReader()
    yield reader
    reader.close()


def plain(red: int, green: int, blue: int) -> np.ndarray:
    return np.full((40, 60, 3), (red, green, blue), np.uint8)


class TestCaptioner:
    @pytest.mark.parametrize(("colours", "said"), [((250, 0, 30), "a red picture"), ((0, 30, 220), "a blue picture")])
    def test_it_says_what_it_sees_until_it_ends(
        self, models: UpstreamModels, colours: tuple[int, int, int], said: str
    ) -> None:
        sentence = Captioner(handed(models.open(MODEL))).say(plain(*colours))
        assert sentence.text == said
        assert 0.9 < sentence.score <= 1

    def test_of_what_looks_alike_it_is_less_sure(self, models: UpstreamModels) -> None:
        captioner = Captioner(handed(models.open(MODEL)))
        assert captioner.say(plain(128, 128, 120)).score < captioner.say(plain(250, 0, 0)).score

    def test_tokens_that_are_none_are_refused(self, models: UpstreamModels) -> None:
        told = handed(models.open(MODEL))
        with pytest.raises(ArtefactError, match="encoder"):
            Captioner({**told, "directory": "/nowhere"})


class TestAnalysis:
    async def test_one_of_the_analyses_of_a_look(
        self, models: UpstreamModels, reader: ImageReader, tmp_path: Path
    ) -> None:
        Image.fromarray(plain(10, 200, 20)).save(tmp_path / "green.png")
        told = await ImageService(reader, models=models).analyse(tmp_path / "green.png", ["caption"])
        answered = told.analyses["caption"]
        assert (answered.status, answered.answer["text"]) == (Status.COMPLETE, "a green picture")
        assert answered.provenance[0].tier is Tier.DOWNLOADED

    async def test_without_the_model_it_is_named(self, reader: ImageReader, tmp_path: Path) -> None:
        Image.fromarray(plain(10, 200, 20)).save(tmp_path / "green.png")
        told = await ImageService(reader, models=NoModels()).analyse(tmp_path / "green.png", ["caption"])
        assert told.analyses["caption"].status is Status.ABSTAINED
        assert told.missing == (f"caption:model:{MODEL}",)
        assert CaptionAnalysis(NoModels()).watches == {}
