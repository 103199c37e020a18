"""The page of a video: facts, what is missing, a timeline, thumbnails, quality, and a contact sheet of its shots."""

import json
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from socialflow.doors.cli.pages.page import (
    Html,
    Section,
    bars,
    chip,
    clock,
    facts,
    figure,
    joined,
    jpeg,
    legend,
    missing,
    page,
    text,
)

if TYPE_CHECKING:
    from socialflow.kit.findings import Finding
    from socialflow.video.analysis import Report
    from socialflow.video.records import Pass

STILLS = "stills"
"""The observer whose pictures a page shows."""
MOST_SHOTS = 120
_CLASSES = {"action": "b", "dialogue": "a", "transition": "c"}
_CROPS = ("b", "a", "c")
_WIDE, _LEFT = 1000, 70
Body = Mapping[str, Any]


def video_page(name: str, told: "Report", seen: "Pass", commands: Mapping[str, str]) -> Html:
    """The page of a report and of the pass that it was made of; shots have pictures where `STILLS` watched."""
    parts = [
        Section("The file", facts(_facts(told))),
        missing(told.missing, commands),
        _timeline(told, seen),
        _thumbnails(told),
        _quality(told, seen),
        _shots(told, seen),
        _rest(told),
    ]
    return page("Video report", name, told.status, [part for part in parts if part is not None])


def _facts(told: "Report") -> Mapping[str, object]:
    info, read = told.info, told.read
    picture = f"{info.width} x {info.height}, {info.codec}, {info.frame_rate:.4g} frames/s"
    sound = f"{info.audio_codec}, {info.audio_rate} Hz, {info.audio_channels} channels"
    return {
        "Picture": picture if info.codec else "none",
        "Sound": sound if info.audio_codec else "none",
        "Container": info.container,
        "Length": "not told" if info.duration is None else clock(info.duration),
        "Bit rate": "not told" if info.bit_rate is None else f"{info.bit_rate / 1000:,.0f} kbit/s",
        "Turned": f"{info.rotation} degrees" if info.rotation else "no",
        "Read": f"{read.frames} frames, {clock(read.seconds)}",
        **{f"Analysis {name}": chip(one.status) for name, one in told.analyses.items()},
    }


def _answer(told: "Report", name: str) -> Body:
    one = told.analyses.get(name)
    return {} if one is None else one.answer


def _timeline(told: "Report", seen: "Pass") -> Section | None:
    scene = _answer(told, "scene")
    length = float(scene.get("duration") or 0)
    if not length:
        return None
    speech = seen.findings.get("rhythm")
    lanes = [
        _lane(
            0, "scenes", length, ((one["start"], one["end"], _CLASSES[one["scene_class"]]) for one in scene["scenes"])
        ),
        _lane(1, "shots", length, ((one["start"], one["end"], "accent") for one in scene["shots"])),
        _lane(2, "gradual", length, _gradual(scene)),
        _speech(3, length, [] if speech is None else speech.arrays[0].tolist()),
    ]
    ticks = joined(_tick(length * share / 8, length) for share in range(9))
    chart = (
        f'<svg class="chart" viewBox="0 0 {_WIDE} 166" role="img" aria-label="Timeline">{joined(lanes)}{ticks}</svg>'
    )
    known = {**_CLASSES, "shots": "accent", "fades and dissolves": "soft", "like speech": "good"}
    counted = f"{len(scene['scenes'])} scenes, {len(scene['shots'])} shots, {len(scene['flashes'])} flashes"
    return Section("Timeline", Html(f"<p>{counted}</p>{chart}{legend(known)}"))


def _x(seconds: float, length: float) -> float:
    return _LEFT + (_WIDE - _LEFT - 14) * min(1.0, seconds / length)


