"""Six kinds of toxicity, any number of them at once."""

from collections.abc import Sequence

from socialflow.text.head import MultiLabel
from socialflow.text.records import Combination, Labels


class ToxicityHead(MultiLabel[Labels]):
    """Toxicity and its kinds; in a long text each label's worst window decides. `toxic_spans` says which words."""

    name = "toxicity"
    labels = ("toxicity", "severe_toxicity", "obscene", "threat", "insult", "identity_hate")
    combination = Combination.MAX

    def record(self, probabilities: Sequence[float]) -> Labels:
        """Found: the labels at or above their threshold."""
        return Labels(self.named(probabilities), self.above(probabilities))
