"""What two videos share: pictures and sounds, whole or in part."""

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from tests.clips import film
from tests.moving_pictures import melody, walk
from tests.shared_data import media

from socialflow.video import ContentFingerprintGenerator
from socialflow.video.copies import MatchKind, Medium, VideoMatch
from socialflow.video.matching import matches
from socialflow.video.observers.prints import PrintObserver
from socialflow.video.prints import VideoFingerprint, fingerprint_of
from socialflow.video.reader import VideoReader
from socialflow.video.stream import watch

Frames = Iterator[np.ndarray]
Edit = Callable[[np.ndarray], np.ndarray]


def printed(path: Path) -> VideoFingerprint:
    return fingerprint_of(watch(path, [PrintObserver()]).findings["prints"])


def cropped(frame: np.ndarray) -> np.ndarray:
    high, wide = frame.shape[0] // 10, frame.shape[1] // 10
    return frame[high:-high, wide:-wide][: frame.shape[0] // 2 * 2]


def framed(frame: np.ndarray) -> np.ndarray:
    return np.pad(frame, ((24, 24), (32, 32), (0, 0)), constant_values=90)


def boxed(frame: np.ndarray) -> np.ndarray:
    return np.pad(frame, ((0, 0), (40, 40), (0, 0)))


def mirrored(frame: np.ndarray) -> np.ndarray:
    return frame[:, ::-1]


def badged(frame: np.ndarray) -> np.ndarray:
    made = frame.copy()
    badge = np.kron(np.random.default_rng(5).integers(0, 255, (6, 6, 3), np.uint8), np.ones((8, 8, 1), np.uint8))
    made[-50:-2, -50:-2] = badge
    return made


def mirrored_and_boxed(frame: np.ndarray) -> np.ndarray:
    return boxed(mirrored(frame))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("matching")


@pytest.fixture(scope="module")
def original(folder: Path) -> VideoFingerprint:
    return printed(film(folder / "original.mp4", walk(1, 14), rate=10, sound=melody(1, 14)))


def spans_of(found: VideoMatch | None, medium: Medium) -> list[tuple[float, float, float, bool]]:
    assert found is not None
    return [(span.start, span.end, span.offset, span.mirrored) for span in found.spans if span.medium is medium]


class TestWhole:
    @pytest.mark.parametrize("edit", [cropped, framed, boxed, mirrored, badged, mirrored_and_boxed])
    def test_an_edited_copy_is_all_of_both(self, folder: Path, original: VideoFingerprint, edit: Edit) -> None:
        frames = [edit(frame) for frame in walk(1, 14)]
        copy = printed(
            film(folder / f"{edit.__name__}.mp4", [frame[: len(frame) // 2 * 2] for frame in frames], rate=10)
        )
        found = matches(copy, original)
        assert found is not None
        assert found.kind is MatchKind.SAME
        ((start, end, offset, swapped),) = spans_of(found, Medium.PICTURE)
        assert (start, end, offset) == (0, pytest.approx(14, abs=1), pytest.approx(0, abs=0.2))
        assert swapped == ("mirrored" in edit.__name__)

    def test_other_videos_have_nothing_in_common(self, folder: Path, original: VideoFingerprint) -> None:
        others = [
            printed(film(folder / f"other{seed}.mp4", walk(seed, 8), rate=10, sound=melody(seed, 8))) for seed in (2, 3)
        ]
        assert [matches(one, other) for one in others for other in (original, *others) if one is not other] == [
            None
        ] * 4

    def test_another_recording_of_the_same_place_is_no_copy(self, folder: Path) -> None:
        def talk(seed: int) -> Frames:
            rng = np.random.default_rng(seed)
            room = next(iter(walk(9, 1))).copy()
            for _ in range(50):
                frame = room.copy()
                top, left = rng.integers(20, 60), rng.integers(20, 100)
                frame[top : top + 30, left : left + 24] = 200
                yield frame

        one, other = (printed(film(folder / f"talk{seed}.mp4", talk(seed), rate=10)) for seed in (1, 2))
        assert matches(one, other) is None
        assert matches(one, one) is not None

    def test_nothing_matches_nothing(self, folder: Path) -> None:
        dark = printed(film(folder / "dark.mp4", [np.zeros((48, 64, 3), np.uint8)] * 40, rate=10))
        assert matches(dark, dark) is None


class TestParts:
    @pytest.mark.parametrize("start", [3.0, 6.3])
    @pytest.mark.parametrize("swapped", [False, True])
    def test_five_seconds_between_other_material(
        self, folder: Path, original: VideoFingerprint, start: float, swapped: bool
    ) -> None:
        piece = (mirrored(frame) if swapped else frame for frame in walk(1, 5, start=start))
        frames = [*walk(2, 4), *piece, *walk(3, 4)]
        sound = np.concatenate((melody(2, 4), melody(1, 5, start=start), melody(3, 4)))
        mixed = printed(film(folder / f"mixed{start}{swapped}.mp4", frames, rate=10, sound=sound))
        found = matches(mixed, original)
        for medium in Medium:
            ((begin, end, offset, turned),) = spans_of(found, medium)
            assert begin == pytest.approx(4, abs=0.8)
            assert end == pytest.approx(9, abs=0.8)
            assert offset == pytest.approx(start - 4, abs=0.2)
            assert turned == (swapped and medium is Medium.PICTURE)
        assert found is not None
        assert found.kind is MatchKind.PARTIAL
        assert found.of_query == pytest.approx(5 / 13, abs=0.1)

    def test_sound_alone_finds_a_copy_with_other_pictures(self, folder: Path, original: VideoFingerprint) -> None:
        copy = printed(film(folder / "dub.mp4", walk(4, 8), rate=10, sound=melody(1, 8, start=2.5)))
        found = matches(copy, original)
        assert spans_of(found, Medium.PICTURE) == []
        ((_, _, offset, _),) = spans_of(found, Medium.SOUND)
        assert offset == pytest.approx(2.5, abs=0.1)
        assert found is not None
        assert found.kind is MatchKind.EXCERPT

    async def test_files_and_fingerprints_by_the_class(self, folder: Path, original: VideoFingerprint) -> None:
        clip = film(folder / "clip.mp4", walk(1, 6, start=2), rate=10)
        reader = VideoReader()
        maker = ContentFingerprintGenerator(reader)
        found = await maker.compare(clip, original)
        assert found is not None
        assert (found.kind, round(found.spans[0].offset)) == (MatchKind.EXCERPT, 2)
        assert maker.match(original, maker.fingerprint(clip)) is not None
        reader.close()


@lru_cache
def shared_print(folder: str, name: str) -> VideoFingerprint:
    return printed(media(folder) / name)


class TestRealVideos:
    FOLDER = "copy-detection-tmk-vpdq"
    BARRED = "videos/pattern-sd-grey-bar.mp4"
    LOGO = "videos/pattern-sd-with-large-logo-bar.mp4"
    PLAIN = "videos/pattern-hd-no-bar.mp4"
    OTHER = "videos/doorknob-hd-no-bar.mp4"

    @pytest.mark.parametrize(("one", "other"), [(BARRED, PLAIN), (LOGO, PLAIN), (LOGO, BARRED), (PLAIN, LOGO)])
    def test_letter_boxed_and_large_logo_copies(self, one: str, other: str) -> None:
        found = matches(shared_print(self.FOLDER, one), shared_print(self.FOLDER, other))
        assert found is not None
        assert found.kind is MatchKind.SAME
        assert {span.medium for span in found.spans} == set(Medium)

    def test_unrelated(self) -> None:
        places = [(self.FOLDER, self.LOGO), (self.FOLDER, self.OTHER)]
        places += [("video-actions", f"asl_{word}.mkv") for word in ("book", "walk")]
        found = [(a, b) for a in places for b in places if a != b and matches(shared_print(*a), shared_print(*b))]
        assert found == []
