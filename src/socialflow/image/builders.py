"""The tables of lookers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.caption import CaptionAnalysis
from socialflow.image.faces import ImageFaces
from socialflow.image.looker import Looker
from socialflow.image.lookers.caption import CaptionLooker
from socialflow.image.lookers.faces import FaceLooker
from socialflow.image.lookers.nsfw import NSFWLooker
from socialflow.image.lookers.objects import ObjectLooker
from socialflow.image.lookers.tags import TagLooker
from socialflow.image.lookers.text import TextLooker
from socialflow.image.lookers.vector import VectorLooker
from socialflow.image.nsfw import NSFWAnalysis
from socialflow.image.objects import ImageObjects
from socialflow.image.tags import TagAnalysis
from socialflow.image.text import TextAnalysis
from socialflow.image.vectors import VectorAnalysis

LOOKERS: Mapping[str, type[Looker]] = {
    "caption": CaptionLooker,
    "faces": FaceLooker,
    "nsfw": NSFWLooker,
    "objects": ObjectLooker,
    "tags": TagLooker,
    "text": TextLooker,
    "vector": VectorLooker,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], ImageAnalysis]] = {
    "caption": CaptionAnalysis,
    "faces": ImageFaces,
    "nsfw": NSFWAnalysis,
    "objects": ImageObjects,
    "tags": TagAnalysis,
    "text": lambda models: TextAnalysis(),  # noqa: ARG005
    "vector": VectorAnalysis,
}
"""What makes each, by name, of the models that are at hand."""
