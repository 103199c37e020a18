"""Light of every frame: what is black, what stands still, what flickers, and when frames come."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.video.brightness import Brightness, Rate
from socialflow.video.records import Luma

WIDE, HIGH = 96, 64


def seen(frames: list[Luma], times: list[float] | None = None, *, full_range: bool = False) -> dict[str, object]:
    brightness = Brightness(full_range=full_range)
    for number, frame in enumerate(frames):
        brightness.take(number / 25 if times is None else times[number], frame)
    return dict(brightness.told())


def grey(level: int) -> Luma:
    return np.full((HIGH, WIDE), level, np.uint8)


def busy(seed: int) -> Luma:
    return np.random.default_rng(seed).integers(40, 200, (HIGH, WIDE), np.uint8)


class TestLight:
    def test_white_and_black_by_range(self) -> None:
        told = seen([grey(16), grey(235)])
        assert (told["brightness"], told["clipped_dark"], told["clipped_bright"]) == (0.5, 0.5, 0.5)
        assert seen([grey(255)], full_range=True)["brightness"] == 1.0
        assert seen([grey(235)], full_range=True)["brightness"] == pytest.approx(0.9216, abs=1e-4)

    def test_contrast_is_the_deviation_within_frames(self) -> None:
        halves = grey(16)
        halves[:, WIDE // 2 :] = 235
        assert seen([halves])["contrast"] == pytest.approx(0.5)
        assert seen([grey(16), grey(235)])["contrast"] == 0.0

    @pytest.mark.parametrize("shape", [(1, 1), (2, 2), (3, 1), (7, 9), (300, 5)])
    def test_small_frames(self, shape: tuple[int, int]) -> None:
        told = seen([np.full(shape, 126, np.uint8)] * 3)
        assert told["brightness"] == pytest.approx(0.502, abs=0.01)

    def test_a_change_of_size_is_a_change(self) -> None:
        told = seen([grey(90)] * 30 + [np.full((20, 20), 90, np.uint8)] * 30)
        assert told["frozen"] == [{"start": 0.0, "end": 1.2}, {"start": 1.2, "end": pytest.approx(2.4)}]

    def test_nothing_seen_is_an_error(self) -> None:
        with pytest.raises(ValueError, match="no frame"):
            Brightness().told()


class TestBlack:
    def test_stretches_begin_and_end_with_their_frames(self) -> None:
        told = seen([busy(n) for n in range(25)] + [grey(17)] * 15 + [busy(n) for n in range(25)])
        assert told["black"] == [{"start": 1.0, "end": 1.6}]
        assert told["black_frames"] == 15

    def test_the_last_frame_lasts_as_long_as_others(self) -> None:
        told = seen([busy(n) for n in range(25)] + [grey(17)] * 25)
        assert told["black"] == [{"start": 1.0, "end": pytest.approx(2.0)}]

    def test_a_flash_of_black_and_a_dark_picture_are_none(self) -> None:
        dim = grey(17)
        dim[:16] = 80
        assert seen([busy(0)] * 5 + [grey(16)] * 5 + [busy(1)] * 5 + [dim] * 40)["black"] == []

    @given(st.lists(st.booleans(), min_size=1, max_size=80))
    def test_frames_counted_are_those_given(self, dark: list[bool]) -> None:
        told = seen([grey(16) if one else busy(3) for one in dark])
        assert told["black_frames"] == sum(dark)
        stretches = told["black"]
        assert isinstance(stretches, list)
        assert told["black_seconds"] == pytest.approx(sum(one["end"] - one["start"] for one in stretches))


class TestFrozen:
    def test_stretches_begin_and_end_with_their_frames(self) -> None:
        told = seen([busy(n) for n in range(25)] + [busy(24)] * 50 + [busy(n) for n in range(30, 40)])
        assert told["frozen"] == [{"start": 0.96, "end": 3.0}]

    def test_what_an_encoder_changes_does_not_count(self) -> None:
        rng = np.random.default_rng(1)
        noisy = [(busy(1) + (rng.random((HIGH, WIDE)) < 0.2)).astype(np.uint8) for _ in range(50)]
        assert seen(noisy)["frozen"] == [{"start": 0.0, "end": pytest.approx(2.0)}]

    def test_something_small_that_moves_is_enough(self) -> None:
        frames = [busy(1) for _ in range(75)]
        for number, frame in enumerate(frames):
            frame[30:36, number : number + 6] = 235
        assert seen(frames)["frozen"] == []

    def test_a_slow_fade_is_not_frozen(self) -> None:
        assert seen([grey(100 + number // 5) for number in range(100)])["frozen"] == []

    def test_black_is_not_frozen(self) -> None:
        assert seen([grey(16)] * 100)["frozen"] == []

    def test_a_frame_that_stays_long_is_frozen(self) -> None:
        told = seen([busy(0), busy(1), busy(2), busy(3)], [0.0, 0.04, 3.04, 3.08])
        assert told["frozen"] == [{"start": 0.04, "end": 3.04}]


class TestFlicker:
    def test_grows_with_its_strength(self) -> None:
        amounts = [seen([grey(120 + by * (n % 2)) for n in range(50)])["flicker"] for by in (0, 2, 6, 20)]
        assert amounts == sorted(amounts)
        assert amounts[-1] == pytest.approx(20 / 219, rel=0.01)

    def test_cuts_and_fades_are_none(self) -> None:
        cuts = [grey(60 + 60 * (n // 10 % 3)) for n in range(100)]
        assert seen(cuts)["flicker"] < 0.001  # type: ignore[operator]

    def test_flashes_that_are_a_danger(self) -> None:
        calm, flashing = [grey(90)] * 50, [grey(30 if n // 2 % 2 else 200) for n in range(50)]
        (found,) = seen(calm + flashing + calm)["flashing"]  # type: ignore[misc]
        assert found["start"] == pytest.approx(2.0, abs=0.2)
        assert found["end"] == pytest.approx(4.5, abs=0.5)

    def test_three_flashes_a_second_are_allowed(self) -> None:
        assert seen([grey(30 if n // 5 % 2 else 200) for n in range(100)])["flashing"] == []


class TestRate:
    def told(self, times: list[float]) -> dict[str, object]:
        rate = Rate()
        for time in times:
            rate.take(time)
        return dict(rate.told())

    def test_even(self) -> None:
        told = self.told([number * 1001 / 30000 for number in range(100)])
        assert told == {"mean": pytest.approx(29.97, abs=0.001), "varying": False, "uneven": 0.0, "dropped": 0}

    def test_times_in_milliseconds_are_even(self) -> None:
        assert self.told([round(number / 60, 3) for number in range(500)])["uneven"] == 0.0

    def test_dropped_frames_are_counted(self) -> None:
        times = [number / 25 for number in range(200) if number not in {50, 51, 120}]
        assert self.told(times)["dropped"] == 3

    def test_varying(self) -> None:
        rng = np.random.default_rng(0)
        told = self.told(np.cumsum(rng.uniform(0.01, 0.08, 300)).tolist())
        assert told["varying"] is True
        assert told["dropped"] == 0

    @pytest.mark.parametrize("times", [[], [0.0], [0.0, 0.0]])
    def test_too_few_frames_have_no_rate(self, times: list[float]) -> None:
        assert self.told(times)["mean"] == 0.0
