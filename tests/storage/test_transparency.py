"""What is told of decisions, out of the store: counts by the database, statements in pages and their ends."""

from dataclasses import replace
from datetime import timedelta

import pytest

from socialflow.content.records import ItemKind, ModerationStatus
from socialflow.errors import InvalidInput, NotFound
from socialflow.kit.clock import FixedClock
from socialflow.moderation.decisions import DecisionService, NewDecision
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.records import Act, ContentKind, Decision, Facts, Hit, Verdict
from socialflow.moderation.review.appeal_records import Appeal, AppealOutcome
from socialflow.moderation.sealing import Judged
from socialflow.moderation.transparency.dsa import Automation, Statement, Visibility, YesNo, json_line
from socialflow.moderation.transparency.ports import OnePolicy, Period
from socialflow.moderation.transparency.service import TransparencyService
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.unit_of_work import Store
from tests.storage.nouns import NOW, item, user
from tests.unit.moderation.decided import ADA, APPROVED, REJECTED, new

ALL = Period()
FLAGGED, REVIEW = ModerationStatus.FLAGGED, ModerationStatus.REVIEW_REQUIRED


class Desk:
    """Decides, and tells of it."""

    def __init__(self, store: Store, clock: FixedClock) -> None:
        self.store, self.clock = store, clock
        self.decisions = DecisionService(store, MemoryCache(), clock)
        self.told = TransparencyService(store, OnePolicy(default_policy()), clock)
        self.standing: dict[str, Decision] = {}

    async def decide(
        self, content: str, status: ModerationStatus, *acts: Act, minutes: float = 0, **fields: object
    ) -> Decision:
        """Decide on some content, in place of what stands, some minutes after what was decided last."""
        self.clock.at += timedelta(minutes=minutes)
        reason = str(fields.pop("reason", "toxicity"))
        hits = () if status is APPROVED and not acts else (Hit("rule", reason, acts), Hit("other", reason, acts))
        before = self.standing.get(content)
        made: NewDecision = replace(
            new(content, verdict=Verdict(status, acts, hits, 0.9, 0.9)),
            supersedes=None if before is None else before.id,
            **fields,  # type: ignore[arg-type]
        )
        self.standing[content] = await self.decisions.record(made)
        return self.standing[content]

    async def statements(self, period: Period = ALL) -> list[Statement]:
        return [one async for page in self.told.export(period) for one in page]


@pytest.fixture
async def desk(store: Store, clock: FixedClock) -> Desk:
    """Ada wrote the post `p1` ten minutes ago; nobody knows of whose `c1` to `c9` are."""
    async with store.write() as unit:
        await unit.users.upsert([user("user-ada", "ada-lovelace")])
        await unit.items.upsert([item("p1", ItemKind.POST, author="user-ada", text="what dreadful words")])
    clock.at += timedelta(minutes=10)
    return Desk(store, clock)


