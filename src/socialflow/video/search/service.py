"""Search of a platform's videos: what one process indexes, every other finds at its next question."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np

from socialflow.content.log import LogCursor
from socialflow.content.records import Item
from socialflow.errors import InvalidInput
from socialflow.ids import ItemKey
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock
from socialflow.video.analysis import Report
from socialflow.video.reader import Watching
from socialflow.video.search.index import MomentIndex, Query
from socialflow.video.search.indexer import query_of, searched, unseen
from socialflow.video.search.moments import clip_of, retitled
from socialflow.video.search.pictures import PictureSpace
from socialflow.video.search.ports import SearchStore, SearchUnit
from socialflow.video.search.records import Clip, Floats, Hit, Kept, Searched
from socialflow.video.search.space import Space, text_space
from socialflow.video.search.telling import ASKED, told_of
from socialflow.video.service import VideoService
from socialflow.video.timeline import Event

WAITING = 64
"""Calls that wait for their turn at most."""
NOT_PERMITTED = "analysis:not_permitted"
"""What is missing where an author bars analysis."""
_MORE = 50
"""Moments that are looked at beyond those asked for, as not everybody sees all."""


@dataclass(frozen=True, slots=True)
class _Found:
    """What the index told: moments with what their videos lack, and what of the frames could not be compared."""

    space: Space
    query: Query
    hits: Sequence[tuple[Hit, Sequence[str]]]
    missing: Sequence[str]


class VideoSearch:
    """Finds moments of the platform's videos by words.

    The index is kept in memory and follows the store: what changed since the last question is read before it is
    answered, in every process.

    Args:
        video: watches those that are to be indexed.
        space: gives the space, on the thread that computes; what it raises is raised to who asked.
        pictures: gives that of frames, likewise; None where its model is not here.
    """

    def __init__(
        self,
        store: SearchStore,
        video: VideoService,
        clock: Clock,
        space: Callable[[], Space] = text_space,
        pictures: Callable[[], PictureSpace | None] = lambda: None,
    ) -> None:
        self._store, self._video, self._clock = store, video, clock
        self._space, self._pictures = space, pictures
        self._seen_by = ""
        """Name of the space whose vectors of frames were read."""
        self._lane = Lane("search", capacity=WAITING)
        self._turn = asyncio.Lock()
        self._index = MomentIndex()
        self._ids: dict[ItemKey, str] = {}
        self._cursor: LogCursor | None = None

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return self._lane.waiting

    async def close(self) -> None:
        """Finish what is being worked out."""
        await self._lane.close()

    async def index(self, item_id: str, video_url: str | None = None, watching: Watching | None = None) -> Clip | None:
        """Watch an item's video, its own or the one that a URL names, and index what is in it, as `take`.

        Raises InvalidInput where there is nothing to watch, and what `VideoService.analyse_url` and `take` do.
        """
        async with self._store.read() as unit:
            item = await unit.items.get(item_id)
            if not await unit.moments.permitted(item.key):
                return None
        url = video_url or item.media_url
        if url is None:
            raise InvalidInput(f"the item {item_id!r} has no media_url; say which video is its", field="video_url")
        return await self.take(item_id, await self._video.analyse_url(url, ASKED, watching))

    async def take(self, item_id: str, report: Report) -> Clip | None:
        """Index what analyses (`telling.ASKED`) told of an item's video, as `put`."""
        async with self._store.read() as unit:
            item = await unit.items.get(item_id)
        clip, seen = await asyncio.to_thread(told_of, item_id, report, title=item.title, description=item.description)
        return await self._keep(item.key, clip, seen)

    async def put(
        self, item_id: str, events: Sequence[Event], *, shots: Sequence[float] = (), missing: Sequence[str] = ()
    ) -> Clip | None:
        """Index what happens in an item's video, in place of what was indexed; durable on return. None: its author does
        not permit analysis.

        `shots` are seconds at which a shot begins, `missing` what could not be looked for. Raises ItemNotFound,
        ModelUnavailable, ArtefactError, Overloaded, StoreUnavailable.
        """
        async with self._store.read() as unit:
            item = await unit.items.get(item_id)
        clip = clip_of(
            item_id, events, title=item.title, description=item.description, shots=shots, missing=tuple(missing)
        )
        return await self._keep(item.key, clip, None)

    async def _keep(self, key: ItemKey, clip: Clip, seen: Floats | None) -> Clip | None:
        space, vectors = await self._lane.run(self._embedded, clip)
        rows = {space.name: vectors, **({} if seen is None else {clip.frames.space: seen})}
        async with self._store.write() as unit:
            kept = await unit.moments.put(key, clip, rows, self._clock.now())
        return clip if kept else None

    async def search(
        self,
        query: str,
        limit: int,
        sees: Callable[[Item], bool],
        *,
        ids: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
    ) -> Searched:
        """The best moments of items that the asker `sees`, as `VideoSearchIndexer.predict`; `missing` are those signals
        that could not be looked for in videos that were found, and frames that could not be compared.

        Raises InvalidInput, ModelUnavailable, ArtefactError, Overloaded, StoreUnavailable.
        """
        await self._follow()
        looked = limit + _MORE
        while True:
            found = await self._lane.run(self._found, query, looked, ids, kinds)
            seen = await self._seen([hit for hit, _ in found.hits], sees)
            hits = [(hit, without) for hit, without in found.hits if hit.id in seen][:limit]
            if len(hits) == limit or len(found.hits) < looked:
                missing = [*found.missing, *(one for _, without in hits for one in without)]
                return searched(found.space, [hit for hit, _ in hits], missing, found.query)
            looked *= 4

    async def _seen(self, hits: Sequence[Hit], sees: Callable[[Item], bool]) -> Collection[str]:
        ids = {hit.id for hit in hits}
        async with self._store.read() as unit:
            keys = await unit.items.keys(ids)
            items = await unit.items.by_keys(list(keys.values()))
        return {item.id for item in items.values() if sees(item)}

    async def _follow(self) -> None:
        """Read what changed since the last question; everything at the first, and where frames are compared in a space
        that they were not before."""
        async with self._turn:
            space, pictures = await self._lane.run(self._spaces)
            if self._cursor is None or pictures != self._seen_by:
                async with self._store.read() as unit:
                    cursor = await unit.moments.newest()
                    there = await self._read(unit, space, pictures)
                await self._lane.run(self._forget, self._ids.keys() - there)
                self._cursor, self._seen_by = cursor, pictures
                return
            more = True
            while more:
                async with self._store.read() as unit:
                    changed = await unit.moments.changed(self._cursor)
                    there = await self._read(unit, space, pictures, changed.keys) if changed.keys else set()
                await self._lane.run(self._forget, changed.keys - there)
                self._cursor, more = changed.cursor, changed.more

    def _spaces(self) -> tuple[Space, str]:
        """Runs in the lane."""
        pictures = self._pictures()
        return self._space(), "" if pictures is None else pictures.name

    async def _read(
        self, unit: SearchUnit, space: Space, pictures: str, keys: Collection[ItemKey] | None = None
    ) -> set[ItemKey]:
        """Index the moments of these items, or of all; which there are."""
        there = set[ItemKey]()
        async for batch in unit.moments.kept(space.name, keys, frames=pictures):
            await self._take(batch)
            there.update(one.key for one in batch)
        return there

    async def _take(self, batch: Sequence[Kept]) -> None:
        """Index stored moments, and store vectors that had to be made."""
        for one, vectors in await self._lane.run(self._taken, batch):
            async with self._store.write() as unit:
                await unit.moments.keep(one.key, (await self._lane.run(self._space)).name, vectors)

    def _taken(self, batch: Sequence[Kept]) -> list[tuple[Kept, Floats]]:
        """Runs in the lane, as what follows; returns those whose vectors are new."""
        made = list[tuple[Kept, Floats]]()
        for one in batch:
            vectors = one.vectors
            if vectors is None:
                vectors = self._space().vectors(one.clip.words())
                if one.clip.phrases:
                    made.append((one, vectors))
            clip = retitled(one.clip, one.title, one.description)
            if clip != one.clip:
                known = dict(zip(one.clip.words(), vectors, strict=True))
                new = [words for words in clip.words() if words not in known]
                known.update(zip(new, self._space().vectors(new), strict=True))
                vectors = np.array([known[words] for words in clip.words()], np.float32)
            self._ids[one.key] = clip.id
            self._index.add(clip, vectors, one.seen)
        return made

    def _forget(self, keys: Collection[ItemKey]) -> None:
        for key in keys:
            if (name := self._ids.pop(key, None)) is not None:
                self._index.remove(name)

    def _embedded(self, clip: Clip) -> tuple[Space, Floats]:
        space = self._space()
        return space, space.vectors(clip.words())

    def _found(self, query: str, count: int, ids: Collection[str] | None, kinds: Collection[str] | None) -> _Found:
        space, pictures = self._space(), self._pictures()
        there = pictures is not None and pictures.name in self._index.spaces(ids)
        asked = query_of(space, query, pictures if there else None, ids=ids, kinds=kinds)
        hits = [(hit, self._index.lacking(hit.id)) for hit in islice(self._index.search(asked), count)]
        return _Found(space, asked, hits, unseen(self._index, asked, pictures))
