"""Entries of banks that act no more: what rests on them comes before people; what is kept for it, and the job."""

from datetime import timedelta

import pytest

from socialflow.content.records import ItemKind
from socialflow.moderation.banks.kept import Kept
from socialflow.moderation.banks.pictures import print_of as print_of_picture
from socialflow.moderation.banks.records import BankKind, Thresholds
from socialflow.moderation.banks.texts import print_of as print_of_text
from tests.storage.bank_house import APPROVED, BREAD, REJECTED, REVIEW_REQUIRED, SCAM, House
from tests.storage.nouns import NOW, item
from tests.storage.reviewing import APPROVE, REJECT
from tests.storage.test_hash_banks import flipped, one


class TestEntriesThatGo:
    async def test_what_was_rejected_only_because_of_it_comes_before_people(self, house: House) -> None:
        near, exact = flipped(one(1), 6), one(1)
        (entry,) = await house.bank("pictures", BankKind.PICTURE, print_of_picture(exact))
        await house.post("seen", hashed=near)
        await house.post("fine", hashed=one(2))
        assert await house.status("seen") is REJECTED
        await house.banks.withdraw("pictures", entry)
        await house.work()
        assert await house.waiting() == ["seen"]
        await house.judge(APPROVE)
        assert await house.status("seen") is APPROVED

    async def test_not_where_another_entry_says_the_same(self, house: House) -> None:
        first, second = await house.bank(
            "pictures", BankKind.PICTURE, print_of_picture(one(1)), print_of_picture(flipped(one(1), 4))
        )
        await house.post("seen", hashed=one(1))
        await house.work()
        await house.banks.withdraw("pictures", second)
        assert [each["raised"] for each in await house.work()] == [0]
        await house.banks.withdraw("pictures", first)
        assert [each["raised"] for each in await house.work()] == [1]

    async def test_a_bank_that_is_given_up_and_taken_back(self, house: House) -> None:
        await house.bank("scams", BankKind.TEXT, print_of_text(SCAM))
        await house.post("scam", SCAM)
        await house.work()
        await house.banks.change("scams", active=False)
        await house.work()
        assert await house.waiting() == ["scam"]
        await house.judge(APPROVE)
        await house.banks.change("scams", active=True)
        await house.work()
        assert await house.waiting() == ["scam"]

    async def test_a_person_who_rejected_is_not_asked_again(self, house: House) -> None:
        (entry,) = await house.bank("scams", BankKind.TEXT, print_of_text(SCAM))
        await house.post("scam", SCAM)
        await house.work()
        await house.banks.withdraw("scams", entry)
        await house.work()
        await house.judge(REJECT)
        await house.banks.confirm("scams", entry, "rita")
        await house.work()
        await house.banks.withdraw("scams", entry)
        await house.work()
        assert await house.waiting() == []


class TestWhatIsHeld:
    async def test_comes_before_people_with_some_of_what_rests_on_it(
        self, house: House, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("socialflow.moderation.rechecking.EXAMPLES", 2)
        kept = Thresholds(flood_entry=4)
        (entry,) = await house.bank("pictures", BankKind.PICTURE, print_of_picture(one(1)), thresholds=kept)
        for number in range(5):
            await house.post(f"seen-{number}", hashed=one(1))
        await house.work()
        assert await house.status("seen-3") is REJECTED
        assert await house.status("seen-4") is REVIEW_REQUIRED  # it tripped the breaker
        assert [held.entry.id for held in (await house.banks.held()).entries] == [entry]
        assert await house.waiting() == ["seen-2", "seen-3", "seen-4"]
        await house.banks.confirm("pictures", entry, "rita")
        await house.work()
        assert (await house.banks.held()).entries == []

    async def test_withdrawn_afterwards_the_rest_comes(self, house: House) -> None:
        (entry,) = await house.bank(
            "pictures", BankKind.PICTURE, print_of_picture(one(1)), thresholds=Thresholds(flood_entry=2)
        )
        for number in range(4):
            await house.post(f"seen-{number}", hashed=one(1))
            house.clock.at += timedelta(hours=2)
        await house.work()
        await house.banks.withdraw("pictures", entry)
        await house.work()
        assert await house.waiting() == ["seen-0", "seen-1", "seen-2", "seen-3"]

    async def test_a_bank_as_a_whole(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE, print_of_picture(one(1)), thresholds=Thresholds(flood_bank=1))
        await house.post("a", hashed=one(1))
        await house.post("b", hashed=one(1))
        await house.work()
        assert await house.waiting() == ["a", "b"]
        (bank,) = (await house.banks.held()).banks
        assert bank.id == "pictures"
        await house.banks.release("pictures")
        await house.work()
        assert await house.waiting() == ["a", "b"]


class TestWhatIsKept:
    async def test_goes_with_the_item_and_the_person(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE, print_of_picture(one(1)))
        await house.post("seen", hashed=one(1))
        async with house.store.write() as unit:
            receipt = await unit.erasures.erase_user("ann", NOW)
        assert (receipt.rows["content_prints"], receipt.rows["content_matches"]) == (1, 1)

    async def test_is_of_the_last_judgement(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE, print_of_picture(one(1)))
        await house.post("seen", hashed=one(1))
        async with house.store.read() as unit:
            (key,) = (await unit.items.keys(["seen"])).values()
        await house.moderator.decide([key], again=True)
        async with house.store.read() as unit:
            assert len(await unit.kept_matches.prints(0, 10)) == 1
            assert len((await unit.kept_matches.of_items([key]))[key]) == 1
        async with house.store.write() as unit:
            await unit.kept_matches.put({key: Kept()})
        async with house.store.read() as unit:
            assert (await unit.kept_matches.prints(0, 10), await unit.kept_matches.of_items([key])) == ([], {})

    async def test_an_altered_item_is_left_to_its_own_job(self, house: House) -> None:
        (entry,) = await house.bank("scams", BankKind.TEXT, print_of_text(SCAM))
        await house.post("scam", SCAM)
        async with house.store.write() as unit:
            await unit.items.upsert([item("scam", ItemKind.POST, text=BREAD, author="ann")])
        await house.banks.withdraw("scams", entry)
        await house.work()
        assert await house.waiting() == []


class TestOneJob:
    async def test_stands_for_all_changes_of_a_kind_and_goes_with_them(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE, print_of_picture(one(1)))
        await house.add("pictures", print_of_picture(one(2)), print_of_picture(one(3)))
        assert len(await house.jobs()) == 1

    async def test_goes_on_where_there_is_more(self, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("socialflow.moderation.rechecking.PAGE", 2)
        monkeypatch.setattr("socialflow.moderation.rechecking.AT_ONCE", 1)
        monkeypatch.setattr("socialflow.pipelines.recheck_job.MOST", 2)
        await house.bank("pictures", BankKind.PICTURE)
        for number in range(5):
            await house.post(f"seen-{number}", f"{BREAD} {number}", one(1))
        await house.add("pictures", print_of_picture(one(1)))
        told = await house.work()
        assert [(each["looked"], each["raised"]) for each in told] == [(2, 2), (2, 2), (1, 1)]
        assert len(await house.waiting()) == 5
