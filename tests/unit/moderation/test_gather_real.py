"""Signals of real files by the services of a platform, with and without the models that others trained."""

from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, noise
from tests.fakes import NOW
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.service import ImageService
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.kit.incoming import Incoming
from socialflow.moderation.gather.media import Media
from socialflow.moderation.gather.records import Content
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.records import ContentKind, Signals
from socialflow.moderation.signal_names import SIGNALS, Medium
from socialflow.text.service import TextService
from socialflow.video.service import VideoService

pytest.importorskip("cv2", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")


async def gathered(models: UpstreamModels | None, contents: list[Content]) -> list[Signals]:
    pictures, films, texts = ImageService(models=models), VideoService(models=models), TextService()
    service = SignalService(texts, Media(pictures, films, Incoming()), clock=FixedClock(NOW))
    try:
        return await service.gather(contents)
    finally:
        for one in (service, pictures, films, texts):
            await one.close()


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    hum = 0.1 * np.sin(np.arange(32_000) / 16_000 * 2 * np.pi * 220)
    return film(tmp_path / "clip.mp4", [noise(number // 5) for number in range(20)], rate=10, sound=hum)


def cut(path: Path, to: Path, size: int) -> None:
    """The beginning of a file."""
    to.write_bytes(path.read_bytes()[:size])


def of(medium: Medium) -> set[str]:
    return {name for name, one in SIGNALS.items() if one.medium is medium}


class TestWithoutModels:
    async def test_every_signal_is_there_or_missing_by_name(self, clip: Path, tmp_path: Path) -> None:
        Image.fromarray(noise(1)).save(tmp_path / "one.png")
        cut(tmp_path / "one.png", tmp_path / "broken.png", 40)
        cut(clip, tmp_path / "broken.mp4", 600)
        film_, broken = await gathered(
            None,
            [
                Content(ContentKind.VIDEO, title="A walk", pictures=(tmp_path / "one.png",), video=clip),
                Content(ContentKind.VIDEO, pictures=(tmp_path / "broken.png",), video=tmp_path / "broken.mp4"),
            ],
        )
        assert of(Medium.IMAGE) | of(Medium.VIDEO) <= {*film_.readings, *film_.missing}
        assert film_.missing["image.nsfw"] == film_.missing["video.nsfw"] == "model:nsfw-mobilenet-v2"
        assert film_.missing["video.weapons"] == "model:yolox-nano-coco"
        assert film_.readings["video.violence"].tier is Tier.HEURISTIC
        assert broken.missing == dict.fromkeys(of(Medium.IMAGE) | of(Medium.VIDEO), "media:unreadable")


@pytest.mark.shared
class TestWithTheModels:
    async def test_ordinary_media_are_measured_and_harmless(self, clip: Path, tmp_path: Path) -> None:
        models = UpstreamModels(tmp_path / "models", shared_models())
        content = Content(
            ContentKind.VIDEO, title="A lovely day", pictures=(media("photos") / "pexels-cat.jpg",), video=clip
        )
        (found,) = await gathered(models, [content])
        assert {*found.missing} <= {"video.speech_toxicity"}  # no Whisper is in the mirror
        assert of(Medium.IMAGE) | of(Medium.VIDEO) <= set(found.readings)
        for name in ("image.nsfw", "image.suggestive", "image.weapons", "image.text_toxicity", "video.weapons"):
            assert float(found.readings[name].value) < 0.3  # type: ignore[arg-type]
        assert found.readings["image.nsfw"].tier is Tier.DOWNLOADED
        assert found.readings["video.violence"].tier is Tier.HEURISTIC
