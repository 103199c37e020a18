"""One pass over a file: what observers are fed, and what is told of files that are not whole."""

from pathlib import Path

import numpy as np
import pytest
from tests.clips import film, noise, plain

from socialflow.errors import MediaUnreadable, TooLarge
from socialflow.image.records import Colours
from socialflow.kit.findings import Finding
from socialflow.video.observer import Frame, Needs, Observer
from socialflow.video.records import SOUND_RATE, Bounds, Luma, Samples, VideoInfo

stream = pytest.importorskip("socialflow.video.stream", reason="needs the media extra")


class Notes(Observer):
    """Writes down what it is fed."""

    name = "notes"
    needs = Needs(luma=True, sampled=2.0, sound=True)

    def __init__(self) -> None:
        self.times: list[float] = []
        self.shades: list[float] = []
        self.shapes: set[tuple[int, ...]] = set()
        self.sampled: list[tuple[float, Colours]] = []
        self.heard: list[Samples] = []
        self.at: list[float] = []

    def begin(self, info: VideoInfo) -> None:
        self.info = info

    def luma(self, number: int, seconds: float, luma: Luma) -> None:
        assert number == len(self.times)
        self.times.append(seconds)
        self.shades.append(float(luma.mean()))
        self.shapes.add(luma.shape)

    def frame(self, frame: Frame) -> None:
        self.sampled.append((frame.seconds, frame.colours()))

    def sound(self, seconds: float, samples: Samples) -> None:
        self.at.append(seconds)
        self.heard.append(samples.copy())

    def end(self) -> Finding:
        return Finding({"frames": len(self.times)})


def watched(path: Path, **bounds: float) -> tuple[Notes, stream.Pass]:
    notes = Notes()
    return notes, stream.watch(path, [notes], bounds=Bounds(**bounds))


class TestFrames:
    def test_every_frame_comes_once_in_order(self, tmp_path: Path) -> None:
        shades = [20 + 8 * number for number in range(25)]
        notes, found = watched(film(tmp_path / "ramp.mp4", (plain(shade) for shade in shades)))
        assert notes.times == pytest.approx([number / 25 for number in range(25)])
        assert np.diff(notes.shades).min() > 0
        assert (found.info.width, found.info.height, found.info.frame_rate) == (64, 48, 25.0)
        assert found.read.frames == 25
        assert found.read.lacking == ()
        assert found.findings["notes"].body == {"frames": 25}

    def test_samples_fall_on_a_grid(self, tmp_path: Path) -> None:
        notes, _ = watched(film(tmp_path / "three.mp4", (plain(90) for _ in range(75))))
        assert [seconds for seconds, _ in notes.sampled] == pytest.approx([0.0, 0.52, 1.0, 1.52, 2.0, 2.52])

    def test_what_one_makes_of_a_frame_others_need_not_make_again(self, tmp_path: Path) -> None:
        made: list[float] = []

        class Maker(Notes):
            def frame(self, frame: Frame) -> None:
                self.times.append(frame.once("seconds", lambda: made.append(frame.seconds) or frame.seconds))

        class Often(Maker):
            name = "often"
            needs = Needs(sampled=5.0)

        seldom, often = Maker(), Often()
        seldom.luma = lambda number, seconds, luma: None  # type: ignore[method-assign]
        stream.watch(film(tmp_path / "clip.mp4", [plain(90)] * 30), [seldom, often])
        assert seldom.times == [0.0, 0.52, 1.0]
        assert len(often.times) == 6
        assert made == sorted({*seldom.times, *often.times})

    def test_colours_are_red_green_blue(self, tmp_path: Path) -> None:
        red = np.zeros((48, 64, 3), np.uint8)
        red[..., 0] = 220
        notes, _ = watched(film(tmp_path / "red.mp4", [red] * 5))
        assert notes.sampled[0][1].mean(axis=(0, 1)) == pytest.approx([220, 0, 0], abs=12)

    def test_large_frames_come_small(self, tmp_path: Path) -> None:
        notes, _ = watched(film(tmp_path / "hd.mp4", [plain(90, 1280, 720)] * 3))
        assert notes.shapes == {(144, 256)}

    @pytest.mark.parametrize("size", [(66, 50), (18, 16), (322, 182)])
    def test_odd_sizes(self, tmp_path: Path, size: tuple[int, int]) -> None:
        notes, found = watched(film(tmp_path / "odd.mp4", [plain(90, *size)] * 3))
        assert (found.info.width, found.info.height) == size
        assert notes.sampled[0][1].shape == (size[1], size[0], 3)

    def test_a_varying_rate_keeps_its_times(self, tmp_path: Path) -> None:
        times = [0, 40, 400, 440, 1200, 1240]
        frames = [noise(number) for number in range(6)]
        notes, _ = watched(film(tmp_path / "vary.mkv", frames, times=times))
        assert notes.times == pytest.approx([time / 1000 for time in times])

    def test_a_turned_frame_comes_as_it_is_shown(self, tmp_path: Path) -> None:
        turned = tmp_path / "turned.mp4"
        turned.write_bytes(with_matrix(film(tmp_path / "flat.mp4", [halves()] * 5).read_bytes()))
        notes, found = watched(turned)
        shown = notes.sampled[0][1]
        assert shown.shape == (64, 48, 3)
        assert found.info.rotation == 90
        assert (found.info.width, found.info.height) == (48, 64)
        assert shown[:20].mean() > 180 > 60 > shown[-20:].mean()


