"""Whether a picture or a video is fit for work."""

from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.analysis import DAMAGED
from socialflow.image.given import Given, file_of, seen_in
from socialflow.image.nsfw import APPROVE, FLAG, THRESHOLD, Judgement, threshold_of
from socialflow.image.nsfw import NSFWAnalysis as OfPicture
from socialflow.image.reader import ImageReader
from socialflow.kit.answers import Answered, Provenance, Status
from socialflow.video.kinds import HEAD, container_of
from socialflow.video.nsfw import NSFWAnalysis as OfVideo
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader


class _Told(TypedDict):
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class NSFW(Judgement, _Told):
    """What is said of one picture or video (see `Judgement`). Where `status` is abstained nothing could judge it and
    people have to look; `missing` says why, and names the categories that the model does not know.

    Of a picture, `regions` and `heat` say where what was found is (`image.nsfw.NSFWAnalysis`); of a video, `peak`,
    `share`, `spans` and `timeline` say when (`video.nsfw.NSFWAnalysis`).
    """

    regions: list[dict[str, Any]]
    heat: list[list[float]]
    peak: dict[str, float] | None
    share: float | None
    spans: list[dict[str, float]]
    timeline: list[dict[str, float]]


class NSFWDetector:
    """Explicit and suggestive pictures and videos, by a model that others trained.

    It judges pictures as a whole and their mirror images. How much of what is explicit the model finds was never
    measured by us, so what it approves is not proved harmless.

    Parameters:
        models: those that others trained; None: those of this installation.
        threshold: least probability of explicit that makes `is_nsfw`.
        pictures, videos: decode files in a bounded child; None: those that all share.

    Raises:
        InvalidInput: a threshold outside 0 to 1; names the field.

    >>> from socialflow.catalogue.upstream.handed import NoModels
    >>> told = NSFWDetector(NoModels()).predict(np.zeros((48, 64, 3), np.uint8))
    >>> told["is_nsfw"], told["recommended_action"], told["missing"][0]
    (None, 'flag_for_review', 'model:nsfw-mobilenet-v2')
    """

    def __init__(
        self,
        models: Models | None = None,
        *,
        threshold: float = THRESHOLD,
        pictures: ImageReader | None = None,
        videos: VideoReader | None = None,
    ) -> None:
        self._models, self._threshold = models, threshold_of(threshold)
        self._pictures, self._videos = pictures, videos

    def predict(self, media: Given, watching: Watching | None = None) -> NSFW:
        """Judge a picture or a video: a path, a URL, the bytes of a file, or pixels. What it is tells its content.

        Raises what `image.given.seen_in` and `VideoReader.watch` do.
        """
        models = self._models or shared_models()
        if isinstance(media, np.ndarray):
            return self._of_picture(media, models)
        with file_of(media) as path:
            if not _moves(path):
                return self._of_picture(path, models)
            analysis = OfVideo(models, self._threshold)
            seen = (self._videos or shared_reader()).watch(path, analysis.watches, watching)
            return _told(analysis.conclude(seen), seen.read.lacking)

    async def detect(self, media: Given) -> NSFW:
        """As `predict`, in another thread; cancelling it ends the decoding of a video."""
        return await aside(lambda watching: self.predict(media, watching))

    def _of_picture(self, picture: Given, models: Models) -> NSFW:
        analysis = OfPicture(models, self._threshold)
        seen = seen_in(picture, [analysis], self._pictures)
        return _told(analysis.conclude(seen), (DAMAGED,) if seen.damaged else ())


def _moves(path: Path) -> bool:
    """Whether a file is a video; a GIF may be one."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return container_of(file.read(HEAD)) is not None


def _told(answered: Answered, lacking: tuple[str, ...]) -> NSFW:
    """The answer; where the file was not read to its end, people have to look at what else would be approved."""
    empty: dict[str, Any] = {"regions": [], "heat": [], "peak": None, "share": None, "spans": [], "timeline": []}
    answer = {**empty, **answered.answer}
    if lacking and answer["recommended_action"] == APPROVE:
        answer["recommended_action"] = FLAG
    missing = [*answered.missing, *lacking]
    frame = _Told(status=answered.status, missing=missing, provenance=list(answered.provenance))
    return cast("NSFW", {**answer, **frame})
