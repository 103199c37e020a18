"""Content as callers describe it, in a dictionary."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar

from socialflow.errors import InvalidInput
from socialflow.moderation.gather.records import Content, Source
from socialflow.moderation.records import ContentKind

T = TypeVar("T")

FIELDS = ("title", "description", "text", "tags", "image_url", "images", "video_url", "author", "language", "community")
"""What a description may hold."""


def kind_of(name: str) -> ContentKind:
    """A kind by name. Raises InvalidInput."""
    if name not in set(ContentKind):
        raise InvalidInput(f"content_type must be one of {', '.join(ContentKind)}, not {name!r}", field="content_type")
    return ContentKind(name)


def content_from(kind: ContentKind, given: Mapping[str, object], content_id: str | None = None) -> Content:
    """What is to be judged: `text`, `title`, `description`, `tags`, `image_url`, `images`, `video_url`, and whose and
    where it is: `author`, `language`, `community`. Media are URLs, or Paths of files of this machine.

    Raises:
        InvalidInput: a field that there is not, one of the wrong type, or nothing to judge; names the field. What is
            not known is refused rather than left unchecked.
    """
    for name in given:
        if name not in FIELDS:
            raise InvalidInput(f"{name!r} is nothing that can be judged; give {', '.join(FIELDS)}", field=name)
    single = [source for source in (_field(given, "image_url", _source),) if source is not None]
    content = Content(
        kind=kind,
        title=_field(given, "title", _text) or "",
        description=_field(given, "description", _text) or "",
        text=_field(given, "text", _text) or "",
        tags=tuple(_text(one) for one in _listed(given, "tags")),
        pictures=(*single, *(_source(one) for one in _listed(given, "images"))),
        video=_field(given, "video_url", _source),
        author=_field(given, "author", _text),
        language=_field(given, "language", _text),
        community=_field(given, "community", _text),
        id=content_id,
    )
    refuse_nothing(content)
    return content


def refuse_nothing(content: Content) -> None:
    """Raises InvalidInput where there is nothing that could be judged."""
    if not content.words.strip() and not content.pictures and content.video is None:
        raise InvalidInput("there is nothing to judge: give words, pictures or a video", field="content")


def _field(given: Mapping[str, object], name: str, read: Callable[[object], T]) -> T | None:
    value = given.get(name)
    if value is None:
        return None
    try:
        return read(value)
    except InvalidInput as problem:
        problem.field = name
        raise


def _listed(given: Mapping[str, object], name: str) -> list[object]:
    value = given.get(name)
    if value is None:
        return []
    if not isinstance(value, list | tuple):
        raise InvalidInput(f"{name} is a list, not {type(value).__name__}", field=name)
    return list(value)


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise InvalidInput(f"a text is a string, not {type(value).__name__}", field="text")
    return value


def _source(value: object) -> Source:
    if not isinstance(value, str | Path):
        raise InvalidInput(f"media are named by a URL or a Path, not by {type(value).__name__}", field="images")
    return value
