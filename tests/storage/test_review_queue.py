"""The queue of reviewers: who gets what, for how long, and what their word brings about."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from socialflow.content.records import ItemStats, ModerationStatus
from socialflow.errors import Conflict, InvalidInput, LeaseLost, NotFound, PermissionDenied
from socialflow.kit.identifiers import time_ordered_id
from socialflow.moderation.records import Act, Actor, ActorKind, ContentKind
from socialflow.moderation.review.records import (
    ESCALATED,
    Lease,
    NewReview,
    NoteKind,
    QueueCount,
    ReviewState,
    Ruling,
    Shield,
    Wanted,
)
from socialflow.moderation.review.service import enqueue
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item
from tests.storage.reviewing import APPROVE, REJECT, Desk


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def decisions(entries: object) -> list[str]:
    return [entry.decision_id for entry in entries]  # type: ignore[attr-defined]


class TestOrder:
    async def test_the_most_urgent_come_first(self, desk: Desk) -> None:
        await desk.ask("mild", severity=0.3)
        await desk.ask("grave", severity=0.9)
        await desk.ask("seen", severity=0.3, reach=99_999)
        assert decisions(await desk.claim("ann", 3)) == ["seen", "grave", "mild"]

    async def test_what_waits_long_enough_comes_before_anything_new(self, desk: Desk) -> None:
        await desk.ask("old", severity=0.05)
        desk.wait(31 * 60)
        await desk.ask("new", severity=1.0, reach=10**9)
        assert decisions(await desk.claim("ann", 2)) == ["old", "new"]

    async def test_new_views_move_what_waits(self, desk: Desk) -> None:
        await desk.ask("a", "b", severity=0.5)
        await desk.queue.reached({"content-of-b": 1_000})
        (first, _) = await desk.claim("ann", 2)
        assert (first.decision_id, first.reach) == ("b", 1_000)

    async def test_views_are_those_counted_last(self, desk: Desk) -> None:
        async with desk.store.write() as unit:
            await unit.items.upsert([item("i")])
            counts = [ItemStats("i", NOW, views=5), ItemStats("i", NOW + timedelta(hours=1), views=9)]
            await unit.items.add_stats(counts)
            assert (await unit.reviews.views("i"), await unit.reviews.views("unknown")) == (9, 0)

    async def test_a_decision_has_one_item(self, desk: Desk) -> None:
        (first,) = await desk.ask("a")
        (again,) = await desk.ask("a", severity=0.9)
        assert again == first

    @pytest.mark.parametrize(("severity", "reach"), [(1.1, 0), (-0.1, 0), (float("nan"), 0), (0.5, -1)])
    async def test_figures_out_of_range_are_refused(self, desk: Desk, severity: float, reach: int) -> None:
        with pytest.raises(InvalidInput):
            await desk.ask("a", severity=severity, reach=reach)


class TestClaiming:
    async def test_queues_languages_and_levels_choose(self, desk: Desk) -> None:
        await desk.ask("en")
        await desk.ask("de", language="de")
        await desk.ask("any", language=None, scope="kids")
        assert decisions(await desk.claim("ann", 5, languages=("de",))) == ["de"]
        assert decisions(await desk.claim("ann", 5, queues=("kids/und",))) == ["any"]
        assert decisions(await desk.claim("ann", 5, level=ESCALATED)) == []
        assert decisions(await desk.claim("ann", 5, queues=("default/en", "kids/und"))) == ["en"]

    async def test_nobody_gets_what_somebody_holds(self, desk: Desk) -> None:
        await desk.ask("a")
        (entry,) = await desk.claim("ann")
        assert entry.until == NOW + timedelta(minutes=10)
        assert await desk.claim("bob") == []
        assert await desk.queue.held("ann") == [entry]
        assert await desk.queue.held("bob") == []

    async def test_a_lease_that_ran_out_gives_the_item_back_by_itself(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        desk.wait(10)
        assert await desk.queue.held("ann") == []
        (theirs,) = await desk.claim("bob")
        assert (theirs.id, theirs.token == mine.token) == (mine.id, False)
        for step in (
            desk.queue.decide("ann", mine.id, mine.token, APPROVE),
            desk.queue.renew("ann", mine.id, mine.token),
            desk.queue.release("ann", mine.id, mine.token),
            desk.queue.skip("ann", mine.id, mine.token, "no"),
            desk.queue.escalate("ann", mine.id, mine.token, "no"),
            desk.queue.note("ann", mine.id, mine.token, "no"),
        ):
            with pytest.raises(LeaseLost) as lost:
                await step
            assert lost.value.code == "lease_lost"
        assert desk.decisions.chain("a") == [("review_required", "service")]
        await desk.queue.decide("bob", theirs.id, theirs.token, APPROVE)

    async def test_a_lease_that_ran_out_holds_while_nobody_else_wants_the_item(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        desk.wait(60)
        await desk.queue.decide("ann", mine.id, mine.token, REJECT)
        assert desk.decisions.chain("a")[-1] == ("rejected", "person")

    async def test_renewing_holds_longer(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        desk.wait(9)
        assert await desk.queue.renew("ann", mine.id, mine.token) == NOW + timedelta(minutes=19)
        desk.wait(9)
        assert await desk.claim("bob") == []

    async def test_a_token_is_good_for_who_got_it(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        for token in (mine.token, "guessed", "\0"):
            with pytest.raises(LeaseLost):
                await desk.queue.decide("bob", mine.id, token, APPROVE)
        with pytest.raises(NotFound):
            await desk.queue.decide("bob", "unknown", mine.token, APPROVE)
        with pytest.raises(NotFound):
            await desk.queue.decide("bob", "\0", mine.token, APPROVE)

    async def test_nobody_hoards(self, desk: Desk) -> None:
        await desk.ask(*(f"d{number}" for number in range(60)))
        assert len(await desk.claim("ann", 40)) == 40
        assert len(await desk.claim("ann", 40)) == 10
        with pytest.raises(Conflict, match="50"):
            await desk.claim("ann")
        for limit in (0, 51):
            with pytest.raises(InvalidInput):
                await desk.claim("bob", limit)


class TestPassingOn:
    async def test_what_is_released_comes_to_anybody(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        await desk.queue.release("ann", mine.id, mine.token)
        with pytest.raises(LeaseLost):
            await desk.queue.decide("ann", mine.id, mine.token, APPROVE)
        assert decisions(await desk.claim("ann")) == ["a"]

    async def test_what_is_skipped_comes_to_others(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        await desk.queue.skip("ann", mine.id, mine.token, "I know the author")
        assert await desk.claim("ann") == []
        assert decisions(await desk.claim("bob")) == ["a"]
        (note,) = await desk.queue.notes(mine.id)
        assert (note.kind, note.text, note.at) == (NoteKind.SKIP, "I know the author", NOW)
        assert "ann" not in note.reviewer

    async def test_what_is_escalated_comes_to_the_second_line(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        await desk.queue.escalate("ann", mine.id, mine.token, "is this a threat?")
        assert (await desk.stored(mine.id)).state is ReviewState.ESCALATED
        assert await desk.claim("bob") == []
        (theirs,) = await desk.claim("eve", level=ESCALATED)
        assert theirs.level == ESCALATED
        await desk.queue.release("eve", theirs.id, theirs.token)
        assert (await desk.stored(mine.id)).state is ReviewState.ESCALATED
        await desk.judge("eve", REJECT, level=ESCALATED)
        assert desk.decisions.chain("a")[-1] == ("rejected", "person")

    @pytest.mark.parametrize("words", ["", "  ", "x" * 4_001, "a\0b", "\ud800"])
    async def test_words_that_cannot_be_kept_are_refused(self, desk: Desk, words: str) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        with pytest.raises(InvalidInput):
            await desk.queue.note("ann", mine.id, mine.token, words)
        with pytest.raises(InvalidInput):
            await desk.queue.skip("ann", mine.id, mine.token, words)

    async def test_work_about_content_that_changed_is_withdrawn(self, desk: Desk) -> None:
        await desk.ask("a", "b")
        (mine,) = await desk.claim("ann")
        async with desk.store.write() as unit:
            assert await unit.reviews.withdraw("content-of-a", NOW) == 1
        with pytest.raises(LeaseLost):
            await desk.queue.decide("ann", mine.id, mine.token, APPROVE)
        assert decisions(await desk.claim("ann", 5)) == ["b"]

    async def test_an_item_that_is_deleted_takes_its_work_along(self, desk: Desk) -> None:
        async with desk.store.write() as unit:
            await unit.items.upsert([item("i")])
        (asked,) = await desk.ask("a", content_id="i")
        (mine,) = await desk.claim("ann")
        await desk.queue.note("ann", mine.id, mine.token, "about i")
        async with desk.store.write() as unit:
            await unit.items.delete("i")
        assert await desk.queue.notes(asked.id) == []
        with pytest.raises(NotFound):
            await desk.queue.decide("ann", mine.id, mine.token, APPROVE)


class TestJudging:
    async def test_a_word_becomes_a_decision_by_a_pseudonym(self, desk: Desk) -> None:
        await desk.ask("a")
        ruling = Ruling(ModerationStatus.REJECTED, "hate.slur", ("slur",), (Act.HIDE,), " seen before ")
        entry = await desk.judge("ann", ruling)
        made = desk.decisions.all["a+"]
        assert (made.verdict.status, made.supersedes, made.note) == (ModerationStatus.REJECTED, "a", "seen before")
        async with desk.store.read() as unit:
            (verdict,) = await unit.review_verdicts.of_root(entry.id)
            (note,) = await unit.review_notes.of_item(entry.id)
            found = await unit.reviews.of_decision("a+")
        assert made.actor == Actor(ActorKind.PERSON, verdict.reviewer)
        assert "ann" not in verdict.reviewer
        assert len(verdict.reviewer) == 32
        assert (verdict.ruling.labels, verdict.ruling.acts, verdict.decision_id) == (("slur",), (Act.HIDE,), "a+")
        assert (note.kind, note.text) == (NoteKind.VERDICT, "seen before")
        assert found is not None
        assert (found.id, found.state) == (entry.id, ReviewState.DONE)

    async def test_what_was_judged_comes_to_nobody(self, desk: Desk) -> None:
        await desk.ask("a")
        await desk.judge("ann", APPROVE)
        assert await desk.claim("bob") == []
        assert await desk.queue.counts() == []

    async def test_nothing_is_kept_where_the_decision_cannot_be_made(self, desk: Desk) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        del desk.decisions.all["a"]
        with pytest.raises(NotFound):
            await desk.queue.decide("ann", mine.id, mine.token, APPROVE)
        assert (await desk.stored(mine.id)).state is ReviewState.CLAIMED
        async with desk.store.read() as unit:
            assert await unit.review_verdicts.of_root(mine.id) == []

    @pytest.mark.parametrize(
        "ruling",
        [
            Ruling(ModerationStatus.PENDING, "fine"),
            Ruling(ModerationStatus.APPROVED, ""),
            Ruling(ModerationStatus.APPROVED, "Not A Code"),
            Ruling(ModerationStatus.APPROVED, "fine", ("a b",)),
            Ruling(ModerationStatus.APPROVED, "fine", tuple(map(str, range(17)))),
            Ruling(ModerationStatus.APPROVED, "fine", (), (Act.COPYRIGHT_BLOCK,)),
            Ruling(ModerationStatus.APPROVED, "fine", note="x" * 4_001),
        ],
    )
    async def test_a_word_that_cannot_be_given_is_refused(self, desk: Desk, ruling: Ruling) -> None:
        await desk.ask("a")
        (mine,) = await desk.claim("ann")
        with pytest.raises(InvalidInput):
            await desk.queue.decide("ann", mine.id, mine.token, ruling)


class TestWhatIsShown:
    async def test_pictures_are_blurred_and_grey_and_sound_is_off_until_the_reviewer_says_otherwise(
        self, desk: Desk
    ) -> None:
        await desk.ask("a", "b")
        (mine,) = await desk.claim("ann")
        assert mine.shield == Shield(blur=True, grey=True, mute=True)
        await desk.queue.set_shield("ann", Shield(blur=False))
        await desk.queue.set_shield("ann", Shield(grey=False))
        (other,) = await desk.claim("ann")
        assert other.shield == Shield(blur=True, grey=False, mute=True)
        assert await desk.queue.shield("ann") == other.shield
        assert await desk.queue.shield("bob") == Shield()

    async def test_counts(self, desk: Desk) -> None:
        await desk.ask("a", "b", "c")
        desk.wait(5)
        await desk.ask("d", language="de")
        (mine, other) = await desk.claim("ann", 2, languages=("en",))
        await desk.queue.escalate("ann", mine.id, mine.token, "look")
        expected = [
            QueueCount("default/de", 0, 1, 0, NOW + timedelta(minutes=5)),
            QueueCount("default/en", 0, 1, 1, NOW),
            QueueCount("default/en", 1, 1, 0, NOW),
        ]
        assert await desk.queue.counts() == expected
        desk.wait(20)
        assert sum(count.held for count in await desk.queue.counts()) == 0
        assert other.id in [entry.id for entry in await desk.claim("bob", 5)]


class TestRaces:
    @pytest.fixture
    async def stores(self, url: str) -> AsyncIterator[list[Store]]:
        """The stores of several processes, over one database."""
        opened = [Store(url) for _ in range(4)]
        yield opened
        for store in opened:
            await store.close()

    async def test_eight_reviewers_claim_five_hundred_items_and_share_none(self, stores: list[Store]) -> None:
        async with stores[0].write() as unit:
            for number in range(500):
                new = NewReview(f"d{number}", f"c{number}", ContentKind.POST, "default", 0.5, number)
                await enqueue(unit, new, NOW)

        async def work(name: str, store: Store) -> list[str]:
            mine: list[str] = []
            while True:
                lease = Lease(time_ordered_id(NOW), name, NOW + timedelta(minutes=10))
                async with store.write() as unit:
                    taken = await unit.reviews.claim(Wanted(), lease, NOW, 7, account="")
                if not taken:
                    return mine
                assert {one.lease for one in taken} == {lease}
                mine.extend(one.id for one in taken)

        hands = await asyncio.gather(*(work(f"r{number}", stores[number % 4]) for number in range(8)))
        everything = [item_id for mine in hands for item_id in mine]
        assert len(everything) == len(set(everything)) == 500
        for number, mine in enumerate(hands):
            async with stores[0].read() as unit:
                assert {one.id for one in await unit.reviews.held(f"r{number}", NOW)} == set(mine)

    async def test_a_late_word_and_a_new_claim_end_in_one_of_the_two(self, stores: list[Store]) -> None:
        for number in range(6):
            one, two = Desk(stores[0]), Desk(stores[1])
            two.decisions = one.decisions
            await one.ask(f"d{number}")
            (mine,) = await one.claim("ann")
            one.wait(11)
            two.wait(11)
            late, claimed = await asyncio.gather(
                one.queue.decide("ann", mine.id, mine.token, APPROVE), two.claim("bob"), return_exceptions=True
            )
            assert not isinstance(claimed, BaseException)
            if late is None:
                assert claimed == []
            else:
                assert isinstance(late, LeaseLost)
                (entry,) = claimed
                await two.queue.decide("bob", entry.id, entry.token, APPROVE)
            assert len(one.decisions.chain(f"d{number}")) == 2


async def test_nobody_judges_the_same_twice(desk: Desk) -> None:
    (asked,) = await desk.ask("a")
    await desk.judge("ann", APPROVE)
    async with desk.store.write() as unit:
        assert await unit.reviews.reopen(asked.id)
        assert not await unit.reviews.reopen(asked.id)
    assert await desk.claim("ann", level=ESCALATED) == []
    (theirs,) = await desk.claim("bob", level=ESCALATED)
    await desk.queue.decide("bob", theirs.id, theirs.token, REJECT)
    assert desk.decisions.chain("a") == [("review_required", "service"), ("approved", "person"), ("rejected", "person")]
    async with desk.store.write() as unit:
        (first, *_) = await unit.review_verdicts.of_root(asked.id)
        with pytest.raises(PermissionDenied):
            await desk.verdicts.give(unit, await unit.reviews.get(asked.id), first.reviewer, APPROVE, NOW)
