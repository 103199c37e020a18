"""The page of a picture: the picture with what was found drawn on it, tags, fitness, and whatever else was told."""

import io
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from socialflow.doors.cli.pages.page import (
    Html,
    Section,
    bars,
    chip,
    facts,
    joined,
    jpeg,
    legend,
    missing,
    others,
    page,
    text,
)

if TYPE_CHECKING:
    from socialflow.image.analysis import ImageReport
    from socialflow.image.records import Colours

LARGEST, QUALITY = 1280, 85
"""Pixels of the longer side of the picture as it is shown, and JPEG quality."""
_DRAWN = {"objects": "b", "faces": "a", "text": "c"}
"""Analyses whose boxes are drawn, in their colours."""
_SHOWN = frozenset({*_DRAWN, "tags", "nsfw", "vector"})
Body = Mapping[str, Any]


def image_page(name: str, told: "ImageReport", colours: "Colours", commands: Mapping[str, str]) -> Html:
    """The page of a report and of the pixels that it is about."""
    parts = [
        Section("The file", facts(_facts(told))),
        missing(told.missing, commands),
        _picture(told, colours),
        _tags(told),
        _fitness(told),
        others(told.analyses, _SHOWN),
    ]
    return page("Image report", name, told.status, [part for part in parts if part is not None])


def _facts(told: "ImageReport") -> Mapping[str, object]:
    info = told.info
    return {
        "Picture": f"{info.width} x {info.height}, {info.format}",
        "Frames": info.frames,
        "Transparent": "yes" if info.transparent else "no",
        "Turned": "yes" if info.turned else "no",
        "Damaged": "yes" if told.damaged else "no",
        **{f"Analysis {name}": chip(one.status) for name, one in told.analyses.items()},
    }


def _answer(told: "ImageReport", name: str) -> Body:
    one = told.analyses.get(name)
    return {} if one is None else one.answer


def _picture(told: "ImageReport", colours: "Colours") -> Section:
    boxes = list(_boxes(told))
    over = joined(_box(*one) for one in boxes)
    shown = Html(f"{jpeg(_encoded(colours), 'The picture')}")
    frame = f'<svg class="over" viewBox="0 0 1000 1000" preserveAspectRatio="none">{over}</svg>'
    named = joined(Html(f"<li>{text(label)} <span class=num>{score:.2f}</span></li>") for _, label, score, _ in boxes)
    style = "position:relative;display:inline-block;line-height:0;max-width:100%"
    drawn = f'<div style="{style}"><figure><div class="shown">{shown}{frame}</div></figure></div>'
    known = legend({name: colour for name, colour in _DRAWN.items() if name in told.analyses})
    return Section("What is in it", Html(f'{drawn}{known}<ul class="plain">{named}</ul>'))


def _boxes(told: "ImageReport") -> Iterator[tuple[str, str, float, Body]]:
    """Colour, name, score and box of whatever lies somewhere."""
    for one in _answer(told, "objects").get("objects", ()):
        yield _DRAWN["objects"], one["label"], one["score"], one["box"]
    for one in _answer(told, "faces").get("faces", ()):
        expression = one.get("expression")
        yield _DRAWN["faces"], f"face, {expression['label']}" if expression else "face", one["score"], one["box"]
    for one in _answer(told, "text").get("lines", ()):
        yield _DRAWN["text"], one["text"], one["score"], one["box"]


def _box(colour: str, label: str, score: float, box: Body) -> Html:
    left, top, right, bottom = (1000 * box[side] for side in ("left", "top", "right", "bottom"))
    return Html(
        f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}" height="{bottom - top:.1f}" fill="none"'
        f' stroke="var(--{colour})" stroke-width="3" vector-effect="non-scaling-stroke">'
        f"<title>{text(label)} {score:.2f}</title></rect>"
    )


def _tags(told: "ImageReport") -> Section | None:
    found = _answer(told, "tags").get("tags")
    return Section("Tags", bars({one["tag"]: one["confidence"] for one in found})) if found else None


def _fitness(told: "ImageReport") -> Section | None:
    answer = _answer(told, "nsfw")
    if answer.get("verdict") is None:
        return None
    known = {name: value for name, value in answer["categories"].items() if value is not None}
    unknown = [name for name, value in answer["categories"].items() if value is None]
    words = f"{text(answer['verdict'])}; recommended: {text(answer['recommended_action'])}. "
    blind = f"Not known to the model: {text(', '.join(unknown))}." if unknown else ""
    return Section("Fitness", Html(f"<p>{words}{blind}</p>{bars(known)}"))


def _encoded(colours: "Colours") -> bytes:
    from PIL import Image

    shown = Image.fromarray(colours)
    shown.thumbnail((LARGEST, LARGEST))
    with io.BytesIO() as buffer:
        shown.save(buffer, "JPEG", quality=QUALITY)
        return buffer.getvalue()
