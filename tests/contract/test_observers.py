"""What every observer of videos does, whichever it is."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.clips import film, noise, plain

from socialflow.kit.findings import Finding
from socialflow.video.builders import OBSERVERS
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import SOUND_RATE, Luma, Samples, VideoInfo

stream = pytest.importorskip("socialflow.video.stream", reason="needs the media extra")

NOTHING = VideoInfo("mp4", "h264", 64, 48, 0, 25.0, None, None, "yuv420p", None, 0, 0)


@pytest.fixture(params=sorted(OBSERVERS))
def kind(request: pytest.FixtureRequest) -> type[Observer]:
    """Each observer."""
    return OBSERVERS[str(request.param)]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shots and a fade, with sound."""
    tone = np.sin(2 * np.pi * 330 * np.arange(4 * SOUND_RATE) / SOUND_RATE).astype(np.float32) * 0.4
    frames = [noise(1)] * 40 + [noise(2)] * 30 + [plain(200 - 6 * number) for number in range(30)]
    return film(tmp_path_factory.mktemp("observed") / "clip.mp4", frames, sound=tone)


class Keeps(Observer):
    """Feeds another, and keeps what it was fed to compare it."""

    name = "keeps"
    needs = Needs(luma=True)

    def __init__(self, inner: Observer) -> None:
        self.inner = inner
        self.needs = inner.needs  # type: ignore[misc]  # those of another
        self.changed = 0

    def begin(self, info: VideoInfo) -> None:
        self.inner.begin(info)

    def luma(self, number: int, seconds: float, luma: Luma) -> None:
        before = luma.copy()
        self.inner.luma(number, seconds, luma)
        self.changed += int((before != luma).any())

    def frame(self, frame: Frame) -> None:
        before = frame.colours().copy()
        self.inner.frame(frame)
        self.changed += int((before != frame.colours()).any())

    def sound(self, seconds: float, samples: Samples) -> None:
        before = samples.copy()
        self.inner.sound(seconds, samples)
        self.changed += int((before != samples).any())

    def end(self) -> Finding:
        return self.inner.end()


def said(finding: Finding) -> tuple[str, list[Any], tuple[str, ...]]:
    """A finding, to be compared."""
    return json.dumps(finding.body), [(array.dtype, array.tolist()) for array in finding.arrays], finding.missing


def plainly(values: object) -> Iterator[object]:
    """Everything in a JSON document."""
    if isinstance(values, dict):
        for value in values.values():
            yield from plainly(value)
    elif isinstance(values, list):
        for value in values:
            yield from plainly(value)
    else:
        yield values


class TestFindings:
    def test_are_json_and_plain_arrays(self, kind: type[Observer], clip: Path) -> None:
        finding = stream.watch(clip, [kind()]).findings[kind.name]
        assert json.loads(json.dumps(finding.body, allow_nan=False)) == finding.body
        assert all(value is None or type(value) in (str, int, float, bool) for value in plainly(dict(finding.body)))
        assert all(array.dtype.kind in "biuf" for array in finding.arrays)
        assert all(isinstance(name, str) for name in finding.missing)

    def test_a_second_pass_finds_the_same(self, kind: type[Observer], clip: Path) -> None:
        first, second = (stream.watch(clip, [kind()]).findings[kind.name] for _ in range(2))
        assert said(first) == said(second)

    def test_are_the_same_whoever_else_watches(self, kind: type[Observer], clip: Path) -> None:
        alone = stream.watch(clip, [kind()]).findings[kind.name]
        for order in (sorted(OBSERVERS), sorted(OBSERVERS, reverse=True)):
            together = stream.watch(clip, [OBSERVERS[name]() for name in order]).findings[kind.name]
            assert said(together) == said(alone)

    def test_what_is_fed_is_left_as_it_is(self, kind: type[Observer], clip: Path) -> None:
        keeps = Keeps(kind())
        stream.watch(clip, [keeps])
        assert keeps.changed == 0


class TestLittle:
    def test_nothing_at_all(self, kind: type[Observer]) -> None:
        never, begun = kind(), kind()
        begun.begin(NOTHING)
        for observer in (never, begun):
            finding = observer.end()
            json.dumps(finding.body, allow_nan=False)
            assert finding.missing

    def test_one_frame(self, kind: type[Observer], tmp_path: Path) -> None:
        finding = stream.watch(film(tmp_path / "one.mp4", [noise(1)]), [kind()]).findings[kind.name]
        assert json.loads(json.dumps(finding.body, allow_nan=False)) == finding.body
        assert "pictures" not in finding.missing

    def test_sound_alone(self, kind: type[Observer], tmp_path: Path, clip: Path) -> None:
        path = sound_of(clip, tmp_path / "sound.mp4")
        finding = stream.watch(path, [kind()]).findings[kind.name]
        json.dumps(finding.body, allow_nan=False)
        if not kind.needs.sound:
            assert finding.missing

    def test_tiny_frames(self, kind: type[Observer], tmp_path: Path) -> None:
        path = film(tmp_path / "tiny.mp4", [plain(shade, 16, 16) for shade in (30, 60, 200, 90)])
        finding = stream.watch(path, [kind()]).findings[kind.name]
        assert json.loads(json.dumps(finding.body, allow_nan=False)) == finding.body
        assert "pictures" not in finding.missing


def sound_of(clip: Path, target: Path) -> Path:
    """A copy without pictures."""
    import av

    with av.open(str(clip)) as given, av.open(str(target), "w") as made:
        heard = given.streams.audio[0]
        stream_ = made.add_stream_from_template(heard)
        for packet in given.demux(heard):
            if packet.dts is not None:
                packet.stream = stream_
                made.mux(packet)
    return target
