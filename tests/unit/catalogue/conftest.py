"""A catalogue of tiny models, with a mirror of two of them."""

from pathlib import Path

import pytest
from tests.upstream_hub import tiny_cards, tiny_mirror

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.store import UpstreamModels


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    return tiny_cards(tmp_path / "cards")


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    return tiny_mirror(tmp_path / "mirror")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def mirrored(root: Path, mirror: Path, cards: Cards) -> UpstreamModels:
    return UpstreamModels(root, mirror, cards=cards)
