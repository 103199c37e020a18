"""Which emoji an author would put under a text."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class EmojiHead(ChoiceHead):
    """One of twenty frequent emoji; a long text's is the mean of its windows."""

    name = "emoji"
    labels = (
        *("❤", "😍", "😂", "💕", "🔥", "😊", "😎", "✨", "💙", "😘"),
        *("📷", "🇺🇸", "☀", "💜", "😉", "💯", "😁", "🎄", "📸", "😜"),
    )
    combination = Combination.MEAN
