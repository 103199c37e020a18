"""The protocol of those who watch a video: what each needs, and how it is fed."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Protocol, TypeVar

from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.records import Luma, Samples, VideoInfo

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Needs:
    """What an observer is fed: the small luma of every frame, a frame as often as `sampled` times a second (None:
    none), sound."""

    luma: bool = False
    sampled: float | None = None
    sound: bool = False


class Frame(Protocol):
    """A frame whose colours are made when asked for, once for all who ask, turned as it is shown."""

    @property
    def number(self) -> int:
        """From 0."""
        ...

    @property
    def seconds(self) -> float:
        """From the first frame."""
        ...

    def luma(self) -> Luma:
        """Brightness at full size, as it is stored (not turned); not to be kept or written to."""
        ...

    def colours(self, largest: int | None = None) -> Colours:
        """Red, green, blue; with `largest`, made smaller so that no side is longer."""
        ...

    def once(self, name: str, make: Callable[[], T]) -> T:
        """What `make` makes of this frame; whoever else asks by this name gets the same, and nothing is made again."""
        ...


def due_after(seconds: float, rate: float) -> float:
    """When the next of `rate` samples a second is due: on a grid from 0, so that rates hold however frames fall.

    >>> due_after(0.0, 2.0), due_after(0.51, 2.0)
    (0.5, 1.0)
    """
    return (math.floor(seconds * rate + 1e-6) + 1) / rate


class Observer(ABC):
    """Watches one pass. The pass calls `begin`, then the others in order of time, and `end` however it ended."""

    name: ClassVar[str]
    needs: ClassVar[Needs]

    def begin(self, info: VideoInfo) -> None:  # noqa: B027 (who needs none of it leaves it as it is)
        """The pass begins."""

    def luma(self, number: int, seconds: float, luma: Luma) -> None:  # noqa: B027
        """Brightness of a frame, small, as it is stored (not turned); not to be kept or written to."""

    def frame(self, frame: Frame) -> None:  # noqa: B027
        """A frame at the rate asked for; not to be kept."""

    def sound(self, seconds: float, samples: Samples) -> None:  # noqa: B027
        """The next stretch of sound, from `seconds` on, `SOUND_RATE` samples a second, none left out."""

    @abstractmethod
    def end(self) -> Finding:
        """What was found, in however much there was."""
