"""Technical quality of a video: what it is, what was measured, what is wrong and what would be right."""

from dataclasses import asdict
from pathlib import Path
from typing import Any, ClassVar, Literal, TypedDict, cast

from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.video.analysis import Analysis, report
from socialflow.video.bit_rates import BitRate, bit_rate, complexity
from socialflow.video.grading import Body, overall, picture_parts, sound_part
from socialflow.video.issues import issues
from socialflow.video.ports import Scorer
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass, VideoInfo

LINES = (144, 240, 360, 480, 576, 720, 1080, 1440, 2160, 4320)
RATES = (12.0, 15.0, 24000 / 1001, 24.0, 25.0, 30000 / 1001, 30.0, 48.0, 50.0, 60000 / 1001, 60.0, 90.0, 120.0)
LEARNED = "brisque"
"""What is missing while no model judges how pictures look."""
MEASURES = Provenance("video_quality", "1", Tier.HEURISTIC)
Orientation = Literal["landscape", "portrait", "square"]


class Resolution(TypedDict):
    """Pixels as shown; `name` like 720p, by the lines of a frame of 16:9 of which it may be a part."""

    width: int
    height: int
    name: str
    orientation: Orientation


class Judged(TypedDict):
    """What is said of one video.

    `score`, 0 to 1, is the weighted geometric mean of `parts` (`grading.WEIGHTS`); None: nothing was seen or heard.
    `frame_rate` has mean, `common` (the usual rate it is, or None), varying, uneven, dropped. `bit_rate` is
    `bit_rates.BitRate`, of the pictures alone. `picture` is what `QualityObserver` tells, `sound` what
    `LoudnessObserver` does. `issues` are `issues.Issue`, the worst first.
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


class Quality(Judged):
    """With how much could be had: `missing` names, after `quality:`, `pictures`, `sound`, `blur`, what of sound is not
    judged, and `brisque` while no model judges pictures; and `video:...` where the file was not read to its end.
    """

    status: Status
    missing: list[str]
    provenance: list[Provenance]


class QualityAnalysis(Analysis):
    """Judges what the observers `quality` and `loudness` saw and heard, and what a `scorer` makes of the pictures."""

    name: ClassVar[str] = "quality"

    def __init__(self, scorer: Scorer | None = None) -> None:
        self._scorer = scorer

    @property
    def watches(self) -> Options:
        """The observers it needs."""
        return {"quality": {}, "loudness": {}, **({} if self._scorer is None else self._scorer.watches)}

    def conclude(self, seen: Pass) -> Answered:
        """Abstains where nothing was seen or heard."""
        learned = None if self._scorer is None else self._scorer.score(seen)
        answer = judged(seen, learned)
        missing = [*seen.findings["quality"].missing, *seen.findings["loudness"].missing]
        made_by = [MEASURES]
        if self._scorer is None or learned is None:
            missing.append(LEARNED)
        else:
            made_by.append(Provenance(self._scorer.name, self._scorer.version, Tier.DOWNLOADED))
        short = Status.ABSTAINED if answer["score"] is None else Status.PARTIAL
        return Answered(short if missing else Status.COMPLETE, tuple(missing), tuple(made_by), answer)


class VideoQualityAnalyzer:
    """Judges resolution, bits, frame rate, compression, light, noise, sharpness and sound. No trained model.

    Parameters:
        reader: decodes in a bounded child; None: the one that all share.
        scorer: a trained judge of pictures, whose score becomes a part.
    """

    def __init__(self, reader: VideoReader | None = None, *, scorer: Scorer | None = None) -> None:
        self._reader, self._analysis = reader, QualityAnalysis(scorer)

    def predict(self, path: Path | str, watching: Watching | None = None) -> Quality:
        """Judge one file. Raises what `VideoReader.watch` does."""
        seen = (self._reader or shared_reader()).watch(Path(path), self._analysis.watches, watching)
        told = report(seen, [self._analysis])
        one = told.analyses[self._analysis.name]
        answer = cast("Judged", one.answer)
        return Quality(**answer, status=told.status, missing=list(told.missing), provenance=list(one.provenance))

    async def analyze(self, path: Path | str) -> Quality:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))


def judged(seen: Pass, learned: float | None = None) -> Judged:
    """What a pass of the observers `quality` and `loudness` says of a video, and a model of its pictures."""
    pictures, sound = seen.findings["quality"].body, seen.findings["loudness"].body
    told = dict(pictures) if pictures["frames"] else None
    heard = dict(sound) if sound["seconds"] else None
    bits = None if told is None else _bits(seen, told)
    parts: dict[str, float] = {}
    if told is not None:
        parts |= picture_parts(told, _lines(seen.info), bits)
    if heard is not None:
        parts["sound"] = sound_part(heard)
    if learned is not None:
        parts["learned"] = learned
    return Judged(
        score=overall(parts),
        parts=parts,
        resolution=None if told is None else resolution(seen.info),
        frame_rate=None if told is None else {**told["rate"], "common": common_rate(told)},
        bit_rate=None if bits is None else asdict(bits),
        codec=seen.info.codec,
        audio_codec=seen.info.audio_codec,
        container=seen.info.container,
        duration=max(told["seconds"] if told else 0.0, seen.read.sound_seconds),
        picture=told,
        sound=heard,
        issues=[asdict(issue) for issue in issues(parts, told, heard, bits)],
    )


def resolution(info: VideoInfo) -> Resolution:
    """What a size is called."""
    width, height = info.width, info.height
    orientation: Orientation = "square" if width == height else "landscape" if width > height else "portrait"
    lines = max([one for one in LINES if one <= 1.05 * _lines(info)], default=0)
    name = f"{lines}p" if lines else f"{min(width, height)}p"
    return Resolution(width=width, height=height, name=name, orientation=orientation)


def common_rate(told: Body) -> float | None:
    """The usual rate that frames come at, within half a thousandth; None: they vary, or come at none of these."""
    rate = told["rate"]
    if not rate["mean"]:
        return None
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
