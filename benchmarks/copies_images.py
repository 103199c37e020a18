"""Whether pictures are found again after edits, beside PDQ and the classical perceptual hash.

`python -m benchmarks copies_images [--shared DIR]`

Every edit of every picture is looked up among all pictures as they were. Recall: found of those that can be told
(`TELLING`); false matches: of all pairs of different pictures, those that cannot be told included. What edits put over
all pictures alike (a logo, a frame) might be taken for the picture, so pictures with the same edit are looked up among
each other too ("same overlay").

Limits are chosen on one half of the pictures, told by a digest of the name, as those with the highest mean recall that
let nothing false through, same overlays aside for PDQ and the classical hash, which have no answer to them; figures are
of the other half and of all. How the fingerprint works was settled looking at all of them. `pdq 31` is PDQ as advised.
"""

import hashlib
import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.picture_edits import EDITS, SHARED, Picture
from benchmarks.results_file import write
from socialflow.image.descriptors import DEFAULT_LIMITS, Bank, Limits, fingerprint
from socialflow.image.hamming import distances_of_all
from socialflow.image.pdq import MATCH, pdq
from socialflow.image.phash import phash
from socialflow.image.records import ImageFingerprint

FOLDERS = ("photos", "pdq-conformance/misc-images", "pdq-conformance/reg-test-input/labelme-subset", "quality-pairs")
INLIERS, LIKENESS = (6, 8, 10, 14), (0.5, 0.6, 0.7)
"""Limits that are tried."""
ONE = "pdq-conformance/bridge-mods/aaa-orig.jpg"
"""Of the twelve edits of one photo in that folder, the original."""
TELLING, LEAST_SIDE = 20, 64
"""PDQ quality and pixels of the shorter side that a picture has at least that can be told."""
Table = npt.NDArray[np.bool_]
"""(n, m): which query (row) is taken for which reference."""
Strengths = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Looked:
    """A picture, or an edit of it, as each method sees it."""

    fingerprint: ImageFingerprint
    pdq: npt.NDArray[np.uint8]
    phash: npt.NDArray[np.uint8]


def run(shared: Path) -> Path:
    """Measure and write `results/copies_images.json`."""
    names, pictures = read(shared / "media")
    originals = [look(one) for one in pictures]
    telling = np.array(
        [
            one.fingerprint.quality >= TELLING and min(shown.shape[:2]) >= LEAST_SIDE
            for one, shown in zip(originals, pictures, strict=True)
        ]
    )
    begun = time.perf_counter()
    edited = {name: [look(edit(one)) for one in pictures] for name, edit in EDITS.items()}
    seconds = (time.perf_counter() - begun) / len(EDITS) / len(pictures)
    first = np.array([hashlib.sha256(name.encode()).digest()[0] % 2 == 0 for name in names])
    measure = Measure(originals, edited, telling)
    limits, bits = _chosen(measure, first)
    told = {
        "ours": measure.tables(lambda queries, references: ours(queries, references, limits)),
        "pdq": measure.tables(lambda queries, references: by_hash(queries, references, "pdq", bits["pdq"])),
        f"pdq {MATCH}": measure.tables(lambda queries, references: by_hash(queries, references, "pdq", MATCH)),
        "phash": measure.tables(lambda queries, references: by_hash(queries, references, "phash", bits["phash"])),
    }
    everything = np.ones(len(names), bool)
    return write(
        "copies_images",
        "python -m benchmarks copies_images",
        {
            "pictures": len(names),
            "cannot_be_told": [name for name, able in zip(names, telling, strict=True) if not able],
            "limits": {"inliers": limits.inliers, "likeness": limits.likeness, **bits},
            "other_half": {name: measure.figures(of, ~first) for name, of in told.items()},
            "all": {name: measure.figures(of, everything) for name, of in told.items()},
            "milliseconds": _milliseconds(originals, pictures, seconds),
        },
    )


