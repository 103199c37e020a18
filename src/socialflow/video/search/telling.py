"""What analyses of a video tell, as what is searched."""

from socialflow.video.analysis import Report
from socialflow.video.deep import events_in
from socialflow.video.search.frames import FrameAnalysis, frames_of
from socialflow.video.search.moments import clip_of
from socialflow.video.search.records import Clip, Floats
from socialflow.video.service import Asked
from socialflow.video.timeline import Event

ASKED: Asked = ("deep", "scene", FrameAnalysis)
"""Analyses that a video is looked at with to be searched, all in one pass: the timeline, where shots begin, and vectors
of frames."""


def told_of(id: str, report: Report, *, title: str, description: str) -> tuple[Clip, Floats | None]:  # noqa: A002
    """A video as it is searched, by what analyses told, and the vectors of its frames."""
    shots = shots_of(report)
    frames, seen = frames_of(report, shots)
    written = {"title": title, "description": description}
    clip = clip_of(id, events_of(report), shots=shots, missing=lacking(report), frames=frames, **written)
    return clip, seen


def events_of(report: Report) -> list[Event]:
    """Everything that was found, in order of time; nothing where the timeline was not asked for."""
    told = report.analyses.get("deep")
    return [] if told is None else events_in(told.answer["timeline"])


def shots_of(report: Report) -> list[float]:
    """Seconds at which a shot begins, as far as they were looked for."""
    told = report.analyses.get("scene")
    return [] if told is None else [float(shot["start"]) for shot in told.answer["shots"]]


def lacking(report: Report) -> tuple[str, ...]:
    """What could not be looked for, each once: under the name of its analysis, or of the file."""
    return tuple(dict.fromkeys(one.removeprefix("deep:") for one in report.missing))
