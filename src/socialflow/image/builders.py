"""The tables of lookers and of analyses."""

from collections.abc import Callable, Mapping

from socialflow.catalogue.upstream.ports import Models
from socialflow.image.analysis import ImageAnalysis
from socialflow.image.looker import Looker

LOOKERS: Mapping[str, type[Looker]] = {}
"""By name."""

ANALYSES: Mapping[str, Callable[[Models], ImageAnalysis]] = {}
"""What makes each, by name, of the models that are at hand."""
