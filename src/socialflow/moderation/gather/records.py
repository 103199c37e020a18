"""What signals are gathered of, and from."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

from socialflow.content.records import Item, ItemKind
from socialflow.errors import InvalidInput
from socialflow.image.analysis import ImageReport
from socialflow.moderation.banks.kept import Kept
from socialflow.moderation.records import ContentKind, Facts, Signals
from socialflow.video.analysis import Report

Source: TypeAlias = str | Path
"""A URL, or the Path of a file of this machine. A string never names a file, so that nobody who may name a URL can have
one opened."""
MOST_PICTURES = 20
"""Pictures of one piece of content."""


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be judged. `language` (ISO 639-1) is what somebody says it is in: a hint where the words do not tell,
    never what decides which model reads them. `id` is that of a stored item: it is no copy of itself.

    Raises:
        InvalidInput: more than 20 pictures.
    """

    kind: ContentKind
    title: str = ""
    description: str = ""
    text: str = ""
    tags: tuple[str, ...] = ()
    pictures: tuple[Source, ...] = ()
    video: Source | None = None
    author: str | None = None
    language: str | None = None
    community: str | None = None
    id: str | None = None

    def __post_init__(self) -> None:
        if len(self.pictures) > MOST_PICTURES:
            raise InvalidInput(f"{len(self.pictures)} pictures; {MOST_PICTURES} at most", field="images")

    @property
    def words(self) -> str:
        """All its words as one text, a line for each part that has some; places of signals are offsets in it.

        >>> Content(ContentKind.POST, title="Goal!", tags=("match", "cup")).words
        'Goal!\\nmatch cup'
        """
        parts = (self.title, self.description, self.text, " ".join(self.tags))
        return "\n".join(part for part in parts if part)


def content_of(item: Item) -> Content:
    """A stored item: of a video its film and thumbnail; what the medium of a post or comment is, its file tells."""
    named = [url for url in (item.media_url, item.thumbnail_url) if url]
    film = item.media_url if item.kind is ItemKind.VIDEO else None
    return Content(
        kind=ContentKind(item.kind.value),
        title=item.title,
        description=item.description,
        text=item.text,
        tags=item.tags,
        pictures=tuple(dict.fromkeys(url for url in named if url != film)),
        video=film,
        author=item.author,
        language=item.language,
        community=item.community,
        id=item.id,
    )


@dataclass(frozen=True, slots=True)
class Gathered:
    """What was measured of one piece of content, and what is known besides.

    `files` has the signals of each of its files alone: its pictures in their order and behind them its film, if any.
    `kept` is what is remembered of it for banks that change later.
    """

    signals: Signals
    facts: Facts
    files: tuple[Signals, ...] = ()
    kept: Kept = Kept()


@dataclass(frozen=True, slots=True)
class Looked:
    """What became of one file: what was seen in it, as a picture or as a film, or why nothing was."""

    picture: ImageReport | None = None
    film: Report | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Post:
    """Something that an author wrote before; `words` are the beginnings of its parts."""

    id: str
    created_at: datetime
    words: str
    approved: bool


@dataclass(frozen=True, slots=True)
class AuthorFacts:
    """What a platform knows of an author: `posts` are the newest ones, newest first, 50 at most; `vouched` where its
    profile says `trusted: true`."""

    created_at: datetime
    posts: tuple[Post, ...] = ()
    vouched: bool = False
