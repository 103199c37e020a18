"""Text on screen over time."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.clips import film, plain
from tests.written import written

from socialflow.image.detections import Box
from socialflow.image.ocr import Line
from socialflow.kit.answers import Status
from socialflow.video.analysis import report
from socialflow.video.observers.text import Caption, carried
from socialflow.video.reader import VideoReader
from socialflow.video.text import TextAnalysis

pytest.importorskip("rapidocr", reason="needs the media extra")

TOP = Box(0, 0, 1, 0.2)


@pytest.fixture(scope="module")
def reader() -> Iterator[VideoReader]:
    reader = VideoReader()
    yield reader
    reader.close()


class TestOverTime:
    def test_each_line_has_the_seconds_between_which_it_was_seen(self, reader: VideoReader, tmp_path: Path) -> None:
        one, other = written("First words"), written("Second words")
        clip = film(tmp_path / "titles.mp4", [*[one] * 25, *[other] * 20, *[plain(240, 320, 180)] * 15], rate=5)
        analysis = TextAnalysis()
        told = report(reader.watch(clip, analysis.watches), [analysis]).analyses["text"]
        assert told.status is Status.COMPLETE
        assert [line["text"] for line in told.answer["lines"]] == ["First words", "Second words"]
        first, second = told.answer["lines"]
        assert (first["start"], first["end"]) == (0.0, 4.0)
        assert (second["start"], second["end"]) == (6.0, 8.0)
        assert told.answer["every"] == 2.0
        assert told.answer["read"] == 3  # frames that show what the one before did are not read again


class TestLinesOverTime:
    def test_one_that_is_covered_for_a_moment_goes_on(self) -> None:
        seen = [Caption(Line("Chapter one", 0.9, TOP), 0.0, 2.0)]
        kept, gone = carried(seen, [], 4.0, patience=3.0)
        assert (kept, gone) == (seen, [])
        kept, gone = carried(kept, [Line("Chapter one", 0.8, TOP)], 5.0, patience=3.0)
        assert [(one.start, one.end, one.line.score) for one in kept] == [(0.0, 5.0, 0.9)]

    def test_one_that_is_gone_is_closed(self) -> None:
        seen = [Caption(Line("Chapter one", 0.9, TOP), 0.0, 2.0)]
        assert carried(seen, [], 6.0, patience=3.0) == ([], seen)

    def test_the_same_words_elsewhere_are_another_line(self) -> None:
        seen = [Caption(Line("Go", 0.9, Box(0, 0, 0.2, 0.2)), 0.0, 0.0)]
        kept, _ = carried(seen, [Line("Go", 0.9, Box(0.7, 0.7, 1, 1))], 2.0, patience=3.0)
        assert len(kept) == 2
