"""Hatred of people for what they are."""

from socialflow.text.head import DetectionHead
from socialflow.text.records import Combination


class HateHead(DetectionHead):
    """Hate against a group or its members; in a long text the worst window decides."""

    name = "hate"
    labels = ("not_hate", "hate")
    combination = Combination.MAX
