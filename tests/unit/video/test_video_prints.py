"""Fingerprints of videos: hashes of frames, pace and landmarks, and their form in bytes."""

import base64
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import film
from tests.moving_pictures import melody, walk
from tests.shared_data import media
from tests.unit.image.generated_pictures import picture

from socialflow.errors import ArtefactError, InvalidInput
from socialflow.image import pdq
from socialflow.kit.answers import Status
from socialflow.video import ContentFingerprintGenerator
from socialflow.video.audio_prints import FRAME_SECONDS, Listener, landmarks, sound_spans
from socialflow.video.fingerprints import fingerprint_told, unpacked
from socialflow.video.observers.prints import PrintObserver, frame_prints
from socialflow.video.pace import Pacer, alike
from socialflow.video.prints import VideoFingerprint, fingerprint_of
from socialflow.video.reader import VideoReader
from socialflow.video.records import Pass
from socialflow.video.stream import watch


def watched(path: Path) -> Pass:
    return watch(path, [PrintObserver()])


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("prints") / "clip.mp4", walk(1, 6), rate=10, sound=melody(1, 6))


@pytest.fixture(scope="module")
def printed(clip: Path) -> VideoFingerprint:
    return fingerprint_of(watched(clip).findings["prints"])


class TestFrames:
    def test_two_a_second_are_hashed_and_one_a_second_listed(self, printed: VideoFingerprint) -> None:
        assert printed.times.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5, 5.5]
        assert [one.frame for one in printed.frames()] == [0, 10, 20, 30, 40, 50]
        assert len(printed.frames(2.0)) == 12

    def test_the_first_hash_is_the_pdq_of_the_whole(self) -> None:
        shown = picture(3)
        hashes, qualities = frame_prints(shown)
        assert np.bitwise_count(hashes[0] ^ pdq.pdq(shown).bits).sum() <= 2
        assert qualities[0] == pdq.pdq(shown).quality

    def test_mirrored_hashes_are_those_of_the_mirrored_picture_but_for_few_bits(self) -> None:
        shown = picture(4)
        exact = pdq.pdq_variants(shown)[pdq.VARIANTS.index("flip_y")].bits
        assert np.bitwise_count(pdq.mirrored(pdq.pdq(shown).bits) ^ exact).sum() <= 16

    def test_published_hashes(self) -> None:
        folder = media("copy-detection-tmk-vpdq")
        made = fingerprint_of(watched(folder / "videos/pattern-sd-grey-bar.mp4").findings["prints"])
        lines = (folder / "vpdq-hashes/pattern-sd-grey-bar.txt").read_text().split()
        told = {int(line.split(",")[0]): line.split(",")[1:3] for line in lines}
        apart = [one.pdq.distance(pdq.parse(told[one.frame][1])) for one in made.frames()]
        assert len(apart) == 7
        assert np.median(apart) <= 10
        assert max(apart) <= 16
        assert all(abs(one.pdq.quality - int(told[one.frame][0])) <= 2 for one in made.frames())


class TestBytes:
    def test_come_back(self, printed: VideoFingerprint) -> None:
        again = VideoFingerprint.from_bytes(printed.to_bytes())
        assert again.to_bytes() == printed.to_bytes()
        for name in ("numbers", "times", "hashes", "qualities", "pace", "peaks"):
            assert np.array_equal(getattr(again, name), getattr(printed, name)), name

    def test_are_few(self, printed: VideoFingerprint) -> None:
        assert len(printed.to_bytes()) < 700 * printed.seconds + 200

    @given(st.data())
    def test_damage_is_told(self, printed: VideoFingerprint, data: st.DataObject) -> None:
        whole = bytearray(printed.to_bytes())
        place = data.draw(st.integers(0, len(whole) - 1))
        whole[place] ^= data.draw(st.integers(1, 255))
        with pytest.raises(ArtefactError):
            VideoFingerprint.from_bytes(bytes(whole))

    @given(st.binary(max_size=200))
    def test_what_is_none_is_refused(self, given_bytes: bytes) -> None:
        with pytest.raises(ArtefactError):
            VideoFingerprint.from_bytes(given_bytes)

    def test_another_version_is_named(self, printed: VideoFingerprint) -> None:
        other = bytearray(printed.to_bytes())
        other[4] = 9
        with pytest.raises(ArtefactError, match="version 9"):
            VideoFingerprint.from_bytes(bytes(other))

    @pytest.mark.parametrize("text", ["", "???", "é", base64.b64encode(b"hello").decode()])
    def test_text_that_is_none_names_its_field(self, text: str) -> None:
        with pytest.raises(InvalidInput) as problem:
            unpacked(text, "query")
        assert problem.value.field == "query"


