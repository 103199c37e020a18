"""Signs of violence in a video."""

from pathlib import Path
from typing import Any, TypedDict

from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.image.given import file_of
from socialflow.image.nsfw import threshold_of
from socialflow.kit.answers import Provenance, Status
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.violence import THRESHOLD, ViolenceAnalysis


class Violence(TypedDict):
    """What is said of one video; None, each, where it could not be seen. `score` is that of the scene with the most
    signs, and `confidence` that of the answer `is_violent`; `scenes` [{start, end, score, signs [{name, value, weight,
    detail}]}] has them all. `missing` always names `classifier:violence`, which there is none of: signs are all.
    """

    is_violent: bool | None
    confidence: float | None
    score: float | None
    recommended_action: str
    scenes: list[dict[str, Any]]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ViolenceDetector:
    """Asks people to look where several signs of violence come together; it never rejects, and what it approves only
    shows none of the signs that it knows (see `socialflow.video.violence`).

    Parameters:
        models: those that others trained, of objects and of sounds; None: those of this installation.
        threshold: least score that is flagged.
        reader: decodes in a bounded child; None: the one that all share.

    Raises:
        InvalidInput: a threshold outside 0 to 1; names the field.
    """

    def __init__(
        self, models: Models | None = None, *, threshold: float = THRESHOLD, reader: VideoReader | None = None
    ) -> None:
        self._models, self._threshold, self._reader = models, threshold_of(threshold), reader

    def predict(self, video: Path | str | bytes, watching: Watching | None = None) -> Violence:
        """Look at a video: a path, a URL, or the bytes of a file. Raises what `VideoReader.watch` and `file_of` do."""
        analysis = ViolenceAnalysis(self._models or shared_models(), self._threshold)
        with file_of(video) as path:
            seen = (self._reader or shared_reader()).watch(path, analysis.watches, watching)
        answered = analysis.conclude(seen)
        answer, lacking = answered.answer, [name for name in seen.read.lacking if name not in answered.missing]
        score, violent = answer["score"], answer["is_violent"]
        return Violence(
            is_violent=violent,
            confidence=None if score is None else round(score if violent else 1.0 - score, 4),
            score=score,
            recommended_action="flag_for_review" if lacking else answer["recommended_action"],
            scenes=list(answer["scenes"]),
            status=answered.status,
            missing=[*answered.missing, *lacking],
            provenance=list(answered.provenance),
        )

    async def detect(self, video: Path | str | bytes) -> Violence:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(video, watching))
