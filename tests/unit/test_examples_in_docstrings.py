"""Examples in docstrings say what happens."""

import doctest
import pkgutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module

import socialflow

OPTIONAL = {"torch", "av", "cv2", "PIL", "ai_edge_litert", "pocketsphinx", "rapidocr", "mlflow", "optuna"}
"""What extras bring: modules that need one are left out where it is not installed."""
_ELSEWHERE = (".migrations.", ".__main__")
"""Modules that do something when they are imported."""


def test_they_hold() -> None:
    """In a process of its own: every module there is gets imported."""
    ended = subprocess.run([sys.executable, __file__], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stdout + ended.stderr


def failing() -> Iterator[str]:
    """Modules whose examples do not hold, each with why."""
    for found in pkgutil.walk_packages(socialflow.__path__, "socialflow."):
        if any(part in found.name for part in _ELSEWHERE):
            continue
        try:
            module = import_module(found.name)
        except ModuleNotFoundError as absent:
            if (absent.name or "").split(".")[0] not in OPTIONAL:
                yield f"{found.name} needs {absent.name}"
            continue
        if doctest.testmod(module).failed:
            yield found.name


if __name__ == "__main__":
    sys.exit("\n".join(failing()) or 0)
