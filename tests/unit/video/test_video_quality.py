"""Technical quality of whole files: what is told, what is found wrong, and which of two is better."""

import asyncio
import wave
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film, noise, plain
from tests.shared_data import media

from socialflow.errors import MediaUnreadable
from socialflow.kit.analyses import Options
from socialflow.kit.answers import Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video import VideoQualityAnalyzer
from socialflow.video.bit_rates import CODECS, bit_rate, complexity
from socialflow.video.grading import CURVES, WEIGHTS, on, overall
from socialflow.video.issues import Severity
from socialflow.video.observers.loudness import LoudnessObserver
from socialflow.video.observers.quality import QualityObserver
from socialflow.video.pictures import measured
from socialflow.video.quality import Judged, QualityAnalysis, judged, resolution
from socialflow.video.reader import VideoReader
from socialflow.video.records import SOUND_RATE, Bounds, Pass, Read, VideoInfo

av = pytest.importorskip("av", reason="needs the media extra")
cv2 = pytest.importorskip("cv2", reason="needs the media extra")
stream = pytest.importorskip("socialflow.video.stream", reason="needs the media extra")


def seen(path: Path) -> Pass:
    return stream.watch(path, [QualityObserver(), LoudnessObserver()])


def of(path: Path) -> Judged:
    return judged(seen(path))


def pictures(path: Path) -> Judged:
    """Of the first of them, without sound."""
    found = stream.watch(path, [QualityObserver()], bounds=Bounds(frames=BEGINNING))
    silent = {**found.findings, "loudness": Finding({"seconds": 0.0}, missing=("sound",))}
    return judged(replace(found, findings=silent))


def codes(told: Judged) -> set[str]:
    return {issue["code"] for issue in told["issues"]}


def moving(count: int, width: int = 320, height: int = 192) -> list[np.ndarray]:
    """A soft picture that moves a little from frame to frame."""
    wide = cv2.GaussianBlur(noise(3, width + 4 * count, height), (0, 0), 0.8)
    return [wide[:, 4 * number : 4 * number + width] for number in range(count)]


def tone(seconds: float, peak: float = 0.3) -> np.ndarray:
    return (peak * np.sin(2 * np.pi * 440 * np.arange(round(seconds * SOUND_RATE)) / SOUND_RATE)).astype(np.float32)


def wav(path: Path, samples: np.ndarray) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SOUND_RATE)
        file.writeframes((samples * 32767).astype("<i2").tobytes())
    return path


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    made = VideoReader()
    yield made
    made.close()


class TestAnalyzer:
    def test_both_ways_of_asking_answer_alike(self, tmp_path: Path, reader: VideoReader) -> None:
        path = film(tmp_path / "clip.mp4", moving(50), sound=tone(4))
        analyzer = VideoQualityAnalyzer(reader)
        told = analyzer.predict(path)
        assert asyncio.run(analyzer.analyze(str(path))) == told
        assert told["provenance"][0].tier is Tier.HEURISTIC
        assert told["missing"] == ["quality:brisque"]
        assert told["status"] is Status.PARTIAL
        assert told["resolution"] == {"width": 320, "height": 192, "name": "144p", "orientation": "landscape"}
        assert told["frame_rate"] == {"mean": 25.0, "common": 25.0, "varying": False, "uneven": 0.0, "dropped": 0}
        assert (told["codec"], told["audio_codec"]) == ("mpeg4", "aac")
        assert set(told["parts"]) == set(WEIGHTS) - {"learned"}
        assert told["score"] == overall(told["parts"])
        assert told["duration"] == pytest.approx(4.0, abs=0.1)

    def test_needs_nothing_to_be_made(self) -> None:
        assert VideoQualityAnalyzer() is not None

    def test_what_is_no_video_is_refused(self, tmp_path: Path, reader: VideoReader) -> None:
        path = tmp_path / "clip.mp4"
        path.write_bytes(b"hello")
        with pytest.raises(MediaUnreadable):
            VideoQualityAnalyzer(reader).predict(path)

    def test_a_scorer_becomes_a_part(self, tmp_path: Path) -> None:
        class Strict:
            name, version = "strict", "7"

            @property
            def watches(self) -> Options:
                return {"shots": {}}

            def score(self, told: Pass) -> float | None:
                return 0.1

        analysis = QualityAnalysis(Strict())
        path = film(tmp_path / "clip.mp4", moving(10))
        answered = analysis.conclude(seen(path))
        assert set(analysis.watches) == {"quality", "loudness", "shots"}
        assert answered.answer["parts"]["learned"] == 0.1
        assert answered.answer["score"] < of(path)["score"]
        assert "brisque" not in answered.missing
        assert [made.model for made in answered.provenance] == ["video_quality", "strict"]


