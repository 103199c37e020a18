"""Tags of pictures by themselves."""

import asyncio
from typing import TypedDict

from socialflow.catalogue.upstream.handed import command
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.errors import InvalidInput, ModelUnavailable
from socialflow.image.analysis import DAMAGED
from socialflow.image.given import Given, seen_in
from socialflow.image.reader import ImageReader
from socialflow.image.tagging import CLASSES, Tag
from socialflow.image.tags import MOST, TagAnalysis
from socialflow.kit.answers import Provenance, Status


class Tags(TypedDict):
    """Tags of a picture, the surest first; `missing` says what else could have told more."""

    tags: list[Tag]
    status: Status
    missing: list[str]
    provenance: list[Provenance]


class ImageTagger:
    """What pictures are of.

    Parameters:
        models: those that others trained; None: those of this installation.
        reader: decodes files in a bounded child; None: the one that all share.
    """

    def __init__(self, models: Models | None = None, reader: ImageReader | None = None) -> None:
        self._models, self._reader = models, reader

    def predict(self, picture: Given, top_k: int = 5) -> list[Tag]:
        """The `top_k` surest tags, or fewer where nothing else is likely.

        Raises:
            InvalidInput: `top_k` is not 1 to 20.
            ModelUnavailable: no model is here; names the command that gets one. And what `seen_in` raises.
        """
        told = self._told(picture, top_k)
        if told["status"] is Status.ABSTAINED:
            raise ModelUnavailable(f"no model of tags is here; get one with: {command(CLASSES[0])}")
        return told["tags"]

    async def detect(self, picture: Given, top_k: int = 5) -> list[Tag]:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, picture, top_k)

    async def analyze(self, picture: Given, top_k: int = 5) -> Tags:
        """As `predict`, with what made the tags and what is missing; it abstains where no model is here."""
        return await asyncio.to_thread(self._told, picture, top_k)

    def _told(self, picture: Given, top_k: int) -> Tags:
        if not 1 <= top_k <= MOST:
            raise InvalidInput(f"top_k is 1 to {MOST}, not {top_k}", field="top_k")
        analysis = TagAnalysis(self._models or shared_models())
        seen = seen_in(picture, [analysis], self._reader)
        answered = analysis.conclude(seen)
        return Tags(
            tags=answered.answer["tags"][:top_k],
            status=answered.status,
            missing=[*answered.missing, *([DAMAGED] if seen.damaged else ())],
            provenance=list(answered.provenance),
        )
