"""The tables of lookers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.looker import Looker
from socialflow.image.ocr import TextAnalysis, TextLooker

LOOKERS: Mapping[str, type[Looker]] = {
    "text": TextLooker,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], ImageAnalysis]] = {
    "text": lambda models: TextAnalysis(),  # noqa: ARG005
}
"""What makes each, by name, of the models that are at hand."""
