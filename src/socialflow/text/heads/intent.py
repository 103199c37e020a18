"""What the author wants from the reader."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class IntentHead(ChoiceHead):
    """The intent of a text as a whole; a long one's is the mean of its windows."""

    name = "intent"
    labels = ("question", "statement", "command", "complaint", "praise", "request")
    combination = Combination.MEAN
