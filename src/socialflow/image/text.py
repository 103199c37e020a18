"""Text in a picture, as one of the analyses of a look."""

from typing import ClassVar

from socialflow.image.analysis import ImageAnalysis
from socialflow.image.ocr import provenance
from socialflow.image.reader import Seen
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Answered, Status


class TextAnalysis(ImageAnalysis):
    """What is written in a picture: `lines` [{text, score, box}] from top to bottom and `text`, all of them."""

    name: ClassVar[str] = "text"

    @property
    def watches(self) -> Options:
        """The looker of the same name."""
        return {"text": {}}

    def conclude(self, seen: Seen) -> Answered:
        """The lines; it abstains where nothing could read them."""
        finding = seen.findings["text"]
        lines = list(finding.body["lines"])
        status = Status.ABSTAINED if finding.missing else Status.COMPLETE
        answer = {"lines": lines, "text": "\n".join(line["text"] for line in lines)}
        return Answered(status, finding.missing, (provenance(),), answer)
