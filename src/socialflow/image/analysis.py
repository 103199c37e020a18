"""Questions about a picture, and everything that one look answered."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from socialflow.image.reader import Seen
from socialflow.image.records import ImageInfo
from socialflow.kit.analyses import Question, lacking_in, status_of
from socialflow.kit.answers import Answered, Status

DAMAGED = "end"
"""What a picture lacks whose file breaks off."""


class ImageAnalysis(Question[Seen]):
    """One question about a picture; `watches` names lookers."""


@dataclass(frozen=True, slots=True)
class ImageReport:
    """Everything that one look at a picture answered: `missing` says what of the file could not be read and what
    analyses lack, each under its name."""

    info: ImageInfo
    damaged: bool
    analyses: Mapping[str, Answered] = field(default_factory=dict)

    @property
    def missing(self) -> tuple[str, ...]:
        """What the file and each analysis lack."""
        return (*((DAMAGED,) if self.damaged else ()), *lacking_in(self.analyses))

    @property
    def status(self) -> Status:
        """Complete where nothing is missing; abstained where every analysis that was asked is."""
        return status_of(self.analyses, self.missing)


def report(seen: Seen, analyses: Sequence[ImageAnalysis]) -> ImageReport:
    """What some analyses make of a look."""
    return ImageReport(seen.info, seen.damaged, {analysis.name: analysis.conclude(seen) for analysis in analyses})
