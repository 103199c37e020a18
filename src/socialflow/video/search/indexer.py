"""Moments of videos found by words, for code that calls this project as a library."""

import asyncio
import threading
from collections.abc import Collection, Sequence
from itertools import islice
from pathlib import Path

from socialflow.catalogue.upstream.handed import LACKING
from socialflow.catalogue.upstream.ports import Models
from socialflow.catalogue.upstream.shared import shared_models
from socialflow.errors import InvalidInput
from socialflow.image.clip import MODEL
from socialflow.kit.analyses import watched_by
from socialflow.kit.answers import Provenance, Status, Tier
from socialflow.video.analysis import report
from socialflow.video.reader import VideoReader, Watching, aside, shared_reader
from socialflow.video.search.file import read_clips, write_clips
from socialflow.video.search.index import MomentIndex, Query, kinds_of
from socialflow.video.search.moments import clip_of
from socialflow.video.search.pictures import PictureSpace, clip_space
from socialflow.video.search.records import FRAME, Clip, Floats, Hit, Searched
from socialflow.video.search.space import Space, text_space
from socialflow.video.search.telling import ASKED, told_of
from socialflow.video.search.wording import SHORT, phrases, stems
from socialflow.video.service import made
from socialflow.video.timeline import Event

MOMENTS = Provenance("moments", "1", Tier.HEURISTIC)
"""What cuts videos into moments and scores them."""
MOST = 1_000
"""Moments of one answer at most."""
STALE = "frames:stale:"
"""What stands before the name of a space of frames that another model or version made than the one that is here: they
are not compared until the video is indexed again."""


class VideoSearchIndexer:
    """Indexes videos by what was seen, read, heard and said in them, and finds moments by English words: by what models
    have names for and people said, and, where CLIP is pulled, by what frames show. Moments tell which of the two found
    them (`spaces`).

    `add` and `predict` answer in this thread, `index` and `search` in another one. Safe to use from several threads.

    Parameters:
        space: where words are compared; None: that of the text model in the package.
        reader: watches files; None: the one that all share.
        models: those that others trained; None: those of the installation.

    Examples
    --------
    >>> from socialflow.video.timeline import EventKind
    >>> indexer = VideoSearchIndexer()
    >>> walk = [Event(EventKind.OBJECT, 0, 8, "dog", 0.9), Event(EventKind.SPEECH, 4, 7, "what a fine morning", 0.8)]
    >>> len(indexer.add(walk, id="walk").moments)
    2
    >>> [(hit.id, hit.start, hit.end) for hit in indexer.predict("somebody talks about the morning").hits]
    [('walk', 4.0, 8.0)]
    >>> indexer.predict("tax return").status.value
    'abstained'
    """

    def __init__(
        self, space: Space | None = None, reader: VideoReader | None = None, models: Models | None = None
    ) -> None:
        self._given, self._reader, self._models = space, reader, models
        self._index = MomentIndex()
        self._guard = threading.Lock()

    def __len__(self) -> int:
        return len(self._index)

    def add(
        self,
        source: Path | str | Sequence[Event],
        id: str | None = None,  # noqa: A002
        *,
        title: str = "",
        description: str = "",
        watching: Watching | None = None,
    ) -> Clip:
        """Index a video by what happens in it and what is written about it; one of the same id is replaced.

        A file is watched once for that; of events that are given, scenes begin shots. `id` is the file's name if it is
        not given. Raises InvalidInput where there is none, ModelUnavailable, ArtefactError and, of a file, what
        `VideoReader.watch` does.
        """
        if isinstance(source, Path | str):
            clip, seen = self._watched(Path(source), id, title, description, watching)
        elif id is None:
            raise InvalidInput("events are of no name; say which video they are of", field="id")
        else:
            clip, seen = clip_of(id, source, title=title, description=description), None
        vectors = self._space.vectors(clip.words())
        with self._guard:
            self._index.add(clip, vectors, seen)
        return clip

    async def index(
        self,
        source: Path | str | Sequence[Event],
        id: str | None = None,  # noqa: A002
        *,
        title: str = "",
        description: str = "",
    ) -> Clip:
        """As `add`, in another thread; cancelling it ends the decoding."""
        return await aside(
            lambda watching: self.add(source, id, title=title, description=description, watching=watching)
        )

    def _watched(
        self,
        path: Path,
        id: str | None,  # noqa: A002
        title: str,
        description: str,
        watching: Watching | None,
    ) -> tuple[Clip, Floats | None]:
        analyses = made(ASKED, self._models or shared_models())
        seen = (self._reader or shared_reader()).watch(path, watched_by(analyses), watching)
        name = path.name if id is None else id
        return told_of(name, report(seen, analyses), title=title, description=description)

    def remove(self, id: str) -> bool:  # noqa: A002
        """Take a video out; whether it was there."""
        with self._guard:
            return self._index.remove(id)

    def predict(
        self,
        query: str,
        k: int = 10,
        *,
        ids: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
    ) -> Searched:
        """The best `k` moments for some words, the video with the best one first; nothing where none is near enough.

        `ids` are videos to search (one: search inside it), `kinds` what counts: kinds of events, title, description,
        frame. `missing` names what videos that were found lack, and frames that could not be compared. Raises
        InvalidInput, ModelUnavailable, ArtefactError.
        """
        if not 1 <= k <= MOST:
            raise InvalidInput(f"k is 1 to {MOST}, not {k}", field="k")
        pictures, there = self._pictures(ids)
        asked = query_of(self._space, query, pictures if there else None, ids=ids, kinds=kinds)
        with self._guard:
            hits = tuple(islice(self._index.search(asked), k))
            missing = [*unseen(self._index, asked, pictures), *(m for hit in hits for m in self._index.lacking(hit.id))]
        return searched(self._space, hits, missing, asked)

    async def search(
        self,
        query: str,
        k: int = 10,
        *,
        ids: Collection[str] | None = None,
        kinds: Collection[str] | None = None,
    ) -> Searched:
        """As `predict`, in another thread."""
        return await asyncio.to_thread(self.predict, query, k, ids=ids, kinds=kinds)

    def save(self, path: Path | str) -> None:
        """Write the index to a file, whole or not at all. Raises OSError."""
        with self._guard:
            write_clips(Path(path), self._space.name, list(self._index.clips()))

    @classmethod
    def load(
        cls, path: Path | str, space: Space | None = None, *, models: Models | None = None
    ) -> "VideoSearchIndexer":
        """An index as `save` left it; vectors of words that another model made are made anew, those of frames are not
        compared. Raises ArtefactError."""
        indexer = cls(space, models=models)
        made_by, clips = read_clips(Path(path))
        for clip, vectors, seen in clips:
            known = made_by == indexer._space.name
            indexer._index.add(clip, vectors if known else indexer._space.vectors(clip.words()), seen)
        return indexer

    def _pictures(self, ids: Collection[str] | None) -> tuple[PictureSpace | None, bool]:
        """Where words are compared with frames, and whether these videos have some there; None where no frames are
        indexed, or what words are read with is not here."""
        with self._guard:
            spaces = self._index.spaces(ids)
        found = clip_space(self._models or shared_models()) if spaces else None
        return found, found is not None and found.name in spaces

    @property
    def _space(self) -> Space:
        return self._given or text_space()


