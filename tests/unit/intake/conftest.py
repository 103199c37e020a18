from datetime import UTC, datetime
from pathlib import Path

import pytest

from socialflow.intake import ImportOptions
from socialflow.kit.clock import FixedClock

NOW = datetime(2024, 6, 1, tzinfo=UTC)


@pytest.fixture
def options(tmp_path: Path) -> ImportOptions:
    return ImportOptions(state_dir=tmp_path / "state", clock=FixedClock(NOW))
