"""Shots: cuts, fades, dissolves, and what looks like them and is none."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.clips import RATE, film, noise, plain
from tests.shared_data import SHARED

from socialflow.evaluation.shots import score
from socialflow.evaluation.shots_truth import truth_of
from socialflow.video.boundaries import Boundaries, Transition, apart, changes_of
from socialflow.video.cuts import cuts_and_flashes, usual
from socialflow.video.gradual import mixing, ramp_of
from socialflow.video.keyframes import shots_between
from socialflow.video.likeness import COLUMNS, ROWS, changed, correlation, halved, moved, thumbnail, unlike
from socialflow.video.observers.shots import ShotObserver

stream = pytest.importorskip("socialflow.video.stream", reason="needs the media extra")

Frame = npt.NDArray[np.uint8]
A, B = noise(1), noise(2)


def found(path: Path) -> dict[str, Any]:
    """What the observer says of a file."""
    body = stream.watch(path, [ShotObserver()]).findings["shots"].body
    assert json.loads(json.dumps(body)) == body
    return dict(body)


def kinds(body: dict[str, Any]) -> list[tuple[str, int, int]]:
    return [(one["kind"], one["first"], one["last"]) for one in body["transitions"]]


def mixed(one: Frame, other: Frame, frames: int) -> list[Frame]:
    """So many frames between two pictures, neither of them included."""
    shares = np.arange(1, frames + 1) / (frames + 1)
    return [np.rint((1 - share) * one + share * other).astype(np.uint8) for share in shares]


def panned(seed: int, speed: int, frames: int) -> list[Frame]:
    """A camera that moves over a large picture."""
    wide = noise(seed, 64 + speed * frames, 48)
    return [wide[:, speed * number : speed * number + 64] for number in range(frames)]


class TestCuts:
    def test_each_is_found_to_the_frame(self, tmp_path: Path) -> None:
        body = found(film(tmp_path / "cuts.mp4", [A] * 30 + [B] * 20 + [noise(3)] * 30))
        assert kinds(body) == [("cut", 30, 30), ("cut", 50, 50)]
        assert [(shot["first"], shot["last"]) for shot in body["shots"]] == [(0, 29), (30, 49), (50, 79)]
        assert [shot["start"] for shot in body["shots"]] == pytest.approx([0.0, 1.2, 2.0])
        assert body["shots"][-1]["end"] == pytest.approx(80 / RATE)
        assert all(0.5 <= one["confidence"] <= 1 for one in body["transitions"])

    def test_between_moving_pictures(self, tmp_path: Path) -> None:
        body = found(film(tmp_path / "moving.mp4", [*panned(4, 2, 40), *panned(5, 1, 40)]))
        assert kinds(body) == [("cut", 40, 40)]

    def test_times_are_those_of_the_frames_where_the_rate_varies(self, tmp_path: Path) -> None:
        times = [*range(0, 800, 40), *range(800, 2800, 100)]
        body = found(film(tmp_path / "vary.mkv", [A] * 20 + [B] * 20, times=times))
        assert kinds(body) == [("cut", 20, 20)]
        assert body["shots"][1]["start"] == pytest.approx(0.8)
        assert body["shots"][0]["end"] == pytest.approx(0.8)


class TestNoCut:
    @pytest.mark.parametrize("lasts", [1, 2, 4, 6])
    def test_a_flash_is_told_as_one(self, tmp_path: Path, lasts: int) -> None:
        body = found(film(tmp_path / "flash.mp4", [A] * 20 + [plain(250)] * lasts + [A] * 20))
        assert kinds(body) == []
        assert [(one["first"], one["last"]) for one in body["flashes"]] == [(20, 19 + lasts)]

    def test_a_flash_over_a_picture_that_is_seen_through_it(self, tmp_path: Path) -> None:
        lit = [np.rint(0.4 * A + 0.6 * 250).astype(np.uint8)] * 3
        body = found(film(tmp_path / "lit.mp4", [A] * 20 + lit + [A] * 20))
        assert kinds(body) == []
        assert len(body["flashes"]) == 1

    def test_a_flash_that_dims_while_the_camera_moves_ends_without_a_cut(self, tmp_path: Path) -> None:
        frames = panned(11, 8, 60)
        for number, share in enumerate(np.linspace(0.97, 0.6, 4), 30):
            frames[number] = np.rint((1 - share) * frames[number] + share * plain(250)).astype(np.uint8)
        body = found(film(tmp_path / "dims.mp4", frames))
        assert kinds(body) == []
        assert [(one["first"], one["last"]) for one in body["flashes"]] == [(30, 33)]

    @pytest.mark.parametrize("speed", [1, 4, 8])
    def test_a_pan_is_one_shot(self, tmp_path: Path, speed: int) -> None:
        assert kinds(found(film(tmp_path / "pan.mp4", panned(6, speed, 80)))) == []

    def test_a_shaking_hand(self, tmp_path: Path) -> None:
        rng = np.random.default_rng(0)
        wide = noise(7, 96, 80)
        at = rng.integers(0, 12, (80, 2))
        frames = [wide[row : row + 48, column : column + 64] for row, column in at]
        assert kinds(found(film(tmp_path / "shake.mp4", frames))) == []

    def test_something_that_passes(self, tmp_path: Path) -> None:
        frames = []
        for number in range(60):
            frame = A.copy()
            left = 8 * (number - 25)
            frame[12:, max(left, 0) : max(left + 16, 0)] = 240
            frames.append(frame)
        assert kinds(found(film(tmp_path / "passes.mp4", frames))) == []

    @pytest.mark.parametrize("count", [1, 2, 60])
    def test_a_picture_that_stands(self, tmp_path: Path, count: int) -> None:
        body = found(film(tmp_path / "still.mp4", [A] * count))
        assert kinds(body) == []
        assert [(shot["first"], shot["last"]) for shot in body["shots"]] == [(0, count - 1)]
        assert len(body["shots"][0]["keyframes"]) == 1


class TestGradual:
    @pytest.mark.parametrize("length", [12, 25, 50])
    def test_a_dissolve(self, tmp_path: Path, length: int) -> None:
        body = found(film(tmp_path / "dissolve.mp4", [A] * 40 + mixed(A, B, length) + [B] * 40))
        [(kind, first, last)] = kinds(body)
        assert kind == "dissolve"
        assert first == pytest.approx(40, abs=3)
        assert last == pytest.approx(39 + length, abs=3)
        assert [shot["first"] for shot in body["shots"]] == [0, last + 1]

    @pytest.mark.parametrize("shade", [0, 255])
    def test_a_fade_through_a_plain_picture(self, tmp_path: Path, shade: int) -> None:
        between = [*mixed(A, plain(shade), 10), *[plain(shade)] * 4, *mixed(plain(shade), B, 10)]
        body = found(film(tmp_path / "fade.mp4", [A] * 40 + between + [B] * 40))
        [(kind, first, last)] = kinds(body)
        assert kind == "fade"
        assert first == pytest.approx(40, abs=3)
        assert last == pytest.approx(63, abs=3)

    def test_what_begins_and_ends_in_black_is_one_shot(self, tmp_path: Path) -> None:
        frames = [plain(0)] * 5 + mixed(plain(0), A, 12) + [A] * 40 + mixed(A, plain(0), 12) + [plain(0)] * 5
        assert kinds(found(film(tmp_path / "alone.mp4", frames))) == []

    def test_at_sixty_frames_a_second(self, tmp_path: Path) -> None:
        frames = [A] * 60 + mixed(A, B, 60) + [B] * 60
        body = found(film(tmp_path / "sixty.mp4", frames, rate=60))
        [(kind, first, last)] = kinds(body)
        assert (kind, first, last) == ("dissolve", pytest.approx(60, abs=6), pytest.approx(119, abs=6))


class TestKeyframes:
    def test_longer_shots_have_more(self, tmp_path: Path) -> None:
        body = found(film(tmp_path / "long.mp4", [A] * 50 + [B] * 125 + [noise(3)] * 325))
        assert [len(shot["keyframes"]) for shot in body["shots"]] == [1, 2, 3]
        for shot in body["shots"]:
            for one in shot["keyframes"]:
                assert shot["first"] <= one["frame"] <= shot["last"]
                assert one["seconds"] == pytest.approx(one["frame"] / RATE, abs=1e-3)

    def test_are_calm_and_not_lit(self, tmp_path: Path) -> None:
        frames = [*panned(8, 4, 30), *[A] * 15, plain(255), *[A] * 14]
        body = found(film(tmp_path / "calm.mp4", frames))
        [one] = [one["frame"] for shot in body["shots"] for one in shot["keyframes"] if shot["first"] >= 30]
        assert one != 45

    def test_their_thumbnails_come_along(self, tmp_path: Path) -> None:
        path = film(tmp_path / "two.mp4", [A] * 30 + [B] * 30)
        [pictures] = stream.watch(path, [ShotObserver()]).findings["shots"].arrays
        assert pictures.shape == (2, 9, 16)
        assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 20


class TestWindows:
    """A stream in windows is found as it is at once."""

    def test_long_films(self) -> None:
        thumbs = [thumbnail(noise(seed)[..., 0]) for seed in range(60)]
        lengths = np.random.default_rng(1).integers(40, 200, len(thumbs))
        boundaries = Boundaries(25.0)
        for thumb, length in zip(thumbs, lengths, strict=True):
            for _ in range(length):
                boundaries.take(thumb)
        told = boundaries.end()
        assert [one.first for one in told.transitions] == np.cumsum(lengths)[:-1].tolist()
        assert len(told.motion) == lengths.sum()

    def test_dissolves_wherever_windows_end(self) -> None:
        one, other = (thumbnail(noise(seed)[..., 0]) for seed in (1, 2))
        boundaries, expected, count = Boundaries(25.0), [], 0
        for number in range(40):
            begin, end = (one, other) if number % 2 == 0 else (other, one)
            for frame in [*[begin] * (40 + 3 * number), *mixed(begin, end, 30)]:
                boundaries.take(frame)
            count += 70 + 3 * number
            expected.append(count - 15)
        for _ in range(50):
            boundaries.take(one)
        told = boundaries.end().transitions
        assert [transition.kind for transition in told] == ["dissolve"] * 40
        assert [(transition.first + transition.last) / 2 for transition in told] == pytest.approx(expected, abs=3)

    def test_of_those_that_overlap_the_surest_stays(self) -> None:
        one, other = Transition("dissolve", 5, 20, 0.6), Transition("fade", 18, 30, 0.9)
        assert apart([other, one]) == [other]
        assert apart([one, Transition("cut", 40, 40, 0.5)]) == [one, Transition("cut", 40, 40, 0.5)]


thumbs = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).integers(0, 256, (4, ROWS, COLUMNS), np.uint8)
)


class TestArithmetic:
    @given(thumbs)
    def test_differences_are_even_and_nothing_for_the_same(self, given_: npt.NDArray[np.uint8]) -> None:
        one, other = given_[:2], given_[2:]
        assert unlike(one, other) == pytest.approx(unlike(other, one))
        assert (unlike(one, one) == 0).all()
        assert (moved(one, one) == 0).all()
        assert (changed(one, one) == 0).all()
        assert moved(one, other) == pytest.approx(moved(other, one))
        assert correlation(one, one) == pytest.approx([1, 1])
        assert (np.abs(correlation(one, other)) <= 1.0001).all()

    @given(thumbs, st.integers(-4, 4), st.integers(-6, 6))
    def test_a_moved_picture_is_the_same(self, given_: npt.NDArray[np.uint8], down: int, right: int) -> None:
        assert moved(given_, np.roll(given_, (down, right), (1, 2))) == pytest.approx(0)

    @given(thumbs, st.integers(0, 8), st.integers(2, 8))
    def test_a_mix_lies_on_the_line(self, given_: npt.NDArray[np.uint8], before: int, half: int) -> None:
        ends = halved(given_[:2])
        shares = np.concatenate([np.zeros(before), np.arange(2 * half + 1) / (2 * half)])[:, None]
        off = mixing(((1 - shares) * ends[0] + shares * ends[1]).astype(np.float32), half)
        assert off[before + half] == pytest.approx(0, abs=1e-3)

    @given(st.integers(0, 10), st.integers(1, 30), st.integers(0, 10))
    def test_a_ramp_is_found(self, before: int, length: int, after: int) -> None:
        shares = [*[0.0] * before, *(np.arange(length + 1) / length), *[1.0] * after]
        assert ramp_of(shares) == (before, before + length, pytest.approx(0))

    @given(st.lists(st.floats(0, 100, width=32), min_size=1, max_size=40))
    def test_what_is_usual_lies_in_range(self, values: list[float]) -> None:
        changes = np.array(values, np.float32)
        assert (usual(changes) <= changes.max()).all()
        assert (usual(changes) >= 0).all()

    @given(st.lists(st.tuples(st.sampled_from(["cut", "fade"]), st.integers(1, 20)), max_size=10))
    def test_shots_and_gradual_changes_cover_a_film(self, drawn: Sequence[tuple[Any, int]]) -> None:
        transitions, count = [], 1
        for kind, length in drawn:
            last = count if kind == "cut" else count + length
            transitions.append(Transition(kind, count, last, 1.0))
            count = last + 2
        shots = shots_between(transitions, count + 1)
        own = [number for shot in shots for number in range(shot.first, shot.last + 1)]
        slow = [n for one in transitions if one.kind != "cut" for n in range(one.first, one.last + 1)]
        assert sorted(own + slow) == list(range(count + 1))

    @pytest.mark.parametrize("count", [0, 1, 2, 3])
    def test_hardly_any_frames(self, count: int) -> None:
        few = np.zeros((count, ROWS, COLUMNS), np.uint8)
        assert cuts_and_flashes(few) == ([], [])
        assert changes_of(few, 25.0).transitions == []

    @pytest.mark.parametrize("shape", [(16, 18), (144, 256), (1, 1), (200, 7)])
    def test_thumbnails_of_any_size(self, shape: tuple[int, int]) -> None:
        made = thumbnail(np.full(shape, 77, np.uint8))
        assert made.shape == (ROWS, COLUMNS)
        assert (made == 77).all()


class TestFilms:
    """The annotated films: F1 of at least 0.95 on cuts and 0.85 on gradual changes, and no flash counted."""

    @pytest.mark.parametrize("name", ["big-buck-bunny_trailer.webm", "montage-known-cuts.mp4"])
    def test_annotated(self, name: str) -> None:
        path = SHARED / "media" / "video-film" / name
        if not path.is_file():
            pytest.skip(f"{path} is absent; set SOCIALFLOW_SHARED to the folder that holds media/video-film")
        body = found(path)
        told = truth_of(body["transitions"])
        scored = score(truth_of(json.loads(path.with_suffix(".json").read_text())["transitions"]), told)
        assert scored.cuts.f1 >= 0.95
        assert scored.gradual.f1 >= 0.85
        if name.startswith("montage"):
            assert [(one["first"], one["last"]) for one in body["flashes"]] == [(150, 150)]
