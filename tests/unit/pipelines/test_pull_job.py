"""Models from elsewhere as batch work."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.upstream_hub import HUB, LABELS, MODEL, serving, sha256, tiny_cards, tiny_mirror

from socialflow.catalogue.upstream.records import State
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.errors import DigestMismatch, InvalidInput, ModelNotFound
from socialflow.jobs.records import Job, JobState
from socialflow.pipelines.pull_job import PullModel, pull_job

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class FakeRun:
    """A job that runs, and what it told of itself."""

    job: Job
    told: list[tuple[int, int]] = field(default_factory=list)

    def progress(self, done: int, total: int) -> None:
        self.told.append((done, total))

    def check(self) -> None:
        return


def run(model: str, sha256: dict[str, str] | None = None) -> FakeRun:
    new = pull_job(model, sha256 or {})
    job = Job("j", new.pipeline_type, new.name, new.config, 5, JobState.RUNNING, 0, 0, 0, NOW, NOW)
    return FakeRun(job)


@pytest.fixture
def upstream(tmp_path: Path) -> UpstreamModels:
    return UpstreamModels(tmp_path / "root", tiny_mirror(tmp_path / "mirror"), cards=tiny_cards(tmp_path / "cards"))


class TestPullModel:
    async def test_brings_it_and_tells_how_far_it_is(self, upstream: UpstreamModels) -> None:
        ran = run("doubling")
        outcome = await PullModel(upstream)(ran)
        whole = len(MODEL) + len(LABELS)
        assert outcome.result == {"model": "doubling", "size": whole, "files": ["labels.txt", "model.onnx"]}
        assert ran.told == [(len(MODEL), whole), (whole, whole)]
        assert upstream.state("doubling") is State.INSTALLED

    async def test_again_changes_nothing(self, upstream: UpstreamModels) -> None:
        first, second = await PullModel(upstream)(run("doubling")), await PullModel(upstream)(run("doubling"))
        assert first.result == second.result

    async def test_digests_come_with_the_job(self, tmp_path: Path) -> None:
        async with serving({"/model.onnx": MODEL}) as hub:
            upstream = UpstreamModels(tmp_path / "root", fetch=hub, cards=tiny_cards(tmp_path / "cards"))
            await PullModel(upstream)(run("unknown", {"model.onnx": sha256(MODEL)}))
            assert upstream.state("unknown") is State.INSTALLED
            assert hub.asked == [f"{HUB}/model.onnx".removeprefix(HUB)]

    @pytest.mark.parametrize(("model", "error"), [("nobody", ModelNotFound), ("unknown", InvalidInput)])
    async def test_what_cannot_be_is_named(self, upstream: UpstreamModels, model: str, error: type[Exception]) -> None:
        with pytest.raises(error):
            await PullModel(upstream)(run(model))

    async def test_what_is_something_else_is_named(self, upstream: UpstreamModels, tmp_path: Path) -> None:
        (tmp_path / "mirror" / "doubling" / "model.onnx").write_bytes(b"something else")
        with pytest.raises(DigestMismatch):
            await PullModel(upstream)(run("doubling"))

    def test_one_model_is_one_job(self) -> None:
        assert pull_job("a", {}).dedup_key == pull_job("a", {"m.onnx": "0"}).dedup_key
        assert pull_job("a", {}).dedup_key != pull_job("b", {}).dedup_key
