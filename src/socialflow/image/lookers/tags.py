"""What a picture is of, in words."""

from typing import ClassVar

from socialflow.catalogue.upstream.handed import Handed
from socialflow.image.looker import Looker
from socialflow.image.records import Picture
from socialflow.image.tagging import ClassModel, class_tags, clip_tags
from socialflow.kit.findings import Finding


class TagLooker(Looker):
    """Asks a model of the thousand classes, one that reads words, or both. The finding: `tags` [{tag, confidence,
    source}]; where classes were asked, array 0 holds their probabilities (1000,)."""

    name: ClassVar[str] = "tags"

    def __init__(self, classes: Handed | None = None, clip: Handed | None = None) -> None:
        self._classes, self._clip = None if classes is None else ClassModel(classes), clip

    def look(self, picture: Picture) -> Finding:
        """What they say."""
        tags = [] if self._clip is None else clip_tags(self._clip, [picture.colours])
        if self._classes is None:
            return Finding({"tags": tags})
        row = self._classes.probabilities([picture.colours])[0]
        return Finding({"tags": [*tags, *class_tags(row, self._classes.labels, self._classes.name)]}, (row,))