class TestStatements:
    async def test_of_what_restricts_alone_in_pages(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT)
        await desk.decide("c2", APPROVED)
        await desk.decide("c3", FLAGGED, Act.FLAG)
        await desk.decide("c4", FLAGGED, Act.FLAG, Act.AGE_GATE)
        await desk.decide("c5", REVIEW, Act.REVIEW)
        await desk.decide("c6", APPROVED, Act.HIDE)
        everything = await desk.statements()
        assert [one.decision_visibility for one in everything] == [
            (Visibility.DISABLED,),
            (Visibility.AGE_RESTRICTED,),
            (Visibility.DISABLED,),
        ]
        first = await desk.told.page(ALL, limit=2)
        assert first.next == first.statements[1].puid
        last = await desk.told.page(ALL, first.next, limit=2)
        assert [*first.statements, *last.statements] == everything
        assert last.next is None
        for one in everything:
            assert await desk.told.one(one.puid) == one

    async def test_end_when_milder_decisions_stand(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT)
        await desk.decide("c1", REJECTED, Act.REJECT, minutes=24 * 60, actor=ADA)
        await desk.decide("c1", APPROVED, Act.AGE_GATE, minutes=24 * 60, actor=ADA)
        await desk.decide("c1", APPROVED, minutes=24 * 60, actor=ADA)
        await desk.decide("c2", REJECTED, Act.REJECT)
        begun = NOW.date()
        ends = [(one.application_date, one.end_date_visibility_restriction) for one in await desk.statements()]
        day = timedelta(days=1)
        assert ends == [
            (begun, begun + 2 * day),
            (begun + day, begun + 2 * day),
            (begun + 2 * day, begun + 3 * day),
            (begun + 3 * day, None),
        ]

    async def test_say_how_far_machines_decided(self, desk: Desk) -> None:
        await desk.decide("c1", REVIEW, Act.REVIEW)
        await desk.decide("c1", REJECTED, Act.REJECT, actor=ADA)
        await desk.decide("c2", APPROVED)
        await desk.decide("c2", REJECTED, Act.REJECT, actor=ADA)
        await desk.decide("c3", REJECTED, Act.REJECT)
        await desk.decide("c4", FLAGGED, Act.FLAG)
        await desk.decide("c4", REJECTED, Act.REJECT, actor=ADA, judged=Judged({"text": "altered"}))
        assert [(one.automated_decision, one.automated_detection) for one in await desk.statements()] == [
            (Automation.PARTIALLY, YesNo.YES),
            (Automation.NOT_AUTOMATED, YesNo.NO),
            (Automation.FULLY, YesNo.YES),
            (Automation.NOT_AUTOMATED, YesNo.NO),
        ]

    async def test_tell_of_nobody(self, desk: Desk) -> None:
        async with desk.store.read() as unit:
            author = (await unit.users.get("user-ada")).key
        made = await desk.decide(
            "p1", REJECTED, Act.REJECT, author=author, note="Ada again", facts=Facts(ContentKind.POST)
        )
        (one,) = await desk.statements()
        assert one.content_date == NOW.date()
        written = json_line(one).decode()
        for secret in ("user-ada", "ada-lovelace", "Ada", "dreadful", "p1", made.author, made.input_digest, made.id):
            assert secret not in written

    async def test_of_deleted_content_have_no_date_of_it(self, desk: Desk) -> None:
        await desk.decide("p1", REJECTED, Act.REJECT, facts=Facts(ContentKind.POST))
        async with desk.store.write() as unit:
            await unit.items.delete("p1")
        assert [one.content_date for one in await desk.statements()] == [None]

    async def test_of_a_period(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT)
        start = desk.clock.now()
        await desk.decide("c2", REJECTED, Act.REJECT, minutes=90)
        await desk.decide("c3", REJECTED, Act.REJECT, minutes=90)
        periods = [Period(start, start + timedelta(hours=3)), Period(start + timedelta(hours=1)), Period(None, start)]
        assert [len(await desk.statements(period)) for period in periods] == [2, 2, 0]

    async def test_refusals(self, desk: Desk) -> None:
        (one,) = [await desk.decide("c1", REJECTED, Act.REJECT)]
        with pytest.raises(NotFound):
            await desk.told.one("1-" + "0" * 32)
        with pytest.raises(NotFound):
            await desk.told.one(one.id)
        with pytest.raises(InvalidInput, match="puid"):
            await desk.told.page(ALL, "nonsense")
        with pytest.raises(InvalidInput, match="limit"):
            await desk.told.page(ALL, limit=0)
        with pytest.raises(InvalidInput, match="until"):
            await desk.told.page(Period(NOW, NOW - timedelta(days=1)))


