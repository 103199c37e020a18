"""Technical quality of a video: what it is, what was measured, what is wrong and what would be right."""

import asyncio
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, TypedDict

from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.video.bit_rates import BitRate, bit_rate, complexity
from socialflow.video.grading import Body, overall, picture_parts, sound_part
from socialflow.video.issues import issues
from socialflow.video.ports import Scorer
from socialflow.video.reader import VideoReader, Watching, shared_reader
from socialflow.video.records import Pass, VideoInfo

LINES = (144, 240, 360, 480, 576, 720, 1080, 1440, 2160, 4320)
RATES = (12.0, 15.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 90.0, 120.0)
LEARNED = "quality:brisque"
"""What is missing while no model judges how pictures look."""
_MEASURES = Provenance("video_quality", "1", Tier.HEURISTIC)
Orientation = Literal["landscape", "portrait", "square"]


class Resolution(TypedDict):
    """Pixels as shown; `name` like 720p, by the lines of a frame of 16:9 of which it may be a part."""

    width: int
    height: int
    name: str
    orientation: Orientation


class Quality(TypedDict):
    """What is said of one video.

    `score`, 0 to 1, is the weighted geometric mean of `parts` (`grading.WEIGHTS`); None: nothing was seen or heard.
    `frame_rate` has mean, `common` (the usual rate it is, or None), varying, uneven, dropped. `bit_rate` is
    `bit_rates.BitRate`, of the pictures alone. `picture` is what `QualityObserver` tells, `sound` what
    `LoudnessObserver` does. `issues` are `issues.Issue`, the worst first. `missing` names what could not be had:
    `pictures`, `sound`, `blur` and what is in the names of the observers, `video:...` where the file was not read to
    its end, and `quality:brisque` while no model judges pictures.
    """

    score: float | None
    parts: dict[str, float]
    resolution: Resolution | None
    frame_rate: dict[str, Any] | None
    bit_rate: dict[str, Any] | None
    codec: str | None
    audio_codec: str | None
    container: str
    duration: float
    picture: dict[str, Any] | None
    sound: dict[str, Any] | None
    issues: list[dict[str, Any]]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class VideoQualityAnalyzer:
    """Judges resolution, bits, frame rate, compression, light, noise, sharpness and sound. No trained model.

    Parameters:
        reader: decodes in a bounded child; None: the one that all share.
        scorer: a trained judge of pictures, whose score becomes a part.
    """

    def __init__(self, reader: VideoReader | None = None, *, scorer: Scorer | None = None) -> None:
        self._reader, self._scorer = reader, scorer

    def predict(self, path: Path | str, watching: Watching | None = None) -> Quality:
        """Judge one file. Raises what `VideoReader.watch` does."""
        watches: dict[str, Mapping[str, Any]] = {"quality": {}, "loudness": {}}
        if self._scorer is not None:
            watches |= self._scorer.watches
        found = (self._reader or shared_reader()).watch(Path(path), watches, watching)
        learned = None if self._scorer is None else self._scorer.score(found)
        if self._scorer is None or learned is None:
            return judged(found)
        return judged(found, (learned, Provenance(self._scorer.name, self._scorer.version, Tier.DOWNLOADED)))

    async def analyze(self, path: Path | str) -> Quality:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        watching = Watching()
        try:
            return await asyncio.to_thread(self.predict, path, watching)
        except asyncio.CancelledError:
            watching.give_up()
            raise


def judged(found: Pass, learned: tuple[float, Provenance] | None = None) -> Quality:
    """What a pass of the observers `quality` and `loudness` says of a video."""
    pictures, sound = found.findings["quality"], found.findings["loudness"]
    told = dict(pictures.body) if pictures.body["frames"] else None
    heard = dict(sound.body) if sound.body["seconds"] else None
    bits = None if told is None else _bits(found, told)
    parts: dict[str, float] = {}
    if told is not None:
        parts |= picture_parts(told, _lines(found.info), bits)
    if heard is not None:
        parts["sound"] = sound_part(heard)
    if learned is not None and told is not None:
        parts["learned"] = learned[0]
    missing = [*pictures.missing, *sound.missing, *found.read.lacking, *([LEARNED] if learned is None else [])]
    absent = {"pictures", "sound"} & set(missing) or found.read.lacking
    return Quality(
        score=overall(parts),
        parts=parts,
        resolution=None if told is None else resolution(found.info),
        frame_rate=None if told is None else {**told["rate"], "common": common_rate(told)},
        bit_rate=None if bits is None else asdict(bits),
        codec=found.info.codec,
        audio_codec=found.info.audio_codec,
        container=found.info.container,
        duration=max(told["seconds"] if told else 0.0, found.read.sound_seconds),
        picture=told,
        sound=heard,
        issues=[asdict(issue) for issue in issues(parts, told, heard, bits)],
        status=Status.PARTIAL if absent else Status.COMPLETE,
        missing=missing,
        provenance=[_MEASURES, *([] if learned is None else [learned[1]])],
    )


def resolution(info: VideoInfo) -> Resolution:
    """What a size is called."""
    width, height = info.width, info.height
    orientation: Orientation = "square" if width == height else "landscape" if width > height else "portrait"
    lines = max([one for one in LINES if one <= 1.05 * _lines(info)], default=0)
    name = f"{lines}p" if lines else f"{min(width, height)}p"
    return Resolution(width=width, height=height, name=name, orientation=orientation)


def common_rate(told: Body) -> float | None:
    """The usual rate that frames come at, within half a thousandth; None: they vary, or at none of these."""
    rate = told["rate"]
    near = min(RATES, key=lambda one: abs(one - rate["mean"]))
    fits = not rate["varying"] and abs(near - rate["mean"]) <= max(5e-4, 1.5e-3 / told["seconds"]) * near
    return round(near, 3) if fits else None


def _lines(info: VideoInfo) -> int:
    """Of a frame of 16:9 that is as long; a very long one counts by its short side."""
    short, long = sorted((info.width, info.height))
    return max(short, min(round(long * 9 / 16), short * 3 // 2))


def _bits(found: Pass, told: Body) -> BitRate:
    info, seconds = found.info, told["seconds"]
    content = complexity(told["detail"], told["motion"])
    measured = round(8 * found.read.picture_bytes / seconds) if seconds and found.read.picture_bytes else None
    return bit_rate(info.codec or "", info.width * info.height, told["rate"]["mean"], content, measured)
