"""Hash banks over both engines: keeping them, and matches that follow the store from several processes."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, MutableMapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import delete, update
from structlog.testing import capture_logs

from socialflow.errors import Conflict, InvalidInput, NotFound
from socialflow.image.pdq import VARIANTS, Pdq, pdq
from socialflow.kit.clock import FixedClock
from socialflow.moderation.banks.exchange import Format
from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.pictures import print_of
from socialflow.moderation.banks.ports import BankUnit
from socialflow.moderation.banks.records import (
    BankKind,
    EntryState,
    Many,
    NewEntry,
    Opinions,
    Purpose,
    Thresholds,
    View,
)
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.banks.texts import print_of as print_of_text
from socialflow.storage.maintenance import check
from socialflow.storage.tables import hash_entries, hash_watermark
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, user
from tests.unit.image.generated_pictures import picture

SPAM = "Follow my page for free coins and win big prizes every day, click the link in bio"


Alarms = list[MutableMapping[str, Any]]


class Heard:
    """Keeps what changed, and what was held."""

    def __init__(self) -> None:
        self.changes: list[Change] = []

    async def changed(self, unit: BankUnit, change: Change) -> None:
        self.changes.append(change)


@pytest.fixture
def watch() -> Heard:
    return Heard()


@pytest.fixture
def alarms() -> Iterator[Alarms]:
    """What was held, as the log tells it."""
    with capture_logs() as told:
        yield told


@pytest.fixture
async def banks(store: Store, clock: FixedClock, watch: Heard) -> AsyncIterator[HashBanks]:
    made = HashBanks(store, clock, watch)
    yield made
    await made.close()


@pytest.fixture
async def other(store: Store, clock: FixedClock) -> AsyncIterator[HashBanks]:
    """As in another process."""
    made = HashBanks(store, clock)
    yield made
    await made.close()


def flipped(hashed: Pdq, bits: int) -> Pdq:
    """The hash with its first so many bits the other way."""
    return Pdq((int.from_bytes(hashed.value) ^ (((1 << bits) - 1) << (256 - bits))).to_bytes(32), hashed.quality)


def hashes(count: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), np.uint8)


def one(seed: int = 0) -> Pdq:
    return Pdq(hashes(1, seed)[0].tobytes(), 90)


async def bank_of(banks: HashBanks, *prints: Pdq, purpose: Purpose = Purpose.BLOCK, **given: object) -> str:
    made = await banks.create("known", BankKind.PICTURE, purpose, **given)  # type: ignore[arg-type]
    if prints:
        await banks.add(made.id, [NewEntry(print_of(each), "a label", "a list") for each in prints])
    return made.id


class TestKeeping:
    async def test_what_is_stored_comes_back(self, banks: HashBanks, url: str) -> None:
        made = await banks.create(
            "films", BankKind.VIDEO, Purpose.COPYRIGHT, owner="Studio", thresholds=Thresholds(seconds=5), bank_id="b-1"
        )
        assert await banks.read("b-1") == made == (await banks.list())[0]
        assert (made.owner, made.thresholds.seconds, made.active, made.held) == ("Studio", 5, True, False)
        with pytest.raises(Conflict):
            await banks.create("again", BankKind.TEXT, Purpose.BLOCK, bank_id="b-1")
        for wrong in ("b-2", "b\0", "é" * 200):
            with pytest.raises(NotFound):
                await banks.read(wrong)
        assert check(url).ok

    async def test_a_print_is_stored_once_a_bank_and_stays_withdrawn(self, banks: HashBanks) -> None:
        first, second = await bank_of(banks), await bank_of(banks)
        added = await banks.add(first, [NewEntry(print_of(each)) for each in (one(1), one(2), one(1))])
        assert [each.new for each in added] == [True, True, False]
        assert added[0].id == added[2].id
        await banks.withdraw(first, added[0].id)
        again = await banks.add(first, [NewEntry(print_of(one(1)))])
        assert again[0] == replace(added[0], new=False)
        assert (await banks.match_picture(one(1))).matches == ()
        assert (await banks.add(second, [NewEntry(print_of(one(1)))]))[0].new
        assert ((await banks.read(first)).entries, (await banks.read(first)).withdrawn) == (2, 1)

    async def test_entries_are_listed_by_pages_and_states(self, banks: HashBanks) -> None:
        bank = await bank_of(banks, *(one(seed) for seed in range(5)))
        listed = await banks.entries(bank, limit=3)
        assert [each.label for each in listed] == ["a label"] * 3
        rest = await banks.entries(bank, after=listed[-1].id)
        assert [each.id for each in (*listed, *rest)] == sorted({each.id for each in (*listed, *rest)})
        await banks.withdraw(bank, listed[0].id)
        assert [each.id for each in await banks.entries(bank, state=EntryState.WITHDRAWN)] == [listed[0].id]
        assert len(await banks.entries(bank, state=EntryState.ACTIVE, held=False)) == 4

    async def test_entries_of_other_banks_are_not_touched(self, banks: HashBanks) -> None:
        mine, theirs = await bank_of(banks, one(1)), await bank_of(banks, one(2))
        (entry,) = await banks.entries(mine)
        for wrong in (entry.id, 10**12, -1, 2**70):
            with pytest.raises(NotFound):
                await banks.withdraw(theirs, wrong)
            with pytest.raises(NotFound):
                await banks.opinion(theirs, wrong, "u", View.SEEN)

    async def test_prints_of_another_kind_or_with_nothing_to_see_are_refused(self, banks: HashBanks) -> None:
        bank = await bank_of(banks)
        text = print_of_text(SPAM)
        assert text is not None
        for wrong in (text, print_of(Pdq(bytes(32), 10))):
            with pytest.raises(InvalidInput):
                await banks.add(bank, [NewEntry(wrong)])
        words = await banks.create("words", BankKind.TEXT, Purpose.BLOCK)
        with pytest.raises(InvalidInput):
            await banks.bulk(words.id, Many(hashes(2), np.full(2, 90, np.uint8)))


class TestManyHashes:
    async def test_they_are_stored_and_read_as_columns(self, banks: HashBanks, other: HashBanks) -> None:
        bank = await bank_of(banks)
        many, qualities = hashes(5_000), np.random.default_rng(1).integers(40, 101, 5_000).astype(np.uint8)
        poor = int((qualities < 50).sum())
        told = await banks.bulk(bank, Many(many, qualities, "list", "from a partner"))
        assert (told.stored, told.duplicates, told.poor) == (5_000 - poor, 0, poor)
        told = await banks.bulk(bank, Many(many, qualities))
        assert (told.stored, told.duplicates) == (0, 5_000 - poor)
        good = np.flatnonzero(qualities >= 50)
        entries = await banks.entries(bank, limit=5_000)
        assert [each.digest for each in entries] == [many[row].tobytes() for row in good]
        assert [each.quality for each in entries] == qualities[good].tolist()
        assert (entries[0].label, entries[0].source) == ("list", "from a partner")
        for place in (0, 1234, len(good) - 1):
            (match,) = (await other.match_picture(flipped(Pdq(many[good[place]].tobytes(), 99), 20))).matches
            assert (match.entry, match.distance) == (entries[place].id, 20)


class TestNothingStale:
    async def test_what_one_process_changes_another_matches_at_once(self, banks: HashBanks, other: HashBanks) -> None:
        assert (await other.match_picture(one())).matches == ()
        bank = await bank_of(banks, one())
        (match,) = (await other.match_picture(one())).matches
        assert (match.bank, match.label, match.source, match.score) == (bank, "a label", "a list", 1.0)
        await other.withdraw(bank, match.entry)
        assert (await banks.match_picture(one())).matches == ()
        await banks.confirm(bank, match.entry, "u")
        assert len((await other.match_picture(one())).matches) == 1
        await other.change(bank, active=False)
        assert (await banks.match_picture(one())).matches == ()
        await banks.change(bank, active=True, thresholds=Thresholds(distance=5))
        assert (await other.match_picture(flipped(one(), 6))).matches == ()
        assert len((await other.match_picture(flipped(one(), 5))).matches) == 1

    async def test_writers_at_once_lose_nothing(self, banks: HashBanks, other: HashBanks) -> None:
        bank = await bank_of(banks)

        async def add(seed: int) -> None:
            await banks.add(bank, [NewEntry(print_of(one(seed)))])
            assert len((await other.match_picture(one(seed))).matches) == 1

        await asyncio.gather(*(add(seed) for seed in range(12)))

    async def test_a_store_that_went_back_is_read_anew(self, banks: HashBanks, store: Store) -> None:
        await bank_of(banks, one(1), one(2))
        assert len((await banks.match_picture(one(1), record=False)).matches) == 1
        async with store.write() as unit:  # as a backup that is put in place of the store would have it
            await unit._transaction.run(delete(hash_entries).where(hash_entries.c.digest == one(1).value))
            await unit._transaction.run(update(hash_watermark).values(version=1))
        assert [len((await banks.match_picture(one(seed))).matches) for seed in (1, 2)] == [0, 1]


class TestPictures:
    async def test_they_are_found_turned_and_mirrored(self, banks: HashBanks) -> None:
        shown = picture(3)
        await bank_of(banks, pdq(shown))
        for edited, how in ((shown, ""), (shown[:, ::-1], "flip_y"), (np.rot90(shown), "rotate270")):
            (by_hash,) = (await banks.match_picture(pdq(np.ascontiguousarray(edited)))).matches
            (by_pixels,) = (await banks.match_picture(np.ascontiguousarray(edited))).matches
            assert by_hash.distance is not None
            assert by_hash.distance <= 20
            assert by_hash.how == by_pixels.how == how
            assert how in {"", *VARIANTS}
        assert (await banks.match_picture(pdq(picture(4)))).matches == ()

    async def test_what_shows_nothing_is_named(self, banks: HashBanks) -> None:
        await bank_of(banks, one())
        looked = await banks.match_picture(replace(one(), quality=20))
        assert (looked.matches, looked.missing) == ((), ("picture:quality",))

    async def test_the_nearest_come_first_and_others_are_told_of(self, banks: HashBanks) -> None:
        near = [flipped(one(), bits) for bits in range(30)]
        await bank_of(banks, *reversed(near))
        assert [match.distance for match in (await banks.match_picture(one())).matches] == list(range(30))
        row = np.frombuffer(one().value, np.uint8)
        many = np.tile(row, (200, 1))
        many[:, 31] = np.arange(200)
        bank = await bank_of(banks)
        await banks.bulk(bank, Many(many, np.full(200, 90, np.uint8)))
        looked = await banks.match_picture(one())
        assert (len(looked.matches), looked.more) == (100, True)


class TestNegativeBanks:
    async def test_what_is_nearer_to_something_harmless_is_suppressed(self, banks: HashBanks) -> None:
        bad = one()
        harmless = flipped(bad, 20)
        await bank_of(banks, bad)
        kind = await bank_of(banks, harmless, purpose=Purpose.NEGATIVE)
        looked = await banks.match_picture(harmless)
        known = next(match for match in looked.matches if match.purpose is Purpose.NEGATIVE)
        assert {match.suppressed_by for match in looked.matches} == {None, known.entry}
        assert looked.acting == ()
        looked = await banks.match_picture(bad)
        assert [match.purpose for match in looked.acting] == [Purpose.BLOCK]
        await banks.withdraw(kind, known.entry)
        assert len((await banks.match_picture(harmless)).acting) == 1


class TestTexts:
    async def test_near_duplicates_are_found_and_others_are_not(self, banks: HashBanks, other: HashBanks) -> None:
        bank = await banks.create("spam", BankKind.TEXT, Purpose.BLOCK)
        kept = print_of_text(SPAM)
        assert kept is not None
        await banks.add(bank.id, [NewEntry(kept, "coins")])
        disguised = "F0llow my pаge for free coins & w1n big prizes every dаy!! click teh link in bio \U0001f525"
        (match,) = (await other.match_text(disguised)).matches
        assert (match.label, match.score > 0.6, match.distance) == ("coins", True, None)
        assert (await other.match_text("The city council meets on Tuesday about the bridge")).matches == ()
        assert (await other.match_text("\U0001f525\U0001f525 http://a.example")).missing == ("text:short",)


class TestOpinions:
    async def test_each_person_counts_once_and_is_forgotten(self, banks: HashBanks, store: Store) -> None:
        bank = await bank_of(banks, one())
        (entry,) = await banks.entries(bank)
        for who, view in (("u-1", View.SEEN), ("u-2", View.SEEN), ("u-1", View.FALSE_POSITIVE)):
            said = await banks.opinion(bank, entry.id, who, view)
        assert said.opinions == Opinions(seen=1, false_positive=1)
        assert (await banks.match_picture(one())).matches[0].opinions == said.opinions
        async with store.write() as unit:
            await unit.users.upsert([user("u-1")])
        async with store.write() as unit:
            receipt = await unit.erasures.erase_user("u-1", NOW)
        assert receipt.rows["hash_opinions"] == 1
        assert (await banks.entries(bank))[0].opinions == Opinions(seen=1)


class TestWhoWatches:
    async def test_hears_of_whatever_makes_content_match_or_no_longer(self, banks: HashBanks, watch: Heard) -> None:
        bank = await bank_of(banks, one(1), one(2))
        (first, second) = await banks.entries(bank)
        await banks.add(bank, [NewEntry(print_of(one(1)))])
        assert len(watch.changes) == 1  # of what was there already nothing is told
        version = await banks.version()
        await banks.withdraw(bank, first.id)
        await banks.withdraw(bank, first.id)
        await banks.confirm(bank, first.id, "u")
        await banks.confirm(bank, second.id, "u")
        assert [change.since >= version for change in watch.changes[1:]] == [True, True]
        await banks.change(bank, thresholds=Thresholds(distance=20))
        await banks.change(bank, active=False)
        await banks.release(bank)
        assert watch.changes[3:] == [Change(BankKind.PICTURE, bank=bank)] * 2

    async def test_hears_of_lists(self, banks: HashBanks, watch: Heard) -> None:
        bank = await bank_of(banks)
        await banks.bulk(bank, Many(hashes(3), np.full(3, 90, np.uint8)))
        await banks.bulk(bank, Many(hashes(3), np.full(3, 90, np.uint8)))
        gone = [{"type": "HASH_PDQ", "indicator": hashes(1)[0].tobytes().hex(), "should_delete": True}]
        await banks.import_(bank, json.dumps(gone).encode(), Format.THREATEXCHANGE)
        assert [change.kind for change in watch.changes] == [BankKind.PICTURE] * 2

    @pytest.mark.parametrize("purpose", [Purpose.NEGATIVE, Purpose.TRACK])
    async def test_hears_nothing_of_what_no_policy_hears_of(
        self, banks: HashBanks, watch: Heard, purpose: Purpose
    ) -> None:
        await bank_of(banks, one(1), purpose=purpose)
        assert watch.changes == []

    async def test_hears_of_what_is_held_in_the_transaction_that_holds_it(self, banks: HashBanks, watch: Heard) -> None:
        await bank_of(banks, one(), thresholds=Thresholds(flood_entry=1, flood_bank=2))
        watch.changes.clear()
        for _ in range(3):
            await banks.match_picture(one())
        assert [change.bank is None for change in watch.changes] == [True, False]


class TestFloods:
    async def test_an_entry_that_matches_far_too_often_is_held_until_people_confirm(
        self, banks: HashBanks, other: HashBanks, alarms: Alarms
    ) -> None:
        bank = await bank_of(banks, one(), thresholds=Thresholds(flood_entry=3))
        acts = [bool((await banks.match_picture(one())).acting) for _ in range(5)]
        assert acts == [True, True, True, False, False]
        (match,) = (await other.match_picture(one())).matches
        assert match.held
        assert [tuple(alarm[name] for name in ("bank", "entry", "matches", "allowed")) for alarm in alarms] == [
            (bank, match.entry, 4, 3)
        ]
        assert [each.id for each in await banks.entries(bank, held=True)] == [match.entry]
        assert (await banks.confirm(bank, match.entry, "u")).opinions.confirmed == 1
        assert all([(await banks.match_picture(one())).acting for _ in range(10)])
        assert len(alarms) == 1

    async def test_what_is_usual_is_allowed(self, banks: HashBanks, clock: FixedClock, alarms: Alarms) -> None:
        await bank_of(banks, one(), thresholds=Thresholds(flood_entry=4, flood_factor=2))
        clock.at += timedelta(minutes=59)
        for _ in range(24):
            clock.at += timedelta(hours=1)
            for _ in range(3):
                await banks.match_picture(one())
        assert alarms == []
        clock.at += timedelta(hours=1)
        for _ in range(8):
            assert (await banks.match_picture(one())).acting

    async def test_a_bank_is_held_as_a_whole(self, banks: HashBanks, other: HashBanks, alarms: Alarms) -> None:
        seeds = range(6)
        bank = await bank_of(banks, *map(one, seeds), thresholds=Thresholds(flood_bank=5))
        acts = [bool((await other.match_picture(one(seed))).acting) for seed in seeds]
        assert acts == [True] * 5 + [False]
        assert (await banks.read(bank)).held
        assert not (await banks.match_picture(one())).acting
        assert not (await banks.release(bank)).held
        assert (await other.match_picture(one())).acting
        assert [alarm["entry"] for alarm in alarms] == [None]

    async def test_many_entries_of_one_thing_count_once_and_are_held_in_turn(
        self, banks: HashBanks, alarms: Alarms
    ) -> None:
        near = [flipped(one(), bits) for bits in range(4)]
        bank = await bank_of(banks, *near, thresholds=Thresholds(flood_entry=2, flood_bank=6))
        acting = [len((await banks.match_picture(one())).acting) for _ in range(7)]
        assert acting == [4, 4, 3, 3, 3, 2, 0]
        assert [alarm["entry"] is None for alarm in alarms] == [False, False, True]
        assert {alarm["bank"] for alarm in alarms} == {bank}

    async def test_looking_does_not_count(self, banks: HashBanks, alarms: Alarms) -> None:
        await bank_of(banks, one(), thresholds=Thresholds(flood_entry=1))
        for _ in range(4):
            assert (await banks.match_picture(one(), record=False)).acting
        assert alarms == []

    async def test_old_counts_go(self, banks: HashBanks, clock: FixedClock, store: Store) -> None:
        await bank_of(banks, one())
        await banks.match_picture(one())
        clock.at += timedelta(days=9)
        await banks.match_picture(one())
        async with store.write() as unit:
            assert await unit.hash_hits.prune(10**9) == 1


class TestExchange:
    async def test_lists_go_out_and_come_in(self, banks: HashBanks) -> None:
        first = await bank_of(banks, *(one(seed) for seed in range(4)))
        (gone, *_) = await banks.entries(first)
        page = await banks.export(first, Format.CSV, limit=3)
        rest = await banks.export(first, Format.CSV, after=page.next or 0, limit=3)
        second = await bank_of(banks)
        told = await banks.import_(second, page.body + rest.body + b"nothing\n", Format.CSV, label="theirs")
        assert (told.bulk.stored, told.refused_count, told.refused[0].row) == (4, 1, 5)
        await banks.withdraw(first, gone.id)
        signals = await banks.export(first, Format.THREATEXCHANGE)
        told = await banks.import_(second, signals.body, Format.THREATEXCHANGE)
        assert (told.bulk.stored, told.bulk.duplicates, told.withdrawn, signals.next) == (0, 3, 1, None)
        assert {match.bank for match in (await banks.match_picture(one(0))).matches} == set()
        assert {match.bank for match in (await banks.match_picture(one(1))).matches} == {first, second}
