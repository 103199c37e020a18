"""Whether copies are found among references, and nothing else: films and photos of anybody."""

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from socialflow.errors import InvalidInput, MediaUnreadable
from socialflow.image import descriptors
from socialflow.image.edits import EDITS
from socialflow.image.reader import ImageReader
from socialflow.image.records import Colours, ImageFingerprint
from socialflow.video.copies import VideoMatch
from socialflow.video.edits import DUB, PART, edited, edited_picture
from socialflow.video.fingerprints import FingerprintAnalysis
from socialflow.video.kinds import HEAD, container_of
from socialflow.video.matching import matches
from socialflow.video.prints import VideoFingerprint, fingerprint_of
from socialflow.video.reader import VideoReader

Print = VideoFingerprint | ImageFingerprint
Progress = Callable[[str, int, int], None]
OFFSET = 0.5
"""Seconds by which a found stretch may be shifted from where it was cut."""
AS_IS = "as it is"
"""The name under which queries that were given count."""
_HEARD = 30
"""Peaks of sound that there are at least for a copy to be told by it."""


@dataclass
class _Count:
    """Copies of one kind: how many there were, were found, and how many others were taken for one."""

    there: int = 0
    found: int = 0
    false: list[tuple[str, str]] = field(default_factory=list)
    off_by: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, Any]:
        told: dict[str, Any] = {
            "recall": round(self.found / self.there, 4) if self.there else None,
            "found": self.found,
            "there": self.there,
            "false_matches": len(self.false),
        }
        return {**told, "offset_error_s": round(max(self.off_by), 3)} if self.off_by else told


def evaluate_copies(
    reference: Path,
    query: Path | None,
    truth: Path | None = None,
    *,
    transforms: bool = False,
    progress: Progress = lambda what, done, all_: None,  # noqa: ARG005
) -> dict[str, Any]:
    """Look queries, and with `transforms` the standard edits of every reference, up among the references.

    Films are compared with films, photos with photos. `truth` has lines `query,reference` of names that show the same
    (of two references too); without it, files of one name but for the ending are copies. A file is not compared with
    itself.

    Returns: task, version, data {references, queries, unreadable}, recall, false_matches, false_pairs, per_transform
    {name: {recall, found, there, false_matches, and of excerpts offset_error_s, the largest}}.

    Raises:
        InvalidInput: nothing to look up, or the truth cannot be read.
    """
    if query is None and not transforms:
        raise InvalidInput("give queries by --query DIRECTORY, or --transforms to make them", field="query")
    measure = _Measure(_related(truth), progress)
    try:
        measure.learn(reference)
        if query is not None:
            measure.ask(query)
        if transforms:
            measure.ask_edits()
    finally:
        measure.close()
    return measure.report()


