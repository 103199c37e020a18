"""How the author feels: negative, neutral or positive."""

from collections.abc import Sequence

from socialflow.text.head import MultiClass
from socialflow.text.records import Combination, Sentiment


class SentimentHead(MultiClass[Sentiment]):
    """The feeling of a whole text; a long one's is the mean of its windows."""

    name = "sentiment"
    labels = ("negative", "neutral", "positive")
    combination = Combination.MEAN

    def record(self, probabilities: Sequence[float]) -> Sentiment:
        """Score -1 to 1: P(positive) - P(negative)."""
        return Sentiment.of(self.named(probabilities))
