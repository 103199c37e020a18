"""Strikes as they are stored: given once for what was judged, taken back with the decision, gone with the person."""

from dataclasses import replace
from datetime import timedelta

import pytest

from socialflow.content.records import ModerationStatus
from socialflow.errors import UserNotFound
from socialflow.moderation.policy.records import FollowUp, StrikeRules, StrikeTerms
from socialflow.moderation.records import Act, ContentKind, Decision, PolicyVersion, Verdict
from socialflow.moderation.review.appeal_records import AppealOutcome
from socialflow.moderation.review.appeals import AppealService, Appellant
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.records import Golden, Note, NoteKind, Ruling, Shield
from socialflow.moderation.review.strike_records import Strike
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user
from tests.storage.reviewing import APPROVE, Desk, decision

STRIKE = Ruling(ModerationStatus.REJECTED, "hate", acts=(Act.STRIKE,))


@pytest.fixture
async def desk(store: Store) -> Desk:
    """`ada` wrote `hers` and `hers-too`; hate weighs 2, and half of it is gone after ten days."""
    made = Desk(store, terms={"hate": StrikeTerms(2.0, timedelta(days=10), timedelta(days=100))})
    async with store.write() as unit:
        await unit.users.upsert([user("ada")])
        await unit.items.upsert([item("hers", author="ada"), item("hers-too", author="ada"), item("nobodys")])
    made.decisions.authors = {"hers": "ada"}
    return made


async def weighs(desk: Desk, days: float = 0) -> float:
    async with desk.store.read() as unit:
        return (await desk.strikes.weights(unit, ["ada", "unknown"], NOW + timedelta(days=days)))["ada"]


async def follow(desk: Desk, made: Decision) -> None:
    desk.decisions.put(made)
    async with desk.store.write() as unit:
        await desk.strikes.follow(unit, made)


def striking(decision_id: str, content_id: str = "hers", **fields: object) -> Decision:
    return decision(decision_id, content_id, acts=(Act.REJECT, Act.STRIKE), **fields)


class TestGiving:
    async def test_a_decision_that_strikes_weighs_by_its_reason_less_with_time(self, desk: Desk) -> None:
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", STRIKE)
        assert [await weighs(desk, days) for days in (0, 10, 30, 99.9)] == pytest.approx([2, 1, 0.25, 2 ** (1 - 9.99)])
        assert await weighs(desk, 100) == 0.0

    async def test_a_reason_without_terms_has_the_usual_ones(self, desk: Desk) -> None:
        await follow(desk, striking("a"))
        assert await weighs(desk, 90) == pytest.approx(0.5)

    async def test_its_terms_are_those_of_the_version_that_struck(self, desk: Desk) -> None:
        """Those of later versions change nothing about what was given, one by one or many at once."""
        light = FollowUp(strikes=StrikeRules(StrikeTerms(0.5), {"insult": StrikeTerms(0.25)}))
        desk.versions = {4: light}
        later = PolicyVersion("default", 4, "cd" * 32)
        async with desk.store.write() as unit:
            await desk.strikes.follow_all(unit, [striking("a"), striking("b", "hers-too", policy=later)])
        assert await weighs(desk) == 1.25
        desk.versions[3] = light
        assert await weighs(desk) == 1.25
        await follow(desk, striking("c", policy=later, input_digest="other words"))
        assert await weighs(desk) == 1.5

    async def test_confirming_gives_no_second_one(self, desk: Desk) -> None:
        await follow(desk, striking("a"))
        await follow(desk, striking("b", supersedes="a"))
        await follow(desk, striking("b", supersedes="a"))
        assert await weighs(desk) == 1.0

    async def test_another_text_gives_another(self, desk: Desk) -> None:
        await follow(desk, striking("a"))
        await follow(desk, striking("b", supersedes="a", input_digest="other words"))
        await follow(desk, striking("c", "hers-too"))
        assert await weighs(desk) == 3.0

    async def test_what_is_nobodys_strikes_nobody(self, desk: Desk) -> None:
        await follow(desk, striking("a", "nobodys"))
        await follow(desk, striking("b", "not stored"))
        assert await weighs(desk) == 0.0

    async def test_nobody_unknown_is_struck(self, desk: Desk) -> None:
        strike = Strike("s", "unknown", "d", "hate", 1.0, timedelta(days=1), NOW, NOW + timedelta(days=1))
        async with desk.store.write() as unit:
            with pytest.raises(UserNotFound):
                await unit.strikes.add(strike)
            assert await unit.strikes.add(replace(strike, author="ada"))
            assert not await unit.strikes.add(replace(strike, author="ada", id="s2"))


class TestTakingBack:
    async def test_a_milder_decision_takes_back_what_earlier_ones_gave(self, desk: Desk) -> None:
        await follow(desk, striking("a"))
        await follow(desk, striking("other", "hers-too"))
        await follow(desk, decision("b", "hers", acts=(Act.FLAG,), supersedes="a"))
        assert await weighs(desk) == 1.0

    async def test_it_does_not_for_other_words(self, desk: Desk) -> None:
        await follow(desk, striking("a"))
        await follow(desk, decision("b", "hers", acts=(Act.FLAG,), supersedes="a", input_digest="other words"))
        assert await weighs(desk) == 1.0

    async def test_so_does_an_appeal(self, desk: Desk) -> None:
        await desk.ask("a", content_id="hers")
        await desk.judge("ann", STRIKE)
        assert await weighs(desk) == 2.0
        appeals = AppealService(desk.store, desk.decisions, desk.verdicts, desk.follow_up, desk.clock)
        await appeals.bring(Appellant("ada"), "a+", "why?")
        (entry,) = await desk.claim("bob", appeals=True)
        await appeals.judge("bob", entry.appeal or "", entry.token, AppealOutcome.OVERTURNED, APPROVE)
        assert await weighs(desk) == 0.0


class TestErasing:
    async def test_a_person_goes_from_appeals_strikes_reviews_and_settings(self, desk: Desk) -> None:
        rejected = Verdict(ModerationStatus.REJECTED, (Act.REJECT,), (), 0.9, 0.9)
        desk.decisions.put(decision("r", "hers", verdict=rejected))
        appeals = AppealService(desk.store, desk.decisions, desk.verdicts, desk.follow_up, desk.clock)
        appeal = await appeals.bring(Appellant("ada"), "r", "I am ada")
        await follow(desk, striking("a"))
        await follow(desk, striking("b", "hers-too"))
        await desk.queue.set_shield("ada", Shield(blur=False))
        await desk.queue.add_golden(Golden("g", "r", "hers", ContentKind.COMMENT, "default", ModerationStatus.REJECTED))
        (asked,) = await desk.ask("c", content_id="hers-too")
        async with desk.store.write() as unit:
            await unit.review_notes.add(Note(asked.id, "r", NoteKind.NOTE, "this is ada", NOW))
            reviewer = pseudonym(await unit.reviews.key(), "ada")
        async with desk.store.write() as unit:
            receipt = await unit.erasures.erase_user("ada", NOW)
        counted = {"appeals": 1, "strikes": 2, "reviewer_settings": 1}
        counted |= {"review_items": 2, "review_notes": 1, "golden_items": 1}
        assert dict(receipt.rows) == {**counted, "items": 2, "users": 1}
        kept = await appeals.get(appeal.id)
        assert (kept.text, kept.author, kept.rules) == ("", None, appeal.rules)
        async with desk.store.read() as unit:
            assert await unit.strikes.of_authors(["ada"], NOW) == {}
            assert await unit.reviewer_settings.shield(reviewer) == Shield()
