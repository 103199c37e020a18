"""Smart replies and suggestions, as the requirements list them."""

import asyncio

from tests.requirements.examples import in_requirements
from tests.text_bundle import clear_analyser

from socialflow.generation import SmartReplies
from socialflow.kit.defaults import Resident
from socialflow.text.service import TextService


def test_smart_replies_are_suggested_with_and_without_waiting(resident: Resident) -> None:
    assert in_requirements("- **Text Generation**: Smart replies and suggestions", "3")

    async def with_small_model(platform) -> None:
        platform.generation._text = TextService(clear_analyser)

    resident.call(with_small_model)
    blocking = SmartReplies().predict("good", context=["I see"], tone="formal")
    awaited = asyncio.run(SmartReplies().suggest("good", context=["I see"], tone="formal"))
    assert blocking == awaited
    assert 1 <= len(blocking["replies"]) <= 3
    assert {"text", "tone", "act", "situation", "score"} == set(blocking["replies"][0])
    assert {"intent", "emotion", "reason", "status", "missing", "provenance"} < set(blocking)
