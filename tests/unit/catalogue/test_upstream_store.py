"""Models from elsewhere on disk: whole, checked, and never there by halves."""

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from tests.upstream_hub import (
    MODEL,
    WIDE,
    card_text,
    file_text,
    graph_text,
    names_in,
    serving,
    sha256,
    write_cards,
)

from socialflow.catalogue.upstream.cards import Cards
from socialflow.catalogue.upstream.loading import load
from socialflow.catalogue.upstream.receipt import read_receipt
from socialflow.catalogue.upstream.records import Runtime, State
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import (
    ArtefactError,
    Conflict,
    DigestMismatch,
    InvalidInput,
    ModelNotFound,
    ModelUnavailable,
)
from socialflow.kit.digests import file_digest


class TestMirror:
    def test_what_it_has_is_used_in_place(self, mirrored: UpstreamModels, mirror: Path, root: Path) -> None:
        assert mirrored.state("doubling") is State.IN_MIRROR
        installed = mirrored.open("doubling")
        assert installed.directory == mirror / "doubling"
        assert installed.labels() == ("one", "two", "three")
        assert not root.exists()

    def test_the_cards_folder_goes_before_its_name(self, mirrored: UpstreamModels, mirror: Path) -> None:
        assert mirrored.open("foldered").directory == mirror / "shared-folder"
        (mirror / "shared-folder").rename(mirror / "foldered")
        assert mirrored.open("foldered").directory == mirror / "foldered"

    async def test_a_pull_makes_a_copy_of_ones_own(self, mirrored: UpstreamModels, mirror: Path, root: Path) -> None:
        told: list[tuple[str, int, int]] = []
        installed = await mirrored.pull("doubling", progress=lambda *event: told.append(event))
        assert installed.directory == root / "doubling"
        assert mirrored.state("doubling") is State.INSTALLED
        assert ("doubling/model.onnx", len(MODEL), len(MODEL)) in told
        assert read_receipt(root / "doubling").files["model.onnx"].source == str(mirror / "doubling" / "model.onnx")
        shutil.rmtree(mirror)
        assert mirrored.open("doubling").path("model.onnx").read_bytes() == MODEL

    async def test_a_file_that_is_something_else_is_not_taken(self, mirrored: UpstreamModels, mirror: Path) -> None:
        (mirror / "doubling" / "model.onnx").write_bytes(MODEL[:-1] + b"x")
        with pytest.raises(DigestMismatch, match=sha256(MODEL)):
            await mirrored.pull("doubling")
        with pytest.raises(DigestMismatch, match="socialflow models pull doubling"):
            mirrored.open("doubling")

    async def test_what_it_lacks_is_not_fetched_from_elsewhere(self, mirrored: UpstreamModels, mirror: Path) -> None:
        (mirror / "doubling" / "labels.txt").unlink()
        assert mirrored.state("doubling") is State.ABSENT
        with pytest.raises(ModelUnavailable, match=r"lacks labels\.txt"):
            await mirrored.pull("doubling")

    def test_it_is_only_read(self, mirrored: UpstreamModels) -> None:
        with pytest.raises(Conflict, match="mirror"):
            mirrored.remove("doubling")

    def test_a_model_whose_digest_nobody_knows_is_not_used_from_it(
        self, mirrored: UpstreamModels, mirror: Path
    ) -> None:
        (mirror / "unknown").mkdir()
        (mirror / "unknown" / "model.onnx").write_bytes(MODEL)
        assert mirrored.state("unknown") is State.ABSENT
        with pytest.raises(ModelUnavailable, match="socialflow models pull unknown"):
            mirrored.open("unknown")