class TestWhatIsThere:
    def test_sound_alone(self, tmp_path: Path) -> None:
        found = seen(wav(tmp_path / "tone.wav", tone(3)))
        told = judged(found)
        assert (told["picture"], told["resolution"], told["bit_rate"]) == (None, None, None)
        assert set(told["parts"]) == {"sound"}
        assert "pictures" in QualityAnalysis().conclude(found).missing

    def test_pictures_alone(self, tmp_path: Path) -> None:
        found = seen(film(tmp_path / "silent.mp4", moving(25)))
        assert judged(found)["sound"] is None
        assert "sound" not in judged(found)["parts"]
        assert "sound" in QualityAnalysis().conclude(found).missing

    def test_a_rate_that_varies(self, tmp_path: Path) -> None:
        times = np.cumsum(np.random.default_rng(0).integers(10, 90, 60)).tolist()
        told = of(film(tmp_path / "vary.mkv", moving(60), times=times))
        assert told["frame_rate"]["varying"] is True  # type: ignore[index]
        assert told["frame_rate"]["common"] is None  # type: ignore[index]
        assert "varying_rate" in codes(told)

    @pytest.mark.parametrize("frames", [[plain(255, 2, 2)], [plain(255)] * 30, [plain(0)] * 60, [noise(1)]])
    def test_next_to_nothing(self, tmp_path: Path, frames: list[np.ndarray]) -> None:
        codec = "mpeg4" if frames[0].shape[0] > 2 else "libx264"
        told = of(film(tmp_path / "little.mp4", frames, codec=codec))
        assert 0 < told["score"] <= 1  # type: ignore[operator]
        assert told["picture"]["frames"] == len(frames)  # type: ignore[index]

    @pytest.mark.parametrize(
        ("size", "name", "orientation"),
        [
            ((1920, 1080), "1080p", "landscape"),
            ((1920, 800), "1080p", "landscape"),
            ((720, 1280), "720p", "portrait"),
            ((1080, 1080), "1080p", "square"),
            ((854, 480), "480p", "landscape"),
            ((3840, 2160), "2160p", "landscape"),
            ((64, 48), "48p", "landscape"),
        ],
    )
    def test_sizes_have_names(self, size: tuple[int, int], name: str, orientation: str) -> None:
        told = resolution(VideoInfo("mp4", "h264", *size, 0, 25.0, 1.0, None, "yuv420p", None, 0, 0))
        assert (told["name"], told["orientation"]) == (name, orientation)


class TestIssues:
    def test_black_and_frozen_stretches_within_a_frame(self, tmp_path: Path) -> None:
        first, last = moving(25), moving(30)[5:]
        frames = [*first, *[plain(0, 320, 192)] * 20, *first[:10], *[first[9]] * 40, *last]
        issues = {issue["code"]: issue for issue in of(encoded(tmp_path / "gaps.mp4", frames, "10"))["issues"]}
        assert (issues["black"]["start"], issues["black"]["end"]) == pytest.approx((1.0, 1.8), abs=0.041)
        assert (issues["frozen"]["start"], issues["frozen"]["end"]) == pytest.approx((2.16, 3.8), abs=0.041)

    def test_clipped_sound_is_told_with_its_place(self, tmp_path: Path) -> None:
        sound = np.concatenate([tone(2), np.clip(tone(1, 3.0), -1, 1), tone(2)])
        told = of(wav(tmp_path / "loud.wav", sound))
        (found,) = [issue for issue in told["issues"] if issue["code"] == "clipping"]
        assert (found["start"], found["end"]) == pytest.approx((2.0, 3.0), abs=0.11)
        assert found["severity"] is Severity.SEVERE

    def test_quiet_and_silent_sound(self, tmp_path: Path) -> None:
        assert "quiet" in codes(of(wav(tmp_path / "quiet.wav", tone(3, 0.003))))
        assert "silent" in codes(of(wav(tmp_path / "silent.wav", np.zeros(48_000, np.float32))))

    def test_few_bits_for_much_motion(self, tmp_path: Path) -> None:
        path = encoded(tmp_path / "few.mp4", moving(50), "50")
        told = of(path)
        assert "bit_rate_low" in codes(told)
        assert told["bit_rate"]["bits"] < told["bit_rate"]["optimum"]  # type: ignore[index]

    def test_the_worst_come_first(self, tmp_path: Path) -> None:
        told = of(film(tmp_path / "bad.mp4", [plain(0)] * 100, sound=np.clip(tone(4, 4.0), -1, 1)))
        ranks = [list(Severity).index(issue["severity"]) for issue in told["issues"]]
        assert ranks == sorted(ranks, reverse=True)


