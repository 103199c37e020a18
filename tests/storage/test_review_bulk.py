"""One ruling for many: what was shown, what still fits, and nothing else."""

import base64

import pytest

from socialflow.content.records import ModerationStatus
from socialflow.errors import InvalidInput, TooLarge
from socialflow.moderation.review.bulk import BulkActions
from socialflow.moderation.review.bulk_records import MAX_BULK, BulkFilter, BulkResult
from socialflow.moderation.review.records import ESCALATED, Ruling
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import later
from tests.storage.reviewing import ALWAYS_SECOND, APPROVE, Desk

SPAM = Ruling(ModerationStatus.REJECTED, "spam", note="one wave of the same advertisement")


@pytest.fixture
def desk(store: Store) -> Desk:
    return Desk(store)


def bulk(desk: Desk) -> BulkActions:
    return BulkActions(desk.store, desk.verdicts, desk.clock)


async def shown(desk: Desk, which: BulkFilter, account: str = "ann") -> tuple[int, str]:
    preview = await bulk(desk).preview(account, which)
    assert preview.token is not None
    return preview.count, preview.token


class TestPreviews:
    async def test_it_counts_and_samples_what_fits(self, desk: Desk) -> None:
        await desk.ask("low", severity=0.2)
        await desk.ask("mid", "mid2", severity=0.5)
        await desk.ask("german", severity=0.5, language="de")
        await desk.ask("kids", severity=0.5, scope="kids")
        which = BulkFilter(scope="default", language="en", least_severity=0.4)
        preview = await bulk(desk).preview("ann", which)
        assert (preview.count, [item.decision_id for item in preview.sample]) == (2, ["mid", "mid2"])
        assert (await bulk(desk).preview("ann", BulkFilter(content_ids=("content-of-low",)))).count == 1
        assert (await bulk(desk).preview("ann", BulkFilter(created_before=later(0)))).count == 0
        assert (await bulk(desk).preview("ann", BulkFilter(created_before=later(1)))).count == 5

    async def test_nothing_or_too_much_has_no_token(self, desk: Desk) -> None:
        assert (await bulk(desk).preview("ann", BulkFilter())).token is None
        await desk.ask(*(f"d{number}" for number in range(MAX_BULK + 1)))
        preview = await bulk(desk).preview("ann", BulkFilter())
        assert (preview.count, len(preview.sample), preview.token) == (MAX_BULK + 1, 20, None)

    async def test_what_is_held_judged_before_or_a_second_review_is_not_in_it(self, desk: Desk) -> None:
        desk.rules = ALWAYS_SECOND
        await desk.ask("a", "b", "c")
        await desk.judge("ann", APPROVE)
        await desk.claim("bob", 1)
        (count, _) = await shown(desk, BulkFilter())
        assert count == 1

    @pytest.mark.parametrize("ends", [(0.5, 0.4), (-0.1, 1.0), (0.0, 1.1), (float("nan"), 1.0)])
    async def test_severities_that_cannot_be_are_refused(self, desk: Desk, ends: tuple[float, float]) -> None:
        with pytest.raises(InvalidInput):
            await bulk(desk).preview("ann", BulkFilter(least_severity=ends[0], most_severity=ends[1]))


class TestActions:
    async def test_what_was_shown_is_judged(self, desk: Desk) -> None:
        await desk.ask("a", "b")
        _, token = await shown(desk, BulkFilter())
        assert await bulk(desk).apply("ann", token, 2, SPAM) == BulkResult(2, 0)
        assert [desk.decisions.chain(name)[-1] for name in ("a", "b")] == [("rejected", "person")] * 2
        assert desk.decisions.all["a+"].note == SPAM.note
        assert await bulk(desk).apply("ann", token, 2, SPAM) == BulkResult(0, 2)

    async def test_what_came_later_or_fits_no_more_is_left(self, desk: Desk) -> None:
        await desk.ask("a", "b", "c", "d")
        _, token = await shown(desk, BulkFilter(level=0))
        await desk.ask("late", severity=0.9)
        (held, escalated) = await desk.claim("bob", 2)
        await desk.queue.escalate("bob", escalated.id, escalated.token, "look")
        judged = await bulk(desk).apply("ann", token, 10, SPAM)
        assert (judged.judged, judged.left) == (3, 1)
        assert {held.decision_id, escalated.decision_id} == {"late", "a"}
        assert desk.decisions.chain("late") == [("review_required", "service")]
        assert desk.decisions.chain("a") == [("review_required", "service")]

    async def test_over_the_cap_nothing_is_done(self, desk: Desk) -> None:
        await desk.ask("a", "b", "c")
        _, token = await shown(desk, BulkFilter())
        with pytest.raises(TooLarge, match="3 items were shown"):
            await bulk(desk).apply("ann", token, 2, SPAM)
        assert desk.decisions.chain("a") == [("review_required", "service")]

    async def test_a_token_is_for_one_reviewer_and_a_quarter_of_an_hour_and_cannot_be_made(self, desk: Desk) -> None:
        await desk.ask("a")
        _, token = await shown(desk, BulkFilter())
        raw = bytearray(base64.urlsafe_b64decode(token))
        raw[-1] ^= 1
        forged = base64.urlsafe_b64encode(bytes(raw)).decode()
        for account, text in (("bob", token), ("ann", forged), ("ann", ""), ("ann", "né"), ("ann", "AAAA")):
            with pytest.raises(InvalidInput, match="preview anew"):
                await bulk(desk).apply(account, text, 5, SPAM)
        desk.wait(16)
        with pytest.raises(InvalidInput, match="preview anew"):
            await bulk(desk).apply("ann", token, 5, SPAM)

    async def test_it_says_why(self, desk: Desk) -> None:
        await desk.ask("a")
        _, token = await shown(desk, BulkFilter())
        with pytest.raises(InvalidInput, match="note"):
            await bulk(desk).apply("ann", token, 5, APPROVE)

    async def test_the_second_line_has_its_own(self, desk: Desk) -> None:
        await desk.ask("a", "b")
        (entry,) = await desk.claim("bob")
        await desk.queue.escalate("bob", entry.id, entry.token, "look")
        count, token = await shown(desk, BulkFilter(level=ESCALATED))
        assert count == 1
        _, theirs = await shown(desk, BulkFilter(level=ESCALATED), "eve")
        assert (await bulk(desk).apply("eve", theirs, 1, SPAM)).judged == 1
        assert (await bulk(desk).apply("ann", token, 1, SPAM)).judged == 0
