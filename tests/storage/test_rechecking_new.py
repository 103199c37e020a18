"""Banks that learn of something after content was judged: what would have been decided otherwise is looked at."""

import pytest

from socialflow.moderation.banks.kept import Change
from socialflow.moderation.banks.pictures import print_of as print_of_picture
from socialflow.moderation.banks.rechecks import recheck_job
from socialflow.moderation.banks.records import BankKind, Purpose, Thresholds
from socialflow.moderation.banks.texts import print_of as print_of_text
from socialflow.moderation.review.records import NoteKind
from tests.storage.bank_house import APPROVED, BREAD, REJECTED, SCAM, House
from tests.storage.nouns import NOW
from tests.storage.reviewing import APPROVE, REJECT
from tests.storage.test_hash_banks import flipped, one


class TestNewEntries:
    async def test_pictures_and_words_that_were_approved_before_come_before_people(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE)
        await house.bank("scams", BankKind.TEXT)
        await house.post("seen", hashed=one(1))
        await house.post("other", hashed=one(2))
        await house.post("scam", SCAM)
        assert await house.work() == []
        (entry,) = await house.add("pictures", print_of_picture(flipped(one(1), 8)))
        await house.add("scams", print_of_text(SCAM))
        told = await house.work()
        assert [(each["found"], each["raised"]) for each in told] == [(1, 1), (1, 1)]
        assert await house.waiting() == ["scam", "seen"]
        assert await house.status("seen") is APPROVED  # nothing is decided by itself
        (first, _) = sorted(await house.claim(), key=lambda each: each.content_id, reverse=True)
        assert first.severity == 1.0
        (note,) = await house.queue.notes(first.id)
        assert note.kind is NoteKind.NOTE
        assert f"the entry {entry} of the hash bank pictures matches it since it was judged" in note.text

    async def test_a_verdict_on_it_stands_and_nothing_comes_twice(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE)
        await house.post("seen", hashed=one(1))
        await house.add("pictures", print_of_picture(one(1)))
        job = recheck_job(Change(BankKind.PICTURE, 0))
        await house.work()
        for _ in range(2):
            async with house.store.write() as unit:
                await unit.jobs.add_behind(job, NOW)
            assert [each["raised"] for each in await house.work()] == [0]
        await house.judge(REJECT)
        assert await house.status("seen") is REJECTED
        async with house.store.write() as unit:
            await unit.jobs.add_behind(job, NOW)
        await house.work()
        assert await house.waiting() == []

    async def test_what_a_person_approved_comes_before_another_person(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE)
        await house.bank("first", BankKind.PICTURE, print_of_picture(flipped(one(1), 6)))
        await house.post("seen", hashed=one(1))
        await house.work()
        assert await house.status("seen") is REJECTED
        (old,) = await house.banks.entries("first")
        await house.banks.withdraw("first", old.id)
        await house.work()
        await house.judge(APPROVE)
        await house.add("pictures", print_of_picture(one(1)))
        await house.work()
        assert await house.claim() == []  # rita judged this content before
        assert await house.waiting() == ["seen"]

    @pytest.mark.parametrize("purpose", [Purpose.TRACK, Purpose.NEGATIVE])
    async def test_of_banks_that_no_policy_hears_of_bring_nothing(self, house: House, purpose: Purpose) -> None:
        await house.bank("pictures", BankKind.PICTURE, purpose=purpose)
        await house.post("seen", hashed=one(1))
        await house.add("pictures", print_of_picture(one(1)))
        assert await house.work() == []

    async def test_what_is_known_to_be_harmless_is_left_alone(self, house: House) -> None:
        await house.bank("fine", BankKind.PICTURE, print_of_picture(one(1)), purpose=Purpose.NEGATIVE)
        await house.bank("pictures", BankKind.PICTURE)
        await house.post("seen", hashed=one(1))
        await house.add("pictures", print_of_picture(flipped(one(1), 8)))
        await house.work()
        assert await house.waiting() == []

    async def test_that_come_while_content_is_judged_are_not_missed(self, house: House) -> None:
        await house.bank("late", BankKind.PICTURE)

        async def meanwhile() -> None:
            await house.add("late", print_of_picture(one(1)))

        house.senses.meanwhile = meanwhile
        await house.post("seen", hashed=one(1))
        assert {job.name for job in await house.jobs()} == {f"recheck {kind.value} matches" for kind in BankKind}
        await house.work()
        assert await house.waiting() == ["seen"]

    async def test_that_were_looked_for_before_it_was_decided_are_not_missed_either(self, house: House) -> None:
        await house.bank("late", BankKind.PICTURE)

        async def meanwhile() -> None:
            await house.add("late", print_of_picture(one(1)))
            await house.work()
            await house.add("late", print_of_picture(one(5)))  # what waits now is about this one alone

        house.senses.meanwhile = meanwhile
        await house.post("seen", hashed=one(1))
        await house.work()
        assert await house.waiting() == ["seen"]

    async def test_that_far_too_much_is_like_are_held_first(self, house: House) -> None:
        await house.bank("pictures", BankKind.PICTURE, thresholds=Thresholds(flood_entry=3))
        for number in range(5):
            await house.post(f"blank-{number}", f"{BREAD} {number}", one(1))
        (entry,) = await house.add("pictures", print_of_picture(one(1)))
        await house.work()
        assert await house.waiting() == []
        (held,) = (await house.banks.held()).entries
        assert held.entry.id == entry
        assert held.examples == tuple(f"blank-{number}" for number in (4, 3, 2, 1, 0))
        await house.banks.confirm("pictures", entry, "rita")
        await house.work()
        assert len(await house.waiting()) == 5
