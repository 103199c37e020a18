"""Pictures that are like a picture: near duplicates first, then those that show the like."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from socialflow.errors import ArtefactError, InvalidInput
from socialflow.image.hamming import distances
from socialflow.image.pdq import HASH_BYTES, LOW_QUALITY, MATCH, Pdq, parse

_ARRAYS, _NOTE, _FORMAT = "vectors.npz", "index.json", 1
DUPLICATE, ALIKE = "duplicate", "alike"


@dataclass(frozen=True, slots=True, eq=False)
class ImageVector:
    """What is kept of a picture to compare it: the vector (d,) of length 1, its space, and its perceptual hash."""

    space: str
    vector: npt.NDArray[np.float32]
    pdq: Pdq

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> "ImageVector":
        """From the answer of the analysis `vector`. Raises InvalidInput for what is no such answer."""
        try:
            vector = np.asarray(answer["vector"], np.float32)
            pdq = parse(str(answer["pdq"]["hash"]), int(answer["pdq"]["quality"]))
            space = str(answer["space"])
        except (KeyError, TypeError, ValueError) as problem:
            raise InvalidInput(f"this is no vector of a picture: {problem!r}", field="vector") from problem
        if vector.ndim != 1 or not vector.size or not np.isfinite(vector).all():
            raise InvalidInput("a vector of a picture is a list of numbers", field="vector")
        return cls(space, vector, pdq)


@dataclass(frozen=True, slots=True)
class Like:
    """A picture that is like the one asked for: `kind` is `duplicate` (hashes differ by `distance` bits, 31 at most) or
    `alike`; `similarity` is the cosine of the vectors, -1 to 1."""

    id: str
    kind: str
    similarity: float
    distance: int


class SimilarImages:
    """An exact index in memory, of one space. Not safe to write to from several threads.

    Args:
        space: of the vectors (`ImageVector.space`).
        width: numbers of a vector.

    >>> index = SimilarImages("demo", 2)
    >>> index.add("a", ImageVector("demo", np.array([1, 0], np.float32), parse("0" * 64)))
    >>> index.query(ImageVector("demo", np.array([0.6, 0.8], np.float32), parse("f" * 64)))
    [Like(id='a', kind='alike', similarity=0.6, distance=256)]
    """

    def __init__(self, space: str, width: int) -> None:
        self.space, self.width = space, width
        self._ids: list[str] = []
        self._places: dict[str, int] = {}
        self._vectors = np.zeros((16, width), np.float32)
        self._hashes = np.zeros((16, HASH_BYTES), np.uint8)
        self._qualities = np.zeros(16, np.uint8)

    def __len__(self) -> int:
        return len(self._ids)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def add(self, name: str, picture: ImageVector) -> None:
        """Add a picture, or put it in place of the one of that id. Raises InvalidInput for one of another space."""
        self._check(picture)
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = len(self._ids)
            self._ids.append(name)
            if place == len(self._vectors):
                self._vectors, self._hashes = (np.concatenate([one, np.zeros_like(one)]) for one in self._rows())
                self._qualities = np.concatenate([self._qualities, np.zeros_like(self._qualities)])
        length = max(float(np.linalg.norm(picture.vector)), 1e-12)
        self._vectors[place] = picture.vector / length
        self._hashes[place] = np.frombuffer(picture.pdq.value, np.uint8)
        self._qualities[place] = picture.pdq.quality

    def remove(self, name: str) -> bool:
        """Take a picture out; False where it is not in."""
        place = self._places.pop(name, None)
        if place is None:
            return False
        last = len(self._ids) - 1
        moved = self._ids.pop()
        if place != last:
            self._ids[place], self._places[moved] = moved, place
            for rows in (*self._rows(), self._qualities):
                rows[place] = rows[last]
        return True

    def query(self, picture: ImageVector, most: int = 10, least: float = 0.0) -> list[Like]:
        """The `most` pictures most like one: near duplicates first, then others by likeness down to `least`.

        Hashes of pictures with too little to see (quality below 50) make no duplicates.

        Raises:
            InvalidInput: `most` is below 1, or the vector is of another space.
        """
        self._check(picture)
        if most < 1:
            raise InvalidInput(f"at least 1 picture is asked for, not {most}", field="most")
        count = len(self._ids)
        if not count:
            return []
        length = max(float(np.linalg.norm(picture.vector)), 1e-12)
        likeness = self._vectors[:count] @ (picture.vector / length)
        bits = distances(np.frombuffer(picture.pdq.value, np.uint8), self._hashes[:count]).astype(np.int64)
        same = (bits <= MATCH) & (self._qualities[:count] >= LOW_QUALITY) & (picture.pdq.quality >= LOW_QUALITY)
        order = np.lexsort((np.arange(count), -likeness, np.where(same, bits, 1 << 10)))
        wanted = [int(place) for place in order if same[place] or likeness[place] >= least][:most]
        return [
            Like(
                self._ids[place],
                DUPLICATE if same[place] else ALIKE,
                round(float(likeness[place]), 4),
                int(bits[place]),
            )
            for place in wanted
        ]

    def save(self, folder: Path) -> None:
        """Write arrays and JSON into a new folder. Raises FileExistsError for one that is there."""
        folder.mkdir(parents=True)
        count = len(self._ids)
        vectors, hashes = (rows[:count] for rows in self._rows())
        np.savez(folder / _ARRAYS, vectors=vectors, hashes=hashes, qualities=self._qualities[:count])
        note = {"format": _FORMAT, "space": self.space, "width": self.width, "ids": self._ids}
        (folder / _NOTE).write_text(json.dumps(note), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "SimilarImages":
        """Inverse of `save`. Raises ArtefactError where that is not what lies there."""
        try:
            note = json.loads((folder / _NOTE).read_text(encoding="utf-8"))
            made, ids = cls(str(note["space"]), int(note["width"])), list(map(str, note["ids"]))
            with np.load(folder / _ARRAYS, allow_pickle=False) as arrays:
                vectors, hashes, qualities = arrays["vectors"], arrays["hashes"], arrays["qualities"]
        except (OSError, ValueError, KeyError, TypeError) as problem:
            raise ArtefactError(f"{folder} is no index of pictures: {problem!r}") from problem
        shapes = (vectors.shape, hashes.shape, qualities.shape)
        if note["format"] != _FORMAT or shapes != ((len(ids), made.width), (len(ids), HASH_BYTES), (len(ids),)):
            raise ArtefactError(f"{folder} is damaged: its arrays are not those of {len(ids)} pictures")
        made._fill(ids, vectors.astype(np.float32), hashes.astype(np.uint8), qualities.astype(np.uint8))
        return made

    def _fill(
        self,
        ids: Sequence[str],
        vectors: npt.NDArray[np.float32],
        hashes: npt.NDArray[np.uint8],
        qualities: npt.NDArray[np.uint8],
    ) -> None:
        self._ids, self._places = list(ids), {name: place for place, name in enumerate(ids)}
        if ids:
            self._vectors, self._hashes, self._qualities = vectors, hashes, qualities

    def _rows(self) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.uint8]]:
        return self._vectors, self._hashes

    def _check(self, picture: ImageVector) -> None:
        if picture.space != self.space or picture.vector.shape != (self.width,):
            raise InvalidInput(
                f"this index holds vectors of {self.space} with {self.width} numbers, not {picture.space} with "
                f"{picture.vector.size}; both must be made by the same model",
                field="space",
            )
