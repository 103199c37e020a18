"""Kinds of sound in a video or a sound file: what is heard when, most of all, and how much of it is speech or music."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, TypedDict

import numpy as np
import numpy.typing as npt

from socialflow.catalogue.upstream.handed import Handed, first_of, handed
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video.analysis import Analysis
from socialflow.video.observers.events import MODEL
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.records import Pass
from socialflow.video.voice import MODEL as VOICE

HEARD = 0.3
"""Score from which a kind of sound is told as an event."""
TOP = 10
"""Kinds that are told over all."""
SHARE = 0.5
"""Score of a window from which it counts as speech or music."""
LIKE_SPEECH = "Rhythm like that of speech"
SPEECH = ("Speech", "Child speech, kid speaking", "Conversation", "Narration, monologue")
MUSIC = ("Music", "Musical instrument", "Singing")


class Sounds(TypedDict):
    """What is heard in one file.

    `events` [{label, start, end, score}] are stretches of windows in which a kind scores at least `HEARD`, by their
    start; `score` is the highest. `top` [{label, score}] has the kinds by their mean score. `speech_share` and
    `music_share` are the parts of the time that sound so, None where nothing can tell. Without YAMNet no kind is known
    but speech, and without Silero's network only `LIKE_SPEECH` is: the piano and the typewriter swell so, too.
    """

    events: list[dict[str, Any]]
    top: list[dict[str, Any]]
    speech_share: float | None
    music_share: float | None
    duration: float
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class EventAnalysis(Analysis):
    """Kinds of sound, as one of the analyses of a pass.

    Parameters:
        models: those at hand: YAMNet; without it the one that tells voice.
    """

    name: ClassVar[str] = "audio_events"

    def __init__(self, models: Models) -> None:
        model, self._lacking = first_of(models, MODEL)
        self._model: Handed | None = None if model is None else handed(model)
        self._voice: Handed | None = None
        if model is None:
            voice, lacking = first_of(models, VOICE)
            self._voice = None if voice is None else handed(voice)
            self._lacking += lacking

    @property
    def watches(self) -> Options:
        """Events with the model, voice without it."""
        return {"voice": {"model": self._voice}} if self._model is None else {"events": {"model": self._model}}

    def conclude(self, seen: Pass) -> Answered:
        """As `sounds` has it; it abstains where there is no sound."""
        told: dict[str, Any] = {**self.sounds(seen)}
        status, missing, provenance = (told.pop(name) for name in ("status", "missing", "provenance"))
        own = [name for name in missing if name not in seen.read.lacking]
        return Answered(status, tuple(own), tuple(provenance), told)

    def sounds(self, seen: Pass) -> Sounds:
        """What a pass says."""
        finding = seen.findings["voice" if self._model is None else "events"]
        told = _by_voice(finding) if self._model is None else _by_events(finding)
        told["missing"] = [*finding.missing, *self._lacking, *seen.read.lacking]
        if finding.missing:
            told["status"], told["speech_share"], told["music_share"] = Status.ABSTAINED, None, None
        elif told["missing"]:
            told["status"] = Status.PARTIAL
        return told


class AudioEventDetector:
    """Tells kinds of sound in a video or a sound file: 521 of them with the model, else speech alone.

    Parameters:
        models: where models are; None: those of this installation.
        reader: decodes in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: VideoReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, path: Path | str, watching: Watching | None = None) -> Sounds:
        """The sounds of a file. Raises what `VideoReader.watch` does."""
        analysis = EventAnalysis(self._models or shared_models())
        return analysis.sounds((self._reader or shared_reader()).watch(Path(path), analysis.watches, watching))

    async def detect(self, path: Path | str) -> Sounds:
        """As `predict`, in another thread; cancelling it ends the decoding."""
        return await aside(lambda watching: self.predict(path, watching))


def _by_events(finding: Finding) -> Sounds:
    body, scores = finding.body, finding.arrays[0]
    labels: Sequence[str] = body["labels"]
    return Sounds(
        events=events(scores, labels, body["window"], body["hop"], body["seconds"]),
        top=top(scores, labels),
        speech_share=_share(scores, labels, SPEECH),
        music_share=_share(scores, labels, MUSIC),
        duration=float(body["seconds"]),
        status=Status.COMPLETE,
        missing=[],
        provenance=[Provenance(MODEL, "1", Tier.DOWNLOADED)],
    )


def _by_voice(finding: Finding) -> Sounds:
    """Voice alone: speech where the network tells it, what swells like speech where rhythm does."""
    body = finding.body
    known = body["by"] == VOICE
    label, seconds = ("Speech" if known else LIKE_SPEECH), float(body["seconds"])
    found: Sequence[Mapping[str, Any]] = body["segments"]
    share = round(body["speech_seconds"] / seconds, 4) if seconds else 0.0
    mean = sum(float(one["likelihood"]) for one in found) / max(1, len(found))
    return Sounds(
        events=[
            {"label": label, "start": one["start"], "end": one["end"], "score": one["likelihood"]} for one in found
        ],
        top=[{"label": label, "score": round(share * mean, 4)}] if found else [],
        speech_share=share if known else None,
        music_share=None,
        duration=seconds,
        status=Status.COMPLETE,
        missing=[],
        provenance=[Provenance(str(body["by"]), "1", Tier.DOWNLOADED if known else Tier.HEURISTIC)],
    )


def events(
    scores: npt.NDArray[np.float32], labels: Sequence[str], window: float, hop: float, seconds: float
) -> list[dict[str, Any]]:
    """Stretches of windows in which a kind of sound scores at least `HEARD`, by start, the stronger first.

    Args:
        scores: (windows, labels); a window begins every `hop` seconds and is `window` long.

    >>> events(np.array([[0.9], [0.4], [0.1], [0.5]], np.float32), ["Rain"], 1.0, 0.5, 2.25)
    ... # doctest: +NORMALIZE_WHITESPACE
    [{'label': 'Rain', 'start': 0.0, 'end': 1.5, 'score': 0.9}, {'label': 'Rain', 'start': 1.5, 'end': 2.25,
      'score': 0.5}]
    """
    found: list[dict[str, Any]] = []
    for place in map(int, np.flatnonzero((scores >= HEARD).any(0))):
        above = np.concatenate([[False], scores[:, place] >= HEARD, [False]])
        edges = np.flatnonzero(above[1:] != above[:-1])
        for begin, end in zip(edges[::2], edges[1::2], strict=True):
            stop = min(seconds, float(end - 1) * hop + window)
            score = round(float(scores[begin:end, place].max()), 4)
            found.append(
                {"label": labels[place], "start": round(float(begin) * hop, 3), "end": round(stop, 3), "score": score}
            )
    return sorted(found, key=lambda one: (one["start"], -one["score"]))


def top(scores: npt.NDArray[np.float32], labels: Sequence[str]) -> list[dict[str, Any]]:
    """The kinds of sound with the highest mean score, at most `TOP`; none below a hundredth."""
    if not len(scores):
        return []
    means = scores.mean(0)
    best = np.argsort(-means, kind="stable")[:TOP]
    return [
        {"label": labels[int(place)], "score": round(float(means[place]), 4)} for place in best if means[place] >= 0.01
    ]


def _share(scores: npt.NDArray[np.float32], labels: Sequence[str], names: Sequence[str]) -> float | None:
    """Part of the windows in which one of these kinds is heard; None where the model knows none of them."""
    places = [place for place, label in enumerate(labels) if label in names]
    if not places or not len(scores):
        return None
    return round(float((scores[:, places].max(1) >= SHARE).mean()), 4)
