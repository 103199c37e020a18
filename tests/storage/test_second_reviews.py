"""Blind second reviews and golden items: who gets them, what they bring about, and that nothing gives them away."""

from dataclasses import fields

import pytest

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, NotFound
from socialflow.moderation.policy.records import FollowUp, ReviewRules
from socialflow.moderation.records import ContentKind, PolicyVersion
from socialflow.moderation.review.pseudonyms import pseudonym
from socialflow.moderation.review.quality import quality
from socialflow.moderation.review.records import ESCALATED, Golden, QueueEntry, ReviewState
from socialflow.storage.unit_of_work import Store
from tests.storage.reviewing import ALWAYS_GOLDEN, ALWAYS_SECOND, APPROVE, NEVER, REJECT, Desk, decision


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store, ALWAYS_SECOND)


async def name_of(desk: Desk, account: str) -> str:
    async with desk.store.read() as unit:
        return pseudonym(await unit.reviews.key(), account)


def golden(golden_id: str = "g", **changed: object) -> Golden:
    known = {"kind": ContentKind.COMMENT, "scope": "default", "expected": ModerationStatus.REJECTED}
    return Golden(golden_id, f"decision-of-{golden_id}", f"content-of-{golden_id}", **{**known, **changed})  # type: ignore[arg-type]


