"""A sentence about a picture."""

from dataclasses import asdict
from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.captioning import Captioner
from socialflow.image.looker import Looker
from socialflow.image.records import Picture
from socialflow.kit.findings import Finding


class CaptionLooker(Looker):
    """Says what is in a picture with a handed model. The finding: {text, score}."""

    name: ClassVar[str] = "caption"

    def __init__(self, model: Handed) -> None:
        self._captioner = Captioner(model)

    def look(self, picture: Picture) -> Finding:
        """The sentence."""
        return Finding(asdict(self._captioner.say(picture.colours)))
