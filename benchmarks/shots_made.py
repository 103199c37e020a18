"""Films put together from single shots, so that every cut, dissolve, fade and flash is known by construction."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt
from PIL import Image

WIDTH, HEIGHT, RATE = 640, 360, 25
SHORTEST, LONGEST = 30, 110
"""Frames that a shot keeps to itself, transitions not counted."""
_MOST = 300
"""Frames read of one clip."""
_PATIENT = 24
"""Stretches of the annotated film that are shorter are not used as shots."""

Pictures = npt.NDArray[np.uint8]
"""Frames (count, height x 3 / 2, width): brightness, then both colours, as yuv420p has them."""

CLIPS: tuple[tuple[str, ...], tuple[str, ...]] = (
    (
        "video-actions/01_dog.mp4",
        "video-actions/04_coffee.mp4",
        "video-actions/asl_book.mkv",
        "video-actions/asl_walk.mkv",
        "video-people-traffic/bottle-detection.mp4",
        "video-people-traffic/people-detection.gif",
    ),
    (
        "video-actions/03_blocks.mp4",
        "video-actions/05_default_juggle.mp4",
        "video-actions/juggle_vertical_crop.mp4",
        "video-actions/basketball.mp4",
        "video-handheld/rabbit.mp4",
        "video-people-traffic/car-detection.mp4",
        "video-people-traffic/person-bicycle-car-detection.gif",
    ),
)
"""Clips without cuts, in two halves that share nothing."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a shot is taken from: frames `first` to `last` of a clip, or a photograph."""

    path: Path
    first: int = 0
    last: int = _MOST - 1


def sources(media: Path, half: int) -> tuple[list[Source], list[Source]]:
    """Clips and photographs of a half, 0 or 1; shots of the annotated trailer and photographs take turns."""
    film = media / "video-film" / "big-buck-bunny_trailer.webm"
    parts = [Source(film, *part) for part in _stretches(film.with_suffix(".json"))]
    clips = [Source(media / name) for name in CLIPS[half]] + parts[half::2]
    photos = sorted((media / "photos").glob("*.jpg"))[half::2]
    return clips, [Source(photo) for photo in photos]


def _stretches(annotation: Path) -> list[tuple[int, int]]:
    """First and last frames of what lies between the transitions of an annotated film."""
    told = json.loads(annotation.read_text(encoding="utf-8"))
    (_, begins), (closes, _) = (told["not_a_transition"][place]["frames"] for place in (0, -1))  # fades of titles
    parts = []
    for one in [*told["transitions"], {"first_frame_of_new_shot": closes}]:
        cut = one.get("first_frame_of_new_shot")
        ends = one["from_frame"] - 3 if cut is None else cut - 1
        if ends - begins >= _PATIENT:
            parts.append((begins, ends))
        begins = one["to_frame"] + 3 if cut is None else cut
    return parts


@cache
def pictures(source: Source) -> Pictures:
    """Frames of a clip, cut to 16:9 and made `WIDTH` x `HEIGHT`."""
    made = []
    with av.open(str(source.path)) as container:
        for number, frame in enumerate(container.decode(video=0)):
            if number > source.last:
                break
            if number >= source.first:
                made.append(_fitted(frame.to_ndarray(format="rgb24")))
    return np.stack(made)


@cache
def photograph(source: Source) -> npt.NDArray[np.uint8]:
    """A photograph, 900 pixels high."""
    with Image.open(source.path) as image:
        width = max(1700, round(image.width * 900 / image.height))
        return np.asarray(image.convert("RGB").resize((width, round(image.height * width / image.width))))


def forget() -> None:
    """Let go of what was read."""
    pictures.cache_clear()
    photograph.cache_clear()


