"""Offensive language, whomever it meets."""

from socialflow.text.head import DetectionHead
from socialflow.text.records import Combination


class OffensiveHead(DetectionHead):
    """Insults, threats and profanity; in a long text the worst window decides."""

    name = "offensive"
    labels = ("not_offensive", "offensive")
    combination = Combination.MAX
