"""A version is whole or absent, never rewritten, and activated by one atomic step."""

import json
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.records import Card
from socialflow.catalogue.registry import Catalogue
from socialflow.errors import ArtefactError, Conflict, DigestMismatch, InvalidInput, ModelNotFound
from socialflow.kit.clock import FixedClock


def writer(value: float = 1.0) -> Callable[[Path], None]:
    def write(directory: Path) -> None:
        np.save(directory / "weights.npy", np.full(3, value))
        (directory / "parts").mkdir()
        (directory / "parts" / "state.json").write_text('{"rank": 3}')

    return write


@pytest.fixture
def catalogue(tmp_path: Path) -> Catalogue:
    return Catalogue(tmp_path / "models", clock=FixedClock(datetime(2026, 1, 2, tzinfo=UTC)))


class TestAdding:
    def test_a_version_is_a_candidate_until_it_is_activated(self, catalogue: Catalogue) -> None:
        about = catalogue.add("als", "als", writer(), {"factors": 64})
        assert (about.version, about.sequence) == ("0001", 1)
        assert catalogue.active("als") is None
        assert catalogue.active_versions() == {}
        with pytest.raises(ModelNotFound, match="no version of als is active"):
            catalogue.open("als")
        assert np.load(catalogue.open("als", "0001") / "weights.npy").tolist() == [1.0, 1.0, 1.0]

    def test_what_was_said_of_it_comes_back(self, catalogue: Catalogue) -> None:
        card = Card(summary="ALS with fold-in", limitations=("needs five interactions",))
        about = catalogue.add("als", "als", writer(), {"metrics": {"ndcg@10": 0.31}}, card=card)
        assert catalogue.versions("als") == [about]
        assert about.created_at == datetime(2026, 1, 2, tzinfo=UTC)
        assert catalogue.card("als", "0001") == card
        manifest = catalogue.manifest("als", "0001")
        assert sorted(manifest.files) == ["card.json", "parts/state.json", "weights.npy"]
        assert manifest.size == sum(f.stat().st_size for f in catalogue.open("als", "0001").rglob("*.*")) - (
            (catalogue.root / "als" / "0001" / "manifest.json").stat().st_size
        )

    def test_versions_of_one_name_count_up_and_keep_their_order(self, catalogue: Catalogue) -> None:
        for version in (None, "1.0", None):
            catalogue.add("als", "als", writer(), {}, version=version)
        assert [about.version for about in catalogue.versions("als")] == ["0001", "1.0", "0003"]

    def test_a_version_that_exists_is_refused(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(1.0), {}, version="1.0")
        with pytest.raises(Conflict, match="never rewritten"):
            catalogue.add("als", "als", writer(2.0), {}, version="1.0")
        assert np.load(catalogue.open("als", "1.0") / "weights.npy")[0] == 1.0

    def test_a_removed_number_never_comes_back(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        catalogue.remove("als", "0001")
        assert catalogue.add("als", "als", writer(), {}).version == "0002"
        assert catalogue.names() == ["als"]

    def test_files_of_a_version_cannot_be_written(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        modes = {path.stat().st_mode & 0o222 for path in catalogue.open("als", "0001").rglob("*") if path.is_file()}
        assert modes == {0}

    def test_a_failed_write_leaves_nothing(self, catalogue: Catalogue) -> None:
        def fail(directory: Path) -> None:
            (directory / "half.npy").write_bytes(b"x")
            raise RuntimeError("disk full")

        with pytest.raises(RuntimeError):
            catalogue.add("als", "als", fail, {})
        assert catalogue.names() == []
        assert [entry.name for entry in catalogue.root.iterdir()] == [".lock"]

    @pytest.mark.parametrize("name", ["model.pkl", "run.py", "weights", ".hidden.json", "data.zip"])
    def test_formats_that_could_run_code_are_refused(self, catalogue: Catalogue, name: str) -> None:
        with pytest.raises(ArtefactError):
            catalogue.add("als", "als", lambda directory: (directory / name).write_bytes(b"x") and None, {})
        assert catalogue.names() == []

    def test_a_link_out_of_the_directory_is_refused(self, catalogue: Catalogue) -> None:
        with pytest.raises(ArtefactError, match="not a plain file"):
            catalogue.add("als", "als", lambda directory: (directory / "a.json").symlink_to("/etc/hostname"), {})

    def test_an_empty_artefact_is_refused(self, catalogue: Catalogue) -> None:
        with pytest.raises(ArtefactError, match="nothing was written"):
            catalogue.add("als", "als", lambda directory: None, {})

    def test_metadata_must_be_json(self, catalogue: Catalogue) -> None:
        with pytest.raises(InvalidInput, match="plain JSON"):
            catalogue.add("als", "als", writer(), {"loss": float("nan")})

    @pytest.mark.parametrize("name", ["", "../als", "a/b", ".adding-1", "ALS", "a" * 65, "a.b", "a\n"])
    def test_unusable_names_are_refused_everywhere(self, catalogue: Catalogue, name: str) -> None:
        for call in (
            lambda: catalogue.add(name, "als", writer(), {}),
            lambda: catalogue.open(name),
            lambda: catalogue.open(name, "0001"),
            lambda: catalogue.versions(name),
            lambda: catalogue.roll_back(name),
        ):
            with pytest.raises(InvalidInput):
                call()

    @pytest.mark.parametrize("version", ["", "..", "../0001", "/etc", "1/2", "\0"])
    def test_unusable_versions_are_refused(self, catalogue: Catalogue, version: str) -> None:
        with pytest.raises(InvalidInput):
            catalogue.open("als", version)
        with pytest.raises(InvalidInput):
            catalogue.add("als", "als", writer(), {}, version=version or "..")


class TestActivating:
    def test_activate_and_roll_back_walk_through_the_versions(self, catalogue: Catalogue) -> None:
        for value in (1.0, 2.0, 3.0):
            catalogue.add("als", "als", writer(value), {})
        for version in ("0001", "0002", "0003"):
            catalogue.activate("als", version)
        assert catalogue.active_versions() == {"als": "0003"}
        assert catalogue.previous("als") == ("0001", "0002")
        assert catalogue.roll_back("als").version == "0002"
        assert catalogue.roll_back("als").version == "0001"
        assert np.load(catalogue.open("als") / "weights.npy")[0] == 1.0
        with pytest.raises(Conflict, match="no former version"):
            catalogue.roll_back("als")
        assert catalogue.active_versions() == {"als": "0001"}

    def test_activating_twice_is_activating_once(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        catalogue.activate("als", "0001")
        catalogue.activate("als", "0001")
        assert catalogue.previous("als") == ()

    def test_unknown_names_and_versions(self, catalogue: Catalogue) -> None:
        with pytest.raises(ModelNotFound):
            catalogue.activate("als", "0001")
        with pytest.raises(ModelNotFound):
            catalogue.roll_back("als")
        assert catalogue.versions("als") == []
        assert catalogue.names() == []

    def test_another_process_sees_it_at_once(self, catalogue: Catalogue) -> None:
        other = Catalogue(catalogue.root)
        catalogue.add("als", "als", writer(), {})
        catalogue.add("als", "als", writer(), {})
        assert other.active_versions() == {}
        for version in ("0001", "0002", "0001", "0002"):
            catalogue.activate("als", version)
            assert other.active_versions() == {"als": version}

    def test_a_damaged_version_is_not_activated(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        damage(catalogue.root / "als" / "0001" / "weights.npy")
        with pytest.raises(DigestMismatch, match=r"weights\.npy"):
            catalogue.activate("als", "0001")
        assert catalogue.active_versions() == {}


def damage(path: Path) -> None:
    """Flip the last byte; the size stays."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)


class TestVerifying:
    @pytest.fixture
    def version(self, catalogue: Catalogue) -> Path:
        catalogue.add("als", "als", writer(), {"factors": 64})
        return catalogue.root / "als" / "0001"

    def test_one_flipped_bit_is_found(self, catalogue: Catalogue, version: Path) -> None:
        damage(version / "parts" / "state.json")
        with pytest.raises(DigestMismatch):
            catalogue.open("als", "0001")

    def test_a_changed_manifest_is_found(self, catalogue: Catalogue, version: Path) -> None:
        path = version / "manifest.json"
        path.chmod(0o644)
        document = json.loads(path.read_text())
        document["metadata"]["factors"] = 128
        path.write_text(json.dumps(document))
        with pytest.raises(ArtefactError, match="changed after it was written"):
            catalogue.open("als", "0001")

    def test_a_manifest_cannot_point_outside(self, catalogue: Catalogue, version: Path) -> None:
        path = version / "manifest.json"
        path.chmod(0o644)
        document = json.loads(path.read_text())
        document["files"]["../../secrets.json"] = document["files"].pop("weights.npy")
        path.write_text(json.dumps(document))
        with pytest.raises(ArtefactError, match="not a path inside"):
            catalogue.open("als", "0001")

    @pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 99}', '{"format": 1, "name": 3}', "\udcff"])
    def test_a_manifest_of_nonsense_is_named(self, catalogue: Catalogue, version: Path, text: str) -> None:
        path = version / "manifest.json"
        path.chmod(0o644)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
        with pytest.raises(ArtefactError, match=r"manifest\.json"):
            catalogue.open("als", "0001")

    def test_a_missing_or_an_added_file_is_found(self, catalogue: Catalogue, version: Path) -> None:
        (version / "extra.npy").write_bytes(b"x")
        with pytest.raises(ArtefactError, match=r"extra\.npy"):
            catalogue.open("als", "0001")
        (version / "extra.npy").unlink()
        (version / "weights.npy").unlink()
        with pytest.raises(ArtefactError, match=r"lacks weights\.npy"):
            catalogue.open("als", "0001")

    def test_a_version_moved_under_another_name_is_found(self, catalogue: Catalogue, version: Path) -> None:
        (catalogue.root / "item_item").mkdir()
        version.rename(catalogue.root / "item_item" / "0001")
        with pytest.raises(ArtefactError, match="belongs to als"):
            catalogue.open("item_item", "0001")

    def test_a_damaged_alias_file_is_named(self, catalogue: Catalogue, version: Path) -> None:
        (catalogue.root / "aliases.json").write_text("{")
        with pytest.raises(ArtefactError, match=r"aliases\.json is damaged"):
            catalogue.active_versions()


class TestRemoving:
    def test_the_active_version_stays(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        catalogue.activate("als", "0001")
        with pytest.raises(Conflict, match="is active"):
            catalogue.remove("als", "0001")

    def test_clean_up_keeps_the_newest_and_the_active(self, catalogue: Catalogue) -> None:
        for _ in range(5):
            catalogue.add("als", "als", writer(), {})
        catalogue.activate("als", "0001")
        assert catalogue.clean_up("als", keep=2) == ["0002", "0003"]
        assert [about.version for about in catalogue.versions("als")] == ["0001", "0004", "0005"]
        with pytest.raises(ModelNotFound):
            catalogue.open("als", "0002")

    def test_rolling_back_skips_what_was_removed(self, catalogue: Catalogue) -> None:
        for _ in range(3):
            catalogue.add("als", "als", writer(), {})
        for version in ("0001", "0002", "0003"):
            catalogue.activate("als", version)
        catalogue.remove("als", "0002")
        assert catalogue.roll_back("als").version == "0001"

    def test_a_damaged_version_can_be_removed(self, catalogue: Catalogue) -> None:
        catalogue.add("als", "als", writer(), {})
        manifest = catalogue.root / "als" / "0001" / "manifest.json"
        manifest.chmod(0o644)
        manifest.write_text("")
        catalogue.remove("als", "0001")
        assert catalogue.add("als", "als", writer(), {}).version == "0002"


def _die_while_writing(root: Path) -> None:
    def write(directory: Path) -> None:
        np.save(directory / "weights.npy", np.ones(3))
        os.kill(os.getpid(), signal.SIGKILL)

    Catalogue(root).add("als", "als", write, {})


def _die_before(root: Path, step: str) -> None:
    """Add and activate a version; SIGKILL just before `step`."""

    def kill(*_: object, **__: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    from socialflow.catalogue import aliases, registry

    if step == "rename":
        registry.Catalogue._publish = kill  # type: ignore[method-assign]
    elif step == "number":
        aliases.AliasFile.write = kill  # type: ignore[method-assign]
    elif step == "activate":
        aliases.Aliases.with_active = kill  # type: ignore[method-assign]
    catalogue = Catalogue(root)
    about = catalogue.add("als", "als", writer(2.0), {})
    catalogue.activate("als", about.version)


def _add_and_activate(root: Path, times: int) -> None:
    catalogue = Catalogue(root)
    for _ in range(times):
        about = catalogue.add("als", "als", writer(), {})
        catalogue.activate("als", about.version)


def run(target: Callable[..., None], *args: object) -> int | None:
    process = multiprocessing.get_context("spawn").Process(target=target, args=args)
    process.start()
    process.join(60)
    return process.exitcode


class TestCrashes:
    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        _add_and_activate(tmp_path, 1)
        return tmp_path

    def test_killed_while_writing(self, root: Path) -> None:
        assert run(_die_while_writing, root) == -signal.SIGKILL
        catalogue = Catalogue(root)
        assert [about.version for about in catalogue.versions("als")] == ["0001"]
        assert any(entry.name.startswith(".adding-") for entry in root.iterdir())
        catalogue.add("als", "als", writer(), {})
        assert not any(entry.name.startswith(".adding-") for entry in root.iterdir())

    @pytest.mark.parametrize(
        ("step", "stored"), [("number", ["0001"]), ("rename", ["0001"]), ("activate", ["0001", "0002"])]
    )
    def test_killed_between_two_steps(self, root: Path, step: str, stored: list[str]) -> None:
        assert run(_die_before, root, step) == -signal.SIGKILL
        catalogue = Catalogue(root)
        assert [about.version for about in catalogue.versions("als")] == stored
        assert catalogue.active_versions() == {"als": "0001"}
        for version in stored:
            catalogue.open("als", version)
        newest = catalogue.add("als", "als", writer(3.0), {})
        catalogue.activate("als", newest.version)
        assert np.load(catalogue.open("als") / "weights.npy")[0] == 3.0

    def test_a_writer_alive_is_left_alone(self, root: Path) -> None:
        def write_beside(directory: Path) -> None:
            Catalogue(root).add("trending", "trending", writer(), {})
            writer()(directory)

        assert Catalogue(root).add("als", "als", write_beside, {}).version == "0002"


class TestSeveralAtOnce:
    def test_processes_neither_lose_nor_share_a_version(self, tmp_path: Path) -> None:
        context = multiprocessing.get_context("spawn")
        processes = [context.Process(target=_add_and_activate, args=(tmp_path, 5)) for _ in range(2)]
        for process in processes:
            process.start()
        for process in processes:
            process.join(60)
        assert [process.exitcode for process in processes] == [0, 0]
        catalogue = Catalogue(tmp_path)
        assert [about.version for about in catalogue.versions("als")] == [f"{n:04d}" for n in range(1, 11)]
        assert len(catalogue.previous("als")) == 9
        catalogue.open("als")

    def test_a_reader_always_sees_a_whole_active_version(self, tmp_path: Path) -> None:
        _add_and_activate(tmp_path, 2)
        catalogue, reader = Catalogue(tmp_path), Catalogue(tmp_path)
        done = threading.Event()

        def flip() -> None:
            for n in range(100):
                catalogue.activate("als", f"{n % 2 + 1:04d}")
            done.set()

        thread = threading.Thread(target=flip)
        thread.start()
        seen = set()
        while not done.is_set():
            seen.add(reader.active_versions()["als"])
            assert (reader.open("als") / "weights.npy").is_file()
        thread.join()
        assert seen <= {"0001", "0002"}
        assert reader.active_versions() == {"als": "0002"}
