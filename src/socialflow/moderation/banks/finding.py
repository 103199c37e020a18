"""Stored content that entries of banks may be like: prints of pictures, and the words of items."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from socialflow.image.pdq import Pdq
from socialflow.moderation.banks.index import KnownPictures, KnownTexts
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.pictures import Asked
from socialflow.moderation.banks.ports import BankStore
from socialflow.moderation.banks.records import Bank, BankKind
from socialflow.moderation.banks.texts import print_of

_PAGE = 10_000
_BEHIND_ALL = 2**62
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Sought:
    """The entries that a change is about, ready to be looked for: which of some pictures or texts are like one."""

    pictures: KnownPictures | None
    texts: KnownTexts | None
    banks: Mapping[int, Bank]

    async def among_pictures(self, pictures: Sequence[Pdq]) -> list[int]:
        """Numbers of the pictures that an entry may be like."""
        known = self.pictures
        if known is None:
            return []
        return await asyncio.to_thread(lambda: _near(pictures, lambda one: _picture(known, one, self.banks)))

    async def among_texts(self, texts: Sequence[str]) -> list[int]:
        """Numbers of the texts that an entry may be like."""
        known = self.texts
        if known is None:
            return []
        return await asyncio.to_thread(lambda: _near(texts, lambda one: _text(known, one, self.banks)))


async def sought(store: BankStore, change: Change) -> Sought:
    """The entries of a change. Raises StoreUnavailable."""
    pictures = KnownPictures() if change.kind is BankKind.PICTURE else None
    texts = KnownTexts() if change.kind is BankKind.TEXT else None
    known: KnownPictures | KnownTexts | None = texts if pictures is None else pictures
    async with store.read() as unit:
        banks = {bank.key: bank for bank in await unit.hash_banks.banks() if _about(bank, change)}
        position, last = (-1, 0) if change.bank is not None else (change.since, _BEHIND_ALL)
        while known is not None and banks:
            block = await unit.hash_banks.changed(change.kind, position, last, _PAGE)
            position, last = block.version, block.last
            await asyncio.to_thread(known.take, block)
            if len(block) < _PAGE:
                await asyncio.to_thread(known.settle)
                break
    return Sought(pictures if banks else None, texts if banks else None, banks)


def _about(bank: Bank, change: Change) -> bool:
    return bank.active and bank.kind is change.kind and change.bank in {None, bank.id}


def _near(things: Sequence[T], found: Callable[[T], bool]) -> list[int]:
    return [number for number, one in enumerate(things) if found(one)]


def _picture(known: KnownPictures, picture: Pdq, banks: Mapping[int, Bank]) -> bool:
    return bool(known.search(Asked(picture), banks).near)


def _text(known: KnownTexts, text: str, banks: Mapping[int, Bank]) -> bool:
    asked = print_of(text)
    return asked is not None and asked.payload is not None and bool(known.search(asked.payload, banks).near)
