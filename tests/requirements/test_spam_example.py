"""The spam detector as the requirements use detectors: made without arguments, awaited, answered by key."""

from tests.requirements.examples import run, run_blocking

AWAITED = """
from socialflow.moderation import SpamDetector

detector = SpamDetector()
result = await detector.detect(text)
if result["is_spam"] and result["confidence"] > 0.85:
    status = "flagged"
"""
BLOCKING = """
from socialflow.moderation import SpamDetector

result = SpamDetector().predict(text)
"""
KEYS = {"is_spam", "confidence", "categories", "recommended_action"}
BAIT = "http://paypa1.com/x http://93.184.216.34/ [paypal.com](http://x.example) https://t.me/x bit.ly/a +49 151 234567"


async def test_it_is_awaited_without_arguments() -> None:
    found = await run(AWAITED, {}, {"text": BAIT})
    assert set(found["result"]) >= KEYS
    assert (found["result"]["is_spam"], found["status"]) == (True, "flagged")
    assert found["result"]["recommended_action"] in ("flag_for_review", "reject")


def test_it_is_called_without_an_event_loop() -> None:
    found = run_blocking(BLOCKING, {}, {"text": "We walked along the river"})
    assert set(found["result"]) >= KEYS
    assert not found["result"]["is_spam"]
