"""Frames of videos in the store: a second space beside that of words, for several processes and versions."""

from base64 import b64encode
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import numpy as np
import pytest

from socialflow.catalogue.upstream.handed import handed, provenance
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.clip import MODEL, ClipPictures, space_of
from socialflow.kit.answers import Answered, Status
from socialflow.kit.clock import FixedClock
from socialflow.storage.unit_of_work import Store
from socialflow.video.analysis import Report
from socialflow.video.records import Read, VideoInfo
from socialflow.video.search.indexer import STALE
from socialflow.video.search.pictures import ClipSpace, clip_space
from socialflow.video.search.records import Searched
from socialflow.video.search.service import VideoSearch
from socialflow.video.search.space import text_space
from socialflow.video.service import VideoService
from tests.stocked import stocked
from tests.storage.nouns import NOW, item
from tests.tiny_clip import tiny_clip

pytest.importorskip("cv2", reason="needs the media extra")

COLOURS = {"red": (220, 30, 30), "green": (30, 200, 40), "blue": (20, 40, 210)}
Opening = Callable[[UpstreamModels | None], VideoSearch]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    return stocked(tmp_path_factory.mktemp("models"), {MODEL: tiny_clip()})


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> UpstreamModels:
    """Another version."""
    return stocked(tmp_path_factory.mktemp("others"), {MODEL: tiny_clip(1)})


@pytest.fixture
async def opened(store: Store) -> AsyncIterator[Opening]:
    """Makes what another process would have: the same store, and whatever models it has."""
    async with AsyncExitStack() as stack:

        def opening(at_hand: UpstreamModels | None) -> VideoSearch:
            def space() -> ClipSpace | None:
                return None if at_hand is None else clip_space(at_hand)

            made = VideoSearch(store, VideoService(), FixedClock(NOW), pictures=space)
            stack.push_async_callback(made.close)
            return made

        yield opening


def report(models: UpstreamModels, *colours: str) -> Report:
    """What a pass tells of a film of these colours, four seconds each."""
    model = models.open(MODEL)
    pictures = [np.full((48, 64, 3), COLOURS[colour], np.uint8) for colour in colours]
    rows = ClipPictures(handed(model)).vectors(pictures)
    length = 4.0 * len(colours)
    answer = {
        "space": space_of(model),
        "seconds": [4.0 * place for place in range(len(colours))],
        "width": rows.shape[1],
        "vectors": b64encode(rows.astype("<f2").tobytes()).decode(),
    }
    shots = {"shots": [{"start": 4.0 * place} for place in range(len(colours))]}
    told = {
        "frames": Answered(Status.COMPLETE, (), (provenance(model),), answer),
        "scene": Answered(Status.COMPLETE, (), (), shots),
    }
    info = VideoInfo("mov", "h264", 64, 48, 0, 25.0, length, None, None, None, 0, 0)
    return Report(info, Read(int(25 * length), length, 0.0, ()), told)


async def write(store: Store, *names: str) -> None:
    async with store.write() as unit:
        await unit.items.upsert([item(name, title="") for name in names])


async def ask(search: VideoSearch, query: str, **given: object) -> Searched:
    return await search.search(query, 10, lambda _: True, **given)  # type: ignore[arg-type]


def found(told: Searched) -> set[tuple[str, float]]:
    return {(hit.id, hit.start) for hit in told.hits}


class TestFrames:
    async def test_what_one_process_indexes_another_finds_by_its_pictures(
        self, store: Store, opened: Opening, models: UpstreamModels
    ) -> None:
        one, other = opened(models), opened(models)
        await write(store, "flags", "sea")
        assert found(await ask(other, "red")) == set()
        await one.take("flags", report(models, "green", "red"))
        await one.take("sea", report(models, "blue"))
        told = await ask(other, "red")
        assert found(told) == {("flags", 4.0)}
        assert told.hits[0].spaces == ("pictures",)
        assert (told.status, told.missing) == (Status.COMPLETE, ())
        assert found(await ask(other, "blue")) == {("sea", 0.0)}
        assert found(await ask(other, "green", ids=["sea"])) == set()
        assert (await ask(other, "dfgkj wer")).status is Status.ABSTAINED

    async def test_again_it_replaces_and_an_item_takes_its_frames_along(
        self, store: Store, opened: Opening, models: UpstreamModels
    ) -> None:
        search = opened(models)
        await write(store, "flags", "sea")
        for colours in (("red",), ("blue", "green")):
            await search.take("flags", report(models, *colours))
            assert found(await ask(search, "red")) == ({("flags", 0.0)} if colours == ("red",) else set())
        assert found(await ask(search, "blue")) == {("flags", 0.0)}
        async with store.write() as unit:
            await unit.items.delete("flags")
        assert found(await ask(search, "blue")) == set()

    async def test_another_title_leaves_the_frames(self, store: Store, opened: Opening, models: UpstreamModels) -> None:
        search = opened(models)
        await write(store, "flags")
        await search.take("flags", report(models, "red"))
        async with store.write() as unit:
            await unit.items.upsert([item("flags", title="To the waterfall")])
        assert found(await ask(search, "waterfall")) == {("flags", 0.0)}
        assert found(await ask(search, "red")) == {("flags", 0.0)}

    async def test_frames_of_another_version_are_named_and_not_compared(
        self, store: Store, opened: Opening, models: UpstreamModels, others: UpstreamModels
    ) -> None:
        await write(store, "flags", "sea")
        await opened(models).take("flags", report(models, "red"))
        newer = opened(others)
        told = await ask(newer, "red")
        assert (told.hits, told.missing) == ((), (STALE + space_of(models.open(MODEL)),))
        await newer.take("sea", report(others, "red"))
        told = await ask(newer, "red")
        assert (found(told), told.status) == ({("sea", 0.0)}, Status.PARTIAL)
        assert (await ask(newer, "red", ids=["sea"])).missing == ()
        await newer.take("flags", report(others, "red"))
        told = await ask(newer, "red")
        assert (len(found(told)), told.missing) == (2, ())

    async def test_a_model_that_comes_later_finds_what_is_stored(
        self, store: Store, opened: Opening, models: UpstreamModels
    ) -> None:
        await write(store, "flags", "gone")
        writer, bare = opened(models), opened(None)
        for name in ("flags", "gone"):
            await writer.take(name, report(models, "red"))
        told = await ask(bare, "red")
        assert (told.hits, told.missing) == ((), (f"model:{MODEL}",))
        async with store.write() as unit:
            await unit.items.delete("gone")
        bare._pictures = lambda: clip_space(models)  # as pulled meanwhile
        assert found(await ask(bare, "red")) == {("flags", 0.0)}

    async def test_both_spaces_lie_beside_each_other(
        self, store: Store, opened: Opening, models: UpstreamModels, tmp_path: Path
    ) -> None:
        await write(store, "flags")
        await opened(models).take("flags", report(models, "red", "blue"))
        space = space_of(models.open(MODEL))
        async with store.read() as unit:
            for frames, shape in ((space, (2, 512)), ("other", None)):
                (batch,) = [one async for one in unit.moments.kept(text_space().name, frames=frames)]
                (kept,) = batch
                assert (None if kept.seen is None else kept.seen.shape) == shape
                assert (kept.clip.frames.space, len(kept.clip.frames.spans)) == (space, 2)
