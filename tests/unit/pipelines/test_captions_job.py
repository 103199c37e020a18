"""Captions of a video of the platform as batch work."""

from collections.abc import AsyncIterator
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, plain
from tests.unit.pipelines.runs import FakeRun
from tests.unit.pipelines.videos import Items, Lying

from socialflow.errors import InvalidInput, ItemNotFound
from socialflow.jobs.records import PipelineType
from socialflow.pipelines.captions_job import GenerateCaptions
from socialflow.video.service import VideoService


@pytest.fixture
async def job(tmp_path: Path) -> AsyncIterator[GenerateCaptions]:
    clip = film(tmp_path / "clip.mp4", [plain(90)] * 50, sound=np.zeros(32_000, np.float32))
    video = VideoService(incoming=Lying(clip))
    yield GenerateCaptions(Items(), video)  # type: ignore[arg-type]
    await video.close()


def run(**config: object) -> FakeRun:
    return FakeRun(PipelineType.GENERATE_CAPTIONS, config)


class TestGenerateCaptions:
    async def test_the_result_is_a_file_of_captions_and_what_is_missing(self, job: GenerateCaptions) -> None:
        ran = run(video_id="v-1")
        outcome = await job(ran)
        assert outcome.partial
        assert outcome.result["captions"] == "WEBVTT\n"
        assert (outcome.result["status"], outcome.result["missing"]) == (
            "abstained",
            ["speech", "model:vad-silero", "model:speech-whisper-base"],
        )
        assert (outcome.result["video_id"], outcome.result["cues"]) == ("v-1", 0)
        assert ran.percents[-1] == 100

    @pytest.mark.parametrize(
        ("config", "error"),
        [
            ({"video_id": "none"}, ItemNotFound),
            ({"video_id": "v-2"}, InvalidInput),
            ({"video_id": "v-1", "format": "ass"}, InvalidInput),
            ({}, InvalidInput),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, job: GenerateCaptions, config: dict[str, object], error: type[Exception]
    ) -> None:
        with pytest.raises(error):
            await job(run(**config))
