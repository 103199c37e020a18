"""Thumbnails of a video: the frames that stand for it best, each with what speaks for it and crops in other shapes."""

import base64
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict, cast

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import handed, provenance
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.errors import InvalidInput
from socialflow.image.crops import MOST_RATIOS, RATIOS, Crop, crop, ratio_of
from socialflow.image.detections import Box, Place
from socialflow.image.face_models import face_model
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.digests import short_digest
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.candidates import Look, unlikeness, varied
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass

COUNT, MOST = 5, 20
"""Thumbnails that are told unless another number is asked, and at most."""
VARIETY = 0.35
"""How much it counts that thumbnails differ, beside their score."""
BLURRED = 0.12
"""Sharpness below which a frame is told only where there is no sharper one."""
_APPEAL = Provenance("thumbnail_appeal", "1", Tier.HEURISTIC)
_CLEAR = 0.1
"""Difference of a part that is worth telling between two thumbnails."""


class Thumbnail(TypedDict):
    """A frame that may stand for a video. `id` is the same whenever the same file is looked at.

    `score`, 0 to 1, is the weighted geometric mean of `parts` (`image.appeal`): a rule of thumb, not a forecast of
    clicks. `crops` are by ratio, in pixels of the picture as it is told here (`width` x `height`); None where every
    part of the shape would cut a face. `faces` are boxes as fractions, best first, None where there was no model to
    look with. `jpeg` is the picture in base64.
    """

    id: str
    seconds: float
    frame: int
    score: float
    parts: dict[str, float]
    faces: list[Place] | None
    crops: dict[str, Crop | None]
    width: int
    height: int
    jpeg: str


class Variant(TypedDict):
    """An arm of a test between thumbnails: its share of views, and how it differs from the first: `unlike` from 0 to 1
    in look, `differs` in parts, which are told where they differ clearly (above 0: this one has more)."""

    id: str
    share: float
    unlike: float
    differs: dict[str, float]


class Experiment(TypedDict):
    """A test between thumbnails, to be created as it stands: `key` is the same for the same thumbnails, `control` the
    first of them; `metric` is what the winner is to be told by."""

    key: str
    control: str
    metric: str
    variants: list[Variant]


class Told(TypedDict):
    """What is said of the pictures of one video. `thumbnails` are told the best first, then by score and variety;
    `looked` frames were judged, `discarded` says how many of them are no thumbnail and why. `experiment` is None where
    there are fewer than two."""

    thumbnails: list[Thumbnail]
    experiment: Experiment | None
    looked: int
    discarded: dict[str, int]


class Thumbnails(Told):
    """With how much could be had: `missing` names `pictures` where there are none, `usable` where none may stand for
    the video, `sharp` where all are blurred, `model:...` without which no faces are looked for, and `video:...`
    where the file was not read to its end."""

    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ThumbnailAnalysis(Analysis):
    """Chooses among what the observer `thumbnails` kept, without frames of the changes that `shots` found.

    Parameters:
        count: thumbnails at most, 1 to `MOST`.
        ratios: shapes to crop to, like "16:9".
    """

    name: ClassVar[str] = "thumbnails"

    def __init__(self, models: Models, *, count: int = COUNT, ratios: Sequence[str] = RATIOS) -> None:
        """Raises InvalidInput; names the field."""
        if not 1 <= count <= MOST:
            raise InvalidInput(f"count is a number from 1 to {MOST}, not {count}", field="count")
        if not 1 <= len(ratios) <= MOST_RATIOS:
            raise InvalidInput(f"give 1 to {MOST_RATIOS} aspect ratios, not {len(ratios)}", field="aspect_ratios")
        self._count, self._ratios = count, {ratio: ratio_of(ratio) for ratio in ratios}
        self._faces, self._lacking = face_model(models)

    @property
    def watches(self) -> Options:
        """Candidates, and changes of shot to stay away from."""
        return {"thumbnails": {} if self._faces is None else {"faces": handed(self._faces)}, "shots": {}}

    def conclude(self, seen: Pass) -> Answered:
        """Abstains where no frame can stand for the video."""
        found = seen.findings["thumbnails"]
        candidates: Sequence[Mapping[str, Any]] = found.body["candidates"]
        calm = _calm(candidates, seen.findings["shots"].body)
        usable = [place for place in calm if candidates[place]["parts"]["sharpness"] >= BLURRED] or calm
        missing = found.missing or tuple(self._wanting(candidates, calm))
        places = self._chosen(candidates, found.arrays[1], usable)
        told = _thumbnails(found, places, self._ratios)
        left_out = {"mixed": len(candidates) - len(calm), "blurred": len(calm) - len(usable)}
        answer = Told(
            thumbnails=told,
            experiment=experiment(told, found.arrays[1][places]),
            looked=found.body["looked"],
            discarded={**found.body["discarded"], **left_out},
        )
        status = Status.ABSTAINED if not told else Status.PARTIAL if missing else Status.COMPLETE
        made = (_APPEAL,) if self._faces is None else (_APPEAL, provenance(self._faces))
        return Answered(status, missing, made, cast("Mapping[str, Any]", answer))

    def _wanting(self, candidates: Sequence[Mapping[str, Any]], calm: Sequence[int]) -> Iterator[str]:
        if not calm:
            yield "usable"
            return
        if all(candidates[place]["parts"]["sharpness"] < BLURRED for place in calm):
            yield "sharp"
        yield from self._lacking

    def _chosen(self, candidates: Sequence[Mapping[str, Any]], looks: Look, usable: Sequence[int]) -> list[int]:
        worths, times = ([float(candidates[place][name]) for place in usable] for name in ("appeal", "seconds"))
        return [usable[one] for one in varied(worths, looks[list(usable)], times, self._count, VARIETY)]


