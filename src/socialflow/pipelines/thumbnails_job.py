"""Thumbnails of a video of the platform, as batch work."""

from dataclasses import asdict

from pydantic import Field

from socialflow.content.ports import ContentStore
from socialflow.ids import ExternalId
from socialflow.image.crops import MOST_RATIOS, RATIOS
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.answers import Status
from socialflow.pipelines.addresses import address_of
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.video.reader import Watching
from socialflow.video.service import VideoService
from socialflow.video.thumbnails import ThumbnailAnalysis, wanted

COUNT, MOST = 3, 5
"""Thumbnails that a job keeps, pictures and all, unless another number is asked, and at most."""


class ThumbnailConfig(JobConfig):
    """Configuration of `generate_thumbnail`."""

    video_id: ExternalId = Field(description="The video; its `media_url` is fetched.")
    count: int = Field(default=COUNT, ge=1, le=MOST, description="Thumbnails at most.")
    aspect_ratios: tuple[str, ...] = Field(
        default=RATIOS, min_length=1, max_length=MOST_RATIOS, description='Shapes to crop to, like "16:9".'
    )


class GenerateThumbnails:
    """Does `generate_thumbnail`; the thumbnails, JPEGs in base64 with their crops, are the job's result."""

    def __init__(self, store: ContentStore, video: VideoService) -> None:
        self._store, self._video = store, video

    async def __call__(self, run: Run) -> Outcome:
        """Where no frame can stand for the video there are none, and the result says what is missing.

        Raises:
            ItemNotFound: there is no such video.
            InvalidInput: it has no address, or there is no such shape.
            MediaUnavailable, MediaUnreadable, RefusedAddress, TooLarge: it cannot be fetched or decoded.
            Overloaded: too many wait.
        """
        config = read_config(ThumbnailConfig, run.job.config)
        address = await address_of(self._store, config.video_id)
        watching = Watching(lambda share: run.progress(round(100 * share), 100))
        asked = wanted(config.count, config.aspect_ratios)
        report = await self._video.analyse_url(address, [asked], watching)
        told = report.analyses[ThumbnailAnalysis.name]
        missing = [*report.read.lacking, *told.missing]
        said = {"video_id": config.video_id, "status": told.status, "missing": missing}
        made = [{name: value for name, value in asdict(one).items() if value is not None} for one in told.provenance]
        partial = told.status is not Status.COMPLETE or bool(missing)
        return Outcome({**said, **told.answer, "provenance": made}, partial=partial)
