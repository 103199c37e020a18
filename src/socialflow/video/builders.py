"""The table of observers."""

from collections.abc import Mapping

from socialflow.video.observer import Observer

OBSERVERS: Mapping[str, type[Observer]] = {}
"""By name."""
