"""What things have to do with each other, and questions of order, from events alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialflow.video.questions import about, ask, at_once
from socialflow.video.relations import RelationKind, relations
from socialflow.video.spans import covered
from socialflow.video.timeline import Event, EventKind, Placed


def thing(label: str, boxes: list[tuple[float, float, float, float]], track: int = 1, start: float = 0.0) -> Event:
    places = tuple(Placed(start + number / 2, *box) for number, box in enumerate(boxes))
    return Event(EventKind.OBJECT, start, places[-1].seconds, label, 0.9, track, places)


def at(left: float, top: float, size: float = 0.1) -> tuple[float, float, float, float]:
    return left, top, left + size, top + size


def spoken(label: str, start: float, end: float, kind: EventKind = EventKind.OBJECT, track: int | None = None) -> Event:
    return Event(kind, start, end, label, 0.8, track)


PERSON = thing("person", [(0.1, 0.1, 0.4, 0.9)] * 4)


class TestRelations:
    def test_what_is_within_the_outline_is_at_hand(self) -> None:
        (found,) = relations([PERSON, thing("cup", [at(0.2, 0.4)] * 4, 2)])
        assert (found.kind, found.thing, found.subject, found.score) == (RelationKind.HOLDS, "cup", 1, 1.0)
        assert (found.start, found.end) == (0.0, 1.5)

    def test_what_goes_along_moves_with_the_person(self) -> None:
        walks = thing("person", [(0.1 * n, 0.1, 0.1 * n + 0.3, 0.9) for n in range(5)])
        (found,) = relations([walks, thing("dog", [at(0.1 * n + 0.1, 0.7) for n in range(5)], 2)])
        assert found.kind is RelationKind.CARRIES

    def test_what_stands_beside_is_near_and_what_is_far_is_nothing(self) -> None:
        beside, far = thing("chair", [at(0.45, 0.5)] * 4, 2), thing("car", [at(0.85, 0.5)] * 4, 3)
        assert [(one.thing, one.kind) for one in relations([PERSON, beside, far])] == [("chair", RelationKind.NEAR)]

    def test_one_look_tells_nothing(self) -> None:
        assert relations([PERSON, thing("cup", [at(0.2, 0.4)], 2)]) == []

    def test_the_action_meanwhile_is_told_with_it(self) -> None:
        drinks = spoken("drinking", 0.5, 1.0, EventKind.ACTION, 1)
        other = spoken("running", 0.5, 1.0, EventKind.ACTION, 7)
        (found,) = relations([PERSON, thing("cup", [at(0.2, 0.4)] * 4, 2), other, drinks])
        assert found.action == "drinking"


DAY = [
    spoken("person", 0.0, 9.0, track=1),
    spoken("dog", 2.0, 5.0, track=2),
    spoken("dog", 4.0, 8.0, track=3),
    spoken("applause", 8.5, 9.5, EventKind.SOUND),
    spoken("sports ball", 6.0, 7.0, track=4),
]


class TestQuestions:
    @pytest.mark.parametrize(
        ("question", "said", "number"),
        [
            ("When is the dog first seen?", "dog is first there at 2.0 s", 2.0),
            ("When is the dog last seen?", "dog is last there at 8.0 s", 8.0),
            ("What happens after the ball?", "applause after sports ball, at 8.5 s", None),
            ("Does the dog appear before the applause?", "yes: dog begins at 2.0 s, applause at 8.5 s", None),
            ("is applause before the dogs", "no: applause begins at 8.5 s, dog at 2.0 s", None),
            ("How many dogs are there?", "2 at one time", 2.0),
            ("How long is the dog there?", "dog is there for 6.0 s", 6.0),
            ("How often is a dog seen?", "2 times", 2.0),
            ("Is there any man?", "yes: person from 0.0 s", None),
            ("What is first?", "person, from 0.0 to 9.0 s", None),
            ("What happens last?", "applause, from 8.5 to 9.5 s", None),
        ],
    )
    def test_what_the_timeline_knows(self, question: str, said: str, number: float | None) -> None:
        reply = ask(question, DAY)
        assert (reply.text, reply.number) == (said, number)
        assert reply.evidence

    @pytest.mark.parametrize("question", ["When is the elephant seen?", "Is there a piano?", "Why?", "", "what after"])
    def test_what_it_does_not_know_is_not_made_up(self, question: str) -> None:
        reply = ask(question, DAY)
        assert not reply.text
        assert reply.reason

    @given(st.text(max_size=80))
    def test_any_question_gets_a_reply_or_a_reason(self, question: str) -> None:
        reply = ask(question, DAY)
        assert bool(reply.text) != bool(reply.reason)

    def test_words_are_found_in_their_forms(self) -> None:
        events = [spoken("juggling balls", 0, 1, EventKind.ACTION)]
        assert about("juggle", events) == about("the balls", events) == events
        assert about("the", events) == about("dog", events) == []


class TestSpans:
    @given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 20)), max_size=12))
    def test_covered_and_at_once_as_second_by_second(self, spans: list[tuple[int, int]]) -> None:
        events = [spoken("x", start, start + length) for start, length in spans]
        beside = [sum(one.start <= second < one.end for one in events) for second in range(80)]
        assert covered((one.start, one.end) for one in events) == sum(count > 0 for count in beside)
        assert at_once(events) == max(beside)
