"""A catalogue of tiny models, with a mirror of two of them."""

from pathlib import Path

import pytest
from tests.upstream_hub import (
    HUB,
    LABELS,
    MODEL,
    WIDE,
    card_text,
    file_text,
    graph_text,
    two_files,
    unknown_text,
    write_cards,
)

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.store import UpstreamModels


@pytest.fixture
def cards(tmp_path: Path) -> Cards:
    return Cards(
        write_cards(
            tmp_path / "cards",
            doubling=two_files(),
            foldered=card_text(file_text("model.onnx", MODEL), graph_text(), head='folder = "shared-folder"\n'),
            nested=card_text(file_text("onnx/model.onnx", MODEL, f"{HUB}/model.onnx"), graph_text("onnx/model.onnx")),
            unknown=card_text(unknown_text("model.onnx", f"{HUB}/model.onnx"), graph_text()),
            homeless=card_text(file_text("model.onnx", MODEL), graph_text()),
            wide=card_text(file_text("model.onnx", WIDE, f"{HUB}/wide.onnx"), graph_text()),
        )
    )


@pytest.fixture
def mirror(tmp_path: Path) -> Path:
    for folder in ("doubling", "shared-folder"):
        (tmp_path / "mirror" / folder).mkdir(parents=True)
        (tmp_path / "mirror" / folder / "model.onnx").write_bytes(MODEL)
        (tmp_path / "mirror" / folder / "labels.txt").write_bytes(LABELS)
    return tmp_path / "mirror"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "root"


@pytest.fixture
def mirrored(root: Path, mirror: Path, cards: Cards) -> UpstreamModels:
    return UpstreamModels(root, mirror, cards=cards)
