"""Whether copies of films are found, whole and in part, and nothing else.

`python -m benchmarks copies_videos [--shared DIR]`

The sample films of TMK and vPDQ against each other; all films against each other, and the standard edits of each
(`video.edits`) against all. Related films, which are no false matches, are named here. Limits were settled on the films
as they are and on the edits of those in `LOOKED_AT`; "not looked at" has the figures of the edits of the others. Then:
what a pass with shots and fingerprint takes of the time of decoding alone, and how many hashes a second are looked up
exactly among a million made ones, beside comparing with all.
"""

import time
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.results_file import write
from socialflow.image.hamming import within
from socialflow.video.copies_eval import evaluate_copies
from socialflow.video.observers.prints import PrintObserver
from socialflow.video.observers.shots import ShotObserver
from socialflow.video.print_index import PrintIndex
from socialflow.video.stream import watch

TMK = "copy-detection-tmk-vpdq/videos"
SUFFIXES = (".mp4", ".mkv", ".webm", ".gif")
CHAIRS = ("chair-19-sd-bar", "chair-22-sd-grey-bar", "chair-22-with-large-logo-bar", "chair-orig-22-sd-bar")
PATTERNS = ("pattern-hd-no-bar", "pattern-sd-grey-bar", "pattern-sd-with-large-logo-bar")
MONTAGE = ("01_dog", "03_blocks", "04_coffee", "05_default_juggle", "basketball", "rabbit", "bottle-detection")
OVERLAID = ("03_blocks", "04_coffee", "montage-known-cuts")
FIGURES = ("recall", "false_matches", "false_pairs", "per_transform")
LOOKED_AT = (
    *(
        "01_dog",
        "03_blocks",
        "04_coffee",
        "05_default_juggle",
        "asl_book",
        "asl_walk",
        "basketball",
        "bottle-detection",
    ),
    *("car-detection", "doorknob-hd-no-bar", "juggle_vertical_crop", "nasa_13013", "rabbit", "test-padded-dimensions"),
)
TIMED = "video-actions/01_dog.mp4"
"""A film of 720 lines."""


def run(shared: Path) -> Path:
    """Measure and write `results/copies_videos.json`."""
    media = shared / "media"
    films = [path for path in sorted(media.rglob("*")) if path.suffix in SUFFIXES]
    with TemporaryDirectory() as made:
        truth = Path(made) / "truth.csv"
        endings = {path.stem: path.name for path in films}
        truth.write_text("".join(f"{endings[one]},{endings[other]}\n" for one, other in related()))
        tmk = evaluate_copies(media / TMK, media / TMK, truth)
        told = {}
        for name, chosen in (
            ("all", films),
            ("not looked at", [path for path in films if path.stem not in LOOKED_AT]),
        ):
            folder = Path(made) / name
            folder.mkdir()
            for path in chosen:
                (folder / path.name).symlink_to(path.resolve())
            told[name] = evaluate_copies(folder, folder, truth, transforms=True)
    return write(
        "copies_videos",
        "python -m benchmarks copies_videos",
        {
            "films": len(films),
            "tmk": tmk["per_transform"]["as it is"],
            **{part: {name: one[name] for name in FIGURES} for part, one in told.items()},
            "pass": passes(media / TIMED),
            "index": lookups(),
        },
    )


def related() -> list[tuple[str, str]]:
    """Films that show the same, at least in part."""
    montage = [("montage-known-cuts", name) for name in (*MONTAGE, "juggle_vertical_crop")]
    return [
        *combinations(CHAIRS, 2),
        *combinations(PATTERNS, 2),
        ("05_default_juggle", "juggle_vertical_crop"),
        *montage,
        *(("speech-over-video", name) for name in OVERLAID),
    ]


def passes(film: Path) -> Mapping[str, float]:
    """Time of a pass by what of decoding alone, the median of five, taking turns."""
    kinds = {"decode": (), "fingerprint": (PrintObserver,), "shots and fingerprint": (ShotObserver, PrintObserver)}
    times: dict[str, list[float]] = {name: [] for name in kinds}
    for _ in range(5):
        for name, observers in kinds.items():
            begun = time.process_time()
            watch(film, [observer() for observer in observers])
            times[name].append(time.process_time() - begun)
    alone = median(times["decode"])
    return {name: round(median(taken) / alone, 3) for name, taken in times.items() if name != "decode"}


def lookups(count: int = 1_000_000, queries: int = 1024, some: int = 32) -> dict[str, Any]:
    """Hashes looked up a second among made ones, half of them near one of these."""
    rng = np.random.default_rng(0)
    hashes = rng.integers(0, 256, (count, 32), dtype=np.uint8)
    asked = rng.integers(0, 256, (queries, 32), dtype=np.uint8)
    asked[::2] = hashes[: queries // 2]
    asked[::2, :24] ^= 1
    index = PrintIndex()
    index.add(0, hashes, np.arange(count))
    index.settle()
    begun = time.perf_counter()
    found = index.search(asked)
    taken = time.perf_counter() - begun
    begun = time.perf_counter()
    pairs = within(asked[:some], hashes, 31)
    brute = time.perf_counter() - begun
    first = found.queries < some
    same = np.array_equal(np.stack((found.queries[first], found.places[first]), axis=1), pairs)
    with TemporaryDirectory() as folder:
        index.save(Path(folder) / "index")
        size = (Path(folder) / "index").stat().st_size
    return {
        "hashes": count,
        "queries_per_second": round(queries / taken),
        "times_comparing_all": round((queries / taken) / (some / brute), 1),
        "same_as_comparing_all": same,
        "bytes_per_hash": round(size / count, 1),
    }
