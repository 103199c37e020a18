"""The examples of the moderation service, with only their import lines changed."""

from pathlib import Path

import pytest
from tests.requirements.examples import in_requirements, run

from socialflow.kit.defaults import Resident
from socialflow.moderation import ModerationService

IMPORT = {
    "from services.moderation_service import ModerationService": "from socialflow.moderation import ModerationService"
}
ROUTE = """
    result = await moderation_service.moderate_post(
        content=request.content,
        images=request.images
    )
"""
MADE = """
from services.moderation_service import ModerationService

router = APIRouter()
moderation_service = ModerationService()
"""
HATE = "I will find you and kill you, you filthy subhuman"


class Request:
    """As the example declares it."""

    def __init__(self, content: str, images: list[str] | None = None) -> None:
        self.content, self.images = content, images


def test_the_examples_are_those_of_the_document() -> None:
    assert in_requirements(ROUTE, "3")
    assert in_requirements(MADE, "3")


@pytest.mark.parametrize(
    ("text", "safe", "action"), [("Lovely bread, thank you!", True, "approve"), (HATE, False, "reject")]
)
async def test_the_route_of_the_example(resident: Resident, text: str, safe: bool, action: str) -> None:
    made = await run(MADE, IMPORT, {"APIRouter": object})
    told = (await run(ROUTE, {}, {**made, "request": Request(text)}))["result"]
    assert {"is_safe", "text_moderation", "image_moderation", "action"} <= told.keys()
    assert (told["is_safe"], told["action"], told["image_moderation"]) == (safe, action, [])
    scores = told["text_moderation"]
    assert {"toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate", "overall_toxic"} <= scores.keys()


async def test_every_picture_is_told_in_its_place(resident: Resident, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    images = [tmp_path / "broken.jpg", "http://127.0.0.1:1/none.jpg", tmp_path / "broken.jpg"]
    told = await ModerationService().moderate_post("Lovely bread", images)
    assert told["action"] == "flag_for_review"
    assert [one["is_safe"] for one in told["image_moderation"]] == [False] * 3
    first, second, third = told["image_moderation"]
    assert first == third
    assert first["missing"] != second["missing"] == ["media:refused"]
