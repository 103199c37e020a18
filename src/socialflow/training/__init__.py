"""Fits, protocols and the gate: from a hashed snapshot to a candidate version.

The names of the Python interface are loaded when they are first asked for.
"""

from importlib import import_module

_HOMES = {
    "DataPreprocessor": "preprocessing:DataPreprocessor",
    "HyperparameterTuner": "tuner:HyperparameterTuner",
}

__all__ = list(_HOMES)


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, _, attribute = _HOMES[name].partition(":")
    return getattr(import_module(f"{__name__}.{module}"), attribute)
