"""Stored content that entries of banks may be like: prints of pictures and films, and the words of items."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from socialflow.image.pdq import Pdq
from socialflow.moderation.banks.films import heard
from socialflow.moderation.banks.index import Known, KnownFilms, KnownPictures, KnownTexts
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.pictures import Asked
from socialflow.moderation.banks.ports import BankStore
from socialflow.moderation.banks.records import Bank, BankKind
from socialflow.moderation.banks.texts import print_of
from socialflow.video.prints import VideoFingerprint

_PAGE: Mapping[BankKind, int] = {
    BankKind.PICTURE: 10_000,
    BankKind.TEXT: 10_000,
    BankKind.VIDEO: 50,
    BankKind.AUDIO: 50,
}
"""Entries that are read at a time."""
_KNOWN: Mapping[BankKind, Callable[[], Known]] = {
    BankKind.PICTURE: KnownPictures,
    BankKind.TEXT: KnownTexts,
    BankKind.VIDEO: KnownFilms,
    BankKind.AUDIO: KnownFilms,
}
_BEHIND_ALL = 2**62
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sought:
    """The entries that a change is about, ready to be looked for: which of some pictures, texts or films are like one.
    `kind` says which there are."""

    kind: BankKind
    known: Known
    banks: Mapping[int, Bank]

    async def among_pictures(self, pictures: Sequence[Pdq]) -> list[int]:
        """Numbers of the pictures that an entry may be like."""
        known = self.known
        if not isinstance(known, KnownPictures):
            return []
        return await asyncio.to_thread(lambda: _near(pictures, lambda one: _picture(known, one, self.banks)))

    async def among_texts(self, texts: Sequence[str]) -> list[int]:
        """Numbers of the texts that an entry may be like."""
        known = self.known
        if not isinstance(known, KnownTexts):
            return []
        return await asyncio.to_thread(lambda: _near(texts, lambda one: _text(known, one, self.banks)))

    async def among_films(self, films: Sequence[VideoFingerprint]) -> list[int]:
        """Numbers of the films that an entry may be like, by their sound alone where the entries are sounds."""
        known = self.known
        if not isinstance(known, KnownFilms):
            return []
        sounds = self.kind is BankKind.AUDIO
        return await asyncio.to_thread(lambda: _near(films, lambda one: _film(known, one, self.banks, sounds=sounds)))


async def sought(store: BankStore, change: Change) -> Sought:
    """The entries of a change. Raises StoreUnavailable."""
    known, most = _KNOWN[change.kind](), _PAGE[change.kind]
    async with store.read() as unit:
        banks = {bank.key: bank for bank in await unit.hash_banks.banks() if _about(bank, change)}
        position, last = (-1, 0) if change.bank is not None else (change.since, _BEHIND_ALL)
        while banks:
            block = await unit.hash_banks.changed(change.kind, position, last, most)
            position, last = block.version, block.last
            await asyncio.to_thread(known.take, block)
            if len(block) < most:
                await asyncio.to_thread(known.settle)
                break
    return Sought(change.kind, known, banks)


def _about(bank: Bank, change: Change) -> bool:
    return bank.active and bank.kind is change.kind and change.bank in {None, bank.id}


def _near(things: Sequence[T], found: Callable[[T], bool]) -> list[int]:
    return [number for number, one in enumerate(things) if found(one)]


def _picture(known: KnownPictures, picture: Pdq, banks: Mapping[int, Bank]) -> bool:
    return bool(known.search(Asked(picture), banks).near)


def _text(known: KnownTexts, text: str, banks: Mapping[int, Bank]) -> bool:
    asked = print_of(text)
    return asked is not None and asked.payload is not None and bool(known.search(asked.payload, banks).near)


def _film(known: KnownFilms, film: VideoFingerprint, banks: Mapping[int, Bank], *, sounds: bool) -> bool:
    return bool(known.candidates(heard(film) if sounds else film, banks))
