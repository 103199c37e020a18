"""Files that are made to break whoever opens them; `python -m benchmarks hostile` sends thousands to a server."""

from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("av", reason="needs the media extra")

from benchmarks.hostile_media import Hostile, bombs, boxes, hostile, masquerades, whole_files

from socialflow.errors import MediaUnreadable, TooLarge
from socialflow.image.reader import ImageReader
from socialflow.kit.bounded import Limits
from socialflow.video.reader import VideoReader
from socialflow.video.records import Pass

SAMPLE = 130
WHOLE = whole_files()
LIMITS = Limits(memory=2 << 30, processor_seconds=30, seconds=60.0)


@pytest.fixture(scope="module")
def videos() -> Iterator[VideoReader]:
    reader = VideoReader(limits=LIMITS)
    yield reader
    reader.close()


@pytest.fixture(scope="module")
def pictures() -> Iterator[ImageReader]:
    reader = ImageReader(limits=LIMITS)
    yield reader
    reader.close()


def watched(videos: VideoReader, folder: Path, content: bytes) -> Pass:
    file = folder / "file"
    file.write_bytes(content)
    return videos.watch(file, {"shots": {}, "rhythm": {}})


def bodies(seen: Pass) -> dict[str, object]:
    return {name: finding.body for name, finding in seen.findings.items()}


def tried(videos: VideoReader, pictures: ImageReader, folder: Path, one: Hostile) -> str:
    """What came of a file: an answer, or the code of a refusal."""
    file = folder / "file"
    file.write_bytes(one.content)
    try:
        if one.picture:
            pictures.look(file, {}, colours=True)
        else:
            videos.watch(file, {"shots": {}, "rhythm": {}})
    except (MediaUnreadable, TooLarge) as refusal:
        return refusal.code if str(folder) not in str(refusal) else "the path is told"
    return "answered"


class TestHostile:
    def test_every_file_is_answered_or_refused_and_whole_ones_still_are(
        self, videos: VideoReader, pictures: ImageReader, tmp_path: Path
    ) -> None:
        first = watched(videos, tmp_path, WHOLE["mp4"])
        came = {(one.kind, tried(videos, pictures, tmp_path, one)) for one in hostile(SAMPLE)}
        assert {("cut", "answered"), ("cut", MediaUnreadable.code), ("bomb", TooLarge.code)} <= came
        last = watched(videos, tmp_path, WHOLE["mp4"])
        assert (last.read, bodies(last)) == (first.read, bodies(first))

    @pytest.mark.parametrize("name", sorted(name for name in WHOLE if name.islower()))
    def test_whole_files_are_read(self, videos: VideoReader, tmp_path: Path, name: str) -> None:
        seen = watched(videos, tmp_path, WHOLE[name])
        assert seen.read.frames > 20 or seen.read.sound_seconds > 0.9
        assert seen.read.lacking in ((), ("sound",), ("pictures",))

    def test_what_names_files_of_the_machine_is_not_followed(
        self, videos: VideoReader, pictures: ImageReader, tmp_path: Path
    ) -> None:
        lists = [one for one in masquerades(WHOLE) if one.kind == "masquerade" and one.name != "zeros"]
        assert {tried(videos, pictures, tmp_path, one) for one in lists} == {MediaUnreadable.code}

    def test_a_number_too_large_is_told_by_the_header(
        self, videos: VideoReader, pictures: ImageReader, tmp_path: Path
    ) -> None:
        said = [one for one in bombs() if "65,5" in one.name or "2^31" in one.name or "30,000" in one.name]
        assert {tried(videos, pictures, tmp_path, one) for one in said} <= {TooLarge.code, MediaUnreadable.code}


class TestBoxes:
    def test_boxes_within_boxes_are_found(self) -> None:
        kinds = [kind for _, kind in boxes(WHOLE["mp4"])]
        assert {b"ftyp", b"moov", b"mvhd", b"stts", b"mdat"} <= set(kinds)
        assert kinds.count(b"trak") == 2