class TestOpen:
    def test_an_absent_model_names_the_command(self, root: Path, cards: Cards) -> None:
        models = UpstreamModels(root, cards=cards)
        assert models.state("doubling") is State.ABSENT
        with pytest.raises(ModelUnavailable, match="socialflow models pull doubling"):
            models.open("doubling")
        with pytest.raises(ModelNotFound, match="nobody"):
            models.open("nobody")

    async def test_files_are_read_once_and_again_after_a_change(
        self, mirrored: UpstreamModels, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await mirrored.pull("doubling")
        read: list[Path] = []

        def noted(path: Path) -> str:
            read.append(path)
            return file_digest(path)

        monkeypatch.setattr("socialflow.catalogue.upstream.digests.file_digest", noted)
        mirrored.open("doubling")
        assert read == []
        path = root / "doubling" / "model.onnx"
        os.utime(path, ns=(1, 1))
        mirrored.open("doubling")
        assert read == [path]
        mirrored.verify("doubling")
        assert len(read) == 3

    @pytest.mark.parametrize("kept", [True, False], ids=["same size", "another size"])
    async def test_a_damaged_file_is_found(self, mirrored: UpstreamModels, root: Path, kept: bool) -> None:
        await mirrored.pull("doubling")
        path = root / "doubling" / "model.onnx"
        path.chmod(0o644)
        path.write_bytes(MODEL[:-1] + (b"x" if kept else b""))
        with pytest.raises(DigestMismatch, match="socialflow models pull doubling"):
            mirrored.open("doubling")
        assert mirrored.state("doubling") is State.DAMAGED
        assert (await mirrored.pull("doubling")).path("model.onnx").read_bytes() == MODEL
        assert mirrored.state("doubling") is State.INSTALLED

    async def test_a_lost_file_or_note_is_found(self, mirrored: UpstreamModels, root: Path) -> None:
        await mirrored.pull("doubling")
        (root / "doubling" / "labels.txt").unlink()
        assert mirrored.state("doubling") is State.DAMAGED
        with pytest.raises(ArtefactError, match=r"labels\.txt"):
            mirrored.open("doubling")
        await mirrored.pull("doubling")
        note = root / "doubling" / "installed.json"
        note.chmod(0o644)
        note.write_text(note.read_text().replace('"format": 1', '"format": 2'))
        assert mirrored.state("doubling") is State.DAMAGED
        with pytest.raises(ArtefactError, match="format 2"):
            mirrored.open("doubling")
        await mirrored.pull("doubling")
        assert mirrored.state("doubling") is State.INSTALLED

    async def test_a_card_that_means_another_file_now_asks_for_a_pull(
        self, mirrored: UpstreamModels, root: Path, mirror: Path, tmp_path: Path
    ) -> None:
        await mirrored.pull("doubling")
        later = Cards(write_cards(tmp_path / "later", doubling=card_text(file_text("model.onnx", WIDE), graph_text())))
        models = UpstreamModels(root, mirror, cards=later)
        assert models.state("doubling") is State.DAMAGED
        with pytest.raises(ArtefactError, match="socialflow models pull doubling"):
            models.open("doubling")

    async def test_a_removed_model_is_gone_and_can_come_back(self, mirrored: UpstreamModels, root: Path) -> None:
        await mirrored.pull("doubling")
        mirrored.remove("doubling")
        assert mirrored.state("doubling") is State.IN_MIRROR
        assert names_in(root) == [".lock"]
        assert (await mirrored.pull("doubling")).directory == root / "doubling"
        with pytest.raises(ModelNotFound, match="not installed"):
            mirrored.remove("homeless")


class TestLoading:
    async def test_a_graph_that_is_not_the_cards_is_refused(self, root: Path, cards: Cards) -> None:
        async with serving({"/wide.onnx": WIDE}) as hub:
            installed = await UpstreamModels(root, fetch=hub, cards=cards).pull("wide")
        with pytest.raises(ArtefactError, match=r"takes x float32\['n', 5\], where its card says x float32\['n', 3\]"):
            load(installed)

    def test_what_opencv_reads_is_not_loaded(self, mirrored: UpstreamModels) -> None:
        installed = mirrored.open("doubling")
        with pytest.raises(InvalidInput, match="OpenCV"):
            load(replace(installed, card=replace(installed.card, runtime=Runtime.OPENCV)))

    def test_an_unknown_graph_or_file_names_those_there_are(self, mirrored: UpstreamModels) -> None:
        installed = mirrored.open("doubling")
        with pytest.raises(ArtefactError, match="it has: model"):
            load(installed).graph("encoder")
        with pytest.raises(ArtefactError, match=r"labels\.txt, model\.onnx"):
            installed.path("../installed.json")
