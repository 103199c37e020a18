"""Whether the author is for or against something, whether or not it is named."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class StanceHead(ChoiceHead):
    """The stance on one topic, which a subclass names; a long text's is the mean of its windows."""

    labels = ("none", "against", "favor")
    combination = Combination.MEAN


class AbortionStance(StanceHead):
    """On the legalisation of abortion."""

    name = "stance_abortion"


class AtheismStance(StanceHead):
    """On atheism."""

    name = "stance_atheism"


class ClimateStance(StanceHead):
    """On climate change being a real concern."""

    name = "stance_climate"


class FeministStance(StanceHead):
    """On the feminist movement."""

    name = "stance_feminist"


class HillaryStance(StanceHead):
    """On Hillary Clinton."""

    name = "stance_hillary"
