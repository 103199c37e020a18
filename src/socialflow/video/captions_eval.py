"""Captions against those that somebody wrote."""

import time
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from socialflow.errors import InvalidInput
from socialflow.evaluation.words import WordScore, compare, normalised, spoken
from socialflow.video.captions import Captions, SpeechCaptioner
from socialflow.video.cues import Cue
from socialflow.video.reader import Watching
from socialflow.video.subtitles import read_captions

LARGEST = 16 << 20
"""Bytes of a file of captions."""


def evaluate_captions(
    media: Path, truth: Path, captioner: SpeechCaptioner, watching: Watching | None = None
) -> dict[str, Any]:
    """Caption a file and compare it with captions of SubRip or WebVTT.

    Returns: task, version, data {seconds, cues, words}, `word_error_rate` over words in lower case without punctuation,
    its parts {changed, left_out, put_in}; `timing_error_s`, the median distance in seconds of the start of a cue's
    first word, where that word was recognised rightly, from the start of the cue, `timing_errors_s` of all such cues
    and `timed` how many there are (None and empty where none is); how it was made {status, missing, provenance,
    language, confidence}; real_time_factor, seconds of work by seconds of sound.

    Raises:
        InvalidInput: the captions cannot be read, and where, or say nothing.
        MediaUnreadable: the file cannot.
    """
    cues = read_captions(_text(truth))
    said, begins = words_of(cues)
    if not said:
        raise InvalidInput("there are no words in the captions", field="truth")
    begun = time.perf_counter()
    told = captioner.predict(media, watching)
    seconds = time.perf_counter() - begun
    words, starts = _told(told)
    scored = compare(said, words)
    off = timing(scored, begins, starts)
    return {
        "task": "captions",
        "version": version("socialflow"),
        "data": {"seconds": round(told["duration"], 3), "cues": len(cues), "words": len(said)},
        "word_error_rate": round(scored.rate, 4),
        "errors": {"changed": scored.changed, "left_out": scored.left_out, "put_in": scored.put_in},
        "timing_error_s": round(median(off), 3) if off else None,
        "timing_errors_s": [round(one, 3) for one in off],
        "timed": len(off),
        "status": told["status"],
        "missing": told["missing"],
        "provenance": [f"{one.model} {one.version} {one.tier}" for one in told["provenance"]],
        "language": told["language"],
        "confidence": told["confidence"],
        "real_time_factor": round(seconds / told["duration"], 3) if told["duration"] else None,
    }


def words_of(cues: Sequence[Cue]) -> tuple[list[str], dict[int, float]]:
    """Words of captions in order, and by the place of each cue's first word when that cue begins.

    >>> words_of([Cue(1.0, 2.0, "NAR: Well,\\nwell."), Cue(3.0, 4.0, "[door]"), Cue(5.0, 6.0, "Yes!")])
    (['well', 'well', 'yes'], {0: 1.0, 2: 5.0})
    """
    words: list[str] = []
    begins: dict[int, float] = {}
    for cue in cues:
        new = normalised(spoken(cue.text))
        if new:
            begins[len(words)] = cue.start
        words += new
    return words, begins


def timing(scored: WordScore, begins: dict[int, float], starts: Sequence[float]) -> list[float]:
    """Seconds by which rightly recognised first words of cues are off."""
    return [abs(begins[one] - starts[other]) for one, other in scored.matched if one in begins]


def _told(captions: Captions) -> tuple[list[str], list[float]]:
    """Normalised words, and when each begins."""
    pairs = [(part, float(word["start"])) for word in captions["words"] for part in normalised(word["text"])]
    return [word for word, _ in pairs], [start for _, start in pairs]


def _text(path: Path) -> str:
    if path.stat().st_size > LARGEST:
        raise InvalidInput(f"the captions have more than {LARGEST} bytes; is it the film?", field="truth")
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as problem:
        raise InvalidInput("the captions are no text in UTF-8; is it the film?", field="truth") from problem
