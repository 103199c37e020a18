"""What pictures and videos of content show, in tags."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from socialflow.content.records import Findings
from socialflow.errors import MediaUnavailable, MediaUnreadable, ModelUnavailable, Overloaded, RefusedAddress, TooLarge
from socialflow.kit.answers import Answered, Provenance

TAGS = "tags"
"""The analysis that is asked."""
NONE = "visual_tags"
"""What is missing where nothing could be seen."""
MOST = 10
"""Tags of one answer."""
_NOT_SEEN = (RefusedAddress, MediaUnavailable, MediaUnreadable, TooLarge, ModelUnavailable, Overloaded)
"""For these reasons the words are answered alone, and the reason is told."""


class Reported(Protocol):
    """What was answered of a file."""

    @property
    def analyses(self) -> Mapping[str, Answered]:
        """By name."""
        ...


class Looking(Protocol):
    """What looks at a file that a URL names."""

    async def analyse_url(self, url: str, names: tuple[str, ...]) -> Reported:
        """Ask some analyses."""
        ...


@dataclass(frozen=True, slots=True)
class Sights:
    """Tags of what is seen, the surest first; `missing` says what could not be had."""

    tags: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    provenance: tuple[Provenance, ...] = ()


UNSEEN = Sights(missing=(NONE,))


async def sights(video: Looking, image: Looking, video_url: str | None, image_url: str | None) -> Sights:
    """What a picture and a video show, each looked at where its URL is given.

    What cannot be had, decoded or asked is told in `missing`, with the code of the reason: words have their answers
    without it.
    """
    asked = [(looks, url) for looks, url in ((image, image_url), (video, video_url)) if url]
    found = [await _of(looks, url) for looks, url in asked] or [UNSEEN]
    tags = tuple(dict.fromkeys(tag for one in found for tag in one.tags))[:MOST]
    missing = tuple(dict.fromkeys(what for one in found for what in one.missing if not tags or what != NONE))
    return Sights(tags, missing, tuple(dict.fromkeys(source for one in found for source in one.provenance)))


def with_sights(found: Findings, seen: Sights) -> Findings:
    """Findings of words, with what is seen besides: its tags after theirs."""
    return replace(
        found,
        tags=tuple(dict.fromkeys((*found.tags, *seen.tags))),
        missing=(*found.missing, *seen.missing),
        provenance=(*found.provenance, *seen.provenance),
    )


async def _of(looks: Looking, url: str) -> Sights:
    try:
        told = (await looks.analyse_url(url, (TAGS,))).analyses[TAGS]
    except _NOT_SEEN as problem:
        return Sights(missing=(NONE, f"{NONE}:{problem.code}"))
    tags = tuple(str(one["tag"]) for one in told.answer.get("tags", ()))
    return Sights(tags, (*(() if tags else (NONE,)), *told.missing), told.provenance)
