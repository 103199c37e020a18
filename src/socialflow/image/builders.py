"""The tables of lookers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.faces import ImageFaces
from socialflow.image.looker import Looker
from socialflow.image.lookers.faces import FaceLooker
from socialflow.image.lookers.objects import ObjectLooker
from socialflow.image.objects import ImageObjects

LOOKERS: Mapping[str, type[Looker]] = {
    "faces": FaceLooker,
    "objects": ObjectLooker,
}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], ImageAnalysis]] = {
    "faces": ImageFaces,
    "objects": ImageObjects,
}
"""What makes each, by name, of the models that are at hand."""
