"""What is written on screen, and when."""

from typing import ClassVar

from socialflow.image.ocr import provenance
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status
from socialflow.video.analysis import Analysis
from socialflow.video.records import Pass


class TextAnalysis(Analysis):
    """Text on screen: `lines` [{text, score, box, start, end}] by the second at which each was first seen, `every` how
    many seconds lie between frames that were looked at, `read` how many of them were read (the others showed what the
    one before did)."""

    name: ClassVar[str] = "text"

    @property
    def watches(self) -> Options:
        """The observer of the same name."""
        return {"text": {}}

    def conclude(self, seen: Pass) -> Answered:
        """The lines; it abstains where nothing could read them."""
        finding = seen.findings["text"]
        status = Status.ABSTAINED if finding.missing else Status.COMPLETE
        return Answered(status, finding.missing, (provenance(),), dict(finding.body))
