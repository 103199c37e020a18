"""What is written in a picture."""

from typing import ClassVar

from socialflow.image.looker import Looker
from socialflow.image.ocr import LIBRARY, reader
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class TextLooker(Looker):
    """Lines of text in a picture: `lines` [{text, score, box}]."""

    name: ClassVar[str] = "text"

    def look(self, picture: Picture) -> Finding:
        """What is written; `missing` names the library where it is not installed."""
        found = reader()
        if found is None:
            return Finding({"lines": []}, missing=(LIBRARY,))
        return Finding({"lines": [line.told() for line in found.read(picture.colours)]})
