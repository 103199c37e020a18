"""The table of lookers."""

from collections.abc import Mapping

from socialflow.image.looker import Looker

LOOKERS: Mapping[str, type[Looker]] = {}
"""By name."""
