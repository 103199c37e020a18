"""The tables of lookers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.looker import Looker
from socialflow.image.lookers.objects import ObjectLooker
from socialflow.image.objects import ImageObjects
from socialflow.image.ocr import TextAnalysis, TextLooker

LOOKERS: Mapping[str, type[Looker]] = {
    "objects": ObjectLooker,
    "text": TextLooker,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], ImageAnalysis]] = {
    "objects": ImageObjects,
    "text": lambda models: TextAnalysis(),  # noqa: ARG005
}
"""What makes each, by name, of the models that are at hand."""
