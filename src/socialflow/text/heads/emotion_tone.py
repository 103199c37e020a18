"""The one emotion that colours a text most."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class EmotionToneHead(ChoiceHead):
    """The tone of a text that has one; a long one's is the mean of its windows."""

    name = "emotion_tone"
    labels = ("anger", "joy", "optimism", "sadness")
    combination = Combination.MEAN
