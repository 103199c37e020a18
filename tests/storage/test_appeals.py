"""Appeals: who may bring one, when, who may judge it, and what becomes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, InvalidInput, LeaseLost, NotFound, PermissionDenied
from socialflow.moderation.policy.records import FollowUp, ReviewRules
from socialflow.moderation.records import Act, Decision, PolicyVersion, Verdict
from socialflow.moderation.review.advice import advice
from socialflow.moderation.review.appeal_records import AppealCount, AppealOutcome
from socialflow.moderation.review.appeals import AppealService, Appellant
from socialflow.moderation.review.records import QueueEntry, Ruling
from socialflow.moderation.review.service import withdraw
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user
from tests.storage.reviewing import ALWAYS_SECOND, APPROVE, FLAG, REJECT, Desk, decision
from tests.storage.statements import counted

ADA = Appellant("ada")
UPHELD, OVERTURNED, PARTLY = AppealOutcome.UPHELD, AppealOutcome.OVERTURNED, AppealOutcome.PARTLY


@pytest.fixture
async def desk(store: Store) -> Desk:
    """`ada` wrote the comment `hers`."""
    made = Desk(store)
    async with store.write() as unit:
        await unit.users.upsert([user("ada"), user("bea")])
        await unit.items.upsert([item("hers", author="ada")])
    made.decisions.authors = {"hers": "ada"}
    return made


def service(desk: Desk) -> AppealService:
    return AppealService(desk.store, desk.decisions, desk.verdicts, desk.follow_up, desk.clock)


def rejected(decision_id: str = "r", **fields: object) -> Decision:
    made = decision(decision_id, "hers", acts=(Act.REJECT,), **fields)
    return replace(made, verdict=replace(made.verdict, status=ModerationStatus.REJECTED, risk=0.9))


async def claim(desk: Desk, account: str) -> QueueEntry:
    (entry,) = await desk.claim(account, appeals=True)
    return entry


class TestBringing:
    async def test_the_author_brings_one_and_it_waits_for_people(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        desk.wait(60)
        appeal = await service(desk).bring(ADA, "r", " it was a quotation ")
        assert (appeal.text, appeal.author, appeal.rules) == ("it was a quotation", "ada", ("insults",))
        assert (appeal.scope, appeal.version, appeal.outcome) == ("default", 3, None)
        assert appeal.deadline == NOW + timedelta(days=14)
        assert await service(desk).get(appeal.id) == appeal
        assert await service(desk).of_author("ada") == [appeal]
        assert await desk.claim("ann", 5) == []
        entry = await claim(desk, "ann")
        assert (entry.appeal, entry.content_id, entry.severity) == (appeal.id, "hers", 0.9)

    async def test_how_long_the_version_says_that_decided(self, desk: Desk) -> None:
        desk.versions = {4: FollowUp(ReviewRules(appeal_within=timedelta(days=1)))}
        desk.decisions.put(rejected(), rejected("new", policy=PolicyVersion("default", 4, "cd" * 32)))
        desk.wait(2 * 24 * 60)
        with pytest.raises(Conflict, match="closed"):
            await service(desk).bring(ADA, "new", "why?")
        assert (await service(desk).bring(ADA, "r", "why?")).deadline == NOW + timedelta(days=14)

    async def test_one_each(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        await service(desk).bring(ADA, "r", "why?")
        with pytest.raises(Conflict, match="already"):
            await service(desk).bring(ADA, "r", "why??")

    async def test_nobody_else(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        for who in (Appellant("bea"), Appellant("bea", by_service=True), Appellant(None)):
            with pytest.raises(PermissionDenied):
                await service(desk).bring(who, "r", "why?")

    async def test_a_service_speaks_for_the_author_or_for_what_it_sent_itself(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        assert (await service(desk).bring(Appellant(None, by_service=True), "r", "why?")).author == "ada"
        desk.decisions.put(replace(rejected("sent"), content_id="not stored"))
        appeal = await service(desk).bring(Appellant(None, by_service=True), "sent", "why?")
        assert appeal.author is None
        assert (await service(desk).get(appeal.id)).author is None

    async def test_content_that_is_deleted_ends_its_appeals(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        appeal = await service(desk).bring(ADA, "r", "why?")
        async with desk.store.write() as unit:
            await unit.items.delete("hers")
        assert (await service(desk).get(appeal.id)).outcome is AppealOutcome.MOOT
        assert await desk.claim("ann", appeals=True) == []

    async def test_within_the_time_the_policy_gives(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        desk.wait(14 * 24 * 60 + 1)
        with pytest.raises(Conflict, match="closed at 2026-03-28"):
            await service(desk).bring(ADA, "r", "why?")

    async def test_only_against_what_stands_is_final_and_takes_something_away(self, desk: Desk) -> None:
        desk.decisions.put(decision("waits", "hers"))
        with pytest.raises(Conflict, match="yet to look"):
            await service(desk).bring(ADA, "waits", "why?")
        nothing = Verdict(ModerationStatus.APPROVED, (Act.APPROVE,), (), 0.0, 0.9)
        desk.decisions.put(decision("fine", "hers", verdict=nothing))
        with pytest.raises(InvalidInput, match="took nothing away"):
            await service(desk).bring(ADA, "fine", "why?")
        desk.decisions.put(rejected("old"), rejected("new", supersedes="old"))
        with pytest.raises(Conflict, match="taken the place"):
            await service(desk).bring(ADA, "old", "why?")
        with pytest.raises(NotFound):
            await service(desk).bring(ADA, "unknown", "why?")

    @pytest.mark.parametrize("words", ["", " ", "x" * 4_001, "a\0"])
    async def test_words_are_bounded(self, desk: Desk, words: str) -> None:
        desk.decisions.put(rejected())
        with pytest.raises(InvalidInput):
            await service(desk).bring(ADA, "r", words)


class TestJudging:
    async def judge(
        self, desk: Desk, account: str, outcome: AppealOutcome, ruling: Ruling, entry: QueueEntry | None = None
    ) -> object:
        entry = entry or await claim(desk, account)
        return await service(desk).judge(account, entry.appeal or "", entry.token, outcome, ruling)

    async def test_overturning_puts_another_decision_in_its_place(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        appeal = await service(desk).bring(ADA, "r", "why?")
        await self.judge(desk, "ann", OVERTURNED, APPROVE)
        ended = await service(desk).get(appeal.id)
        assert (ended.outcome, ended.decision_after, ended.judged_at) == (OVERTURNED, "r+", NOW)
        assert desk.decisions.chain("r") == [("rejected", "service"), ("approved", "person")]
        assert await desk.queue.counts() == []

    async def test_upholding_decides_nothing_anew(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        appeal = await service(desk).bring(ADA, "r", "why?")
        await self.judge(desk, "ann", UPHELD, REJECT)
        ended = await service(desk).get(appeal.id)
        assert (ended.outcome, ended.decision_after) == (UPHELD, None)
        assert desk.decisions.chain("r") == [("rejected", "service")]

    async def test_something_milder_in_part(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        await service(desk).bring(ADA, "r", "why?")
        await self.judge(desk, "ann", PARTLY, FLAG)
        assert desk.decisions.chain("r")[-1] == ("flagged", "person")

    async def test_never_by_who_judged_first_or_second(self, desk: Desk) -> None:
        desk.rules = ALWAYS_SECOND
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", REJECT)
        await desk.judge("bob", REJECT)
        await service(desk).bring(ADA, "a+", "why?")
        assert await desk.claim("ann", appeals=True) == []
        assert await desk.claim("bob", appeals=True) == []
        await self.judge(desk, "eve", OVERTURNED, APPROVE)
        assert desk.decisions.chain("a")[-1] == ("approved", "person")

    async def test_not_even_where_they_claimed_it_before_they_judged(self, desk: Desk) -> None:
        desk.rules = ALWAYS_SECOND
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", REJECT)
        await service(desk).bring(ADA, "a+", "why?")
        appeal = await claim(desk, "bob")
        await desk.judge("bob", REJECT)
        with pytest.raises(PermissionDenied):
            await self.judge(desk, "bob", OVERTURNED, APPROVE, appeal)

    async def test_a_second_review_opens_nothing_that_an_appeal_has_ended(self, desk: Desk) -> None:
        desk.rules = ALWAYS_SECOND
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", REJECT)
        await service(desk).bring(ADA, "a+", "why?")
        await self.judge(desk, "eve", OVERTURNED, APPROVE)
        await desk.judge("bob", APPROVE)
        assert await desk.queue.counts() == []

    @pytest.mark.parametrize(
        ("outcome", "ruling"),
        [(OVERTURNED, FLAG), (UPHELD, APPROVE), (AppealOutcome.MOOT, REJECT)],
    )
    async def test_outcome_and_ruling_go_together(self, desk: Desk, outcome: AppealOutcome, ruling: Ruling) -> None:
        desk.decisions.put(rejected())
        await service(desk).bring(ADA, "r", "why?")
        with pytest.raises(InvalidInput):
            await self.judge(desk, "ann", outcome, ruling)

    async def test_partly_is_never_stricter(self, desk: Desk) -> None:
        flagged = Verdict(ModerationStatus.FLAGGED, (Act.FLAG,), (), 0.5, 0.9)
        desk.decisions.put(decision("f", "hers", verdict=flagged))
        await service(desk).bring(ADA, "f", "why?")
        with pytest.raises(InvalidInput, match="stricter"):
            await self.judge(desk, "ann", PARTLY, REJECT)

    async def test_appeals_and_other_work_are_judged_by_their_own_ways(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        await service(desk).bring(ADA, "r", "why?")
        appeal = await claim(desk, "ann")
        with pytest.raises(InvalidInput, match="outcome"):
            await desk.queue.decide("ann", appeal.id, appeal.token, APPROVE)
        await desk.ask("a")
        (usual,) = await desk.claim("ann")
        with pytest.raises(NotFound, match="appeal"):
            await self.judge(desk, "ann", OVERTURNED, APPROVE, usual)
        desk.wait(11)
        await claim(desk, "bob")
        with pytest.raises(LeaseLost):
            await self.judge(desk, "ann", OVERTURNED, APPROVE, appeal)

    async def test_content_that_was_decided_anew_ends_its_appeals(self, desk: Desk) -> None:
        desk.decisions.put(rejected())
        appeal = await service(desk).bring(ADA, "r", "why?")
        async with desk.store.write() as unit:
            assert await withdraw(unit, "hers", NOW) == 1
        assert (await service(desk).get(appeal.id)).outcome is AppealOutcome.MOOT
        assert await desk.claim("ann", appeals=True) == []


class TestOutcomes:
    async def test_they_are_counted_by_rule(self, desk: Desk) -> None:
        for number, (outcome, ruling) in enumerate(
            [(UPHELD, REJECT), (OVERTURNED, APPROVE), (PARTLY, FLAG), (OVERTURNED, APPROVE)]
        ):
            desk.decisions.put(rejected(f"r{number}"))
            await service(desk).bring(ADA, f"r{number}", "why?")
            entry = await claim(desk, "ann")
            await service(desk).judge("ann", entry.appeal or "", entry.token, outcome, ruling)
        desk.decisions.put(rejected("waits"))
        await service(desk).bring(ADA, "waits", "why?")
        (count,) = await service(desk).counts("default", 3)
        assert count == AppealCount("insults", upheld=1, overturned=2, partly=1, waiting=1)
        assert count.overturned_share == 0.75
        assert await service(desk).counts("default", 2) == []
        assert AppealCount("x", waiting=3).overturned_share is None

    async def test_people_speak_for_a_threshold(self, desk: Desk) -> None:
        """Forty comments with insults of 0.70, 0.71, ... 1.09, of which people confirm those from 0.90 on."""
        values = [0.70 + number / 100 for number in range(40)]
        for number, value in enumerate(values):
            desk.decisions.put(decision(f"d{number}", value=value))
            await desk.ask(f"d{number}", content_id=f"content-of-d{number}")
            await desk.judge("ann", REJECT if number >= 20 else APPROVE)
        (found,) = await advice(desk.store, desk.decisions, "default", 3, target=0.9)
        assert (found.rule, found.signal, found.threshold) == ("insults", "text.insult", 0.7)
        assert (found.judged, found.confirmed, found.above) == (40, 20, 22)
        assert (found.advised, found.share) == (pytest.approx(0.88), pytest.approx(20 / 22))
        assert await advice(desk.store, desk.decisions, "default", 2) == []
        with counted(desk.store) as statements:
            await advice(desk.store, desk.decisions, "default", 3)
        assert len(statements) == 2  # verdicts, and what asked for them; decisions are read together

    async def test_an_appeal_has_the_last_word(self, desk: Desk) -> None:
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", REJECT)
        (before,) = await advice(desk.store, desk.decisions, "default", 3)
        await service(desk).bring(ADA, "a+", "why?")
        entry = await claim(desk, "eve")
        await service(desk).judge("eve", entry.appeal or "", entry.token, OVERTURNED, APPROVE)
        (after,) = await advice(desk.store, desk.decisions, "default", 3)
        assert [(one.judged, one.confirmed) for one in (before, after)] == [(1, 1), (1, 0)]
        assert "too few: 1" in after.why
