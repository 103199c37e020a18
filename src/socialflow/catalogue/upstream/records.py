"""What the catalogue says of a model that others trained.

A card is the literal text `cards/<name>.toml`; these records are its shape, and a card that does not fit is refused.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path, PurePosixPath
from typing import Literal, TypeAlias

from pydantic import ConfigDict, with_config

from socialflow.catalogue.records import FileEntry, check_name, check_path
from socialflow.errors import ArtefactError
from socialflow.inference.records import Tensor

SUFFIXES = frozenset({".onnx", ".tflite", ".txt", ".json", ".yml"})
"""Formats that only hold data. A `.yml` is OpenCV's own storage format, read by its parser as numbers and names."""
MAX_FILE_BYTES = 4 << 30
"""Most that is read of a file whose size the card does not know."""
RECEIPT_FILE = "installed.json"
"""What the store writes beside the files of an installed model."""
_URL = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[!-~]*)?")
DIGEST = re.compile(r"[0-9a-f]{64}")

Colour: TypeAlias = Literal["rgb", "bgr", "grey"]
Layout: TypeAlias = Literal["nchw", "nhwc", "ncthw", "nthwc"]
Fit: TypeAlias = Literal["stretch", "centre_crop", "letterbox", "letterbox_corner"]

_strict = with_config(ConfigDict(extra="forbid"))


class Runtime(StrEnum):
    """What runs a model's graphs."""

    ONNX = "onnx"
    TFLITE = "tflite"
    OPENCV = "opencv"
    """OpenCV reads the files itself (its tracker, its support vector machine)."""


class Task(StrEnum):
    """What a model is for."""

    OBJECT_DETECTION = "object_detection"
    FACE_DETECTION = "face_detection"
    FACE_EMOTION = "face_emotion"
    IMAGE_CLASSIFICATION = "image_classification"
    NSFW_CLASSIFICATION = "nsfw_classification"
    IMAGE_QUALITY = "image_quality"
    IMAGE_CAPTIONING = "image_captioning"
    IMAGE_TEXT_EMBEDDING = "image_text_embedding"
    SEGMENTATION = "segmentation"
    POSE = "pose"
    TRACKING = "tracking"
    ACTION_RECOGNITION = "action_recognition"
    SHOT_DETECTION = "shot_detection"
    AUDIO_EVENTS = "audio_events"
    VOICE_ACTIVITY = "voice_activity"
    SPEECH_RECOGNITION = "speech_recognition"


class State(StrEnum):
    """Where a model is."""

    ABSENT = "absent"
    INSTALLED = "installed"
    DAMAGED = "damaged"
    """Installed once, but a file is missing, of another size, or not what the card names any more."""
    IN_MIRROR = "in_mirror"
    """Not installed; the mirror folder has it, and it is used in place."""


@_strict
@dataclass(frozen=True, slots=True)
class Copy:
    """One published form of a file: `sha256` in lower-case hexadecimal, `size` in bytes (0: not known), `url` where it
    is ("": only in a mirror).

    Raises:
        ArtefactError: a digest, size or address that is none.
    """

    sha256: str
    size: int
    url: str = ""

    def __post_init__(self) -> None:
        if not DIGEST.fullmatch(self.sha256) or not 0 <= self.size <= MAX_FILE_BYTES:
            raise ArtefactError(f"a file is named by 64 hexadecimal digits and its size, not {self.sha256!r}")
        check_url(self.url)


@_strict
@dataclass(frozen=True, slots=True)
class UpstreamFile:
    """One file of a model: `path` inside its folder, and the forms it may have, best first.

    Several forms are those of one model whose files differ in bytes only: saved by another writer, exported anew. With
    `unverified` its digest is not known here: `copies` is empty, `url` says where the file usually is ("": not known
    either), and nothing is fetched until somebody gives the digest.

    Raises:
        ArtefactError: an unsafe path, a format that is never loaded, or neither digest nor `unverified`.
    """

    path: str
    copies: tuple[Copy, ...] = ()
    unverified: bool = False
    url: str = ""

    def __post_init__(self) -> None:
        check_path(self.path, SUFFIXES)
        if self.path == RECEIPT_FILE:
            raise ArtefactError(f"{self.path} is the name of the store's own file")
        check_url(self.url)
        if self.unverified == bool(self.copies):
            raise ArtefactError(f"{self.path} needs either copies with their digests or unverified = true")
        if self.url and self.copies:
            raise ArtefactError(f"{self.path} has its addresses in its copies; leave url out")


@_strict
@dataclass(frozen=True, slots=True)
class UpstreamGraph:
    """One graph of a model: its file, and the tensors it takes and gives.

    With `partial` there are further tensors, such as the caches of a decoder, that are named after a pattern.
    """

    name: str
    file: str
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    partial: bool = False


