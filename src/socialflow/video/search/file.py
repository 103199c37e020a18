"""Indexes as files, and clips as JSON."""

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from socialflow.errors import ArtefactError
from socialflow.video.search.records import Clip, Floats, Frames, Moment, Phrase, Stretch

FORMAT = 1


def told(clip: Clip) -> Mapping[str, Any]:
    """A clip as JSON, but for its id."""
    return {
        "phrases": [[phrase.kind, phrase.label, phrase.words] for phrase in clip.phrases],
        "moments": [[moment.start, moment.end, moment.parts] for moment in clip.moments],
        "length": clip.length,
        "missing": clip.missing,
        "frames": {
            "space": clip.frames.space,
            "spans": [[one.start, one.end, one.begins] for one in clip.frames.spans],
        },
    }


def heard(id: str, body: Mapping[str, Any]) -> Clip:  # noqa: A002
    """Inverse of `told`. Raises ArtefactError.

    >>> clip = Clip("v", (Phrase("object", "dog", "dog"),), (Moment(0.0, 4.0, ((0, 0.9),)),), 4.0)
    >>> heard("v", told(clip)) == clip
    True
    """
    try:
        phrases = tuple(Phrase(*map(str, one)) for one in body["phrases"])
        moments = tuple(
            Moment(float(start), float(end), tuple((range(len(phrases))[place], float(sure)) for place, sure in parts))
            for start, end, parts in body["moments"]
        )
        frames = _frames(body["frames"]) if "frames" in body else Frames()  # which clips of old have not
        return Clip(id, phrases, moments, float(body["length"]), tuple(map(str, body["missing"])), frames)
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise ArtefactError(f"these are no moments of a video: {problem!r}") from problem


def _frames(body: Mapping[str, Any]) -> Frames:
    spans = (Stretch(float(start), float(end), bool(begins)) for start, end, begins in body["spans"])
    return Frames(str(body["space"]), tuple(spans))


def write_clips(path: Path, space: str, clips: Sequence[tuple[Clip, Floats, Floats | None]]) -> None:
    """Clips, their vectors and those of their frames, in half precision, as one file; whole or not at all."""
    listed = [{"id": clip.id, **told(clip), "seen": 0 if own is None else own.shape[1]} for clip, _, own in clips]
    document = {"format": FORMAT, "space": space, "clips": listed}
    rows = np.concatenate([one for _, one, _ in clips]) if clips else np.zeros((0, 0))
    seen = np.concatenate([np.zeros(0, np.float32), *(own.ravel() for _, _, own in clips if own is not None)])
    halves = rows.astype(np.float16), seen.astype(np.float16)
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as stream:
        head = np.frombuffer(orjson.dumps(document), np.uint8)
        np.savez(stream, document=head, vectors=halves[0], seen=halves[1])
    aside.replace(path)


def read_clips(path: Path) -> tuple[str, Sequence[tuple[Clip, Floats, Floats | None]]]:
    """The space of the vectors, and clips with them and with those of their frames. Raises ArtefactError."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            document, rows = orjson.loads(kept["document"].tobytes()), kept["vectors"].astype(np.float32)
            seen = kept["seen"].astype(np.float32) if "seen" in kept else np.zeros(0, np.float32)  # of old: none
        if document["format"] != FORMAT:
            raise ArtefactError(f"{path} has format {document['format']}; this version reads {FORMAT}")
        clips = [heard(str(one["id"]), one) for one in document["clips"]]
        frames = _split(seen, clips, [int(one.get("seen", 0)) for one in document["clips"]])
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as problem:
        raise ArtefactError(f"{path} is no index of videos: {problem}") from problem
    ends = np.cumsum([len(clip.phrases) for clip in clips])
    if len(rows) != (ends[-1] if clips else 0):
        raise ArtefactError(f"{path} has {len(rows)} vectors for {ends[-1] if clips else 0} phrases")
    parts = np.split(rows, ends[:-1]) if clips else []
    return str(document["space"]), list(zip(clips, parts, frames, strict=True))


def _split(seen: Floats, clips: Sequence[Clip], widths: Sequence[int]) -> list[Floats | None]:
    """Each clip's own (frames, width) of all numbers. Raises ValueError where they do not fit."""
    sizes = [len(clip.frames.spans) * width for clip, width in zip(clips, widths, strict=True)]
    if sum(sizes) != len(seen):
        raise ValueError(f"{len(seen)} numbers of frames where {sum(sizes)} should be")
    ends = np.cumsum([0, *sizes])
    return [
        seen[ends[place] : ends[place + 1]].reshape(-1, width) if size else None
        for place, (size, width) in enumerate(zip(sizes, widths, strict=True))
    ]
