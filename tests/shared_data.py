"""Where the public data sets lie that tests marked `shared` read: beside the checkout, or in SOCIALFLOW_SHARED."""

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("SOCIALFLOW_SHARED") or Path(__file__).parents[2] / "shared")


def shared(folder: str) -> Path:
    """The folder of a data set, like `recsys/gowalla`; skips the test where it is absent."""
    path = SHARED / "data" / folder
    if not path.is_dir():
        pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds data/{folder}")
    return path


def media(folder: str) -> Path:
    """The folder of a set of pictures, sounds or films, like `photos`; skips the test where it is absent."""
    path = SHARED / "media" / folder
    if not path.is_dir():
        pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds media/{folder}")
    return path


def shared_models() -> Path:
    """The folder of models that others trained, one folder each; skips the test where it is absent."""
    path = SHARED / "models"
    if not path.is_dir():
        pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds models/")
    return path
