"""Thumbnails of a video of the platform as batch work."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.clips import film, noise
from tests.unit.pipelines.runs import FakeRun
from tests.unit.pipelines.videos import Items, Lying

from socialflow.errors import InvalidInput, ItemNotFound
from socialflow.jobs.records import PipelineType
from socialflow.pipelines.thumbnails_job import GenerateThumbnails
from socialflow.video.service import VideoService


@pytest.fixture
async def job(tmp_path: Path) -> AsyncIterator[GenerateThumbnails]:
    clip = film(tmp_path / "clip.mp4", [*[noise(1, 160, 96)] * 40, *[noise(2, 160, 96)] * 40])
    video = VideoService(incoming=Lying(clip))
    yield GenerateThumbnails(Items(), video)  # type: ignore[arg-type]
    await video.close()


def run(**config: object) -> FakeRun:
    return FakeRun(PipelineType.GENERATE_THUMBNAIL, config)


class TestGenerateThumbnails:
    async def test_the_result_has_pictures_crops_and_what_is_missing(self, job: GenerateThumbnails) -> None:
        ran = run(video_id="v-1", aspect_ratios=["1:1"])
        outcome = await job(ran)
        told = json.loads(json.dumps(outcome.result))
        assert outcome.partial
        assert (told["video_id"], told["missing"]) == ("v-1", ["model:face-yunet"])
        assert [list(one["crops"]) for one in told["thumbnails"]] == [["1:1"], ["1:1"]]
        assert all(one["jpeg"] for one in told["thumbnails"])
        assert told["experiment"]["control"] == told["thumbnails"][0]["id"]
        assert told["provenance"][0]["tier"] == "heuristic"
        assert ran.percents[-1] == 100

    @pytest.mark.parametrize(
        ("config", "error"),
        [
            ({"video_id": "none"}, ItemNotFound),
            ({"video_id": "v-2"}, InvalidInput),
            ({"video_id": "v-1", "count": 6}, InvalidInput),
            ({"video_id": "v-1", "aspect_ratios": ["wide"]}, InvalidInput),
        ],
    )
    async def test_what_cannot_be_done_is_refused(
        self, job: GenerateThumbnails, config: dict[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            await job(run(**config))
