"""Sealing goes on whatever the store does, and keeps the head of what it sealed beside the database."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.unit.moderation.decided import WHEN

from socialflow.errors import InvalidInput, Overloaded, SocialflowError, StoreUnavailable
from socialflow.moderation.audit import Batch, Head, sealed
from socialflow.pipelines import sealing
from socialflow.pipelines.sealing import Sealing
from socialflow.storage.heads import HeadFile


class Chain:
    """Seals one batch a call, after it failed as it was told to."""

    def __init__(self, *failures: SocialflowError) -> None:
        self.failures = list(failures)
        self.batches: list[Batch] = []
        self.lasting = asyncio.Event()

    async def seal(self) -> list[Batch]:
        if self.failures:
            raise self.failures.pop(0)
        last = self.batches[-1] if self.batches else None
        self.batches.append(sealed(last, [(len(self.batches) + 1, "ab" * 32)], WHEN))
        if len(self.batches) > 2:
            self.lasting.set()
        return self.batches[-1:]


def duty(chain: Chain, path: Path) -> Sealing:
    made: Any = chain
    return Sealing(made, HeadFile(path))


async def test_outages_are_waited_for(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sealing, "PAUSE_SECONDS", 0.0)
    chain = Chain(StoreUnavailable("gone"), Overloaded("busy"))
    task = asyncio.create_task(duty(chain, tmp_path / "heads").run())
    await chain.lasting.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    kept = HeadFile(tmp_path / "heads").heads()
    assert kept[:2] == [Head(batch.number, batch.hash) for batch in chain.batches[:2]]


async def test_a_head_that_cannot_be_kept_stops_nothing(tmp_path: Path) -> None:
    chain = Chain()
    assert await duty(chain, tmp_path / "no" / "folder").once() == 1
    assert await duty(chain, tmp_path / "heads").once() == 1
    assert HeadFile(tmp_path / "heads").heads() == [Head(2, chain.batches[1].hash)]


class TestHeadFile:
    def test_none_is_no_error(self, tmp_path: Path) -> None:
        assert HeadFile(tmp_path / "none").heads() == []

    @pytest.mark.parametrize("line", ["x", "[]", '{"number": 1}', '{"number": "a", "hash": ""}'])
    def test_what_is_no_head_is_named(self, tmp_path: Path, line: str) -> None:
        (tmp_path / "heads").write_text('{"number": 1, "hash": "a"}\n' + line + "\n")
        with pytest.raises(InvalidInput, match="heads, line 2"):
            HeadFile(tmp_path / "heads").heads()
