"""Whether a core has nothing to do."""

from pathlib import Path

import pytest

from socialflow.inference import cores


@pytest.fixture
def told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in place of what Linux tells of a machine with four cores: `load` and `quota`."""
    monkeypatch.setattr(cores, "_LOAD", tmp_path / "load")
    monkeypatch.setattr(cores, "_QUOTA", tmp_path / "quota")
    monkeypatch.setattr(cores.os, "sched_getaffinity", lambda _: {0, 1, 2, 3})
    return tmp_path


@pytest.mark.parametrize(("running", "free"), [(1, True), (3, True), (4, False), (9, False), (0, False)])
def test_there_is_one_where_fewer_run_than_there_are_cores(told: Path, running: int, free: bool) -> None:
    (told / "load").write_text(f"0.42 1.38 2.02 {running}/321 4711\n")
    assert cores.core_is_free() is free


@pytest.mark.parametrize(("quota", "free"), [("max 100000", True), ("150000 100000", False), ("300000 100000", True)])
def test_no_more_than_the_control_group_grants(told: Path, quota: str, free: bool) -> None:
    (told / "load").write_text("0.42 1.38 2.02 2/321 4711\n")
    (told / "quota").write_text(f"{quota}\n")
    assert cores.core_is_free() is free


@pytest.mark.parametrize("load", [None, "", "0.42 1.38", "a b c d/e f"])
def test_where_nothing_is_told_none_counts_as_free(told: Path, load: str | None) -> None:
    if load is not None:
        (told / "load").write_text(load)
    assert not cores.core_is_free()
