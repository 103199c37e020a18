"""What constructors and tasks without a platform of their own find: a fresh installation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from socialflow import wiring
from socialflow.kit.defaults import Resident, substituted


@pytest.fixture
def resident(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Resident]:
    """The resident platform over an empty home."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOCIALFLOW_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("DATABASE_URL", "")
    with substituted(wiring.default_platform) as platform:
        yield platform
