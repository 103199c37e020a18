"""Signals of content: every file opened once, all words in one pass, and one piece of content never fails another."""

import asyncio
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import pytest
from tests import looks
from tests.fakes import NOW, ago
from tests.looks import CALM, told

from socialflow.content.records import Item, ItemKind
from socialflow.errors import (
    InvalidInput,
    MediaUnavailable,
    MediaUnreadable,
    ModelUnavailable,
    Overloaded,
    RefusedAddress,
    TooLarge,
)
from socialflow.image.analysis import ImageReport
from socialflow.image.pdq import Pdq
from socialflow.kit.clock import FixedClock
from socialflow.moderation.banks.kept import Kept, KeptMatch, KeptPrint
from socialflow.moderation.banks.records import Bank, BankKind, Match, Purpose
from socialflow.moderation.banks.records import Looked as LookedUp
from socialflow.moderation.gather.media import AT_ONCE, Media
from socialflow.moderation.gather.pictures import SIGNALS as OF_IMAGES
from socialflow.moderation.gather.records import MOST_PICTURES, AuthorFacts, Content, content_of
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.gather.text import QUESTIONS
from socialflow.moderation.records import ContentKind, Facts, Place, Signals, Trust
from socialflow.text.records import Analysis
from socialflow.video.analysis import Report

MOVES = b"GIF89a"
STANDS = b"\x89PNG"


class Texts:
    """Says the same of every text that says something; keeps what it was asked."""

    def __init__(self, *, model: bool = True) -> None:
        self.model, self.asked = model, list[list[str]]()

    async def analyse(self, texts: Sequence[str], questions: Collection[str], *, turn: int) -> list[Analysis]:
        assert questions == QUESTIONS
        if not self.model:
            raise ModelUnavailable("no text model is installed")
        self.asked.append(list(texts))
        empty = told(None, None, missing=("toxicity", "spam", "text:empty"))
        return [told({**CALM, "insult": 0.75}, language="en") if text else empty for text in texts]


@dataclass
class Files:
    """Files by URL; keeps what was fetched, and how many were open at a time."""

    folder: Path
    contents: Mapping[str, bytes | Exception] = field(default_factory=dict)
    fetches: list[str] = field(default_factory=list)
    open: int = 0
    most: int = 0

    @asynccontextmanager
    async def fetched(self, url: str, field: str = "url") -> AsyncIterator[Path]:
        self.fetches.append(url)
        content = self.contents[url]
        if isinstance(content, Exception):
            raise content
        path = self.folder / url.rpartition("/")[2]
        path.write_bytes(content)
        self.open += 1
        self.most = max(self.most, self.open)
        await asyncio.sleep(0)
        yield path
        self.open -= 1


@dataclass
class Lookers:
    """In place of both services: what each file shows, by name."""

    shows: Mapping[str, ImageReport | Report | Exception]
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    async def analyse(self, path: Path, names: Sequence[str]) -> ImageReport | Report:
        self.asked.append((path.name, tuple(names)))
        shown = self.shows[path.name]
        if isinstance(shown, Exception):
            raise shown
        return shown


class Authors:
    async def facts(self, authors: Collection[str]) -> Mapping[str, AuthorFacts]:
        return {"ann": AuthorFacts(ago(days=3))} if "ann" in authors else {}


class Strikes:
    async def weights(self, authors: Collection[str], at: datetime) -> Mapping[str, float]:
        assert at == NOW
        return {author: {"ann": 0.5}.get(author, 0.0) for author in authors}


Make = Callable[..., SignalService]


@pytest.fixture
async def make(tmp_path: Path) -> AsyncIterator[Make]:
    made: list[SignalService] = []

    def service(
        texts: Texts | None = None,
        files: Mapping[str, bytes | Exception] | None = None,
        shows: Mapping[str, ImageReport | Report | Exception] | None = None,
        **more: object,
    ) -> SignalService:
        lookers = Lookers(shows or {})
        brought = Files(tmp_path, files or {})
        media = Media(lookers, lookers, brought)  # type: ignore[arg-type]
        one = SignalService(texts or Texts(), media, clock=FixedClock(NOW), **more)  # type: ignore[arg-type]
        one.lookers, one.files = lookers, brought  # type: ignore[attr-defined]
        made.append(one)
        return one

    yield service
    for one in made:
        await one.close()