def read(media: Path) -> tuple[list[str], list[Picture]]:
    """Names and pictures (h, w, 3)."""
    paths = [path for folder in FOLDERS for path in sorted((media / folder).iterdir())]
    paths = [path for path in paths if path.suffix in (".jpg", ".png") and "low_resolution" not in path.name]
    paths.append(media / ONE)
    found = [cv2.cvtColor(cv2.imread(str(path), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB) for path in paths]
    return [path.name for path in paths], [np.asarray(one, np.uint8) for one in found]


def look(shown: Picture) -> Looked:
    """A picture as each method sees it."""
    whole = np.ascontiguousarray(shown)
    return Looked(fingerprint(whole), pdq(whole).bits, phash(whole))


def ours(queries: Sequence[Looked], references: Sequence[Looked], limits: Limits) -> Table:
    """What fingerprints say."""
    bank = Bank([one.fingerprint for one in references])
    table = np.zeros((len(queries), len(references)), bool)
    for row, query in enumerate(queries):
        table[row, [found.row for found in bank.search(query.fingerprint, limits)]] = True
    return table


def strengths(queries: Sequence[Looked], references: Sequence[Looked]) -> Strengths:
    """What fingerprints say at the loosest limits, (n, m, 2): features that agree, of hashes alone 99, and likeness."""
    bank = Bank([one.fingerprint for one in references])
    loose = replace(DEFAULT_LIMITS, inliers=min(INLIERS), likeness=min(LIKENESS))
    table = np.zeros((len(queries), len(references), 2))
    for row, query in enumerate(queries):
        for found in bank.search(query.fingerprint, loose):
            table[row, found.row] = found.match.inliers or 99, found.match.likeness
    return table


def by_hash(queries: Sequence[Looked], references: Sequence[Looked], kind: str, most: int) -> Table:
    """What hashes say that differ by `most` bits at most."""
    return apart(queries, references, kind) <= most


def apart(queries: Sequence[Looked], references: Sequence[Looked], kind: str) -> npt.NDArray[np.uint16]:
    """Bits (n, m) by which hashes of a kind differ."""
    rows, columns = (np.stack([getattr(one, kind) for one in each]) for each in (queries, references))
    return distances_of_all(rows, columns)


@dataclass(frozen=True)
class Tables:
    """What a method says: by edit, of edited pictures and originals, and of pictures with the same edit."""

    found: Mapping[str, Table]
    alike: Mapping[str, Table]


@dataclass(frozen=True)
class Measure:
    """All pictures, and which of them can be told."""

    originals: Sequence[Looked]
    edited: Mapping[str, Sequence[Looked]]
    telling: npt.NDArray[np.bool_]

    def of(self, half: npt.NDArray[np.bool_]) -> "Measure":
        """Of some of the pictures."""
        rows = np.flatnonzero(half)
        edited = {name: [looked[row] for row in rows] for name, looked in self.edited.items()}
        return Measure([self.originals[row] for row in rows], edited, self.telling[rows])

    def tables(self, method: Callable[[Sequence[Looked], Sequence[Looked]], Table]) -> Tables:
        """What a method says."""
        found = {name: method(queries, self.originals) for name, queries in self.edited.items()}
        return Tables(found, {name: method(self.edited[name], self.edited[name]) for name in SHARED})

    def figures(self, told: Tables, half: npt.NDArray[np.bool_]) -> dict[str, object]:
        """Recall by edit and false matches of the pictures of `half`."""
        rows = np.flatnonzero(half)
        able = self.telling[rows]
        pairs = {name: table[np.ix_(rows, rows)] for name, table in told.found.items()}
        alike = {name: table[np.ix_(rows, rows)] for name, table in told.alike.items()}
        return {
            "recall": {name: round(float(np.diag(table)[able].mean()), 4) for name, table in pairs.items()},
            "false_matches": sum(map(_false, pairs.values())),
            "pairs": len(pairs) * len(rows) * (len(rows) - 1),
            "false_matches_same_overlay": {name: _false(table) for name, table in alike.items()},
            "false_matches_same_overlay_telling": {
                name: _false(table[np.ix_(able, able)]) for name, table in alike.items()
            },
            "pairs_same_overlay": len(rows) * (len(rows) - 1),
        }


def _false(table: Table) -> int:
    return int(table.sum() - np.diag(table).sum())


def _chosen(measure: Measure, first: npt.NDArray[np.bool_]) -> tuple[Limits, dict[str, int]]:
    """Limits with the highest recall on a half that let nothing false through."""
    half = measure.of(first)
    everything = np.ones(len(half.originals), bool)
    found = {name: strengths(queries, half.originals) for name, queries in half.edited.items()}
    alike = {name: strengths(half.edited[name], half.edited[name]) for name in SHARED}
    best, most = DEFAULT_LIMITS, (-math.inf, -math.inf)
    for inliers, likeness in product(INLIERS, LIKENESS):
        told = [
            {name: (table >= (inliers, likeness)).all(axis=2) for name, table in tables.items()}
            for tables in (found, alike)
        ]
        figures = half.figures(Tables(*told), everything)
        false = figures["false_matches"] + sum(figures["false_matches_same_overlay_telling"].values())
        value = (-false, float(np.mean(list(figures["recall"].values()))))
        if value >= most:  # of equal ones the strictest
            best, most = replace(DEFAULT_LIMITS, inliers=inliers, likeness=likeness), value
    bits = {
        kind: min(_nearest_other(apart(queries, half.originals, kind)) for queries in half.edited.values()) - 1
        for kind in ("pdq", "phash")
    }
    return best, bits


def _nearest_other(table: npt.NDArray[np.uint16]) -> int:
    return int(table[~np.eye(len(table), dtype=bool)].min())


def _milliseconds(originals: Sequence[Looked], pictures: Sequence[Picture], seconds: float) -> dict[str, float]:
    """Milliseconds of the parts, each on one thread."""
    bank = Bank([one.fingerprint for one in originals])
    grey = np.ascontiguousarray(np.random.default_rng(0).integers(0, 256, (512, 512), dtype=np.uint8))
    whole = np.ascontiguousarray(pictures[0])
    return {
        "pdq_of_512_x_512_luma": _median(lambda: pdq(grey)),
        "fingerprint": _median(lambda: fingerprint(whole)),
        f"search_among_{len(bank)}": _median(lambda: bank.search(originals[0].fingerprint)),
        "edit_and_look_mean": round(1e3 * seconds, 1),
    }


def _median(work: Callable[[], object]) -> float:
    spent = []
    for _ in range(15):
        begun = time.perf_counter()
        work()
        spent.append(time.perf_counter() - begun)
    return round(1e3 * float(np.median(spent)), 2)
