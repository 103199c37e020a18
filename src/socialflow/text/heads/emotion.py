"""Seven emotions, any number of them at once."""

from collections.abc import Sequence

from socialflow.text.head import MultiLabel
from socialflow.text.records import Combination, Emotions


class EmotionHead(MultiLabel[Emotions]):
    """Ekman's six emotions and neutral (Ekman, 1992); a long text's are the mean of its windows."""

    name = "emotion"
    labels = ("joy", "sadness", "anger", "fear", "surprise", "disgust", "neutral")
    combination = Combination.MEAN

    def record(self, probabilities: Sequence[float]) -> Emotions:
        """Intensity: the strongest emotion's probability, neutral aside."""
        scores = self.named(probabilities)
        return Emotions(
            scores,
            self.above(probabilities),
            dominant=max(scores, key=scores.__getitem__),
            intensity=max(score for label, score in scores.items() if label != "neutral"),
        )
