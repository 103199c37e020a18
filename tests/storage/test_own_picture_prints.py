"""Hash banks whose entries are prints of our own, of whole pictures with their features, over both engines."""

from collections.abc import AsyncIterator
from functools import lru_cache

import numpy as np
import orjson
import pytest

from socialflow.image.descriptors import fingerprint
from socialflow.image.records import ImageFingerprint
from socialflow.kit.clock import FixedClock
from socialflow.moderation.banks.exchange import Format
from socialflow.moderation.banks.pictures import EDITED, print_of
from socialflow.moderation.banks.records import BankKind, Match, NewEntry, Purpose
from socialflow.moderation.banks.service import HashBanks
from socialflow.storage.unit_of_work import Store
from tests.unit.image.generated_pictures import picture


@lru_cache(16)
def known(seed: int) -> ImageFingerprint:
    return fingerprint(picture(seed))


@pytest.fixture
async def banks(store: Store, clock: FixedClock) -> AsyncIterator[HashBanks]:
    made = HashBanks(store, clock)
    yield made
    await made.close()


async def bank_of(banks: HashBanks, name: str, *seeds: int) -> list[int]:
    """A bank of prints of our own; ids of its entries."""
    await banks.create(name, BankKind.PICTURE, Purpose.COPYRIGHT, owner="ann", bank_id=name)
    entries = [NewEntry(print_of(known(seed)), f"picture {seed}") for seed in seeds]
    return [added.id for added in await banks.add(name, entries)] if entries else []


async def matches(banks: HashBanks, pixels: np.ndarray) -> tuple[Match, ...]:
    return (await banks.match_picture(fingerprint(np.ascontiguousarray(pixels)))).matches


class TestMatches:
    async def test_the_picture_itself_turned_and_cut(self, banks: HashBanks) -> None:
        first, second = await bank_of(banks, "own", 1, 2)
        (whole,) = await matches(banks, picture(1))
        assert (whole.entry, whole.owner, whole.score, whole.how) == (first, "ann", 1.0, "")
        (turned,) = await matches(banks, np.rot90(picture(2)))
        assert (turned.entry, turned.score > 0.8) == (second, True)
        (cut,) = await matches(banks, picture(1)[60:240, 90:330])
        assert (cut.entry, cut.how) == (first, EDITED)
        assert await matches(banks, picture(3)) == ()

    async def test_a_hash_alone_finds_the_whole_and_no_part(self, banks: HashBanks) -> None:
        (entry,) = await bank_of(banks, "own", 1)
        assert [one.entry for one in (await banks.match_picture(known(1).pdq)).matches] == [entry]
        part = fingerprint(np.ascontiguousarray(picture(1)[60:240, 90:330]))
        assert (await banks.match_picture(part.pdq)).matches == ()

    async def test_withdrawn_no_more_and_confirmed_again(self, banks: HashBanks) -> None:
        (entry,) = await bank_of(banks, "own", 1)
        part = picture(1)[60:240, 90:330]
        await banks.withdraw("own", entry)
        assert await matches(banks, part) == ()
        await banks.confirm("own", entry, "ann")
        assert [one.entry for one in await matches(banks, part)] == [entry]

    async def test_the_same_picture_is_stored_once(self, banks: HashBanks) -> None:
        (entry,) = await bank_of(banks, "own", 1)
        (again,) = await banks.add("own", [NewEntry(print_of(known(1)))])
        assert (again.id, again.new) == (entry, False)


class TestLists:
    async def test_go_from_one_installation_to_another(self, banks: HashBanks) -> None:
        await bank_of(banks, "own", 1, 2)
        await bank_of(banks, "copy")
        told = await banks.export("own", Format.THREATEXCHANGE)
        signals = orjson.loads(told.body)["data"]
        assert [(one["type"], one["indicator"]) for one in signals] == [
            ("HASH_PDQ", known(seed).pdq.hex) for seed in (1, 2)
        ]
        done = await banks.import_("copy", told.body, Format.THREATEXCHANGE, source="there")
        assert (done.bulk.stored, done.refused_count) == (2, 0)
        again = await banks.import_("copy", told.body, Format.THREATEXCHANGE)
        assert (again.bulk.stored, again.bulk.duplicates) == (0, 2)
        assert {one.bank for one in await matches(banks, picture(2)[60:240, 90:330])} == {"own", "copy"}
        copied = await banks.export("copy", Format.THREATEXCHANGE)
        assert [one["socialflow_print"] for one in orjson.loads(copied.body)["data"]] == [
            one["socialflow_print"] for one in signals
        ]

    async def test_as_hashes_alone_lose_what_finds_parts(self, banks: HashBanks) -> None:
        await bank_of(banks, "own", 1)
        await bank_of(banks, "copy")
        told = await banks.export("own", Format.CSV)
        assert told.body.decode() == f"{known(1).pdq.hex},{known(1).quality}\n"
        await banks.import_("copy", told.body, Format.CSV)
        assert {one.bank for one in await matches(banks, picture(1))} == {"own", "copy"}
        assert {one.bank for one in await matches(banks, picture(1)[60:240, 90:330])} == {"own"}

    async def test_a_damaged_print_is_refused_by_its_row(self, banks: HashBanks) -> None:
        await bank_of(banks, "own", 1)
        await bank_of(banks, "copy")
        signals = orjson.loads((await banks.export("own", Format.THREATEXCHANGE)).body)["data"]
        broken = {**signals[0], "socialflow_print": signals[0]["socialflow_print"][:400]}
        done = await banks.import_("copy", orjson.dumps([broken, *signals]), Format.THREATEXCHANGE)
        assert (done.bulk.stored, [one.row for one in done.refused]) == (1, [1])

    async def test_withdraws_what_another_withdrew(self, banks: HashBanks) -> None:
        (entry,) = await bank_of(banks, "own", 1)
        await bank_of(banks, "copy", 1)
        await banks.withdraw("own", entry)
        done = await banks.import_(
            "copy", (await banks.export("own", Format.THREATEXCHANGE)).body, Format.THREATEXCHANGE
        )
        assert done.withdrawn == 1
        assert await matches(banks, picture(1)) == ()