class TestSecondReviews:
    async def test_somebody_else_looks_again_and_sees_nothing_of_the_first(self, desk: Desk) -> None:
        await desk.ask("a")
        first = await desk.judge("ann", APPROVE)
        assert await desk.claim("ann", 5) == []
        desk.wait(3)
        (second,) = await desk.claim("bob", 5)
        assert (second.decision_id, second.content_id, second.queue) == ("a", first.content_id, first.queue)
        assert second.id != first.id
        assert second.level == first.level
        assert await desk.queue.notes(second.id) == []
        assert {field.name for field in fields(QueueEntry)}.isdisjoint({"second_of", "golden", "root", "state"})

    async def test_agreement_ends_it_and_decides_nothing_more(self, desk: Desk) -> None:
        await desk.ask("a")
        first = await desk.judge("ann", APPROVE)
        await desk.judge("bob", APPROVE)
        assert desk.decisions.chain("a") == [("review_required", "service"), ("approved", "person")]
        assert (await desk.stored(first.id)).state is ReviewState.DONE
        assert await desk.queue.counts() == []

    async def test_disagreement_goes_to_the_second_line_whose_word_replaces_the_first(self, desk: Desk) -> None:
        await desk.ask("a")
        first = await desk.judge("ann", APPROVE)
        await desk.judge("bob", REJECT)
        assert desk.decisions.chain("a")[-1] == ("approved", "person")
        assert (await desk.stored(first.id)).state is ReviewState.ESCALATED
        assert await desk.claim("ann", level=ESCALATED) == []
        assert await desk.claim("bob", level=ESCALATED) == []
        await desk.judge("eve", REJECT, level=ESCALATED)
        assert desk.decisions.chain("a") == [
            ("review_required", "service"),
            ("approved", "person"),
            ("rejected", "person"),
        ]
        assert await desk.queue.counts() == []

    async def test_the_sample_has_about_its_rate_and_is_drawn_once(self, desk: Desk) -> None:
        desk.rules = ReviewRules(second_rate=0.3, golden_rate=0.0)
        names = [f"d{number}" for number in range(100)]
        await desk.ask(*names)
        for _ in range(2):
            for entry in await desk.claim("ann", 50):
                await desk.queue.decide("ann", entry.id, entry.token, APPROVE)
        seconds = sum(count.waiting for count in await desk.queue.counts())
        assert 7 <= seconds <= 53  # five standard deviations of a binomial

    async def test_how_many_the_version_says_that_asked(self, desk: Desk) -> None:
        desk.versions = {4: FollowUp(NEVER)}
        desk.decisions.put(decision("new", policy=PolicyVersion("default", 4, "cd" * 32)))
        await desk.ask("old", "new")
        for entry in await desk.claim("ann", 2):
            await desk.queue.decide("ann", entry.id, entry.token, APPROVE)
        assert [entry.decision_id for entry in await desk.claim("bob", 5)] == ["old"]

    async def test_what_the_second_line_decides_is_not_reviewed_again(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        await desk.queue.escalate("ann", mine.id, mine.token, "look")
        await desk.judge("eve", APPROVE, level=ESCALATED)
        assert await desk.queue.counts() == []


class TestGoldenItems:
    @pytest.fixture
    def desk(self, store: Store) -> Desk:
        return Desk(store, ALWAYS_GOLDEN)

    async def test_one_is_given_in_place_of_what_was_claimed_and_looks_like_it(self, desk: Desk) -> None:
        await desk.ask("low", severity=0.2)
        await desk.ask("high", severity=0.8, reach=5_000)
        await desk.queue.add_golden(golden())
        desk.wait(60)
        entries = await desk.claim("ann", 2)
        assert sorted(entry.decision_id for entry in entries) in (["decision-of-g", "high"], ["decision-of-g", "low"])
        (fake,) = (entry for entry in entries if entry.decision_id == "decision-of-g")
        (real,) = (entry for entry in entries if entry is not fake)
        (replaced,) = {"low", "high"} - {real.decision_id}
        like = {"low": (0.2, 0), "high": (0.8, 5_000)}[replaced]
        assert (fake.severity, fake.reach) == (like[0], pytest.approx(like[1], rel=0.021))
        assert (real.decision_id == "high") == (entries.index(real) == 0)
        assert 0 <= (real.created_at - fake.created_at).total_seconds() <= 60
        assert (len(fake.id), fake.queue, fake.level, fake.token) == (32, real.queue, real.level, real.token)

    async def test_how_many_the_version_says_that_asked(self, desk: Desk) -> None:
        desk.versions = {4: FollowUp(NEVER)}
        desk.decisions.put(decision("new", policy=PolicyVersion("default", 4, "cd" * 32)))
        await desk.ask("old", "new")
        await desk.queue.add_golden(golden())
        assert {entry.decision_id for entry in await desk.claim("ann", 2)} == {"decision-of-g", "new"}

    async def test_what_it_stood_in_for_comes_with_the_next_claim(self, desk: Desk) -> None:
        await desk.ask("a")
        await desk.queue.add_golden(golden())
        assert (await desk.judge("ann", REJECT)).decision_id == "decision-of-g"
        assert (await desk.judge("ann", REJECT)).decision_id == "a"

    async def test_the_answer_is_scored_and_decides_nothing(self, desk: Desk) -> None:
        await desk.queue.add_golden(golden("g"))
        await desk.queue.add_golden(golden("h", expected=ModerationStatus.APPROVED))
        await desk.ask("a")
        for _ in range(3):
            await desk.judge("ann", REJECT)
        report = await quality(desk.store, "default")
        assert (report.golden.right, report.golden.answered, report.golden.share) == (1, 2, 0.5)
        (ann,) = report.reviewers
        assert (ann.reviewer, ann.verdicts, ann.golden) == (await name_of(desk, "ann"), 3, report.golden)
        assert list(desk.decisions.all) == ["a", "a+"]

    async def test_nobody_gets_one_twice_and_another_does(self, desk: Desk) -> None:
        await desk.ask("a", "b")
        await desk.queue.add_golden(golden())
        mine = await desk.claim("ann", 2)
        assert len([entry for entry in mine if entry.decision_id == "decision-of-g"]) == 1
        assert [entry.decision_id for entry in await desk.claim("bob", 1)] == ["decision-of-g"]

    async def test_one_of_another_policy_or_language_or_a_retired_one_is_not_given(self, desk: Desk) -> None:
        await desk.ask("a")
        await desk.queue.add_golden(golden("g", scope="kids"))
        await desk.queue.add_golden(golden("h", language="de"))
        await desk.queue.add_golden(golden("i", language="en"))
        await desk.queue.retire_golden("i")
        assert [entry.decision_id for entry in await desk.claim("ann")] == ["a"]

    async def test_it_is_skipped_escalated_and_returned_like_any_other(self, desk: Desk) -> None:
        await desk.ask("a")
        await desk.queue.add_golden(golden())
        (mine,) = await desk.claim("ann")
        await desk.queue.skip("ann", mine.id, mine.token, "cannot tell")
        desk.rules = NEVER
        theirs = await desk.claim("bob", 2)
        assert mine.id in [entry.id for entry in theirs]
        await desk.queue.escalate("bob", mine.id, theirs[0].token, "look")
        assert (await desk.judge("eve", REJECT, level=ESCALATED)).id == mine.id

    async def test_they_are_counted_as_what_they_stand_in_for_and_not_besides(self, desk: Desk) -> None:
        await desk.ask("a")
        await desk.queue.add_golden(golden())
        (entry,) = await desk.claim("ann")
        assert entry.decision_id == "decision-of-g"
        assert [(count.waiting, count.held) for count in await desk.queue.counts()] == [(0, 1)]
        desk.rules = NEVER
        assert len(await desk.claim("bob", 2)) == 1
        assert [(count.waiting, count.held) for count in await desk.queue.counts()] == [(0, 2)]
        await desk.queue.release("ann", entry.id, entry.token)
        assert [(count.waiting, count.held) for count in await desk.queue.counts()] == [(0, 1)]

    async def test_ids_are_kept_apart(self, desk: Desk) -> None:
        await desk.queue.add_golden(golden())
        with pytest.raises(Conflict):
            await desk.queue.add_golden(golden())
        with pytest.raises(NotFound):
            await desk.queue.retire_golden("unknown")


async def test_quality_sets_first_reviews_against_second_ones(desk: Desk) -> None:
    answers = [(REJECT, REJECT)] * 3 + [(APPROVE, APPROVE)] * 3 + [(REJECT, APPROVE)] * 2
    for number, (first, second) in enumerate(answers):
        await desk.ask(f"d{number}")
        await desk.judge("ann", first)
        await desk.judge("bob", second)
    report = await quality(desk.store, "default")
    assert (report.first_line, report.kappa.items, report.cut) == (16, 8, False)
    # Agreed 6 of 8; by chance 5/8 x 3/8 + 3/8 x 5/8 = 30/64: (0.75 - 0.46875) / (1 - 0.46875).
    assert report.kappa.value == pytest.approx(0.28125 / 0.53125)
    # Coincidences: 6 and 6 on the diagonal, 2 and 2 off it; 8 of each of 16: 1 - (4/16) / (2 x 8 x 8 / (16 x 15)).
    assert report.alpha.value == pytest.approx(1 - 0.25 / (128 / 240))
    assert [one.kappa.items for one in report.reviewers] == [8, 8]
    assert (await quality(desk.store, "unknown")).kappa.value is None
