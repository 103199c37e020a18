"""A video as a whole: one timeline of everything that was found, and what is said of it."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
from tests.captioner import tiny_captioner
from tests.clips import film, noise, plain

from socialflow.catalogue.upstream.handed import NoModels
from socialflow.image.captioning import MODEL as CAPTIONER
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.findings import Finding
from socialflow.video import DeepVideoAnalyzer
from socialflow.video.analysis import Analysis, answered
from socialflow.video.builders import ANALYSES, PARTS
from socialflow.video.deep import DeepAnalysis, events_in
from socialflow.video.happening import events_of
from socialflow.video.reader import VideoReader
from socialflow.video.records import Pass, Read, VideoInfo
from socialflow.video.relations import Relation, RelationKind
from socialflow.video.summary import caption, summary
from socialflow.video.timeline import Event, EventKind

pytest.importorskip("cv2", reason="needs the media extra")

INFO = VideoInfo("mov", "h264", 64, 48, 0, 25.0, 10.0, None, "yuv420p", None, 0, 0)
BOX = {"left": 0.1, "top": 0.2, "right": 0.5, "bottom": 0.9}
MADE = (Provenance("maker", "1", Tier.HEURISTIC),)


def told(answer: dict[str, object]) -> Answered:
    return Answered(Status.COMPLETE, (), MADE, answer)


def seen(**findings: Finding) -> Pass:
    return Pass(INFO, Read(250, 10.0, 0.0, ()), findings)


def event(kind: EventKind, label: str, start: float = 0.0, end: float = 4.0, track: int | None = None) -> Event:
    return Event(kind, start, end, label, 0.9, track)


class TestEvents:
    def test_every_analysis_tells_in_one_shape_in_order_of_time(self) -> None:
        box = {"seconds": 1.0, "box": BOX}
        answers = {
            "captions": told({"cues": [{"start": 5.0, "end": 6.0, "text": "good\nmorning"}], "confidence": 0.5}),
            "objects": told(
                {"tracks": [{"id": 3, "label": "dog", "score": 0.8, "first": 1.0, "last": 4.0, "boxes": [box]}]}
            ),
            "text": told({"lines": [{"text": "SALE", "score": 0.9, "start": 2.0, "end": 3.0}]}),
            "audio_events": told({"events": [{"label": "Bark", "start": 1.5, "end": 2.0, "score": 0.7}]}),
            "scene": told({"scenes": [{"start": 0.0, "end": 9.0, "scene_class": "action", "confidence": 0.6}]}),
            "quality": told({"score": 0.5}),
            "nothing": Answered(Status.ABSTAINED, ("model:x",), (), {}),
        }
        events = events_of(seen(), answers)
        assert [(one.kind.value, one.label, one.start) for one in events] == [
            ("scene", "action", 0.0),
            ("object", "dog", 1.0),
            ("sound", "Bark", 1.5),
            ("text", "SALE", 2.0),
            ("speech", "good morning", 5.0),
        ]
        assert events[1].track == 3
        assert asdict(events[1].places[0]) == {"seconds": 1.0, **BOX}

    def test_a_tag_lasts_as_long_as_it_comes_up(self) -> None:
        labels = ["tabby", "beach wagon"]
        rows = np.array([[0.9, 0.05], [0.7, 0.2], [0.02, 0.9], [0.9, 0.05]], np.float32)
        finding = Finding({"labels": labels, "model": "m", "stretch": 1.0}, (rows,))
        events = [one for one in events_of(seen(tags=finding), {"tags": told({"tags": []})}) if one.label == "tabby"]
        assert [(one.start, one.end, one.score) for one in events] == [
            (0.0, 2.0, pytest.approx(0.9, abs=1e-3)),
            (3.0, 4.0, pytest.approx(0.9, abs=1e-3)),
        ]


class TestBrokenOff:
    def test_what_was_not_read_to_its_end_is_never_complete(self) -> None:
        analysis = DeepAnalysis(NoModels(), [])
        whole = Pass(INFO, Read(250, 10.0, 0.0, ()), {})
        broken = Pass(INFO, Read(99, 4.0, 0.0, ("video:damaged",)), {})
        assert answered(Whole(), whole).status is Status.COMPLETE
        assert answered(Whole(), broken).status is Status.PARTIAL
        assert answered(Whole(), broken).missing == ("video:damaged",)
        assert answered(analysis, broken).status is Status.ABSTAINED


class Whole(Analysis):
    """Is content with whatever there is."""

    name = "whole"
    watches: Mapping[str, Mapping[str, object]] = {}

    def conclude(self, seen: Pass) -> Answered:
        del seen
        return told({})


class TestWords:
    def test_a_summary_names_what_was_found_and_nothing_else(self) -> None:
        events = [
            event(EventKind.SCENE, "dialogue", 0, 10),
            event(EventKind.OBJECT, "person", 0, 9, 1),
            event(EventKind.OBJECT, "person", 2, 9, 2),
            event(EventKind.OBJECT, "cup", 3, 5, 3),
            event(EventKind.SOUND, "Silence", 0, 10),
            event(EventKind.SOUND, "Music", 0, 6),
            event(EventKind.SIGHT, "kitchen", 0, 0.5),
            event(EventKind.SPEECH, "what a day", 1, 2),
        ]
        link = Relation(1, "cup", 3, RelationKind.HOLDS, 3.0, 5.0, 1.0, "drinking")
        assert summary(events, [link], 10.0) == (
            "10 s, one scene, mostly dialogue. Shows 2 people and a cup. A person has at hand a cup (drinking). "
            'Heard: Music. Said: "what a day"'
        )
        assert caption(events, [link]) == "2 people with a cup"

    def test_of_nothing_nothing_is_said(self) -> None:
        assert (summary([], [], 5.0), caption([], [])) == ("", "")

    def test_without_things_the_sight_is_named(self) -> None:
        assert caption([event(EventKind.SIGHT, "alp", 0, 9), event(EventKind.SIGHT, "lakeside", 0, 2)], []) == "an alp"


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    frames = [plain(200)] * 60 + [noise(4)] * 60
    return film(tmp_path_factory.mktemp("deep") / "two.mp4", frames)


class TestAnalyzer:
    def test_without_models_what_can_be_told_is_and_the_rest_is_named(self, reader: VideoReader, clip: Path) -> None:
        analyzer = DeepVideoAnalyzer(reader, NoModels())
        found = analyzer.predict(clip)
        assert found["status"] is Status.PARTIAL
        assert found["parts"]["scene"] is not Status.ABSTAINED
        assert f"model:{CAPTIONER}" in found["missing"]
        assert found["summary"].startswith("5 s, ")
        assert {one["kind"] for one in found["timeline"]} == {EventKind.SCENE}
        assert analyzer.ask("When is a dog seen?", found).reason == "nothing that is called 'a dog' was found"

    async def test_with_the_captioner_it_says_a_sentence(self, reader: VideoReader, tmp_path: Path) -> None:
        blue = np.zeros((48, 64, 3), np.uint8)
        blue[..., 2] = 230
        models = tiny_captioner(tmp_path / "captioner")
        found = await DeepVideoAnalyzer(reader, models).analyze(film(tmp_path / "blue.mp4", [blue] * 30))
        assert (found["caption"], found["captioned_by"]) == ("a blue picture", CAPTIONER)
        assert [one["seconds"] for one in found["sentences"]] == [0.0]

    def test_a_timeline_comes_back_from_json(self, reader: VideoReader, clip: Path) -> None:
        found = DeepVideoAnalyzer(reader, NoModels()).predict(clip)
        events = events_in(json.loads(json.dumps(found["timeline"])))
        assert [asdict(one) for one in events] == found["timeline"]

    def test_it_watches_what_its_parts_watch_once(self) -> None:
        analysis = ANALYSES["deep"](NoModels())
        assert isinstance(analysis, DeepAnalysis)
        assert set(analysis.watches) == {name for make in PARTS.values() for name in make(NoModels()).watches}
