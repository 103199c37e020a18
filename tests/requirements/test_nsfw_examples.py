"""The detector of unfit pictures as the requirements use it, without a model and with one."""

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from tests.requirements.examples import run, run_blocking
from tests.shared_data import media, shared_models

from socialflow.catalogue.upstream.shared import shared_models as installed
from socialflow.content.records import ModerationStatus

pytest.importorskip("cv2", reason="needs the media extra")

IMPORT_LINE = "from app.ai_models.content_moderation import NSFWDetector"
IMPORT = {IMPORT_LINE: "from socialflow.moderation import NSFWDetector"}
DETECT = f"""
{IMPORT_LINE}

detector = NSFWDetector()
result = await detector.detect(image_url)
"""
ON_UPLOAD = f"""
{IMPORT_LINE}

# Initialize detectors
nsfw_detector = NSFWDetector()

# Check video thumbnail
nsfw_result = await nsfw_detector.detect(thumbnail_url)
if nsfw_result["is_nsfw"] and nsfw_result["confidence"] > 0.85:
    # Flag for review or reject
    video.moderation_status = ModerationStatus.FLAGGED
"""


MODERATE = """
from socialflow.moderation import ImageModerator

image_moderator = ImageModerator()
result = image_moderator.predict(image_url)
is_safe = result["is_safe"]
"""


@pytest.fixture
def picture(tmp_path: Path) -> str:
    """An ordinary one, as a path: a URL would have to be public."""
    from PIL import Image

    Image.effect_noise((96, 64), 60).convert("RGB").save(tmp_path / "noise.png")
    return str(tmp_path / "noise.png")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path))
    monkeypatch.delenv("SOCIALFLOW_MODEL_MIRROR", raising=False)
    installed.cache_clear()
    yield monkeypatch
    installed.cache_clear()


async def test_without_a_model_people_are_asked(settings: pytest.MonkeyPatch, picture: str) -> None:
    del settings
    result = (await run(DETECT, IMPORT, {"image_url": picture}))["result"]
    assert result["is_nsfw"] is None
    assert result["recommended_action"] == "flag_for_review"
    assert result["missing"][0] == "model:nsfw-mobilenet-v2"


async def test_an_ordinary_picture_is_approved(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("SOCIALFLOW_MODEL_MIRROR", str(shared_models()))
    photo = str(media("photos") / "pexels-cat.jpg")
    result = (await run(DETECT, IMPORT, {"image_url": photo}))["result"]
    assert (result["is_nsfw"], result["recommended_action"]) == (False, "approve")
    assert set(result["categories"]) == {"safe", "suggestive", "explicit", "racy", "violence", "gore"}
    assert result["confidence"] > 0.9
    video = SimpleNamespace(moderation_status=ModerationStatus.APPROVED)
    await run(ON_UPLOAD, IMPORT, {"thumbnail_url": photo, "video": video, "ModerationStatus": ModerationStatus})
    assert video.moderation_status is ModerationStatus.APPROVED


def test_the_moderator_of_pictures_without_a_model(settings: pytest.MonkeyPatch, picture: str) -> None:
    del settings
    found = run_blocking(MODERATE, {}, {"image_url": picture})
    assert {"safe", "questionable", "unsafe", "is_safe", "status", "missing", "provenance"} <= set(found["result"])
    assert (found["is_safe"], found["result"]["safe"]) == (False, None)
    assert found["result"]["missing"][0] == "model:nsfw-mobilenet-v2"


def test_the_moderator_of_pictures_with_one(settings: pytest.MonkeyPatch) -> None:
    settings.setenv("SOCIALFLOW_MODEL_MIRROR", str(shared_models()))
    found = run_blocking(MODERATE, {}, {"image_url": str(media("photos") / "pexels-cat.jpg")})
    assert found["is_safe"] is True
    assert sum(found["result"][name] for name in ("safe", "questionable", "unsafe")) == pytest.approx(1, abs=1e-3)
