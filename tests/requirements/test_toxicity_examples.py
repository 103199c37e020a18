"""The toxicity detector and the text moderator as the requirements use them."""

from tests.requirements.examples import run, run_blocking

AWAITED = """
from socialflow.moderation import ToxicityDetector

toxicity_detector = ToxicityDetector()

toxicity_result = await toxicity_detector.detect(description)
if toxicity_result["is_toxic"] and toxicity_result["confidence"] > 0.90:
    # Flag for review
    status = "flagged"
"""
BLOCKING = """
from socialflow.moderation import TextModerator

text_moderator = TextModerator()
text_results = text_moderator.predict(content)
is_safe = text_results["overall_toxic"] < 0.7
same = text_moderator.is_safe(content, threshold=0.7)
"""
KEYS = {"toxic", "severe_toxic", "obscene", "threat", "insult", "identity_hate", "overall_toxic"}


async def test_the_detector_is_awaited_without_arguments() -> None:
    found = await run(AWAITED, {}, {"description": "You are a stupid, worthless piece of trash, shut up."})
    assert (found["toxicity_result"]["is_toxic"], found["status"]) == (True, "flagged")
    found = await run(AWAITED, {}, {"description": "How I bake bread at home, step by step"})
    assert found["toxicity_result"]["is_toxic"] is False


def test_the_moderator_is_called_without_an_event_loop() -> None:
    found = run_blocking(BLOCKING, {}, {"content": "What a lovely recipe, thank you for sharing it"})
    assert set(found["text_results"]) >= KEYS
    assert found["is_safe"] is found["same"] is True
