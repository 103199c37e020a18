"""Captions of a video of the platform, as batch work."""

import asyncio
from typing import Literal

from pydantic import Field

from socialflow.content.ports import ContentStore
from socialflow.ids import ExternalId
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.answers import Status
from socialflow.pipelines.addresses import address_of
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.video.captions import CaptionAnalysis, written
from socialflow.video.reader import Watching
from socialflow.video.service import VideoService


class CaptionsConfig(JobConfig):
    """Configuration of `generate_captions`."""

    video_id: ExternalId = Field(description="The video; its `media_url` is fetched.")
    format: Literal["vtt", "srt"] = Field(default="vtt", description="WebVTT or SubRip.")


class GenerateCaptions:
    """Does `generate_captions`; the captions are the job's result, as the text of a file."""

    def __init__(self, store: ContentStore, video: VideoService) -> None:
        self._store, self._video = store, video

    async def __call__(self, run: Run) -> Outcome:
        """Where nobody speaks, or there is no sound, the captions are empty and the result says what is missing.

        Raises:
            ItemNotFound: there is no such video.
            InvalidInput: it has no address.
            MediaUnavailable, MediaUnreadable, RefusedAddress, TooLarge: it cannot be fetched or decoded.
            Overloaded: too many wait.
        """
        config = read_config(CaptionsConfig, run.job.config)
        address = await address_of(self._store, config.video_id)
        watching = Watching(lambda share: run.progress(round(100 * share), 100))
        report = await self._video.analyse_url(address, [CaptionAnalysis.name], watching)
        told = report.analyses[CaptionAnalysis.name]
        cues = told.answer["cues"]
        missing = [*report.read.lacking, *told.missing]
        return Outcome(
            {
                "video_id": config.video_id,
                "format": config.format,
                "captions": await asyncio.to_thread(written, cues, config.format),
                "cues": len(cues),
                "language": told.answer["language"],
                "confidence": told.answer["confidence"],
                "status": told.status,
                "missing": missing,
                "provenance": [
                    {"model": one.model, "version": one.version, "tier": one.tier} for one in told.provenance
                ],
            },
            partial=told.status is not Status.COMPLETE or bool(missing),
        )
