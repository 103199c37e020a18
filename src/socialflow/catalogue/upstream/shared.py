"""The models of whoever is given none: those of this installation."""

import importlib
from collections.abc import Callable
from functools import cache

from socialflow.catalogue.upstream.ports import Models

FACTORY = "socialflow.wiring:default_models"
"""By name: what is assembled stands above everything that asks for it."""


@cache
def shared_models() -> Models:
    """The installation's models, by the environment's settings; one a process."""
    module, _, name = FACTORY.partition(":")
    factory: Callable[[], Models] = getattr(importlib.import_module(module), name)
    return factory()