def query_of(
    space: Space,
    words: str,
    pictures: PictureSpace | None = None,
    *,
    ids: Collection[str] | None = None,
    kinds: Collection[str] | None = None,
) -> Query:
    """What is asked, with its vectors; pictures are not asked what has no word in it, nor where frames do not count.

    Raises InvalidInput, ModelUnavailable, ArtefactError.
    """
    if not words.strip():
        raise InvalidInput("a query has one word at least", field="query")
    if len(words) > SHORT:
        raise InvalidInput(f"a query has {SHORT} characters at most, not {len(words)}", field="query")
    counting = kinds_of(kinds)
    vectors = space.vectors([words, *phrases(words)])
    noise = space.noise(vectors).tolist()
    asked = pictures if stems(words) and (counting is None or FRAME in counting) else None
    picture = None if asked is None else (asked, asked.vectors([words])[0])
    apart = tuple(zip(vectors[1:], noise[1:], strict=True))
    return Query(words, vectors[0], noise[0], counting, ids, picture, apart)


def unseen(index: MomentIndex, query: Query, pictures: PictureSpace | None) -> Sequence[str]:
    """What of the frames that are searched cannot be compared: all where the model is not here, else those that another
    one made."""
    if query.kinds is not None and FRAME not in query.kinds:
        return ()
    spaces = index.spaces(query.ids)
    if pictures is None:
        return (LACKING + MODEL,) if spaces else ()
    return tuple(STALE + name for name in sorted(spaces) if name != pictures.name)


def searched(space: Space, hits: Sequence[Hit], missing: Sequence[str], query: Query) -> Searched:
    """An answer: abstained where nothing was found, partial where something was not looked for."""
    status = Status.ABSTAINED if not hits else Status.PARTIAL if missing else Status.COMPLETE
    asked = () if query.picture is None else (query.picture[0].provenance,)
    return Searched(tuple(hits), status, tuple(dict.fromkeys(missing)), (MOMENTS, space.provenance, *asked))