def post(text: str = "", **more: object) -> Content:
    return Content(ContentKind.POST, text=text, **more)  # type: ignore[arg-type]


URL, OTHER = "https://a.example/one.png", "https://a.example/two.png"


class TestWords:
    async def test_all_words_go_through_the_text_model_together(self, make: Make) -> None:
        texts = Texts()
        shows = {"one.png": looks.picture(objects={}, text="on a sign"), "two.gif": looks.film(
            lines=[("a title", 0, 1)], words=[("hello", 0, 1), ("there", 1, 2)])}  # fmt: skip
        files = {URL: STANDS, "https://a.example/two.gif": MOVES}
        contents = [
            Content(ContentKind.POST, title="Goal", text="what a match", tags=("cup", "final"), pictures=(URL,)),
            Content(ContentKind.VIDEO, title="Film", video="https://a.example/two.gif"),
            post("last"),
        ]
        found = await make(texts, files, shows).gather(contents)
        assert texts.asked == [["Goal\nwhat a match\ncup final", "on a sign", "Film", "a title", "hello there", "last"]]
        assert found[0].readings["image.text_toxicity"].value == 0.75
        assert found[1].readings["video.speech_toxicity"].value == 0.75
        assert not any(name.startswith(("image.", "video.")) for name in found[2].readings)

    async def test_no_word_of_content_is_in_its_signals(self, make: Make) -> None:
        shows = {"one.png": looks.picture(objects={}, text="shownword"), "two.gif": looks.film(
            lines=[("titleword", 0, 1)], words=[("spokenword", 0, 1)])}  # fmt: skip
        files = {URL: STANDS, "https://a.example/two.gif": MOVES}
        content = Content(
            ContentKind.VIDEO,
            title="headword",
            description="longword",
            text="mainword",
            tags=("tagword",),
            pictures=(URL,),
            video="https://a.example/two.gif",
            author="ann",
        )
        (found,) = await make(None, files, shows, authors=Authors(), strikes=Strikes()).gather([content])
        assert "word" not in repr(found)
        assert "ann" not in repr(found)

    async def test_without_a_text_model_its_signals_are_missing(self, make: Make) -> None:
        (found,) = await make(Texts(model=False)).gather([post("hello")])
        assert found.missing["text.toxicity"] == "model:text"
        assert "text.links" in found.readings

    async def test_nothing_to_say_and_nothing_to_show(self, make: Make) -> None:
        assert await make().gather([post(), post()]) == [Signals({}, {}), Signals({}, {})]
        assert await make().gather([]) == []

    async def test_many_at_once_say_what_each_says_alone(self, make: Make) -> None:
        service = make()
        contents = [post(f"text number {number} http://h{number}.example/") for number in range(150)]
        together = await service.gather(contents)
        assert together[149].readings["text.link_hosts"].value == ("h149.example",)
        for place in (0, 64, 149):
            assert await service.gather([contents[place]]) == [together[place]]


