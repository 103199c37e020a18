"""Videos by file and by URL: one pass, however much is asked."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any, ClassVar

import pytest
from tests.clips import film, noise, plain

from socialflow.errors import InvalidInput, MediaUnreadable, RefusedAddress
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Answered, Status
from socialflow.video.analysis import Analysis
from socialflow.video.reader import VideoReader, Watching
from socialflow.video.records import Pass
from socialflow.video.service import VideoService


class Length(Analysis):
    """How long it is."""

    name = "length"
    watches: Mapping[str, Mapping[str, Any]] = {}

    def conclude(self, seen: Pass) -> Answered:
        return Answered(Status.COMPLETE, (), (), {"seconds": seen.read.seconds})


class Sounds(Analysis):
    """What is heard: never anything."""

    name = "sounds"
    watches: Mapping[str, Mapping[str, Any]] = {}

    def conclude(self, seen: Pass) -> Answered:
        del seen
        return Answered(Status.ABSTAINED, ("model:ears",), (), {})


@pytest.fixture
async def service() -> AsyncIterator[VideoService]:
    made = VideoService(analyses={"length": lambda models: Length(), "sounds": lambda models: Sounds()})
    yield made
    await made.close()


class TestAnswers:
    async def test_without_analyses_the_header_and_what_can_be_decoded(
        self, service: VideoService, tmp_path: Path
    ) -> None:
        told = await service.analyse(film(tmp_path / "clip.mp4", [plain(90)] * 50), [])
        assert (told.info.width, told.info.height, told.read.frames) == (64, 48, 50)
        assert (told.status, told.missing) == (Status.COMPLETE, ())

    async def test_every_analysis_once_with_what_it_lacks(self, service: VideoService, tmp_path: Path) -> None:
        clip = film(tmp_path / "clip.mp4", [plain(90)] * 50)
        told = await service.analyse(clip, ["length", "sounds", "length"])
        assert list(told.analyses) == ["length", "sounds"]
        assert told.analyses["length"].answer == {"seconds": pytest.approx(1.96)}
        assert (told.status, told.missing) == (Status.PARTIAL, ("sounds:model:ears",))

    async def test_progress_is_told(self, service: VideoService, tmp_path: Path) -> None:
        heard: list[float] = []
        clip = film(tmp_path / "long.mp4", (noise(number) for number in range(250)))
        await service.analyse(clip, [], Watching(heard.append))
        assert heard == sorted(heard)
        assert heard[-1] == 1.0
        assert len(heard) > 2

    async def test_a_cut_file_is_answered_in_part(self, service: VideoService, tmp_path: Path) -> None:
        whole = film(tmp_path / "whole.avi", (noise(number) for number in range(100))).read_bytes()
        damaged = bytearray(whole)
        for place in range(len(whole) // 2, len(whole) // 2 + 4000, 3):
            damaged[place] ^= 0xFF
        (tmp_path / "damaged.avi").write_bytes(damaged)
        told = await service.analyse(tmp_path / "damaged.avi", [])
        assert told.read.frames > 10


class TestRefused:
    async def test_an_unknown_analysis_is_named(self, service: VideoService, tmp_path: Path) -> None:
        with pytest.raises(InvalidInput, match="ask for length, sounds") as refused:
            await service.analyse(tmp_path / "none.mp4", ["smell"])
        assert refused.value.field == "analyses"

    async def test_what_is_no_video(self, service: VideoService, tmp_path: Path) -> None:
        (tmp_path / "text.mp4").write_text("hello")
        with pytest.raises(MediaUnreadable):
            await service.analyse(tmp_path / "text.mp4", [])

    @pytest.mark.parametrize("url", ["file:///etc/passwd", "http://127.0.0.1/clip.mp4", "http://[::1]/clip.mp4"])
    async def test_what_is_not_on_the_public_internet(self, service: VideoService, url: str) -> None:
        with pytest.raises(RefusedAddress):
            await service.analyse_url(url, [])

    async def test_one_observer_cannot_be_had_in_two_ways(self) -> None:
        class Much(Length):
            watches: ClassVar = {"eyes": {"width": 9}}

        class Little(Length):
            watches: ClassVar = {"eyes": {"width": 1}}

        with pytest.raises(InvalidInput, match="other options"):
            watched_by([Much(), Little()])


async def test_a_call_that_is_given_up_frees_its_child(tmp_path: Path) -> None:
    service = VideoService(VideoReader(), analyses={})
    clip = film(tmp_path / "long.mp4", (noise(number) for number in range(400)))
    begun = asyncio.Event()
    loop = asyncio.get_running_loop()
    watching = Watching(lambda _: loop.call_soon_threadsafe(begun.set))
    call = asyncio.create_task(service.analyse(clip, [], watching))
    await begun.wait()
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert (await service.analyse(clip, [])).read.frames == 400
    await service.close()
