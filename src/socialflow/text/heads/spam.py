"""Unwanted advertising and bait, by the words alone."""

from socialflow.text.head import DetectionHead
from socialflow.text.records import Combination


class SpamHead(DetectionHead):
    """Spam by its text; in a long text the window likest to spam decides."""

    name = "spam"
    labels = ("ham", "spam")
    combination = Combination.MAX
