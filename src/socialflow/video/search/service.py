"""Search of a platform's videos: what one process indexes, every other finds at its next question."""

import asyncio
from collections.abc import Callable, Collection, Sequence
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
from socialflow.video.search.index import MomentIndex
from socialflow.video.search.indexer import query_of, searched
from socialflow.video.search.moments import clip_of, retitled
from socialflow.video.search.ports import SearchStore
from socialflow.video.search.records import Clip, Floats, Hit, Kept, Searched
from socialflow.video.search.space import Space, text_space
from socialflow.video.search.telling import ASKED, events_of, lacking, shots_of
from socialflow.video.service import VideoService
from socialflow.video.timeline import Event

WAITING = 64
"""Calls that wait for their turn at most."""
NOT_PERMITTED = "analysis:not_permitted"
"""What is missing where an author bars analysis."""
_MORE = 50
"""Moments that are looked at beyond those asked for, as not everybody sees all."""


class VideoSearch:
    """Finds moments of the platform's videos by words.

    The index is kept in memory and follows the store: what changed since the last question is read before it is
    answered, in every process.

    Args:
        video: watches those that are to be indexed.
        space: gives the space, on the thread that computes; what it raises is raised to who asked.
    """

    def __init__(
        self, store: SearchStore, video: VideoService, clock: Clock, space: Callable[[], Space] = text_space
    ) -> None:
        self._store, self._video, self._clock, self._space = store, video, clock, space
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
        return await self.put(item_id, events_of(report), shots=shots_of(report), missing=lacking(report))

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
        space, vectors = await self._lane.run(self._embedded, clip)
        async with self._store.write() as unit:
            kept = await unit.moments.put(item.key, clip, space.name, vectors, self._clock.now())
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
        that could not be looked for in videos that were found.

        Raises InvalidInput, ModelUnavailable, ArtefactError, Overloaded, StoreUnavailable.
        """
        await self._follow()
        looked = limit + _MORE
        while True:
            space, found = await self._lane.run(self._found, query, looked, ids, kinds)
            seen = await self._seen([hit for hit, _ in found], sees)
            hits = [(hit, without) for hit, without in found if hit.id in seen][:limit]
            if len(hits) == limit or len(found) < looked:
                missing = dict.fromkeys(one for _, without in hits for one in without)
                return searched(space, [hit for hit, _ in hits], tuple(missing))
            looked *= 4

    async def _seen(self, hits: Sequence[Hit], sees: Callable[[Item], bool]) -> Collection[str]:
        ids = {hit.id for hit in hits}
        async with self._store.read() as unit:
            keys = await unit.items.keys(ids)
            items = await unit.items.by_keys(list(keys.values()))
        return {item.id for item in items.values() if sees(item)}

    async def _follow(self) -> None:
        """Read what changed since the last question; everything at the first."""
        async with self._turn:
            space = await self._lane.run(self._space)
            if self._cursor is None:
                async with self._store.read() as unit:
                    cursor = await unit.moments.newest()
                    async for batch in unit.moments.kept(space.name):
                        await self._take(batch)
                self._cursor = cursor
                return
            more = True
            while more:
                async with self._store.read() as unit:
                    changed = await unit.moments.changed(self._cursor)
                    there = set[ItemKey]()
                    if changed.keys:
                        async for batch in unit.moments.kept(space.name, changed.keys):
                            await self._take(batch)
                            there.update(one.key for one in batch)
                await self._lane.run(self._forget, changed.keys - there)
                self._cursor, more = changed.cursor, changed.more

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
                made.append((one, vectors))
            clip = retitled(one.clip, one.title, one.description)
            if clip != one.clip:
                known = dict(zip(one.clip.words(), vectors, strict=True))
                new = [words for words in clip.words() if words not in known]
                known.update(zip(new, self._space().vectors(new), strict=True))
                vectors = np.array([known[words] for words in clip.words()], np.float32)
            self._ids[one.key] = clip.id
            self._index.add(clip, vectors)
        return made

    def _forget(self, keys: Collection[ItemKey]) -> None:
        for key in keys:
            if (name := self._ids.pop(key, None)) is not None:
                self._index.remove(name)

    def _embedded(self, clip: Clip) -> tuple[Space, Floats]:
        space = self._space()
        return space, space.vectors(clip.words())

    def _found(
        self, query: str, count: int, ids: Collection[str] | None, kinds: Collection[str] | None
    ) -> tuple[Space, list[tuple[Hit, Sequence[str]]]]:
        space = self._space()
        hits = islice(self._index.search(query_of(space, query, ids=ids, kinds=kinds)), count)
        return space, [(hit, self._index.lacking(hit.id)) for hit in hits]