def halves() -> np.ndarray:
    """Bright on the left, dark on the right."""
    frame = plain(10)
    frame[:, :32] = 240
    return frame


def with_matrix(video: bytes) -> bytes:
    """An MP4 whose display matrix says: turn it by 90 degrees clockwise."""
    flat = b"\x00\x01\x00\x00" + bytes(12) + b"\x00\x01\x00\x00" + bytes(12) + b"\x40\x00\x00\x00"
    quarter = (
        bytes(4)
        + b"\x00\x01\x00\x00"
        + bytes(4)
        + b"\xff\xff\x00\x00"
        + bytes(4)
        + bytes(4)
        + bytes(8)
        + b"\x40\x00\x00\x00"
    )
    head = video.index(b"tkhd")
    at = video.index(flat, head)
    return video[:at] + quarter + video[at + len(flat) :]


class TestSound:
    def test_comes_whole_at_one_rate(self, tmp_path: Path) -> None:
        tone = np.sin(2 * np.pi * 440 * np.arange(2 * SOUND_RATE) / SOUND_RATE).astype(np.float32) * 0.5
        notes, found = watched(film(tmp_path / "tone.mp4", [plain(90)] * 50, sound=tone))
        heard = np.concatenate(notes.heard)
        assert len(heard) == pytest.approx(2 * SOUND_RATE, abs=2048)
        assert notes.at == pytest.approx(np.cumsum([0, *map(len, notes.heard)])[:-1] / SOUND_RATE)
        assert np.sqrt((heard[4096:-4096] ** 2).mean()) == pytest.approx(0.354, abs=0.02)
        assert found.info.audio_codec == "aac"

    @pytest.mark.parametrize("container", ["mp4", "mkv"])
    def test_sound_that_begins_later_is_heard_later(self, tmp_path: Path, container: str) -> None:
        click = np.zeros(SOUND_RATE, np.float32)
        click[4000:4400] = 0.8
        path = film(tmp_path / f"late.{container}", [plain(90)] * 50, sound=click, late=SOUND_RATE // 2)
        heard = np.concatenate(watched(path)[0].heard)
        loud = np.flatnonzero(np.abs(heard) > 0.4)
        assert loud[0] == pytest.approx(SOUND_RATE // 2 + 4000, abs=400)
        assert not heard[: SOUND_RATE // 2 - 400].any()

    def test_who_does_not_listen_costs_nothing(self, tmp_path: Path) -> None:
        class Looks(Notes):
            needs = Needs(luma=True)

        looks = Looks()
        path = film(tmp_path / "tone.mp4", [plain(90)] * 10, sound=np.zeros(SOUND_RATE, np.float32))
        assert stream.watch(path, [looks]).read.sound_seconds == 0.0
        assert looks.heard == []


class TestNotWhole:
    @pytest.fixture
    def whole(self, tmp_path: Path) -> bytes:
        return film(tmp_path / "whole.mkv", (noise(number) for number in range(100))).read_bytes()

    def test_what_was_read_before_a_break_is_answered(self, tmp_path: Path, whole: bytes) -> None:
        broken = tmp_path / "broken.mkv"
        broken.write_bytes(whole[: len(whole) // 2])
        notes, found = watched(broken)
        assert 10 < len(notes.times) < 100
        assert found.read.frames == len(notes.times)

    def test_damage_in_the_middle_is_told(self, tmp_path: Path, whole: bytes) -> None:
        damaged = bytearray(whole)
        for place in range(len(whole) // 3, len(whole) // 2, 7):
            damaged[place] ^= 0x5A
        path = tmp_path / "damaged.mkv"
        path.write_bytes(damaged)
        notes, _ = watched(path)
        assert notes.times

    @pytest.mark.parametrize("content", [b"", b"hello", b"#EXTM3U\nfile:///etc/passwd\n", b"ffconcat version 1.0\n"])
    def test_what_is_no_video_is_refused(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "clip.mp4"
        path.write_bytes(content)
        with pytest.raises(MediaUnreadable, match="no video or sound"):
            watched(path)

    def test_a_head_without_a_body_is_refused(self, tmp_path: Path, whole: bytes) -> None:
        path = tmp_path / "head.mkv"
        path.write_bytes(whole[:200])
        with pytest.raises(MediaUnreadable):
            watched(path)


class TestBounds:
    def test_too_many_pixels(self, tmp_path: Path) -> None:
        with pytest.raises(TooLarge, match="64 x 48"):
            watched(film(tmp_path / "clip.mp4", [plain(90)] * 3), pixels=1000)

    def test_too_long(self, tmp_path: Path) -> None:
        with pytest.raises(TooLarge, match="lasts 4 seconds"):
            watched(film(tmp_path / "clip.mp4", [plain(90)] * 100), seconds=2.0)

    def test_the_rest_is_left_where_a_header_lied(self, tmp_path: Path) -> None:
        notes, found = watched(film(tmp_path / "clip.mp4", [plain(90)] * 100), frames=30)
        assert len(notes.times) == 30
        assert found.read.lacking == ("video:rest",)
