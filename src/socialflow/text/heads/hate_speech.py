"""Hate speech told apart from what is only offensive."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class HateSpeechHead(ChoiceHead):
    """Hate speech attacks people for a group they belong to; in a long text the worst window decides."""

    name = "hate_speech"
    labels = ("normal", "offensive", "hatespeech")
    combination = Combination.MAX
