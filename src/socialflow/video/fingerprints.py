"""Fingerprints of videos, and whether two videos show or play the same."""

import asyncio
import base64
import binascii
from pathlib import Path
from typing import Any, ClassVar, TypedDict, TypeVar

from socialflow.errors import ArtefactError, InvalidInput
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.video.analysis import Analysis
from socialflow.video.copies import DEFAULT_LIMITS, Limits, VideoMatch
from socialflow.video.matching import matches
from socialflow.video.prints import VideoFingerprint, fingerprint_of
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass

_MADE_BY = Provenance("video_fingerprint", "1", Tier.HEURISTIC)
_Told = TypeVar("_Told")


class FrameTold(TypedDict):
    """A frame as vPDQ lists it: `pdq` is 64 hexadecimal digits, `quality` 0 to 100."""

    frame: int
    seconds: float
    pdq: str
    quality: int


class Fingerprint(TypedDict):
    """What is said of one video: frames at one a second as vPDQ lists them, how long pictures and sound last in
    seconds, landmarks of the sound, and all that is kept of it as base64 (`unpacked` reads it). `missing` names
    `pictures` or `sound` where there were none, and `video:...` where the file was not read to its end."""

    frames: list[FrameTold]
    seconds: float
    sound_seconds: float
    sound_peaks: int
    fingerprint: str
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class FingerprintAnalysis(Analysis):
    """The fingerprint, as one of the analyses of a pass."""

    name: ClassVar[str] = "fingerprint"

    @property
    def watches(self) -> Options:
        """Pictures and sound."""
        return {"prints": {}}

    def conclude(self, seen: Pass) -> Answered:
        """As `fingerprint_told` has it."""
        told: dict[str, Any] = {**fingerprint_told(seen)}
        status, missing, provenance = (told.pop(name) for name in ("status", "missing", "provenance"))
        own = [name for name in missing if name not in seen.read.lacking]
        return Answered(status, tuple(own), tuple(provenance), told)


class ContentFingerprintGenerator:
    """Makes fingerprints of videos and of sounds, and tells what two of them share. No trained model.

    Parameters:
        reader: decodes in a bounded child; None: the one that all share.
        limits: what a match needs.
    """

    def __init__(self, reader: VideoReader | None = None, *, limits: Limits = DEFAULT_LIMITS) -> None:
        self._reader, self._limits = reader, limits

    def predict(self, path: Path | str, watching: Watching | None = None) -> Fingerprint:
        """The fingerprint of a file. Raises what `VideoReader.watch` does."""
        return fingerprint_told(self._watched(path, watching))

    async def generate(self, path: Path | str) -> Fingerprint:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))

    def fingerprint(self, path: Path | str, watching: Watching | None = None) -> VideoFingerprint:
        """What is kept of a file, as a record. Raises what `VideoReader.watch` does."""
        return fingerprint_of(self._watched(path, watching).findings["prints"])

    def match(
        self, query: "Path | str | VideoFingerprint", reference: "Path | str | VideoFingerprint"
    ) -> VideoMatch | None:
        """What of the query is in the reference, each a file or a fingerprint; None where nothing is found."""
        pair = [one if isinstance(one, VideoFingerprint) else self.fingerprint(one) for one in (query, reference)]
        return matches(pair[0], pair[1], self._limits)

    async def compare(
        self, query: "Path | str | VideoFingerprint", reference: "Path | str | VideoFingerprint"
    ) -> VideoMatch | None:
        """As `match`, in another thread."""
        return await asyncio.to_thread(self.match, query, reference)

    def _watched(self, path: Path | str, watching: Watching | None) -> Pass:
        return (self._reader or shared_reader()).watch(Path(path), FingerprintAnalysis().watches, watching)


def fingerprint_told(seen: Pass) -> Fingerprint:
    """What a pass of the observer `prints` says of a video."""
    finding = seen.findings["prints"]
    made = fingerprint_of(finding)
    missing = [*finding.missing, *seen.read.lacking]
    nothing = not len(made.times) and not len(made.peaks)
    return Fingerprint(
        frames=frames_told(made),
        seconds=made.seconds,
        sound_seconds=made.sound_seconds,
        sound_peaks=len(made.peaks),
        fingerprint=packed(made),
        status=Status.ABSTAINED if nothing else Status.PARTIAL if missing else Status.COMPLETE,
        missing=missing,
        provenance=[_MADE_BY],
    )


def frames_told(made: VideoFingerprint, rate: float = 1.0) -> list[FrameTold]:
    """Frames as vPDQ lists them, `rate` a second, 2 at most."""
    return [
        FrameTold(frame=one.frame, seconds=one.seconds, pdq=one.pdq.hex, quality=one.pdq.quality)
        for one in made.frames(rate)
    ]


def packed(made: VideoFingerprint) -> str:
    """A fingerprint as text: base64 of its bytes."""
    return base64.b64encode(made.to_bytes()).decode()


def unpacked(text: str, field: str = "fingerprint") -> VideoFingerprint:
    """The fingerprint that `packed` wrote. Raises InvalidInput, which names the field, for anything else."""
    try:
        return VideoFingerprint.from_bytes(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as problem:
        raise InvalidInput("a fingerprint is base64, as it was given out", field=field) from problem
    except ArtefactError as problem:
        raise InvalidInput(str(problem), field=field) from problem