def _lane(row: int, name: str, length: float, spans: Iterator[tuple[float, float, str]]) -> Html:
    top = 12 + 33 * row
    blocks = (
        f'<rect x="{left + 0.6:.1f}" y="{top}" width="{max(1.0, right - left - 1.2):.1f}" height="24" rx="3"'
        f' fill="var(--{colour})"><title>{text(clock(start))} to {text(clock(end))}</title></rect>'
        for start, end, colour in spans
        for left, right in [(_x(start, length), _x(end, length))]
    )
    return Html(f'<text x="12" y="{top + 16}">{text(name)}</text>{"".join(blocks)}')


def _gradual(scene: Body) -> Iterator[tuple[float, float, str]]:
    return ((one["start"], one["end"], "soft") for one in scene["transitions"] if one["kind"] != "cut")


def _speech(row: int, length: float, shares: Sequence[float]) -> Html:
    top, wide = 12 + 33 * row, max(0.8, _x(1, length) - _LEFT - 0.4)
    blocks = (
        f'<rect x="{_x(second, length):.1f}" y="{top + 24 - 24 * share:.1f}" width="{wide:.1f}"'
        f' height="{24 * share:.1f}" fill="var(--good)"/>'
        for second, share in enumerate(shares)
        if second < length
    )
    return Html(f'<text x="12" y="{top + 16}">speech</text>{"".join(blocks)}')


def _tick(seconds: float, length: float) -> Html:
    at = _x(seconds, length)
    line = f'<line x1="{at:.1f}" x2="{at:.1f}" y1="8" y2="144" stroke="var(--line)" stroke-width="1" opacity=".6"/>'
    anchor = "end" if seconds >= length else "middle"
    return Html(f'{line}<text x="{at:.1f}" y="159" text-anchor="{anchor}">{text(clock(seconds))}</text>')


def _thumbnails(told: "Report") -> Section | None:
    answer = _answer(told, "thumbnails")
    if not answer.get("thumbnails"):
        return None
    shapes = list(answer["thumbnails"][0]["crops"])
    colours = dict(zip(shapes, _CROPS * len(shapes), strict=False))
    figures = joined(_thumbnail(one, colours) for one in answer["thumbnails"])
    words = "Scores are rules of thumb, not learnt from what people click."
    return Section(
        "Thumbnails", Html(f'<div class="grid wide">{figures}</div>{legend(colours)}<p class="info">{words}</p>')
    )


def _thumbnail(one: Body, colours: Mapping[str, str]) -> Html:
    boxes = (
        f'<rect x="{box["x"]}" y="{box["y"]}" width="{box["width"]}" height="{box["height"]}" fill="none"'
        f' stroke="var(--{colours[name]})" stroke-width="{max(2, one["height"] // 80)}"/>'
        for name, box in one["crops"].items()
        if box is not None
    )
    over = f'<svg class="over" viewBox="0 0 {one["width"]} {one["height"]}">{"".join(boxes)}</svg>'
    head = Html(f"<p><b>{one['score']:.2f}</b> at {text(clock(one['seconds']))} <code>{text(one['id'])}</code></p>")
    shown = Html(f"{jpeg(one['jpeg'], 'Thumbnail')}{over}")
    return figure(shown, joined([head, bars(one["parts"])]))


def _quality(told: "Report", seen: "Pass") -> Section | None:
    answer = _answer(told, "quality")
    if answer.get("score") is None:
        return None
    found = seen.findings.get("quality")
    issues = joined(
        Html(
            f'<li><span class="{text(one["severity"])}">{text(one["severity"])}</span> {text(one["message"])}'
            f'{_span(one)}<br><span class="info">{text(one["advice"])}</span></li>'
        )
        for one in answer["issues"]
    )
    left = Html(f"<div><p><b>{answer['score']:.2f}</b> of 1 on the whole</p>{bars(answer['parts'])}</div>")
    right = Html(f'<ul class="plain">{issues or "<li>Nothing is wrong.</li>"}</ul>')
    return Section("Quality", Html(f'<div class="two">{left}{right}</div>{"" if found is None else _curve(found)}'))