@_strict
@dataclass(frozen=True, slots=True)
class ImageInput:
    """How a picture is made into a graph's input: `(pixel / divisor - mean) / std`, a pixel being 0 to 255.

    `size` is height and width. `fit`: `stretch` ignores the aspect; `centre_crop` scales the shorter side to
    `short_side` and cuts the middle; `letterbox` keeps the aspect in the middle and fills the rest with `fill`,
    `letterbox_corner` keeps it in the top left corner. A video's `frames` are a run of that many.
    """

    size: tuple[int, int]
    colour: Colour
    layout: Layout
    fit: Fit = "stretch"
    divisor: float = 1.0
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1.0,)
    fill: int = 0
    short_side: int | None = None
    frames: int | None = None


@_strict
@dataclass(frozen=True, slots=True)
class AudioInput:
    """How sound is made into a graph's input: mono, `sample_rate` in Hz, -1 to 1, `samples` at a time.

    `features` is `waveform`, or `log_mel` of `bands` bands.
    """

    sample_rate: int
    samples: int
    features: Literal["waveform", "log_mel"] = "waveform"
    bands: int | None = None


@_strict
@dataclass(frozen=True, slots=True)
class UpstreamModel:
    """A card.

    Args:
        folder: name of its folder in a mirror; the model's own name if not given.
        licence: SPDX identifier of the weights' licence.
        source: the page that publishes it.
        labels: names of the classes in the order of the output, where they are few; else `labels_file` holds one a
            line.
        checked: whether files with these digests were opened and run when the card was written. Where not, what the
            card says of tensors is what the publisher says, and is compared when the model is loaded.
        quality: what was measured, and on what.

    Raises:
        ArtefactError: a name that cannot be used, or a graph or labels file that is not among the files.
    """

    name: str
    task: Task
    summary: str
    licence: str
    source: str
    runtime: Runtime
    files: tuple[UpstreamFile, ...]
    graphs: tuple[UpstreamGraph, ...]
    checked: bool
    quality: tuple[str, ...]
    limitations: tuple[str, ...]
    folder: str = ""
    image: ImageInput | None = None
    audio: AudioInput | None = None
    labels: tuple[str, ...] = ()
    labels_file: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        check_name(self.name)
        check_name(self.folder or self.name)
        check_url(self.source)
        paths = [file.path for file in self.files]
        if not paths or len(set(paths)) != len(paths):
            raise ArtefactError(f"{self.name} needs files, each of another path")
        for path in (*(graph.file for graph in self.graphs), *filter(None, [self.labels_file])):
            if path not in paths:
                raise ArtefactError(f"{self.name} speaks of {path}, which is not among its files")

    @property
    def unverified(self) -> tuple[str, ...]:
        """Paths of files whose digest is not known here."""
        return tuple(file.path for file in self.files if file.unverified)

    @property
    def size(self) -> int | None:
        """Bytes of all files in their first form; None where one's is not known."""
        sizes = [file.copies[0].size if file.copies else 0 for file in self.files]
        return sum(sizes) if all(sizes) else None

    def graph(self, name: str) -> UpstreamGraph:
        """The graph of this name. Raises ArtefactError."""
        for graph in self.graphs:
            if graph.name == name:
                return graph
        raise ArtefactError(f"{self.name} has no graph {name}; it has: {', '.join(one.name for one in self.graphs)}")


@dataclass(frozen=True, slots=True)
class Installed:
    """A model whose files were checked: the card, the folder they lie in, and what each was found to be."""

    card: UpstreamModel
    directory: Path
    files: Mapping[str, FileEntry] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(entry.size for entry in self.files.values())

    def path(self, file: str) -> Path:
        """Where a file of the card lies. Raises ArtefactError for one that is not the card's."""
        if file not in self.files:
            raise ArtefactError(f"{self.card.name} has no file {file}; it has: {', '.join(sorted(self.files))}")
        return self.directory / PurePosixPath(file)

    def labels(self) -> tuple[str, ...]:
        """Names of the classes, in the order of the output; empty for a model without classes."""
        if not self.card.labels_file:
            return self.card.labels
        text = self.path(self.card.labels_file).read_text(encoding="utf-8")
        return tuple(line.strip() for line in text.splitlines() if line.strip())


def check_url(url: str) -> str:
    """Return an https address as it is, or "" for none. Raises ArtefactError.

    >>> check_url("https://example.org/model.onnx")
    'https://example.org/model.onnx'
    """
    if url and not _URL.fullmatch(url):
        raise ArtefactError(f"{url!r} is not an https address, like https://hub.example/model.onnx")
    return url
