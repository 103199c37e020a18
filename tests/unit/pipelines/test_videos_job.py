"""Analysis of many videos as batch work: one pass each, and one bad video costs only itself."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.clips import film, noise, plain
from tests.unit.pipelines.runs import FakeRun
from tests.unit.pipelines.videos import Items, Lying

from socialflow.errors import InvalidInput, ItemNotFound
from socialflow.jobs.records import PipelineType
from socialflow.pipelines.videos_job import AnalyseVideos
from socialflow.video.analysis import Report
from socialflow.video.service import VideoService

pytest.importorskip("cv2", reason="needs the media extra")


class Index:
    """Remembers what it was given."""

    def __init__(self) -> None:
        self.taken: dict[str, Report] = {}

    async def take(self, item_id: str, report: Report) -> object:
        self.taken[item_id] = report
        return object()


@pytest.fixture
def index() -> Index:
    return Index()


@pytest.fixture
async def job(tmp_path: Path, index: Index) -> AsyncIterator[AnalyseVideos]:
    clip = film(tmp_path / "clip.mp4", [plain(90)] * 25 + [noise(3)] * 25)
    video = VideoService(incoming=Lying(clip))
    yield AnalyseVideos(Items(), video, index)  # type: ignore[arg-type]
    await video.close()


def run(**config: object) -> FakeRun:
    return FakeRun(PipelineType.BATCH_VIDEO_ANALYSIS, config)


class TestAnalyseVideos:
    async def test_each_is_told_in_brief_and_a_bad_one_costs_itself(self, job: AnalyseVideos, index: Index) -> None:
        ran = run(video_ids=["v-1", "none", "v-2"], analyses=["scene", "object", "quality"])
        outcome = await job(ran)
        assert outcome.partial
        assert (outcome.result["done"], outcome.result["failed"]) == (1, 2)
        assert {one["item"]: one["code"] for one in outcome.result["failures"]} == {
            "none": "item_not_found",
            "v-2": "invalid_input",
        }
        told = outcome.result["videos"]["v-1"]
        assert set(told["analyses"]) == {"scene", "objects", "quality"}
        assert told["analyses"]["scene"]["shots"] == 2
        assert told["analyses"]["objects"] == {"status": "abstained"}
        assert "objects:model:yolox-nano-coco" in told["missing"]
        assert 0 < told["analyses"]["quality"]["score"] <= 1
        assert ran.percents == sorted(ran.percents)
        assert ran.percents[-1] == 100
        assert (told["indexed"], index.taken) == (False, {})

    async def test_with_an_index_the_same_pass_feeds_it(self, job: AnalyseVideos, index: Index) -> None:
        told = (await job(run(video_ids=["v-1", "v-1"], analyses=["scene"], index=True))).result
        assert told["total"] == 1
        assert told["videos"]["v-1"]["indexed"] is True
        assert set(index.taken["v-1"].analyses) == {"deep", "scene", "frames"}
        assert "frames" not in told["videos"]["v-1"]["analyses"]  # numbers that nobody can read

    @pytest.mark.parametrize(
        ("config", "error"),
        [
            ({"video_ids": ["none"]}, ItemNotFound),
            ({"video_ids": ["v-2"]}, InvalidInput),
            ({"video_ids": []}, InvalidInput),
            ({"video_ids": ["v-1"], "analyses": ["smell"]}, InvalidInput),
            ({}, InvalidInput),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, job: AnalyseVideos, config: dict[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            await job(run(**config))
