"""Questions about a video, and everything that one pass answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from socialflow.kit.analyses import Question, lacking_in, status_of
from socialflow.kit.answers import Answered, Status
from socialflow.video.records import Pass, Read, VideoInfo


class Analysis(Question[Pass]):
    """One question about a video."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one pass over a video answered: `read` says how far the pass came, `missing` what of the file
    could not be read and what analyses lack, each under its name."""

    info: VideoInfo
    read: Read
    analyses: Mapping[str, Answered] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the file and each analysis lack."""
        return (*self.read.lacking, *lacking_in(self.analyses))

    @property
    def status(self) -> Status:
        """Complete where nothing is missing; abstained where every analysis that was asked is."""
        return status_of(self.analyses, self.missing)


def answered(analysis: Analysis, seen: Pass) -> Answered:
    """What one analysis makes of a pass, with what could not be read of the file among what is missing: where that is
    something, nothing is complete."""
    told = analysis.conclude(seen)
    missing = tuple(dict.fromkeys((*told.missing, *seen.read.lacking)))
    partial = bool(seen.read.lacking) and told.status is Status.COMPLETE
    return replace(told, missing=missing, status=Status.PARTIAL if partial else told.status)


def report(seen: Pass, analyses: Sequence[Analysis]) -> Report:
    """What some analyses make of a pass."""
    return Report(seen.info, seen.read, {analysis.name: analysis.conclude(seen) for analysis in analyses})
