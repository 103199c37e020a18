"""Result files: what was measured, on what, with what."""

import importlib.metadata
import json
import os
import platform
from collections.abc import Sequence
from pathlib import Path

RESULTS = Path(__file__).parent / "results"
_LIBRARIES = ("fastapi", "numpy", "scipy", "sqlalchemy", "uvicorn", "implicit", "scikit-learn", "usearch")


def machine() -> dict[str, object]:
    """What the figures were measured on."""
    return {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
        "system": platform.platform(terse=True),
        "versions": {name: importlib.metadata.version(name) for name in _LIBRARIES},
    }


def write(name: str, command: str, figures: dict[str, object]) -> Path:
    """Write one result; the command is the one that makes it again."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps({"command": command, "machine": machine(), **figures}, indent=2) + "\n")
    return path


def table_line(cells: Sequence[str]) -> str:
    """A row of a table in Markdown.

    >>> table_line(["a", "b"])
    '| a | b |'
    """
    return f"| {' | '.join(cells)} |"