class TestPace:
    def test_is_that_of_tenths_of_a_second_whatever_the_rate(self) -> None:
        fast, slow = Pacer(), Pacer()
        for number in range(100):
            luma = np.full((36, 64), 2 * (number // 10), np.uint8)
            fast.take(number / 100, luma)
            if number % 10 == 0:
                slow.take(number / 100, luma)
        assert fast.pace().tolist() == slow.pace().tolist() == [34] * 9

    def test_after_frames_that_stay_away_a_change_counts_half(self) -> None:
        pacer = Pacer()
        for seconds, level in ((0.0, 0), (0.5, 4), (0.6, 4)):
            pacer.take(seconds, np.full((36, 64), level, np.uint8))
        assert pacer.pace().tolist() == [0, 0, 0, 0, 34, 0]

    @given(st.integers(0, 1000), st.integers(-6, 6))
    def test_finds_the_shift(self, seed: int, shift: int) -> None:
        whole = np.random.default_rng(seed).integers(0, 200, 80).astype(np.uint8)
        found = alike(whole[20:50], whole[20 + shift :], (0.0, 3.0), 0.0)
        assert (found.offset, found.telling) == (-shift / 10, True)
        assert found.correlation > 0.9


class TestLandmarks:
    @pytest.mark.parametrize("step", [160, 4096, 50_000])
    def test_peaks_do_not_depend_on_how_sound_comes(self, step: int) -> None:
        sound, whole, parts = melody(2, 15), Listener(), Listener()
        whole.take(sound)
        for start in range(0, len(sound), step):
            parts.take(sound[start : start + step])
        assert parts.peaks().tolist() == whole.peaks().tolist()

    def test_an_excerpt_that_begins_between_two_frames_lies_where_it_was_cut(self) -> None:
        part, whole = _heard(melody(3, 6, start=4.217)), _heard(melody(3, 14))
        (span,) = sound_spans(part, whole)
        assert span.offset == pytest.approx(4.217, abs=2 * FRAME_SECONDS)
        assert span.end - span.start > 4

    def test_other_sounds_have_nothing_in_common(self) -> None:
        assert not sound_spans(_heard(melody(4, 14)), _heard(melody(5, 14)))

    @pytest.mark.parametrize("sound", [np.zeros(32_000, np.float32), np.zeros(10, np.float32)])
    def test_silence_has_none(self, sound: np.ndarray) -> None:
        assert not len(landmarks(_heard(sound)).keys)


def _heard(sound: np.ndarray) -> np.ndarray:
    listener = Listener()
    listener.take(sound.astype(np.float32))
    return listener.peaks()


class TestTold:
    async def test_by_the_class(self, clip: Path, printed: VideoFingerprint) -> None:
        reader = VideoReader()
        told = await ContentFingerprintGenerator(reader).generate(clip)
        reader.close()
        assert (told["status"], told["missing"], len(told["frames"])) == (Status.COMPLETE, [], 6)
        assert unpacked(told["fingerprint"]).to_bytes() == printed.to_bytes()
        assert told["frames"][0]["pdq"] == printed.frames()[0].pdq.hex

    def test_silence_is_missing_sound(self, tmp_path: Path) -> None:
        told = fingerprint_told(watched(film(tmp_path / "mute.mp4", walk(1, 2), rate=10)))
        assert (told["status"], told["missing"]) == (Status.PARTIAL, ["sound"])