class _Measure:
    """References, and what was found of queries among them."""

    def __init__(self, related: "set[frozenset[str]] | None", progress: Progress) -> None:
        self._related, self._progress = related, progress
        self._films, self._photos = VideoReader(), ImageReader()
        self._references: dict[Path, Print] = {}
        self._counts: defaultdict[str, _Count] = defaultdict(_Count)
        self._queries, self._unreadable = 0, list[str]()

    def close(self) -> None:
        """End the children."""
        self._films.close()
        self._photos.close()

    def learn(self, folder: Path) -> None:
        """Take in references."""
        self._references = dict(self._printed(folder, "references"))
        if not self._references:
            raise InvalidInput("there is no film or photo among the references", field="reference")

    def ask(self, folder: Path) -> None:
        """Look up what is in a folder."""
        for path, made in self._printed(folder, "queries"):
            self._queries += 1
            found = {other: match for other in self._references if (match := self._match(made, path, other))}
            wanted = {
                other for other in self._references if not path.samefile(other) and self._same(path.name, other.name)
            }
            count = self._counts[AS_IS]
            count.there += len(wanted)
            count.found += len(wanted & found.keys())
            count.false += [(path.name, other.name) for other in found if other not in wanted]

    def ask_edits(self) -> None:
        """Look up edits of every reference."""
        paths = list(self._references)
        for number, path in enumerate(paths):
            self._progress("edits", number, len(paths))
            for name, made, offset in self._edits(path):
                self._queries += 1
                self._judge(name, path, made, offset)

    def report(self) -> dict[str, Any]:
        """Everything as a document."""
        counts = self._counts.values()
        there = sum(one.there for one in counts)
        return {
            "task": "copies",
            "version": version("socialflow"),
            "data": {"references": len(self._references), "queries": self._queries, "unreadable": self._unreadable},
            "recall": round(sum(one.found for one in counts) / there, 4) if there else None,
            "false_matches": sum(len(one.false) for one in counts),
            "false_pairs": [list(pair) for one in counts for pair in one.false],
            "per_transform": {name: one.figures() for name, one in self._counts.items()},
        }

    def _judge(self, name: str, path: Path, made: Print, offset: float | None) -> None:
        count = self._counts[name]
        for other, printed in self._references.items():
            match = _compared(made, printed)
            if other == path:
                count.there += 1
                if offset is None or match is None:
                    count.found += match is not None
                elif isinstance(match, VideoMatch):
                    off = min(abs(span.offset - offset) for span in match.spans)
                    count.off_by.append(off)
                    count.found += off <= OFFSET
            elif match is not None and not self._same(path.name, other.name):
                count.false.append((f"{path.name}: {name}", other.name))

    def _match(self, made: Print, path: Path, other: Path) -> bool:
        return not path.samefile(other) and _compared(made, self._references[other]) is not None

    def _same(self, one: str, other: str) -> bool:
        if self._related is None:
            return Path(one).stem == Path(other).stem
        return frozenset((one, other)) in self._related

    def _printed(self, folder: Path, what: str) -> Iterator[tuple[Path, Print]]:
        paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
        for number, path in enumerate(paths):
            self._progress(what, number, len(paths))
            try:
                yield path, self._film(path) if _film(path) else descriptors.fingerprint(self._photo(path))
            except MediaUnreadable:
                self._unreadable.append(path.name)

    def _film(self, path: Path) -> VideoFingerprint:
        return fingerprint_of(self._films.watch(path, FingerprintAnalysis().watches).findings["prints"])

    def _photo(self, path: Path) -> Colours:
        shown = self._photos.look(path, {}, colours=True).colours
        if shown is None:
            raise MediaUnreadable("nothing of it can be decoded")
        return shown

    def _edits(self, path: Path) -> Iterator[tuple[str, Print, float | None]]:
        """Edits of a reference: name, fingerprint, and the shift where it is a part."""
        made = self._references[path]
        if isinstance(made, ImageFingerprint):
            shown = self._photo(path)
            for name, edit in EDITS.items():
                yield name, descriptors.fingerprint(edited_picture(shown, edit)), None
            return
        with TemporaryDirectory() as folder:
            for one in edited(path, Path(folder), made.seconds):
                if one.edit == DUB and len(made.peaks) < _HEARD:
                    continue
                yield one.edit, self._film(one.path), one.offset if one.edit == PART else None


def _compared(query: Print, reference: Print) -> object | None:
    """A match of two of a kind."""
    if isinstance(query, VideoFingerprint) and isinstance(reference, VideoFingerprint):
        return matches(query, reference)
    if isinstance(query, ImageFingerprint) and isinstance(reference, ImageFingerprint):
        return descriptors.matches(query, reference)
    return None


def _film(path: Path) -> bool:
    with path.open("rb") as file:
        return container_of(file.read(HEAD)) is not None


def _related(truth: Path | None) -> "set[frozenset[str]] | None":
    """Pairs of names that show the same. Raises InvalidInput."""
    if truth is None:
        return None
    try:
        rows = [row for row in csv.reader(io.StringIO(truth.read_text(encoding="utf-8-sig"))) if row]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise InvalidInput(f"the truth is no table in UTF-8: {problem}", field="truth") from problem
    for number, row in enumerate(rows, 1):
        if len(row) != 2 or not row[0].strip() or not row[1].strip():
            raise InvalidInput(
                f"line {number} of the truth is not query,reference: {','.join(row)[:80]}", field="truth"
            )
    return {frozenset(cell.strip() for cell in row) for row in rows}
