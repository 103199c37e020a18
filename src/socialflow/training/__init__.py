"""Fits, protocols and the gate: from a hashed snapshot to a candidate version.

The names of the Python interface are loaded when they are first asked for.
"""

from socialflow.kit.lazy import lazily

_HOMES = {
    "DataPreprocessor": "preprocessing:DataPreprocessor",
    "HyperparameterTuner": "tuner:HyperparameterTuner",
}

__all__ = list(_HOMES)

__getattr__ = lazily(__name__, _HOMES)