class TestFiles:
    async def test_each_is_fetched_and_opened_once(self, make: Make) -> None:
        service = make(files={URL: STANDS}, shows={"one.png": looks.picture(0.75, objects={})})
        found = await service.gather([post(pictures=(URL,)), post(pictures=(URL, URL))])
        assert service.files.fetches == [URL]  # type: ignore[attr-defined]
        assert service.lookers.asked == [("one.png", ("nsfw", "objects", "text"))]  # type: ignore[attr-defined]
        assert {one.readings["image.nsfw"].value for one in found} == {0.75}

    @pytest.mark.parametrize(
        ("problem", "why"),
        [
            (MediaUnreadable("no"), "media:unreadable"),
            (TooLarge("no"), "media:too_large"),
            (ModelUnavailable("no"), "media:decoder"),
        ],
    )
    async def test_what_cannot_be_opened_fails_nobody_else(self, make: Make, problem: Exception, why: str) -> None:
        service = make(files={URL: STANDS, OTHER: STANDS}, shows={
            "one.png": problem, "two.png": looks.picture(0.5, objects={})})  # fmt: skip
        broken, fine = await service.gather([post("hi", pictures=(URL,)), post(pictures=(OTHER,))])
        assert {name: broken.missing[name] for name in OF_IMAGES} == dict.fromkeys(OF_IMAGES, why)
        assert "text.toxicity" in broken.readings
        assert (fine.readings["image.nsfw"].value, fine.missing) == (0.5, {})

    @pytest.mark.parametrize(
        ("problem", "why"), [(RefusedAddress("no"), "media:refused"), (MediaUnavailable("no"), "media:unavailable")]
    )
    async def test_what_cannot_be_fetched_is_missing(self, make: Make, problem: Exception, why: str) -> None:
        (found,) = await make(files={URL: problem}).gather([post(pictures=(URL,))])
        assert found == Signals({}, dict.fromkeys(OF_IMAGES, why))

    async def test_too_much_to_do_is_for_the_caller(self, make: Make) -> None:
        with pytest.raises(Overloaded):
            await make(files={URL: STANDS}, shows={"one.png": Overloaded("too much")}).gather([post(pictures=(URL,))])

    async def test_only_a_few_are_open_at_a_time(self, make: Make) -> None:
        urls = tuple(f"https://a.example/{number}.png" for number in range(8))
        shown = {f"{number}.png": looks.picture(objects={}) for number in range(8)}
        service = make(files=dict.fromkeys(urls, STANDS), shows=shown)
        await service.gather([post(pictures=urls)])
        assert service.files.most <= AT_ONCE  # type: ignore[attr-defined]

    async def test_what_a_file_is_its_content_tells(self, make: Make) -> None:
        shows = {"one.png": looks.film(0.75), "two.png": looks.picture(0.5, objects={})}
        service = make(files={URL: MOVES, OTHER: STANDS}, shows=shows)
        (found,) = await service.gather([post(pictures=(URL, OTHER))])
        assert found.readings["video.nsfw"].value == 0.75
        assert found.readings["image.nsfw"].places == (Place(1, 2, 0.5),)
        (found,) = await service.gather([Content(ContentKind.VIDEO, video=OTHER)])
        assert set(found.readings) == set(OF_IMAGES)

    async def test_a_path_is_opened_where_it_lies_and_a_string_never_is_one(self, make: Make, tmp_path: Path) -> None:
        (tmp_path / "own.png").write_bytes(STANDS)
        service = make(files={}, shows={"own.png": looks.picture(0.5, objects={})})
        (found,) = await service.gather([post(pictures=(tmp_path / "own.png",))])
        assert found.readings["image.nsfw"].value == 0.5
        with pytest.raises(KeyError):
            await service.gather([post(pictures=(str(tmp_path / "own.png"),))])

    async def test_where_nothing_opens_media(self) -> None:
        service = SignalService(Texts())
        (found,) = await service.gather([post(pictures=(URL,))])
        assert found.missing == dict.fromkeys(OF_IMAGES, "media:decoder")
        await service.close()

    def test_a_post_has_so_many_pictures_at_most(self) -> None:
        with pytest.raises(InvalidInput, match="20 at most"):
            post(pictures=(URL,) * (MOST_PICTURES + 1))


class TestAuthors:
    async def test_what_is_known_of_them_is_among_the_signals_and_facts(self, make: Make) -> None:
        service = make(authors=Authors(), strikes=Strikes())
        told = await service.look([post("hi", author="ann", community="cup"), post("hi", author="bob", language="de")])
        assert told[0].signals.readings["author.account_age_days"].value == 3.0
        assert told[0].signals.readings["author.strikes"].value == 0.5
        assert told[0].facts == Facts(ContentKind.POST, "cup", "en", Trust.NEW)
        assert told[1].signals.missing["author.duplicates"] == "author:unknown"
        assert told[1].facts == Facts(ContentKind.POST, None, "en", Trust.UNKNOWN)

    async def test_a_hint_says_the_language_where_the_words_do_not(self, make: Make) -> None:
        (told,) = await make().look([post(language="de")])
        assert told.facts.language == "de"

    def test_a_stored_item_as_content(self) -> None:
        item = Item("v1", ItemKind.VIDEO, NOW, author="ann", title="T", tags=("a",), media_url=URL, thumbnail_url=OTHER)
        made = content_of(item)
        assert (made.video, made.pictures, made.words, made.id) == (URL, (OTHER,), "T\na", "v1")
        made = content_of(Item("p1", ItemKind.POST, NOW, text="x", media_url=URL))
        assert (made.video, made.pictures) == (None, (URL,))