class TestScore:
    @given(st.sampled_from(sorted(CURVES)), st.floats(-100, 1e4))
    def test_curves_stay_within_0_and_1(self, curve: str, value: float) -> None:
        assert 0 <= on(curve, value) <= 1
        assert list(CURVES[curve][0]) == sorted(CURVES[curve][0])

    @given(st.dictionaries(st.sampled_from(sorted(WEIGHTS)), st.floats(0, 1), min_size=1))
    def test_lies_between_the_worst_and_the_best_part(self, parts: dict[str, float]) -> None:
        score = overall(parts)
        assert score is not None
        assert max(0.01, min(parts.values())) - 1e-3 <= score <= max(0.01, *parts.values()) + 1e-3

    def test_abstains_where_there_is_nothing(self) -> None:
        nothing = Pass(
            VideoInfo("mp4", None, 0, 0, 0, 0.0, None, None, None, None, 0, 0),
            Read(0, 0.0, 0.0, ()),
            {"quality": Finding({"frames": 0}), "loudness": Finding({"seconds": 0.0})},
        )
        answered = QualityAnalysis().conclude(nothing)
        assert (answered.status, answered.answer["score"]) == (Status.ABSTAINED, None)


class TestBitRate:
    @given(
        st.sampled_from(sorted(CODECS)),
        st.integers(1, 1 << 25),
        st.floats(0, 500),
        st.floats(0, 255),
        st.floats(0, 255),
    )
    def test_more_of_anything_needs_more(
        self, codec: str, pixels: int, rate: float, detail: float, motion: float
    ) -> None:
        content = complexity(detail, motion)
        one = bit_rate(codec, pixels, rate, content, None)
        assert one.low < one.optimum < one.high
        assert bit_rate(codec, 2 * pixels, rate, content, None).optimum >= one.optimum
        assert bit_rate(codec, pixels, 2 * rate, content, None).optimum >= one.optimum
        assert complexity(detail + 1, motion + 1) >= content

    def test_better_codecs_need_less(self) -> None:
        needed = [bit_rate(codec, 1 << 20, 30, 1.0, None).optimum for codec in ("av1", "vp9", "h264", "mpeg4")]
        assert needed == sorted(needed)

    @pytest.mark.parametrize(("bits", "verdict"), [(500_000, "low"), (3_000_000, "good"), (20_000_000, "high")])
    def test_verdicts(self, bits: int, verdict: str) -> None:
        told = bit_rate("h264", 1920 * 1080, 30.0, 1.0, bits)
        assert told.verdict == verdict
        assert len(told.reasons) == 4