def _span(one: Body) -> str:
    return "" if one["start"] is None else f" ({text(clock(one['start']))} to {text(clock(one['end']))})"


def _curve(found: "Finding") -> Html:
    """Blur and noise of the pictures that were measured, over time."""
    rows = found.arrays[0].tolist() if found.arrays else []
    if len(rows) < 2:
        return Html("")
    length = max(rows[-1][0], 1e-3)
    lines = joined(
        Html(
            f'<polyline fill="none" stroke="var(--{colour})" stroke-width="1.8" points="'
            + " ".join(
                f"{_x(row[0], length):.1f},{112 - 92 * min(1.0, row[column] / top):.1f}"
                for row in rows
                if row[column] >= 0
            )
            + '"/>'
        )
        for colour, column, top in (("b", 1, 1.0), ("a", 3, 20.0))
    )
    times = [length * share / 4 for share in range(4)]
    ticks = joined(
        Html(f'<text x="{_x(at, length):.1f}" y="134" text-anchor="middle">{text(clock(at))}</text>') for at in times
    )
    frame = f'<svg class="chart" viewBox="0 0 {_WIDE} 144" role="img" aria-label="Blur and noise over time">'
    known = legend({"blur, 0 to 1": "b", "noise, 0 to 20 levels": "a"})
    return Html(f'<p></p>{frame}<text x="12" y="66">low is good</text>{lines}{ticks}</svg>{known}')


def _shots(told: "Report", seen: "Pass") -> Section | None:
    scene = _answer(told, "scene")
    shots = scene.get("shots")
    if not shots:
        return None
    pictures = _stills(seen.findings.get(STILLS))
    figures = joined(_shot(number, shot, pictures) for number, shot in enumerate(shots[:MOST_SHOTS], 1))
    more = f"<p>{len(shots) - MOST_SHOTS} more shots are not shown.</p>" if len(shots) > MOST_SHOTS else ""
    return Section("Contact sheet", Html(f'<div class="grid">{figures}</div>{more}'))


Still = tuple[int, bytes]


def _stills(found: "Finding | None") -> Sequence[Still]:
    """Frames and JPEGs, in order."""
    if found is None:
        return []
    told = found.body["stills"]
    ends = list(accumulate((one["bytes"] for one in told), initial=0))
    data = found.arrays[0].tobytes()
    return [(one["frame"], data[start:end]) for one, start, end in zip(told, ends, ends[1:], strict=False)]


def _shot(number: int, shot: Body, pictures: Sequence[Still]) -> Html:
    span = f"{text(clock(shot['start']))} to {text(clock(shot['end']))}"
    caption = Html(f"<b>{number}</b> {span}<br>movement {shot['motion']:.0f} levels/s")
    wanted = shot["keyframes"][0]["frame"] if shot["keyframes"] else shot["first"]
    found = _nearest(wanted, shot["first"], shot["last"], pictures)
    shown = Html('<span class="none">too short to have been sampled</span>')
    return figure(shown if found is None else jpeg(found, f"Shot {number}"), caption, "still")


def _nearest(wanted: int, first: int, last: int, pictures: Sequence[Still]) -> bytes | None:
    """The picture of a shot that is nearest to a frame of it; None: none was taken."""
    start = bisect_left(pictures, first, key=lambda one: one[0])
    own = [one for one in pictures[start : start + 100] if one[0] <= last]
    return min(own, key=lambda one: abs(one[0] - wanted))[1] if own else None


def _rest(told: "Report") -> Section | None:
    """Whatever else was answered, as it is."""
    others = {name: one for name, one in told.analyses.items() if name not in {"scene", "thumbnails", "quality"}}
    if not others:
        return None
    shown = (
        f"<details><summary>{text(name)} {chip(one.status)}</summary>"
        f"<pre><code>{text(json.dumps(one.answer, indent=2, ensure_ascii=False, default=str))}</code></pre></details>"
        for name, one in others.items()
    )
    return Section("Other analyses", Html("".join(shown)))
