"""What a text is about, in the taxonomy the model was trained on."""

from socialflow.text.head import ChoiceHead
from socialflow.text.records import Combination


class CategoryHead(ChoiceHead):
    """The subject of a text; a long one's is the mean of its windows."""

    name = "category"
    labels = ()
    combination = Combination.MEAN
