"""From content to signals: files and authors at once, all words of everything in one pass, compute in a lane."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from socialflow.errors import ModelUnavailable
from socialflow.inference.lane import Lane
from socialflow.kit.clock import Clock, SystemClock
from socialflow.moderation.banks.kept import Kept
from socialflow.moderation.checks import LONGEST
from socialflow.moderation.gather.author import author_signals, trust_of
from socialflow.moderation.gather.combining import greatest, merged
from socialflow.moderation.gather.films import Words, film_alone, shown_in, spoken_in
from socialflow.moderation.gather.match import InUse, Known, in_use, known_of
from socialflow.moderation.gather.media import Media
from socialflow.moderation.gather.pictures import picture_alone, words_of
from socialflow.moderation.gather.ports import Authors, Matching, StrikesOf, Texts
from socialflow.moderation.gather.records import AuthorFacts, Content, Gathered, Looked, Source
from socialflow.moderation.gather.text import QUESTIONS, measured, unanswered
from socialflow.moderation.records import Facts, Signals
from socialflow.text.records import Analysis

WAITING = 64
"""Batches whose signals wait for their turn at most."""
READ, TURN = 256, 64
"""Texts that are read in one turn of the text model, and pieces of content whose signals are worked out in one turn."""
NO_DECODER = "media:decoder"
"""Why nothing of media is known where nothing opens them."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """One piece of content with what came of its files and its author."""

    content: Content
    looked: tuple[Looked, ...]
    """Its pictures, in their order, and behind them its film, where it has one."""
    author: AuthorFacts | None
    strikes: float | None
    known: Known


class SignalService:
    """Gathers signals of content.

    Args:
        texts: answers about words.
        media: looks at pictures and films; None: nothing does.
        authors, strikes: what is known of authors; None: nothing is.
        matching: banks of what is known; None: there are none.
    """

    def __init__(
        self,
        texts: Texts,
        media: Media | None = None,
        *,
        authors: Authors | None = None,
        strikes: StrikesOf | None = None,
        matching: Matching | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._texts, self._media, self._clock = texts, media, clock or SystemClock()
        self._authors, self._strikes, self._matching = authors, strikes, matching
        self._lane = Lane("signals", capacity=WAITING)

    async def gather(self, contents: Sequence[Content]) -> list[Signals]:
        """The signals of each piece of content, in its order. Raises as `look` does."""
        return [one.signals for one in await self.look(contents)]

    async def look(self, contents: Sequence[Content]) -> list[Gathered]:
        """As `gather`, with what a policy may ask for besides. Equal files are opened once, all words go through the
        text model together, and what cannot be had of one piece of content never fails another.

        Raises:
            Overloaded: too much waits.
            StoreUnavailable: what is known of authors, or the banks, cannot be read now.
            ArtefactError: a model is damaged.
        """
        now = self._clock.now()
        seen = await self._seen(contents, now)
        words, places = list[str](), list[slice]()
        for one in seen:
            begin = len(words)
            words += [one.content.words[:LONGEST], *_words_of(one)]
            places.append(slice(begin, len(words)))
        told = await self._told(words)
        made = list[Gathered]()
        for begin in range(0, len(seen), TURN):
            part = slice(begin, begin + TURN)
            made += await self._lane.run(_gathered, seen[part], [told[place] for place in places[part]], now)
        return made

    async def close(self) -> None:
        """Finish what was accepted."""
        await self._lane.close()

    async def _told(self, words: Sequence[str]) -> list[Analysis]:
        try:
            return await self._texts.analyse(words, QUESTIONS, turn=READ)
        except ModelUnavailable:
            return unanswered(len(words))

    async def _seen(self, contents: Sequence[Content], now: datetime) -> list[_Seen]:
        """What is known of authors, files and banks, each thing asked for once."""
        names = {one.author for one in contents if one.author is not None}
        using = await in_use(self._matching)
        facts, strikes, looked = await asyncio.gather(
            self._facts(names), self._weights(names, now), self._looked(contents, using.kinds)
        )
        return [
            _Seen(
                content,
                files := tuple(looked[source] for source in _sources(content)),
                facts.get(content.author or ""),
                strikes.get(content.author or ""),
                await self._known(using, content, files),
            )
            for content in contents
        ]

    async def _facts(self, names: Collection[str]) -> Mapping[str, AuthorFacts]:
        return {} if self._authors is None or not names else await self._authors.facts(names)

    async def _weights(self, names: Collection[str], now: datetime) -> Mapping[str, float]:
        return {} if self._strikes is None or not names else await self._strikes.weights(names, now)

    async def _looked(self, contents: Sequence[Content], kinds: Collection[str]) -> Mapping[Source, Looked]:
        sources = [source for one in contents for source in _sources(one)]
        if self._media is None:
            return dict.fromkeys(sources, Looked(reason=NO_DECODER))
        return await self._media.look(sources, kinds)

    async def _known(self, using: InUse, content: Content, looked: Sequence[Looked]) -> Known:
        if self._matching is None or not using.kinds:
            return Known(Signals({}), Kept(version=using.version))
        pictures, films = ([looked[place] for place in places] for places in _sorted(content, looked))
        return await known_of(self._matching, using, content.words[:LONGEST], pictures, films)


def _sources(content: Content) -> list[Source]:
    return [*content.pictures, *(() if content.video is None else (content.video,))]


def _sorted(content: Content, looked: Sequence[Looked]) -> tuple[list[int], list[int]]:
    """Places of pictures and of films: what was not seen counts as what it was given for, and what was is told by its
    content. A film keeps its place among the pictures, so that their numbers are those of the content."""
    given = len(content.pictures)
    pictures = [place for place, one in enumerate(looked) if place < given or one.picture is not None]
    return pictures, [place for place, one in enumerate(looked) if place >= given or one.film is not None]


def _words_of(seen: _Seen) -> list[str]:
    """Words in the files of some content: of a picture one text, of a film what it shows and what is spoken."""
    found = list[str]()
    for one in seen.looked:
        if one.picture is not None:
            found.append(words_of(one.picture))
        elif one.film is not None:
            found.append("\n".join(said.text for said in shown_in(one.film)))
            found.append(" ".join(said.text for said in spoken_in(one.film)))
    return found


def _gathered(seen: Sequence[_Seen], told: Sequence[Sequence[Analysis]], now: datetime) -> list[Gathered]:
    return [_one(one, analyses, now) for one, analyses in zip(seen, told, strict=True)]


def _one(seen: _Seen, told: Sequence[Analysis], now: datetime) -> Gathered:
    content = seen.content
    by_author, author = author_signals(content, seen.author, seen.strikes, now)
    of_words = measured(content.words, told[0], author)
    pictures, films = _of_media(seen, told[1:])
    parts = [
        of_words,
        greatest(list(pictures.values()), numbered=True),
        greatest(list(films.values()), numbered=False),
        seen.known.signals,
        by_author,
    ]
    signals = merged(parts) if any(part.readings or part.missing for part in parts[1:]) else of_words
    spoken = of_words.readings.get("text.language")
    language = content.language if spoken is None or not isinstance(spoken.value, tuple) else spoken.value[0]
    trust = trust_of(seen.author, seen.strikes, now)
    nothing = Signals({})
    files = tuple(
        merged([pictures.get(place, nothing), films.get(place, nothing)]) for place in range(len(seen.looked))
    )
    return Gathered(signals, Facts(content.kind, content.community, language, trust), files, seen.known.kept)


def _of_media(seen: _Seen, told: Sequence[Analysis]) -> tuple[dict[int, Signals], dict[int, Signals]]:
    """Signals of each picture and of each film, by place, with what was told of the words in them (see `_words_of`)."""
    rest = iter(told)
    words = [
        Words(next(rest), next(rest)) if one.film is not None else Words(None if one.picture is None else next(rest))
        for one in seen.looked
    ]
    pictures, films = _sorted(seen.content, seen.looked)
    return (
        {place: picture_alone(seen.looked[place], words[place].shown) for place in pictures},
        {place: film_alone(seen.looked[place], words[place]) for place in films},
    )