class ThumbnailGenerator:
    """Chooses pictures that could stand for a video. Classical measures and rules of thumb; no trained model of appeal.

    Parameters:
        models: those that others trained, of which one finds faces, that no crop cuts; None: those of this
            installation.
        reader: decodes in a bounded child; None: the one that all share.
        count: thumbnails at most, 1 to `MOST`.
        ratios: shapes to crop to, like "16:9".
    """

    def __init__(
        self,
        models: Models | None = None,
        reader: VideoReader | None = None,
        *,
        count: int = COUNT,
        ratios: Sequence[str] = RATIOS,
    ) -> None:
        self._models, self._reader, self._make = models, reader, wanted(count, ratios)

    def predict(self, path: Path | str, watching: Watching | None = None) -> Thumbnails:
        """The thumbnails of a file, best first. Raises what `VideoReader.watch` does, and InvalidInput for a count or a
        shape that there is not."""
        analysis = self._make(self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(Path(path), analysis.watches, watching)
        one = analysis.conclude(seen)
        missing = [*one.missing, *seen.read.lacking]
        status = Status.PARTIAL if missing and one.status is Status.COMPLETE else one.status
        return Thumbnails(**cast("Told", one.answer), status=status, missing=missing, provenance=list(one.provenance))

    async def generate(self, path: Path | str) -> Thumbnails:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))


def wanted(count: int = COUNT, ratios: Sequence[str] = RATIOS) -> Callable[[Models], ThumbnailAnalysis]:
    """What makes the analysis, asked in this way, of the models that are at hand. It raises InvalidInput."""
    return lambda models: ThumbnailAnalysis(models, count=count, ratios=ratios)


def _calm(candidates: Sequence[Mapping[str, Any]], shots: Mapping[str, Any]) -> list[int]:
    """Places of candidates that lie in no gradual change of shot and in no flash."""
    spans = [(one["first"], one["last"]) for one in shots["transitions"] if one["kind"] != "cut"]
    spans += [(one["first"], one["last"]) for one in shots["flashes"]]
    return [
        place
        for place, one in enumerate(candidates)
        if not any(first - 1 <= one["frame"] <= last + 1 for first, last in spans)
    ]


def _thumbnails(found: Finding, places: Sequence[int], ratios: Mapping[str, float]) -> list[Thumbnail]:
    """What is told of some candidates."""
    candidates: Sequence[Mapping[str, Any]] = found.body["candidates"]
    ends = np.cumsum([0, *(one["bytes"] for one in candidates)])
    return [
        Thumbnail(
            id=_id(candidates[place]["frame"], found.arrays[1][place]),
            seconds=candidates[place]["seconds"],
            frame=candidates[place]["frame"],
            score=candidates[place]["appeal"],
            parts=candidates[place]["parts"],
            faces=_boxes(candidates[place]["faces"]),
            crops=_crops(candidates[place], found.arrays[2], ratios),
            width=candidates[place]["width"],
            height=candidates[place]["height"],
            jpeg=base64.b64encode(found.arrays[0][ends[place] : ends[place + 1]].tobytes()).decode(),
        )
        for place in places
    ]


def _crops(
    told: Mapping[str, Any], maps: npt.NDArray[np.float32], ratios: Mapping[str, float]
) -> dict[str, Crop | None]:
    """Of one candidate; `map` says where its own begins and how high and wide it is."""
    start, height, width = told["map"]
    own = maps[start : start + height * width].reshape(height, width)
    faces = [Box(**face["box"]) for face in told["faces"] or ()]
    return {name: crop(own, (told["width"], told["height"]), ratio, faces) for name, ratio in ratios.items()}


def _boxes(faces: Sequence[Mapping[str, Any]] | None) -> list[Place] | None:
    return None if faces is None else [face["box"] for face in faces]


def _id(frame: int, look: Look) -> str:
    """Of a picture: by its place and its look, which no encoder of pictures changes."""
    return short_digest("thumbnail", str(frame), look.tobytes().hex()).hex()[:12]


def experiment(told: Sequence[Thumbnail], looks: Look) -> Experiment | None:
    """A test of thumbnails with looks (n, 192) against the first of them, with equal shares."""
    if len(told) < 2:
        return None
    control = told[0]
    apart = unlikeness(looks[0], looks)
    variants = [
        Variant(
            id=one["id"],
            share=round(1 / len(told), 6),
            unlike=round(float(unlike), 4),
            differs=_differs(control["parts"], one["parts"]),
        )
        for one, unlike in zip(told, apart, strict=True)
    ]
    key = short_digest(*sorted(one["id"] for one in told)).hex()[:12]
    return Experiment(key=f"thumbnail-{key}", control=control["id"], metric="click_through", variants=variants)


def _differs(control: Mapping[str, float], other: Mapping[str, float]) -> dict[str, float]:
    differences = {name: round(value - control[name], 4) for name, value in other.items()}
    return {name: value for name, value in differences.items() if abs(value) >= _CLEAR}
