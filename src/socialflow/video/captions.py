"""Captions of what is said in a video or a sound."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict

from socialflow.catalogue.upstream.handed import LACKING, Handed, first_of, handed
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.cues import Cue, Word, cues_of
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass
from socialflow.video.sphinx import NAME as SPHINX
from socialflow.video.subtitles import WRITERS, Format
from socialflow.video.voice import MODEL as VOICE
from socialflow.video.whisper import ADVISED
from socialflow.video.whisper import MODELS as WHISPERS


class Captions(TypedDict):
    """What is said in one file. Seconds count from its beginning.

    `words` [{text, start, end, confidence}] are as they were recognised, `cues` [{start, end, text}] as they are shown.
    `language` is ISO 639-1; with `language_assumed` the recogniser knows no other and takes every speech for it.
    `timing` is `word` where each word was timed, `phrase` where words share the time of theirs. `confidence` is the
    mean over words, None where there are none or nothing tells it. `segments` are where somebody speaks.
    """

    text: str
    cues: list[dict[str, Any]]
    words: list[dict[str, Any]]
    segments: list[dict[str, Any]]
    language: str | None
    language_assumed: bool
    confidence: float | None
    timing: str | None
    speech_seconds: float
    recognised_seconds: float
    duration: float
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class CaptionAnalysis(Analysis):
    """Captions, as one of the analyses of a pass.

    Parameters:
        models: those at hand: the network that tells voice from other sound, and a Whisper, the best there is.
    """

    name: ClassVar[str] = "captions"

    def __init__(self, models: Models) -> None:
        voice, self._lacking = first_of(models, VOICE)
        self._voice: Handed | None = None if voice is None else handed(voice)
        model, _ = first_of(models, *WHISPERS)
        self._model: Handed | None = None if model is None else handed(model)
        if model is None:
            self._lacking += (LACKING + ADVISED,)

    @property
    def watches(self) -> Options:
        """Speech alone."""
        return {"speech": {"voice": self._voice, "model": self._model}}

    def conclude(self, seen: Pass) -> Answered:
        """As `captions_of` has it; it abstains where nobody speaks, and names what is missing."""
        told: dict[str, Any] = {**self.captions(seen)}
        status, missing, provenance = (told.pop(name) for name in ("status", "missing", "provenance"))
        own = [name for name in missing if name not in seen.read.lacking]
        return Answered(status, tuple(own), tuple(provenance), told)

    def captions(self, seen: Pass) -> Captions:
        """What a pass of the observer `speech` says."""
        speech = seen.findings["speech"]
        missing = [*speech.missing, *self._lacking, *seen.read.lacking]
        words = [Word(**one) for one in speech.body["words"]]
        silent = {"sound", "speech"} & set(speech.missing)
        status = Status.ABSTAINED if silent else Status.PARTIAL if missing else Status.COMPLETE
        seconds = float(speech.body["seconds"])
        return Captions(
            text=" ".join(word.text for word in words),
            cues=[{"start": cue.start, "end": cue.end, "text": cue.text} for cue in cues_of(words, seconds or None)],
            words=list(speech.body["words"]),
            segments=list(speech.body["segments"]),
            language=speech.body["language"],
            language_assumed=speech.body["by"] == SPHINX,
            confidence=_mean(words),
            timing=speech.body["timed"],
            speech_seconds=speech.body["speech_seconds"],
            recognised_seconds=speech.body["recognised_seconds"],
            duration=seconds,
            status=status,
            missing=missing,
            provenance=_made_by(speech),
        )


class SpeechCaptioner:
    """Makes captions of what is said in a video or a sound.

    Parameters:
        models: where models are; None: those of this installation.
        reader: decodes in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: VideoReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, path: Path | str, watching: Watching | None = None) -> Captions:
        """The captions of a file. Raises what `VideoReader.watch` does."""
        analysis = CaptionAnalysis(self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(Path(path), analysis.watches, watching)
        return analysis.captions(seen)

    async def caption(self, path: Path | str) -> Captions:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))

    async def generate_captions(self, path: Path | str, form: Format = "vtt") -> str:
        """The captions of a file as WebVTT (`vtt`) or SubRip (`srt`); without cues where nobody speaks."""
        return written((await self.caption(path))["cues"], form)


def written(cues: Sequence[Mapping[str, Any]], form: Format) -> str:
    """Cues of an answer as WebVTT or SubRip."""
    return WRITERS[form](Cue(float(one["start"]), float(one["end"]), str(one["text"])) for one in cues)


def _mean(words: Sequence[Word]) -> float | None:
    known = [word.confidence for word in words if word.confidence is not None]
    return round(sum(known) / len(known), 4) if known else None


def _made_by(speech: Finding) -> list[Provenance]:
    """What told voice, and what recognised it."""
    voice, by = speech.body["voice_by"], speech.body["by"]
    made = [Provenance(voice, "1", Tier.DOWNLOADED if voice == VOICE else Tier.HEURISTIC)]
    if by is not None:
        made.append(Provenance(by, "1", Tier.BUNDLED if by == SPHINX else Tier.DOWNLOADED))
    return made
