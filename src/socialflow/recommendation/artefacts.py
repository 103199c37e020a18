"""A fitted model on disk: `state.json` beside one `.npy` file per array; nothing in it can execute code."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from socialflow.errors import ArtefactError

STATE_FILE = "state.json"
FORMAT = 1


def write(directory: Path, header: Mapping[str, object], arrays: Mapping[str, np.ndarray]) -> None:
    """Write `header` and `arrays` into an existing directory.

    Raises:
        ArtefactError: the directory is missing or not empty: a model is never rewritten.
    """
    if not directory.is_dir() or any(directory.iterdir()):
        raise ArtefactError(f"{directory} must be an existing empty directory")
    shapes = {}
    for name, array in arrays.items():
        if array.dtype.hasobject:
            raise ArtefactError(f"array {name} holds objects; only numbers and fixed text are saved")
        np.save(directory / f"{name}.npy", array, allow_pickle=False)
        shapes[name] = {"dtype": array.dtype.str, "shape": list(array.shape)}
    text = json.dumps({"format": FORMAT, **header, "arrays": shapes}, ensure_ascii=False, indent=1, sort_keys=True)
    (directory / STATE_FILE).write_text(text, encoding="utf-8")


def read(directory: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Header and read-only, memory-mapped arrays of what `write` wrote.

    Raises:
        ArtefactError: a file is missing or damaged, or the format is not known to this version.
    """
    try:
        header = json.loads((directory / STATE_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise ArtefactError(f"{directory / STATE_FILE} cannot be read: {problem}") from problem
    if not isinstance(header, dict) or header.get("format") != FORMAT:
        raise ArtefactError(f"{directory / STATE_FILE} is not of format {FORMAT}; fit the model again")
    arrays = {}
    try:
        for name, form in header["arrays"].items():
            arrays[name] = _map(directory / f"{name}.npy", form)
    except (KeyError, TypeError, AttributeError) as problem:
        raise ArtefactError(f"{directory / STATE_FILE} does not describe its arrays: {problem}") from problem
    return header, arrays


def _map(path: Path, form: Mapping[str, object]) -> np.ndarray:
    try:
        array: np.ndarray = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as problem:
        raise ArtefactError(f"{path} cannot be read: {problem}") from problem
    if array.dtype.str != form["dtype"] or list(array.shape) != form["shape"]:
        raise ArtefactError(f"{path} has shape {array.shape} of {array.dtype}, not what {STATE_FILE} says")
    return array.view(np.ndarray)  # still mapped; slices of a memmap cost several times those of an array
