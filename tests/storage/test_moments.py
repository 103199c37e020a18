"""Moments of videos in the store, and the search that follows it from several processes."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict, replace

import pytest

from socialflow.content.records import Item, ItemKind, Privacy
from socialflow.content.service import is_public
from socialflow.errors import InvalidInput, ItemNotFound
from socialflow.kit.answers import Answered, Provenance, Status, Tier
from socialflow.kit.clock import FixedClock
from socialflow.storage.maintenance import check
from socialflow.storage.unit_of_work import Store
from socialflow.video.analysis import Report
from socialflow.video.reader import Watching
from socialflow.video.records import Read, VideoInfo
from socialflow.video.search.records import Searched
from socialflow.video.search.service import VideoSearch
from socialflow.video.search.space import text_space
from socialflow.video.service import VideoService
from socialflow.video.timeline import Event, EventKind, Placed
from tests.storage.nouns import NOW, item, user

DOG = [Event(EventKind.OBJECT, 0.0, 8.0, "dog", 0.9), Event(EventKind.SPEECH, 5.0, 8.0, "good boy", 0.8)]
PIANO = [Event(EventKind.SOUND, 1.0, 9.0, "Piano", 0.8)]


@pytest.fixture
async def search(store: Store) -> AsyncIterator[VideoSearch]:
    made = VideoSearch(store, VideoService(), FixedClock(NOW))
    yield made
    await made.close()


@pytest.fixture
async def other(store: Store) -> AsyncIterator[VideoSearch]:
    """As in another process."""
    made = VideoSearch(store, VideoService(), FixedClock(NOW))
    yield made
    await made.close()


async def write(store: Store, *rows: Item) -> None:
    async with store.write() as unit:
        await unit.items.upsert(rows)


async def ask(search: VideoSearch, query: str, **given: object) -> Searched:
    return await search.search(query, 10, lambda _: True, **given)  # type: ignore[arg-type]


async def ids(search: VideoSearch, query: str) -> list[str]:
    return list(dict.fromkeys(hit.id for hit in (await ask(search, query)).hits))


class TestIndexing:
    async def test_what_one_process_indexes_another_finds_at_once(
        self, store: Store, search: VideoSearch, other: VideoSearch
    ) -> None:
        await write(store, item("walk"), item("recital"))
        assert await ids(other, "dog") == []
        await search.put("walk", DOG)
        assert await ids(other, "dog") == ["walk"]
        await other.put("recital", PIANO)
        assert await ids(search, "piano") == ["recital"]
        assert await ids(other, "a puppy") == ["walk"]

    async def test_again_it_replaces(self, store: Store, search: VideoSearch, other: VideoSearch) -> None:
        await write(store, item("walk"))
        await search.put("walk", DOG)
        assert await ids(other, "dog") == ["walk"]
        await search.put("walk", PIANO)
        assert (await ids(other, "dog"), await ids(other, "piano")) == ([], ["walk"])

    async def test_of_no_item_it_is_refused(self, search: VideoSearch) -> None:
        with pytest.raises(ItemNotFound):
            await search.put("nothing", DOG)

    async def test_an_item_that_goes_takes_its_moments_along(
        self, store: Store, search: VideoSearch, other: VideoSearch, url: str
    ) -> None:
        await write(store, item("walk"))
        await search.put("walk", DOG)
        assert await ids(other, "dog") == ["walk"]
        async with store.write() as unit:
            await unit.items.delete("walk")
        assert (await ids(other, "dog"), await ids(search, "dog")) == ([], [])
        async with store.read() as unit:
            assert [one async for one in unit.moments.kept(text_space().name)] == []
        assert check(url).ok

    async def test_an_author_who_bars_analysis_is_not_indexed_and_forgotten(
        self, store: Store, search: VideoSearch, other: VideoSearch
    ) -> None:
        ann = user("ann")
        async with store.write() as unit:
            await unit.users.upsert([ann])
        await write(store, item("walk", author="ann"))
        assert await search.put("walk", DOG) is not None
        assert await ids(other, "dog") == ["walk"]
        async with store.write() as unit:
            await unit.users.upsert([replace(ann, privacy=Privacy(analyse=False))])
        assert await ids(other, "dog") == []
        assert await search.put("walk", DOG) is None
        assert await ids(other, "dog") == []

    async def test_another_title_counts_at_once(self, store: Store, search: VideoSearch, other: VideoSearch) -> None:
        await write(store, item("walk", title="Rex"))
        await search.put("walk", DOG)
        assert await ids(other, "waterfall") == []
        await write(store, item("walk", title="To the waterfall"))
        assert await ids(other, "waterfall") == ["walk"]

    async def test_vectors_of_another_model_are_made_anew_and_kept(self, store: Store, search: VideoSearch) -> None:
        await write(store, item("walk"))
        await search.put("walk", DOG)
        async with store.write() as unit:
            (batch,) = [one async for one in unit.moments.kept("older")]
            (kept,) = batch
            assert kept.vectors is None
            vectors = text_space().vectors(kept.clip.words())
            await unit.moments.put(kept.key, kept.clip, {"older": vectors}, NOW)
        assert await ids(search, "dog") == ["walk"]
        async with store.read() as unit:
            (batch,) = [one async for one in unit.moments.kept(text_space().name)]
        assert batch[0].vectors is not None
        assert batch[0].clip == kept.clip


class Watched(VideoService):
    """Tells of every video what it was told to."""

    def __init__(self, told: Report) -> None:
        super().__init__()
        self.told, self.urls = told, list[str]()

    async def analyse_url(self, url: str, names: Sequence[str], watching: Watching | None = None) -> Report:
        self.urls.append(url)
        return self.told


class TestWatching:
    EVENTS = (
        Event(EventKind.OBJECT, 0.0, 6.0, "dog", 0.9, 1, (Placed(0.0, 0.1, 0.1, 0.2, 0.2),)),
        Event(EventKind.SIGHT, 4.0, 5.0, "lighthouse", 0.9),
        Event(EventKind.TEXT, 1.0, 2.0, "No swimming", 0.9),
        Event(EventKind.SPEECH, 4.0, 5.0, "what a storm", 0.8),
        Event(EventKind.SOUND, 5.0, 6.0, "Thunder", 0.7),
        Event(EventKind.ACTION, 0.0, 2.0, "jogging", 0.6),
    )

    @pytest.fixture
    async def watched(self, store: Store) -> AsyncIterator[tuple[VideoSearch, Watched]]:
        made = (Provenance("m", "1", Tier.HEURISTIC),)
        timeline = {"timeline": [asdict(one) for one in self.EVENTS]}
        answers = {
            "deep": Answered(Status.PARTIAL, ("faces:model:face-yunet",), made, timeline),
            "scene": Answered(Status.COMPLETE, (), made, {"shots": [{"start": 0.0}, {"start": 3.0}]}),
        }
        info = VideoInfo("mov", "h264", 64, 48, 0, 25.0, 6.0, None, None, None, 0, 0)
        video = Watched(Report(info, Read(150, 6.0, 6.0, ()), answers))
        search = VideoSearch(store, video, FixedClock(NOW))
        yield search, video
        await search.close()
        await video.close()

    @pytest.mark.parametrize(
        ("query", "kind", "start"),
        [
            ("dog", "object", 0.0),
            ("lighthouse", "sight", 3.0),
            ("swimming is forbidden", "text", 0.0),
            ("a storm", "speech", 3.0),
            ("thunder", "sound", 3.0),
            ("somebody is jogging", "action", 0.0),
        ],
    )
    async def test_everything_that_was_told_is_found(
        self, store: Store, watched: tuple[VideoSearch, Watched], query: str, kind: str, start: float
    ) -> None:
        search, video = watched
        await write(store, item("shore", media_url="https://media.example.org/shore.mp4"))
        clip = await search.index("shore")
        assert clip is not None
        assert (clip.length, clip.missing) == (6.0, ("faces:model:face-yunet",))
        hit = (await ask(search, query)).hits[0]
        assert (hit.why[0].kind, hit.start) == (kind, start)
        assert video.urls == ["https://media.example.org/shore.mp4"]

    async def test_another_video_than_the_items_own(self, store: Store, watched: tuple[VideoSearch, Watched]) -> None:
        await write(store, item("shore"))
        with pytest.raises(InvalidInput, match="media_url"):
            await watched[0].index("shore")
        assert await watched[0].index("shore", "https://media.example.org/other.mp4") is not None
        assert watched[1].urls == ["https://media.example.org/other.mp4"]


class TestSearching:
    async def test_the_best_that_the_asker_sees(self, store: Store, search: VideoSearch) -> None:
        hidden = [item(f"h{number}", hidden=True) for number in range(60)]
        await write(store, *hidden, item("seen"))
        for one in hidden:
            await search.put(one.id, [replace(DOG[0], score=1.0)])
        await search.put("seen", [replace(DOG[0], score=0.6)])
        found = await search.search("dog", 5, lambda one: is_public(replace(one, moderation_status="approved")))  # type: ignore[arg-type]
        assert {hit.id for hit in found.hits} == {"seen"}

    async def test_inside_one_video(self, store: Store, search: VideoSearch) -> None:
        await write(store, item("walk"), item("recital"))
        await search.put("walk", DOG)
        await search.put("recital", [*PIANO, *DOG])
        found = await ask(search, "dog", ids=["walk"])
        assert {hit.id for hit in found.hits} == {"walk"}
        assert [(hit.start, hit.end) for hit in (await ask(search, "good boy", ids=["walk"])).hits] == [(4.0, 8.0)]

    async def test_nothing_near_abstains(self, store: Store, search: VideoSearch) -> None:
        await write(store, item("walk", ItemKind.VIDEO))
        await search.put("walk", DOG)
        assert (await ask(search, "xqzt wvkp")).status is Status.ABSTAINED

    async def test_what_was_not_looked_for_is_missing(self, store: Store, search: VideoSearch) -> None:
        await write(store, item("walk"))
        await search.put("walk", DOG, missing=["tags:model:imagenet-mobilenet-v2"])
        found = await ask(search, "dog")
        assert (found.status, found.missing) == (Status.PARTIAL, ("tags:model:imagenet-mobilenet-v2",))

    async def test_what_cannot_be_asked_is_refused(self, search: VideoSearch) -> None:
        with pytest.raises(InvalidInput):
            await ask(search, "dog", kinds=["smell"])
        with pytest.raises(InvalidInput):
            await ask(search, " ")