def _fitted(picture: npt.NDArray[np.uint8]) -> Pictures:
    """The middle of an RGB picture, as 16:9."""
    height, width = picture.shape[:2]
    wide, high = min(width, height * 16 // 9), min(height, width * 9 // 16)
    top, left = (height - high) // 2, (width - wide) // 2
    part = np.ascontiguousarray(picture[top : top + high, left : left + wide])
    frame = av.VideoFrame.from_ndarray(part, format="rgb24").reformat(WIDTH, HEIGHT, "yuv420p")
    shown: Pictures = frame.to_ndarray()
    return shown


def panned(photo: npt.NDArray[np.uint8], length: int, rng: np.random.Generator) -> Pictures:
    """A camera that moves over a photograph: calmly, shaken, or as fast as 60 pixels a frame."""
    high, wide = photo.shape[:2]
    room = np.array([max(high - HEIGHT, 1), max(wide - WIDTH, 1)])
    speed = rng.choice([1.0, 6.0, 20.0, 40.0, 60.0])
    shake = rng.choice([0.0, 3.0, 8.0])
    angle = rng.uniform(0, 2 * np.pi)
    at = rng.uniform(0, 1, 2) * room + np.outer(np.arange(length), speed * np.array([0.35 * np.sin(angle), 1.0]))
    at += rng.normal(0, 1, (length, 2)) * shake
    turned = np.abs((at + room) % (2 * room) - room)  # back and forth between the edges
    frames = []
    for top, left in np.minimum(turned, room - 1).astype(int):
        frames.append(_fitted(photo[max(top, 0) : max(top, 0) + HEIGHT, max(left, 0) : max(left, 0) + WIDTH]))
    return np.stack(frames)


def disturbed(
    shot: Pictures, own: tuple[int, int], photo: npt.NDArray[np.uint8], rng: np.random.Generator
) -> tuple[Pictures, list[int]]:
    """A shot with something in it that is no change of shot; and the first and last frames of a flash, where one is.

    `own` are the first frame that is no part of a change and the one after the last.
    """
    shot = shot.copy()
    length = len(shot)
    kind = rng.choice(["nothing", "flash", "object", "titles"], p=[0.55, 0.2, 0.125, 0.125])
    if kind == "flash":
        lasts = int(rng.integers(1, 7))
        first = int(rng.integers(own[0] + 8, own[1] - lasts - 8))
        bright = np.linspace(rng.uniform(0.7, 1.0), rng.uniform(0.3, 0.9), lasts)[:, None, None]
        part = shot[first : first + lasts].astype(np.float32)
        white = np.concatenate([np.full(HEIGHT, 235), np.full(HEIGHT // 2, 128)])[None, :, None]
        shot[first : first + lasts] = (1 - bright) * part + bright * white
        return shot, [first, first + lasts - 1]
    if kind == "object":
        thing = _fitted(photo[: min(photo.shape[:2]), : min(photo.shape[:2])])[:HEIGHT, :220]
        crossing = int(rng.integers(8, 24))
        first = int(rng.integers(0, max(1, length - crossing)))
        for step, number in enumerate(range(first, min(length, first + crossing))):
            left = round(-220 + (WIDTH + 220) * step / crossing)
            low, high = max(left, 0), min(left + 220, WIDTH)
            shot[number, 40:HEIGHT, low:high] = thing[40:, low - left : high - left]
    if kind == "titles":
        lines = np.kron(rng.random((60, 40)) < 0.5, np.ones((6, 8), bool))
        lines[np.arange(len(lines)) % 24 > 12] = False
        for number in range(length):
            rolled = np.roll(lines, -4 * number, axis=0)[:HEIGHT]
            shot[number, :HEIGHT, 160:480][rolled] = 235
    return shot, []


@dataclass(frozen=True, slots=True)
class Made:
    """A film and what is true of it, as the annotated films have it."""

    frames: list[Pictures]
    truth: Mapping[str, Any]


def compose(clips: Sequence[Source], photos: Sequence[Source], shots: int, rng: np.random.Generator) -> Made:
    """Shots one after another: half of the changes are cuts, three in ten dissolves, the others fades."""
    kinds = ["cut", *rng.choice(["cut", "dissolve", "fade"], p=[0.5, 0.3, 0.2], size=shots - 1), "cut"]
    mixed = [_lengths(kind, rng) for kind in kinds]
    parts: list[Pictures] = []
    transitions: list[dict[str, object]] = []
    flashes: list[dict[str, object]] = []
    count, previous = 0, None
    for number in range(shots):
        before, after = mixed[number], mixed[number + 1]
        previous = _other(clips, photos, previous, rng)
        shot, flash = _shot(previous, photos, (before, after), rng)
        start = count - before
        if before:
            mix = (
                _mixed(parts[-1], shot[:before])
                if kinds[number] == "dissolve"
                else _faded(parts[-1], shot[:before], rng)
            )
            parts[-1] = mix
            transitions.append({"type": str(kinds[number]), "from_frame": start, "to_frame": count - 1})
        elif number:
            transitions.append({"type": "cut", "first_frame_of_new_shot": count})
        flashes += [{"type": "flash", "frames": [start + place for place in flash]}] if flash else []
        parts += [shot[before : len(shot) - after], shot[len(shot) - after :]] if after else [shot[before:]]
        count = start + len(shot)
    truth: dict[str, object] = {"fps": RATE, "frames": count, "transitions": transitions, "not_a_transition": flashes}
    return Made(parts, truth)


def _lengths(kind: str, rng: np.random.Generator) -> int:
    """Frames of a change: dissolves of 0.5 to 2 seconds, fades of 0.5 to 2 seconds out and in together."""
    return 0 if kind == "cut" else int(rng.integers(RATE // 2, 2 * RATE + 1))


def _other(
    clips: Sequence[Source], photos: Sequence[Source], previous: Source | None, rng: np.random.Generator
) -> Source:
    while True:
        among = clips if rng.random() < 0.75 else photos
        source = among[rng.integers(len(among))]
        if previous is None or _place(source) != _place(previous):
            return source


def _place(source: Source) -> tuple[object, ...]:
    """What two clips share that were taken of the same people in the same place: a jump between them is no change of
    shot that anybody would see."""
    for word in ("asl", "juggle"):
        if word in source.path.stem:
            return (word,)
    return source.path, source.first


def _shot(
    source: Source, photos: Sequence[Source], mixed: tuple[int, int], rng: np.random.Generator
) -> tuple[Pictures, list[int]]:
    """A shot, `mixed` frames at its begin and end included, and the places of a flash."""
    length = int(rng.integers(SHORTEST, LONGEST)) + sum(mixed)
    if source.path.suffix == ".jpg":
        shot = panned(photograph(source), length, rng)
    else:
        whole = pictures(source)
        if len(whole) < length:  # back and forth, so that nothing jumps
            whole = np.concatenate([whole, whole[-2::-1]] * (length // len(whole) + 1))
        start = int(rng.integers(0, len(whole) - length + 1))
        shot = whole[start : start + length]
    own = (mixed[0], length - mixed[1])
    return disturbed(shot, own, photograph(photos[rng.integers(len(photos))]), rng)


def _mixed(tail: Pictures, head: Pictures) -> Pictures:
    weight = (np.arange(1, len(tail) + 1) / (len(tail) + 1)).astype(np.float32)[:, None, None]
    mixed: Pictures = np.rint((1 - weight) * tail + weight * head).astype(np.uint8)
    return mixed


def _faded(tail: Pictures, head: Pictures, rng: np.random.Generator) -> Pictures:
    """Out to black or white, a few plain frames, and in."""
    shade = 235 if rng.random() < 0.3 else 16
    plain = np.concatenate([np.full(HEIGHT, shade), np.full(HEIGHT // 2, 128)]).astype(np.float32)[None, :, None]
    length = len(tail)
    still = int(rng.integers(1, max(2, length // 4)))
    out = (length - still) // 2
    place = np.arange(1, length + 1)
    away = np.clip(place / (out + 1), 0, 1)[:, None, None]
    back = np.clip((place - length + out) / (out + 1), 0, 1)[:, None, None]
    left, come = (1 - away) * (tail - plain), back * (head - plain)
    faded: Pictures = np.clip(np.rint(plain + left + come), 0, 255).astype(np.uint8)
    return faded


def encode(path: Path, parts: Sequence[Pictures]) -> Path:
    """Write as H.264."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=Fraction(RATE), options={"preset": "veryfast", "crf": "26"})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        for frame in _each(parts):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="yuv420p")))
        container.mux(stream.encode())
    return path


def _each(parts: Sequence[Pictures]) -> Iterator[Pictures]:
    for part in parts:
        yield from part
