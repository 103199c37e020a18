"""The words that make a text toxic."""

from socialflow.text.head import SpansHead


class ToxicSpansHead(SpansHead):
    """Offending stretches; of a long text those of all windows."""

    name = "toxic_spans"
    labels = ("toxic",)
