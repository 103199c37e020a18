"""Indexes as files, and clips as JSON."""

import os
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson

from socialflow.errors import ArtefactError
from socialflow.video.search.records import Clip, Floats, Moment, Phrase

FORMAT = 1


def told(clip: Clip) -> Mapping[str, Any]:
    """A clip as JSON, but for its id."""
    return {
        "phrases": [[phrase.kind, phrase.label, phrase.words] for phrase in clip.phrases],
        "moments": [[moment.start, moment.end, moment.parts] for moment in clip.moments],
        "length": clip.length,
        "missing": clip.missing,
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
        return Clip(id, phrases, moments, float(body["length"]), tuple(map(str, body["missing"])))
    except (KeyError, TypeError, ValueError, IndexError) as problem:
        raise ArtefactError(f"these are no moments of a video: {problem!r}") from problem


def write_clips(path: Path, space: str, clips: Sequence[tuple[Clip, Floats]]) -> None:
    """Clips and their vectors, in half precision, as one file; whole or not at all."""
    document = {"format": FORMAT, "space": space, "clips": [{"id": clip.id, **told(clip)} for clip, _ in clips]}
    rows = np.concatenate([one for _, one in clips]) if clips else np.zeros((0, 0))
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    with aside.open("wb") as stream:
        np.savez(stream, document=np.frombuffer(orjson.dumps(document), np.uint8), vectors=rows.astype(np.float16))
    aside.replace(path)


def read_clips(path: Path) -> tuple[str, Sequence[tuple[Clip, Floats]]]:
    """The space of the vectors, and clips with them. Raises ArtefactError."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            document, rows = orjson.loads(kept["document"].tobytes()), kept["vectors"].astype(np.float32)
        if document["format"] != FORMAT:
            raise ArtefactError(f"{path} has format {document['format']}; this version reads {FORMAT}")
        clips = [heard(str(one["id"]), one) for one in document["clips"]]
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as problem:
        raise ArtefactError(f"{path} is no index of videos: {problem}") from problem
    ends = np.cumsum([len(clip.phrases) for clip in clips])
    if len(rows) != (ends[-1] if clips else 0):
        raise ArtefactError(f"{path} has {len(rows)} vectors for {ends[-1] if clips else 0} phrases")
    return str(document["space"]), list(zip(clips, np.split(rows, ends[:-1]), strict=True)) if clips else []
