"""Irony and sarcasm: the opposite of the words is meant."""

from socialflow.text.head import DetectionHead
from socialflow.text.records import Combination


class IronyHead(DetectionHead):
    """Irony of a text as a whole; a long one's is the mean of its windows."""

    name = "irony"
    labels = ("not_irony", "irony")
    combination = Combination.MEAN