def match(bank: str, purpose: Purpose, owner: str = "", *, entry: int = 1, **fields: float) -> Match:
    return Match(bank, purpose, owner, entry, "", "", **{"score": 1.0, **fields})  # type: ignore[arg-type]


@dataclass
class Banks:
    """Banks that know some texts and hashes; keeps what was asked."""

    kinds: tuple[str, ...]
    texts: Mapping[str, Match] = field(default_factory=dict)
    hashes: Mapping[bytes, Match] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def version(self) -> int:
        return 7

    async def list(self) -> Sequence[Bank]:
        made = [Bank(kind, kind, BankKind(kind), Purpose.BLOCK, NOW) for kind in self.kinds]
        return [*made, Bank("old", "old", BankKind.TEXT, Purpose.BLOCK, NOW, active=False)]

    async def match_text(self, text: str) -> LookedUp:
        self.asked.append(text)
        return LookedUp((self.texts[text],) if text in self.texts else ())

    async def match_picture(self, picture: Pdq) -> LookedUp:
        return LookedUp((self.hashes[picture.value],) if picture.value in self.hashes else ())


HASH = "ab" * 32


class TestMatches:
    async def test_without_banks_nothing_belongs_and_nothing_is_missing(self, make: Make) -> None:
        banks = Banks(())
        (found,) = await make(matching=banks).gather([post("known words")])
        assert not any(name.startswith("match.") for name in (*found.readings, *found.missing))
        assert banks.asked == []

    async def test_known_words(self, make: Make) -> None:
        banks = Banks(("text",), {"known words": match("b1", Purpose.BLOCK, score=0.875)})
        known, other = await make(matching=banks).gather([post("known words"), post("other words")])
        assert (known.readings["match.harmful"].value, known.readings["match.harmful_banks"].value) == (0.875, ("b1",))
        assert known.readings["match.copyright"].value == 0.0
        assert (other.readings["match.harmful"].value, "match.harmful_banks" in other.readings) == (0.0, False)

    async def test_pictures_of_an_owner_by_a_hash_made_on_the_way(self, make: Make) -> None:
        banks = Banks(("picture",), hashes={bytes.fromhex(HASH): match("b2", Purpose.COPYRIGHT, "label", of_query=0.5)})
        service = make(files={URL: STANDS}, shows={"one.png": looks.picture(objects={}, hashed=HASH)}, matching=banks)
        (found,) = await service.gather([post("words", pictures=(URL,))])
        assert service.lookers.asked[0][1][-1] == "vector"  # type: ignore[attr-defined]
        assert (found.readings["match.copyright"].value, found.readings["match.owners"].value) == (0.5, ("label",))
        assert found.readings["match.copyright"].places == (Place(0, 1, 1.0),)
        assert banks.asked == []

    async def test_what_is_remembered_for_banks_that_change(self, make: Make) -> None:
        held = replace(match("b1", Purpose.BLOCK, entry=5, score=0.75), held=True)
        banks = Banks(("picture", "text"), {"words": held}, {bytes.fromhex(HASH): match("b2", Purpose.COPYRIGHT)})
        service = make(files={URL: STANDS}, shows={"one.png": looks.picture(objects={}, hashed=HASH)}, matching=banks)
        (told,) = await service.look([post("words", pictures=(URL,))])
        assert told.kept == Kept(
            (KeptPrint(0, bytes.fromhex(HASH), 100),),
            (KeptMatch(1, 1.0, acted=True), KeptMatch(5, 0.75, acted=False)),
            version=7,
        )
        assert told.signals.readings["match.harmful"].value == 0.0  # what is held does not act
        assert told.signals.readings["match.held"].value == 0.75  # but it is told

    async def test_what_is_only_tracked_is_no_signal(self, make: Make) -> None:
        banks = Banks(("text",), {"known": match("b1", Purpose.TRACK, "label")})
        (found,) = await make(matching=banks).gather([post("known")])
        assert (found.readings["match.copyright"].value, "match.owners" in found.readings) == (0.0, False)

    async def test_a_file_that_cannot_be_seen_may_be_in_a_bank(self, make: Make) -> None:
        service = make(files={URL: MediaUnavailable("no")}, matching=Banks(("picture",)))
        (found,) = await service.gather([post(pictures=(URL,))])
        assert found.missing["match.harmful"] == found.missing["match.copyright"] == "media:unavailable"
