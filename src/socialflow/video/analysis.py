"""Questions about a video: what each has to watch, and what it makes of what was seen."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from socialflow.errors import InvalidInput
from socialflow.kit.answers import Answered, Status
from socialflow.video.records import Pass, Read, VideoInfo

Options = Mapping[str, Mapping[str, Any]]
"""Options of observers by name."""


class Analysis(ABC):
    """One question about a video."""

    name: ClassVar[str]

    @property
    @abstractmethod
    def watches(self) -> Options:
        """The observers it needs, with their options."""

    @abstractmethod
    def conclude(self, seen: Pass) -> Answered:
        """What these observers' findings say."""


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
        lacking = (f"{name}:{what}" for name, one in self.analyses.items() for what in one.missing)
        return (*self.read.lacking, *lacking)

    @property
    def status(self) -> Status:
        """Complete where nothing is missing; abstained where every analysis that was asked is."""
        if not self.missing:
            return Status.COMPLETE
        statuses = {one.status for one in self.analyses.values()}
        return Status.ABSTAINED if statuses == {Status.ABSTAINED} else Status.PARTIAL


def watched_by(analyses: Sequence[Analysis]) -> Options:
    """The observers that some analyses need, each once. Raises InvalidInput where two want one of them differently."""
    needed: dict[str, Mapping[str, Any]] = {}
    for analysis in analyses:
        for name, options in analysis.watches.items():
            if needed.setdefault(name, options) != options:
                raise InvalidInput(f"{analysis.name} wants {name} with other options; ask for it alone", field=name)
    return needed


def report(seen: Pass, analyses: Sequence[Analysis]) -> Report:
    """What some analyses make of a pass."""
    return Report(seen.info, seen.read, {analysis.name: analysis.conclude(seen) for analysis in analyses})