def encoded(path: Path, frames: Sequence[np.ndarray], crf: str, rate: int = 25) -> Path:
    """H.264 of RGB frames."""
    with av.open(str(path), "w") as container:
        made = container.add_stream("libx264", rate=rate, options={"crf": crf, "preset": "veryfast"})
        made.height, made.width = (side // 2 * 2 for side in frames[0].shape[:2])
        made.pix_fmt = "yuv420p"
        for frame in frames:
            image = np.ascontiguousarray(frame[: made.height, : made.width])
            container.mux(made.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(made.encode())
    return path


CLIPS = (
    "video-actions/asl_book.mkv",
    "video-actions/juggle_vertical_crop.mp4",
    "video-film/montage-known-cuts.mp4",
    "video-people-traffic/bottle-detection.mp4",
)
"""Small ones of each kind: a webcam, a phone, film and a camera that stands still."""
BEGINNING = 14
"""Frames of a clip that are compared: half a second, of which two are looked at closely."""


@pytest.fixture(scope="module")
def clips() -> list[Path]:
    return [media(folder) / name for folder, name in (clip.split("/") for clip in CLIPS)]


@pytest.fixture(scope="module")
def scores(clips: list[Path]) -> list[float]:
    """Of the clips as they are."""
    return [pictures(path)["score"] for path in clips]  # type: ignore[misc]


def begun(path: Path) -> tuple[list[np.ndarray], int]:
    """The first pictures of a clip, and their rate."""
    with av.open(str(path)) as container:
        rate = round(float(container.streams.video[0].average_rate or 25))
        frames = zip(container.decode(video=0), range(BEGINNING), strict=False)
        return [frame.to_ndarray(format="rgb24") for frame, _ in frames], rate


def worse(frames: Sequence[np.ndarray], way: str) -> list[np.ndarray]:
    """The same pictures, spoilt."""
    height, width = frames[0].shape[:2]
    grain = 12 * np.random.default_rng(0).standard_normal((height, width, 3), np.float32)
    shifts = np.random.default_rng(1).integers(0, min(height, width), (len(frames), 2)).tolist()
    ways = {
        "few bits": lambda frame, _: frame,
        "blurred": lambda frame, _: cv2.GaussianBlur(frame, (0, 0), 2.5),
        "noisy": lambda frame, by: np.clip(frame + np.roll(grain, by, (0, 1)), 0, 255).astype(np.uint8),
        "enlarged": lambda frame, _: cv2.resize(
            cv2.resize(frame, (width // 3, height // 3), interpolation=cv2.INTER_AREA), (width, height)
        ),
    }
    return [ways[way](frame, by) for frame, by in zip(frames, shifts, strict=True)]


@pytest.mark.shared
class TestClips:
    def test_none_has_severe_faults(self, clips: list[Path]) -> None:
        for path in clips:
            found = stream.watch(path, [QualityObserver(), LoudnessObserver()], bounds=Bounds(frames=50))
            severe = [issue for issue in judged(found)["issues"] if issue["severity"] is Severity.SEVERE]
            assert severe == [], path.name

    @pytest.mark.parametrize(
        ("way", "crf"), [("few bits", "42"), ("blurred", "20"), ("noisy", "20"), ("enlarged", "20")]
    )
    def test_spoilt_copies_score_less(
        self, tmp_path: Path, clips: list[Path], scores: list[float], way: str, crf: str
    ) -> None:
        """Each than its original, though the copy has more bits in all ways but one."""
        copies = []
        for path in clips:
            frames, rate = begun(path)
            copies.append(pictures(encoded(tmp_path / f"{path.stem}.mp4", worse(frames, way), crf, rate))["score"])
        better = [path.name for path, copy, score in zip(clips, copies, scores, strict=True) if copy >= score]  # type: ignore[operator]
        assert better == []

    def test_noise_is_told_as_it_was_laid_over(self, clips: list[Path]) -> None:
        """Before an encoder smooths it: white noise of 12 in three colours is one of 8 in luma."""
        for path in clips:
            (frame, *_), _ = begun(path)
            clean, noisy = (cv2.cvtColor(one, cv2.COLOR_RGB2GRAY) for one in (frame, worse([frame], "noisy")[0]))
            expected = float(np.hypot(measured(clean).noise, 12 * np.linalg.norm((0.299, 0.587, 0.114))))
            assert measured(noisy).noise == pytest.approx(expected, rel=0.2), path.name

    def test_fewer_bits_score_less_step_by_step(self, tmp_path: Path) -> None:
        frames, _ = begun(media("video-actions") / "basketball.mp4")
        told = [pictures(encoded(tmp_path / f"{crf}.mp4", frames, str(crf))) for crf in (18, 28, 36, 44)]
        scores = [one["score"] for one in told]
        assert scores == sorted(scores, reverse=True)  # type: ignore[type-var]
        blocking = [one["picture"]["blocking"] for one in told]  # type: ignore[index]
        assert blocking == sorted(blocking)
