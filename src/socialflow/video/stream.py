"""The one decode: a file is opened once, and every observer is fed from the same pass.

Imported by what runs in a bounded child (`video.work`); the decoder comes with the `media` extra.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange

from socialflow.errors import MediaUnreadable, TooLarge
from socialflow.image.records import Colours
from socialflow.video.kinds import HEAD, container_of
from socialflow.video.observer import Observer, T, due_after
from socialflow.video.records import (
    SOUND_RATE,
    Bounds,
    Luma,
    Pass,
    Read,
    Samples,
    VideoInfo,
    as_rate,
)

SHORT_SIDE = 144
"""The small luma of frames has at least so many rows and columns, where the frame does; at most twice as many."""
_REPORT_EVERY = 100
_EARLY = 1000
"""Pieces of sound, of some 20 ms each, that are kept until the first picture."""
_PLANAR = frozenset({"yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p", "nv12", "gray", "gray8"})
"""Pixel formats whose first plane is brightness, a byte each."""
_FULL = frozenset({"yuvj420p", "yuvj422p", "yuvj444p", "gray", "gray8"})

_LATEST = 300.0
"""Seconds by which sound and pictures may begin apart."""

if TYPE_CHECKING:
    from av.stream import Stream

    AnyPacket = Packet[Any]
Progress = Callable[[float], None]
"""Hears the share of the video that is behind, 0 to 1."""


def watch(
    path: Path,
    observers: Sequence[Observer],
    *,
    bounds: Bounds | None = None,
    progress: Progress = lambda share: None,  # noqa: ARG005
) -> Pass:
    """Decode a file once and feed every observer. What can be read before damage is answered, and `lacking` says so.

    Decodes here, in this process: what strangers sent goes through `video.bounded`.

    Raises:
        MediaUnreadable: it is of no kind that is decoded, or nothing in it can be.
        TooLarge: more pixels, streams or seconds than `bounds` allow, told by its header.
    """
    bounds = bounds or Bounds()
    with opened(path) as container:
        info = info_of(container, bounds)
        run = _Pass(container, info, observers, bounds, progress)
        read = run.run()
    return Pass(run.info, read, {observer.name: observer.end() for observer in observers})


def opened(path: Path) -> InputContainer:
    """A file opened by what its content says it is. Raises MediaUnreadable."""
    with path.open("rb") as file:
        kind = container_of(file.read(HEAD))
    if kind is None:
        raise MediaUnreadable("this is no video or sound that is read: MP4, WebM, AVI, MPEG, FLV, GIF, Ogg, WAV, MP3")
    try:
        return av.open(str(path), format=kind.demuxer, metadata_errors="replace")
    except (FFmpegError, OSError, ValueError) as problem:
        raise MediaUnreadable(f"it cannot be opened as {kind.name}: {_said(problem)}") from problem


def info_of(container: InputContainer, bounds: Bounds) -> VideoInfo:
    """What the header says. Raises MediaUnreadable, TooLarge."""
    streams = container.streams
    if len(streams) > bounds.streams:
        raise TooLarge(f"it has {len(streams)} streams, at most {bounds.streams} are read")
    duration = None if container.duration is None else container.duration / 1_000_000
    if duration is not None and duration > bounds.seconds:
        raise TooLarge(f"it lasts {duration:.0f} seconds, at most {bounds.seconds:.0f} are read")
    picture = streams.video[0] if streams.video else None
    sound = streams.audio[0] if streams.audio else None
    if picture is None and sound is None:
        raise MediaUnreadable("there is neither picture nor sound in it")
    width, height = (0, 0) if picture is None else (picture.codec_context.width, picture.codec_context.height)
    if width * height > bounds.pixels:
        raise TooLarge(f"its frames have {width} x {height} pixels, at most {bounds.pixels} are decoded")
    return VideoInfo(
        container=container.format.name,
        codec=None if picture is None else picture.codec_context.name,
        width=width,
        height=height,
        rotation=0,
        frame_rate=0.0 if picture is None else as_rate(picture.average_rate or picture.guessed_rate),
        duration=duration,
        bit_rate=container.bit_rate or None,
        pixel_format=None if picture is None else picture.codec_context.pix_fmt,
        audio_codec=None if sound is None else sound.codec_context.name,
        audio_rate=0 if sound is None else sound.codec_context.sample_rate,
        audio_channels=0 if sound is None else sound.codec_context.channels,
        full_range=picture is not None and _full_range(picture.codec_context),
    )


def _full_range(context: VideoCodecContext) -> bool:
    """Whether luma comes from 0 to 255; pixels without a plane of it are made so."""
    return context.pix_fmt not in _PLANAR - _FULL or context.color_range == ColorRange.JPEG


class _Frame:
    """A decoded frame; colours are made once a size."""

    def __init__(self, frame: VideoFrame, number: int, seconds: float) -> None:
        self._frame, self.number, self.seconds = frame, number, seconds
        self._made: dict[int | None, Colours] = {}
        self._kept: dict[str, Any] = {}

    def luma(self) -> Luma:
        """As `observer.Frame` has it."""
        return small_luma(self._frame, 1)

    def colours(self, largest: int | None = None) -> Colours:
        """As `observer.Frame` has it."""
        if largest not in self._made:
            self._made[largest] = self._colours(largest)
        return self._made[largest]

    def once(self, name: str, make: Callable[[], T]) -> T:
        """As `observer.Frame` has it."""
        if name not in self._kept:
            self._kept[name] = make()
        kept: T = self._kept[name]
        return kept

    def _colours(self, largest: int | None) -> Colours:
        frame = self._frame
        scale = 1.0 if largest is None else min(1.0, largest / max(frame.width, frame.height))
        width, height = (max(1, round(side * scale)) for side in (frame.width, frame.height))
        shown = frame.reformat(width=width, height=height, format="rgb24").to_ndarray()
        turned: Colours = np.ascontiguousarray(np.rot90(shown, -(_turned(frame) // 90)))
        return turned


class _Pass:
    """One run over an open file."""

    def __init__(
        self,
        container: InputContainer,
        info: VideoInfo,
        observers: Sequence[Observer],
        bounds: Bounds,
        progress: Progress,
    ) -> None:
        self._container, self.info, self._bounds, self._progress = container, info, bounds, progress
        self._observers = observers
        self._small = [observer for observer in observers if observer.needs.luma]
        self._due = {observer: 0.0 for observer in observers if observer.needs.sampled is not None}
        self._hearing = [observer for observer in observers if observer.needs.sound]
        self._lacking: list[str] = []
        self._frames, self._seconds, self._heard, self._bytes = 0, 0.0, 0.0, 0
        self._origin: float | None = None
        self._step = _step(info)
        self._late = 0
        """Samples by which the sound begins after the pictures; below 0: before."""
        self._begun = False
        self._early: list[Samples] = []
        """Sound that came before the first picture, which alone tells how it is turned."""

    def run(self) -> Read:
        """Feed everybody to the end, or to where nothing more can be read."""
        if not self.info.codec:
            self._begin(0)
        try:
            for packet in self._packets():
                self._take(packet)
                if self._frames >= self._bounds.frames or self._seconds > self._bounds.seconds:
                    self._lacking.append("video:rest")
                    break
        except (FFmpegError, ValueError) as problem:
            if not self._frames and not self._heard:
                raise MediaUnreadable(f"nothing in it can be decoded: {_said(problem)}") from problem
            self._lacking.append("video:damaged")
        if self._hearing:
            self._sound(None)
        self._begin(0)
        if not self._frames and not self._heard:
            raise MediaUnreadable("nothing in it can be decoded")
        self._progress(1.0)
        return Read(self._frames, self._seconds, self._heard, tuple(dict.fromkeys(self._lacking)), self._bytes)

    def _begin(self, rotation: int) -> None:
        """Tell everybody what kind of video it is, once, and let them hear what came before."""
        if self._begun:
            return
        self._begun = True
        width, height = (self.info.width, self.info.height)[:: -1 if rotation % 180 else 1]
        self.info = replace(self.info, rotation=rotation, width=width, height=height)
        for observer in self._observers:
            observer.begin(self.info)
        for samples in self._early:
            self._hear(samples)
        self._early.clear()

    def _packets(self) -> "Iterator[AnyPacket]":
        streams = self._container.streams
        chosen = [*streams.video[:1], *(streams.audio[:1] if self._hearing else ())]
        self._late = round(_lag(chosen) * SOUND_RATE)
        for stream in chosen:
            stream.codec_context.thread_count = 1
        self._resampler = AudioResampler(format="flt", layout="mono", rate=SOUND_RATE)
        return self._container.demux(chosen)

    def _take(self, packet: "AnyPacket") -> None:
        self._bytes += packet.size if packet.stream.type == "video" else 0
        try:
            frames: list[object] = list(packet.decode())
        except InvalidDataError:
            self._lacking.append("video:damaged")
            return
        for frame in frames:
            if isinstance(frame, VideoFrame):
                self._picture(frame)
            elif isinstance(frame, AudioFrame):
                self._sound(frame)

    def _picture(self, frame: VideoFrame) -> None:
        self._begin(_turned(frame))
        number = self._frames
        seconds = self._time(frame.time, number)
        if frame.width * frame.height > self._bounds.pixels:
            raise TooLarge(
                f"a frame has {frame.width} x {frame.height} pixels, at most {self._bounds.pixels} are decoded"
            )
        self._frames, self._seconds = number + 1, seconds
        if self._small:
            luma = small_luma(frame, self._step)
            for observer in self._small:
                observer.luma(number, seconds, luma)
        due = [observer for observer, at in self._due.items() if seconds >= at]
        if due:
            shown = _Frame(frame, number, seconds)
            for observer in due:
                observer.frame(shown)
                self._due[observer] = due_after(seconds, observer.needs.sampled or 1.0)
        if number % _REPORT_EVERY == 0 and self.info.duration:
            self._progress(min(1.0, seconds / self.info.duration))

    def _time(self, told: float | None, number: int) -> float:
        """Seconds from the first frame; where a frame tells none, by the rate. Never before the frame before."""
        if told is None:
            told = (self._origin or 0.0) + number / (self.info.frame_rate or 25.0)
        if self._origin is None:
            self._origin = told
        return max(told - self._origin, self._seconds)

    def _sound(self, frame: AudioFrame | None) -> None:
        """Let a frame be heard; None: what the one before left over."""
        for part in self._resampler.resample(frame):
            samples: Samples = part.to_ndarray()[0]
            if self._begun:
                self._hear(samples)
            else:
                self._early.append(samples)
                if len(self._early) > _EARLY:
                    self._begin(0)

    def _hear(self, samples: Samples) -> None:
        """Let everybody hear the next samples: silence before them where they begin after the pictures do, and none of
        those that lie before."""
        late, self._late = self._late, min(0, self._late)
        for start in range(0, late, SOUND_RATE):
            self._tell(np.zeros(min(SOUND_RATE, late - start), np.float32))
        early = min(-self._late, len(samples))
        self._late += early
        self._tell(samples[early:])

    def _tell(self, samples: Samples) -> None:
        if not len(samples):
            return
        for observer in self._hearing:
            observer.sound(self._heard, samples)
        self._heard += len(samples) / SOUND_RATE


def _lag(streams: "Sequence[Stream]") -> float:
    """Seconds by which the second of two streams begins after the first, as the header says; 0 where it does not, or
    says what cannot be meant."""
    starts = [float(one.start_time * one.time_base) for one in streams if one.start_time is not None and one.time_base]
    lag = starts[1] - starts[0] if len(starts) > 1 else 0.0
    return lag if abs(lag) <= _LATEST else 0.0


def small_luma(frame: VideoFrame, step: int) -> Luma:
    """Every `step`-th pixel's brightness, without a copy of the frame where its format allows it."""
    if frame.format.name not in _PLANAR:
        frame = frame.reformat(format="gray")
    plane = frame.planes[0]
    rows = np.frombuffer(memoryview(plane), np.uint8)[: plane.line_size * frame.height]
    return rows.reshape(frame.height, plane.line_size)[::step, : frame.width : step]


def _turned(frame: VideoFrame) -> int:
    """Degrees clockwise by which a frame is to be turned before it is shown: 0, 90, 180 or 270."""
    return round(-frame.rotation / 90) % 4 * 90


def _step(info: VideoInfo) -> int:
    return max(1, min(info.width, info.height) // SHORT_SIDE)


def _said(problem: Exception) -> str:
    """What a library says, without the path."""
    return str(getattr(problem, "strerror", None) or type(problem).__name__)
