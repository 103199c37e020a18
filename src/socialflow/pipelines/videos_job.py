"""Analysis of many videos of the platform, as batch work."""

from collections.abc import Mapping
from itertools import islice
from typing import Any, Protocol

from pydantic import Field

from socialflow.content.ports import ContentStore
from socialflow.errors import InvalidInput, MediaUnavailable, NotFound
from socialflow.ids import ExternalId
from socialflow.jobs.work import Outcome, Run
from socialflow.kit.answers import Answered, Status
from socialflow.pipelines.addresses import address_of
from socialflow.pipelines.batch import BatchReport
from socialflow.pipelines.job_config import JobConfig, read_config
from socialflow.video.analysis import Report
from socialflow.video.reader import Watching
from socialflow.video.search.telling import ASKED
from socialflow.video.service import Asked, VideoService

MOST = 200
"""Videos of one job."""
SINGULAR: Mapping[str, str] = {"object": "objects", "face": "faces", "action": "actions", "tag": "tags"}
"""Other names of analyses."""
BRIEF = 20
"""Values of one kind that a result keeps of an answer."""
_OF_THE_VIDEO = (NotFound, InvalidInput, MediaUnavailable)
"""Failures that cost one video alone."""


class Indexing(Protocol):
    """Takes what was found in an item's video, so that words find it."""

    async def take(self, item_id: str, report: Report) -> object:
        """Index it. Raises ItemNotFound, ModelUnavailable, StoreUnavailable."""
        ...


class VideosConfig(JobConfig):
    """Configuration of `batch_video_analysis`."""

    video_ids: tuple[ExternalId, ...] = Field(
        min_length=1, max_length=MOST, description="The videos; the `media_url` of each is fetched."
    )
    analyses: tuple[str, ...] = Field(
        default=("deep",), min_length=1, max_length=20, description="What is asked about each, in one pass."
    )
    index: bool = Field(default=False, description="Whether words are to find them; that asks more of each pass.")


class AnalyseVideos:
    """Does `batch_video_analysis`: each video is opened once for all that is asked about it.

    The result names, by video, what each analysis told in brief (`brief`), or the code and words of what failed.
    Findings in full are `POST /api/v1/video/analyze`'s; moments that words find are kept in the store.
    """

    def __init__(self, store: ContentStore, video: VideoService, search: Indexing) -> None:
        self._store, self._video, self._search = store, video, search

    async def __call__(self, run: Run) -> Outcome:
        """A video that cannot be had or opened costs itself alone; where none can, the job fails as the first did.

        Raises:
            InvalidInput: an analysis that there is not.
            Overloaded, ModelUnavailable, StoreUnavailable: nothing of a single video.
        """
        config = read_config(VideosConfig, run.job.config)
        asked = self._asked(config)
        videos = list(dict.fromkeys(config.video_ids))
        report, told = BatchReport(len(videos)), dict[str, Any]()
        for place, name in enumerate(videos):
            try:
                told[name] = await self._one(name, asked, _part(run, place, len(videos)), index=config.index)
                report.done += 1
            except _OF_THE_VIDEO as problem:
                report.note(name, problem)
            run.progress(100 * (place + 1), 100 * len(videos))
            run.check()
        report.raise_if_all_failed()
        partial = report.partial or any(one["status"] is not Status.COMPLETE for one in told.values())
        return Outcome({**report.as_json(), "videos": told}, partial=partial)

    def _asked(self, config: VideosConfig) -> Asked:
        """Analyses as they are called here, those of the index with them. Raises InvalidInput."""
        names = [SINGULAR.get(name, name) for name in config.analyses]
        if unknown := sorted(set(names) - set(self._video.names)):
            raise InvalidInput(
                f"{unknown[0]!r} is no analysis of a video; ask for {', '.join(self._video.names)}", field="config"
            )
        return tuple(dict.fromkeys([*names, *(ASKED if config.index else ())]))

    async def _one(self, name: str, asked: Asked, watching: Watching, *, index: bool) -> dict[str, Any]:
        report = await self._video.analyse_url(await address_of(self._store, name), asked, watching)
        kept = index and await self._search.take(name, report) is not None
        return {
            "status": report.status,
            "missing": list(report.missing),
            "seconds": round(max(report.read.seconds, report.read.sound_seconds), 3),
            "indexed": kept,
            "analyses": {key: _told(report.analyses[key]) for key in asked if isinstance(key, str)},
        }


def _part(run: Run, place: int, of: int) -> Watching:
    """Takes the job through the part that is one video's."""

    def note(share: float) -> None:
        run.progress(round(100 * (place + share)), 100 * of)

    return Watching(note)


def _told(one: Answered) -> dict[str, Any]:
    return {"status": one.status, **brief(one.answer)}


def brief(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The plain values of an answer: texts and numbers, short lists and tables of them; longer lists are counted.

    >>> brief({"score": 0.5, "tags": ["a", "b"], "scenes": [{"start": 0.0}], "nested": {"deep": {"er": 1}}})
    {'score': 0.5, 'tags': ['a', 'b'], 'scenes': 1}
    """
    kept: dict[str, Any] = {}
    for name, value in answer.items():
        if _plain(value):
            kept[name] = value
        elif isinstance(value, Mapping):
            if value and all(map(_plain, value.values())):
                kept[name] = dict(islice(value.items(), BRIEF))
        elif isinstance(value, list | tuple):
            short = len(value) <= BRIEF and all(map(_plain, value))
            kept[name] = list(value) if short else len(value)
    return kept


def _plain(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float | str)
