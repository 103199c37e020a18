"""Things followed from sample to sample."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.image.detections import Box, Detection
from socialflow.video.following import Following
from socialflow.video.sightings import Cuts, histogram, sightings
from socialflow.video.tracking import COAST, Motion, Sighting, Track, Tracker

RED, BLUE = (histogram(np.full((8, 8, 3), shade, np.uint8)) for shade in ((250, 0, 0), (0, 0, 250)))


def at(x: float, y: float, label: str = "car", score: float = 0.8, colours: np.ndarray = RED) -> Sighting:
    """Something 0.1 wide and high."""
    return Sighting(np.array([x - 0.05, y - 0.05, x + 0.05, y + 0.05]), {label: score}, colours)


def followed(samples: Sequence[Sequence[Sighting]], every: float = 0.5) -> list[Track]:
    tracker = Tracker()
    for number, found in enumerate(samples):
        tracker.take(number * every, found)
    return tracker.tracks


places = st.floats(0.1, 0.9)


class TestMotion:
    @given(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(0.1, 1))
    def test_a_steady_thing_is_expected_where_it_will_be(self, across: float, down: float, every: float) -> None:
        box = np.array([0.4, 0.4, 0.5, 0.6])
        step = np.array([across, down, across, down]) * every
        motion = Motion(box)
        for number in range(1, 9):
            motion.ahead(every)
            motion.seen(box + number * step)
        motion.ahead(every)
        assert motion.box() == pytest.approx(box + 9 * step, abs=0.02)

    @given(st.lists(st.floats(0.01, 3), max_size=8))
    def test_waiting_makes_it_less_certain_and_never_inside_out(self, waits: list[float]) -> None:
        motion = Motion(np.array([0.4, 0.4, 0.5, 0.6]))
        motion.seen(np.array([0.4, 0.4, 0.41, 0.42]))
        for seconds in waits:
            before = motion.spread[:, 0, 0].copy()
            motion.ahead(seconds)
            assert (motion.spread[:, 0, 0] >= before).all()
            left, top, right, bottom = motion.box()
            assert (left < right, top < bottom) == (True, True)


class TestTracks:
    def test_a_thing_that_moves_is_one(self) -> None:
        (track,) = followed([[at(0.1 + 0.06 * number, 0.5)] for number in range(10)])
        assert (track.label, len(track.seconds), track.told) == ("car", 10, True)
        assert track.score == pytest.approx(0.8)

    def test_it_keeps_its_number_through_short_occlusion(self) -> None:
        samples = [[at(0.1 + 0.04 * number, 0.5)] if number not in (4, 5, 6) else [] for number in range(12)]
        (track,) = followed(samples)
        assert len(track.seconds) == 9

    def test_after_a_long_time_it_is_another(self) -> None:
        gone = int(COAST / 0.5) + 2
        assert len(followed([[at(0.5, 0.5)], *[[]] * gone, [at(0.5, 0.5)]])) == 2

    def test_two_that_cross_are_told_apart(self) -> None:
        samples = [[at(0.1 + 0.05 * n, 0.45), at(0.9 - 0.05 * n, 0.55, colours=BLUE)] for n in range(17)]
        one, other = followed(samples)
        assert np.diff([box[0] for box in one.boxes]) == pytest.approx(0.05)
        assert np.diff([box[0] for box in other.boxes]) == pytest.approx(-0.05)

    def test_what_turns_while_it_is_hidden_is_known_by_its_colours(self) -> None:
        going = [[at(0.1 + 0.08 * number, 0.5)] for number in range(4)]
        back = [at(0.3, 0.5)]
        assert len(followed([*going, [], [], back])) == 1
        assert len(followed([*going, [], [], [at(0.3, 0.5, colours=BLUE)]])) == 2
        assert len(followed([*going, [], [], [at(0.3, 0.5, "dog")]])) == 2

    def test_what_is_faint_goes_on_with_a_track_but_begins_none(self) -> None:
        samples = [[at(0.5, 0.5)], [at(0.5, 0.5, score=0.2), at(0.2, 0.2, score=0.2)], [at(0.5, 0.5)]]
        (track,) = followed(samples)
        assert len(track.seconds) == 3

    def test_most_sightings_say_what_it_is(self) -> None:
        (track,) = followed([[at(0.5, 0.5, label)] for label in ("truck", "car", "car", "bus")])
        assert (track.label, track.score) == ("car", pytest.approx(0.4))

    def test_of_two_in_one_place_each_goes_on_with_its_own_kind(self) -> None:
        one, other = (0.5, 0.5), (0.515, 0.515)
        samples = [[at(*one, "person"), at(*other, "bicycle")], [at(*other, "person"), at(*one, "bicycle")]]
        assert [set(track.votes) for track in followed(samples)] == [{"person"}, {"bicycle"}]

    def test_one_unsure_sighting_is_not_told(self) -> None:
        (weak,), (strong,) = followed([[at(0.5, 0.5, score=0.4)]]), followed([[at(0.5, 0.5, score=0.9)]])
        assert (weak.told, strong.told) == (False, True)

    def test_a_cut_ends_all(self) -> None:
        tracker = Tracker()
        tracker.take(0, [at(0.5, 0.5)])
        tracker.cut()
        tracker.take(0.5, [at(0.5, 0.5)])
        assert len(tracker.tracks) == 2

    @given(st.permutations(range(5)), st.integers(0, 99))
    def test_the_order_of_what_is_found_does_not_matter(self, order: list[int], seed: int) -> None:
        rng = np.random.default_rng(seed)
        places = rng.random((5, 2)) * [1, 0.05] + [0, 0.2] * np.arange(5)[:, None]
        steps = [[at(x + 0.02 * number, y) for x, y in places] for number in range(4)]
        shuffled = [steps[0], *([row[place] for place in order] for row in steps[1:])]
        paths = [[[box.tolist() for box in track.boxes] for track in followed(one)] for one in (steps, shuffled)]
        assert paths[0] == paths[1]

    @given(
        st.lists(st.lists(st.tuples(st.floats(0.1, 0.9), st.floats(0.1, 0.9), st.floats(0, 1)), max_size=4), max_size=8)
    )
    def test_each_sighting_belongs_to_one_track_at_most(self, drawn: list[list[tuple[float, float, float]]]) -> None:
        samples = [[at(x, y, score=score) for x, y, score in found] for found in drawn]
        tracks = followed(samples)
        given_out = [id(box) for track in tracks for box in track.boxes]
        assert len(given_out) == len(set(given_out)) <= sum(map(len, samples))
        assert all(track.seconds == sorted(set(track.seconds)) for track in tracks)


class TestSightings:
    def test_names_of_one_box_are_one_thing(self) -> None:
        box, other = Box(0.1, 0.1, 0.5, 0.5), Box(0.5, 0.5, 0.9, 0.9)
        found = [Detection("car", 0.6, box), Detection("truck", 0.5, box), Detection("car", 0.4, other)]
        colours = np.zeros((40, 40, 3), np.uint8)
        assert [one.votes for one in sightings(colours, found)] == [{"car": 0.6, "truck": 0.5}, {"car": 0.4}]

    def test_the_smallest_box_has_colours(self) -> None:
        (one,) = sightings(np.zeros((4, 4, 3), np.uint8), [Detection("dog", 1, Box(0.999, 0.999, 1, 1))])
        assert one.colours.sum() == pytest.approx(1)

    def test_another_picture_is_a_cut(self) -> None:
        cuts = Cuts()
        dark, light = np.zeros((30, 40, 3), np.uint8), np.full((30, 40, 3), 255, np.uint8)
        assert [cuts.other(one) for one in (dark, dark, light, light)] == [False, False, True, False]


class Still:
    """A frame."""

    def __init__(self, number: int, shade: int = 90) -> None:
        self.number, self.seconds, self._shade = number, number / 2, shade
        self._kept: dict[str, object] = {}

    def colours(self, largest: int | None = None) -> np.ndarray:
        return np.full((30, 40, 3), self._shade, np.uint8)

    def once(self, name: str, make: Callable[[], object]) -> object:
        if name not in self._kept:
            self._kept[name] = make()
        return self._kept[name]


class TestFollowing:
    def test_of_those_of_one_name_the_first_finds_for_all(self) -> None:
        looks: list[str] = []

        def following(name: str, owner: str) -> Following:
            return Following(name, lambda colours: looks.append(owner) or [])

        frame = Still(0)
        for one in (following("dogs", "first"), following("dogs", "second"), following("cats", "third")):
            one.look(frame)
        assert looks == ["first", "third"]

    def test_tracks_and_where_they_were(self) -> None:
        following = Following("dogs", lambda colours: [Detection("dog", 0.9, Box(0.25, 0.25, 0.5, 0.5))])
        for number in range(3):
            following.look(Still(number))
        found = following.finding()
        assert found.body == {"tracks": [{"label": "dog", "score": 0.9}], "seconds": [0, 0.5, 1]}
        assert found.arrays[0].tolist() == [[0, seconds, 0.25, 0.25, 0.5, 0.5] for seconds in (0, 0.5, 1)]

    def test_a_cut_ends_what_was_followed(self) -> None:
        following = Following("dogs", lambda colours: [Detection("dog", 0.9, Box(0.25, 0.25, 0.5, 0.5))])
        for number, shade in enumerate((10, 10, 240, 240)):
            following.look(Still(number, shade))
        assert len(following.finding().body["tracks"]) == 2

    def test_without_pictures_it_says_so(self) -> None:
        found = Following("dogs", lambda colours: []).finding()
        assert (found.missing, found.arrays[0].shape) == (("pictures",), (0, 6))