class TestCounts:
    async def test_of_nothing(self, desk: Desk) -> None:
        counts = await desk.told.counts(NOW, NOW + timedelta(days=1))
        assert (counts.decisions, counts.statements, counts.reviewed) == (0, 0, 0)
        assert counts.by_reason == counts.appeals == {}
        assert (counts.reversal_rate, counts.appeal_reversal_rate, counts.seconds.person) == (None, None, None)

    async def test_by_everything(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT, reason="threat", facts=Facts(ContentKind.COMMENT, language="en"))
        await desk.decide("c2", REVIEW, Act.REVIEW)
        await desk.decide("c2", REJECTED, Act.REJECT, minutes=30, actor=ADA)
        await desk.decide("c3", APPROVED, facts=Facts(ContentKind.VIDEO, language="de"))
        await desk.decide("c3", REJECTED, Act.REJECT, minutes=10, actor=ADA, reason="threat")
        counts = await desk.told.counts(until=desk.clock.now() + timedelta(minutes=1))
        assert (counts.decisions, counts.statements) == (5, 3)
        assert counts.by_outcome == {"rejected": 3, "approved": 1, "review_required": 1}
        assert counts.by_automation == {"fully": 3, "not_automated": 1, "partially": 1}
        assert counts.by_kind == {"post": 3, "comment": 1, "video": 1}
        assert counts.by_language == {"unknown": 3, "de": 1, "en": 1}
        assert counts.by_reason == {"threat": 2, "toxicity": 2}
        assert counts.by_category == {"illegal_or_harmful_speech": 2, "violence": 2}
        assert counts.seconds.person == pytest.approx(20 * 60)

    async def test_of_reversals(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT)
        await desk.decide("c1", APPROVED, actor=ADA)
        await desk.decide("c2", APPROVED)
        await desk.decide("c2", FLAGGED, Act.FLAG, actor=ADA)
        await desk.decide("c3", REVIEW, Act.REVIEW)
        await desk.decide("c3", REJECTED, Act.REJECT, actor=ADA)
        counts = await desk.told.counts(until=desk.clock.now() + timedelta(minutes=1))
        assert (counts.reviewed, counts.reversed, counts.reversal_rate) == (2, 1, 0.5)

    async def test_time_to_the_first_decision(self, desk: Desk) -> None:
        await desk.decide("p1", REJECTED, Act.REJECT, facts=Facts(ContentKind.POST))
        await desk.decide("p1", APPROVED, minutes=60, judged=Judged({"text": "new"}), facts=Facts(ContentKind.POST))
        counts = await desk.told.counts(until=desk.clock.now() + timedelta(minutes=1))
        assert counts.seconds.service == pytest.approx(600)

    async def test_of_appeals(self, desk: Desk) -> None:
        outcomes = [AppealOutcome.UPHELD, AppealOutcome.OVERTURNED, AppealOutcome.PARTLY, AppealOutcome.MOOT, None]
        async with desk.store.write() as unit:
            for number, outcome in enumerate(outcomes):
                appeal = Appeal(f"a{number}", f"d{number}", "c", "default", 1, (), "why?", NOW, NOW)
                await unit.appeals.add(appeal)
                if outcome is not None:
                    await unit.appeals.judge(appeal.id, outcome, NOW + timedelta(hours=number), None)
        counts = await desk.told.counts(until=NOW + timedelta(days=1))
        assert counts.appeals == {"moot": 1, "overturned": 1, "partly": 1, "upheld": 1, "waiting": 1}
        assert counts.appeal_reversal_rate == pytest.approx(2 / 3)
        assert counts.seconds.appeal == pytest.approx(1.5 * 3600)
        assert (await desk.told.counts(NOW + timedelta(days=1), NOW + timedelta(days=2))).appeals == {}

    async def test_a_sealed_nul_hinders_no_count(self, desk: Desk) -> None:
        await desk.decide("c1", REJECTED, Act.REJECT, note="a\0b \\u0000", facts=Facts(ContentKind.POST, language="en"))
        counts = await desk.told.counts(until=desk.clock.now() + timedelta(minutes=1))
        assert (counts.by_language, counts.by_reason, counts.statements) == ({"en": 1}, {"toxicity": 1}, 1)
