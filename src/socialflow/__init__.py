"""Social Flow AI: recommend, moderate, understand and foresee for a social-video platform.

`MLService` and `ml_service`, one ready to use, are loaded when they are first asked for.
"""

from importlib import import_module

__version__ = "0.1.0"
_FACADE = ("MLService", "ml_service")


def __getattr__(name: str) -> object:
    if name not in _FACADE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("socialflow.service"), name)
