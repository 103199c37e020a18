"""What a policy says of reviews, appeals and strikes, from its text to what reviewers and authors meet over REST."""

from datetime import datetime, timedelta

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.clock import SystemClock
from socialflow.moderation.records import Act, Decision, PolicyVersion
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FakePlatform
from tests.doors.reviewing import ANN, APPEALS, APPROVE, MAX, MIA, MODERATION, ROOT, Bench

POLICIES = f"{MODERATION}/policies"
TEXT = """
policy: 1
reasons:
  toxicity: {text: It is rude., severity: 0.5, ground: terms, clause: rules, category: other_violation_tc}
rules:
  - {name: toxic, reason: toxicity, when: {text.toxicity: {at_least: 0.7}}, acts: [reject, strike]}
"""


@pytest.fixture
async def bench(platform: FakePlatform, client: httpx.AsyncClient) -> Bench:
    """Rules are those of stored policies; decisions are dated by a clock that goes, so this one goes with it."""
    made = Bench(platform, client)
    made.as_policies_say()
    made.clock.at = SystemClock().now()
    return made


async def in_force(bench: Bench, more: str) -> PolicyVersion:
    """Put a policy in force over REST, with some blocks more; the version by which is judged from then on."""
    made = await bench.post(POLICIES, {"text": TEXT + more}, SERVICE, 201)
    assert made["findings"] == []
    path = f"{POLICIES}/default/{made['version']}"
    await bench.post(f"{path}/activate", {"confirm_reason": "for now"}, SERVICE)
    return PolicyVersion("default", made["version"], made["digest"])


class TestAppeals:
    async def test_are_open_as_long_as_the_version_says_that_decided(self, bench: Bench) -> None:
        usual = await in_force(bench, "")
        long = await bench.decided("long", policy=usual)
        brief = await bench.decided("brief", policy=await in_force(bench, "review: {appeal_days: 1}\n"))
        bench.wait(days=2)
        body = {"decision_id": brief.id, "text": "a quotation"}
        refused = await bench.post(APPEALS, body, ANN, 409)
        assert (refused["code"], "closed" in refused["detail"]) == ("conflict", True)
        appeal = await bench.post(APPEALS, {**body, "decision_id": long.id}, ANN, 201)
        assert _instant(appeal["deadline"]) == long.at + timedelta(days=14)

    async def test_authors_are_told_the_same_instant(self, bench: Bench) -> None:
        for days in (1, 30):
            policy = await in_force(bench, f"review: {{appeal_days: {days}}}\n")
            made = await bench.decided(f"for-{days}", policy=policy)
            told = await bench.get(f"{MODERATION}/decisions/{made.id}", ANN)
            until = made.at + timedelta(days=days)
            assert _instant(told["appeal_until"]) == until
            assert f"until {until:%Y-%m-%d %H:%M} UTC" in told["appeal"]

    async def test_against_what_a_person_decided_as_long_as_the_version_that_asked_for_them(self, bench: Bench) -> None:
        policy = await in_force(bench, "review: {second_rate: 0, golden_rate: 0, appeal_days: 1}\n")
        await in_force(bench, "review: {appeal_days: 30}\n")
        await bench.asked("a", policy=policy)
        await bench.judge({"status": "rejected", "reason": "toxicity"})
        stands = await bench.platform.moderation.decisions.current("a")
        bench.wait(days=2)
        await bench.post(APPEALS, {"decision_id": stands.id, "text": "a quotation"}, ANN, 409)


class TestReviews:
    async def test_second_ones_are_as_many_as_the_version_says_that_asked(self, bench: Bench) -> None:
        always = await in_force(bench, "review: {second_rate: 1, golden_rate: 0}\n")
        never = await in_force(bench, "review: {second_rate: 0, golden_rate: 0}\n")
        await bench.asked("always", policy=always)
        await bench.asked("never", policy=never)
        for _ in range(2):
            await bench.judge(APPROVE, MIA)
        (second,) = await bench.claim(MAX, limit=5)
        laid = await bench.get(f"{MODERATION}/queue/{second['item_id']}", MAX)
        assert laid["content"]["title"] == "always"

    async def test_golden_ones_too(self, bench: Bench) -> None:
        never = await in_force(bench, "review: {second_rate: 0, golden_rate: 0}\n")
        known = await bench.asked("known", policy=never)
        await bench.judge(APPROVE, MAX)
        await bench.post(f"{MODERATION}/golden", {"decision_id": known.id, "expected": "approved"}, ROOT, 201)
        await bench.asked("first", policy=never)
        assert await self.title(bench) == "first"
        always = await in_force(bench, "review: {second_rate: 0, golden_rate: 1}\n")
        await bench.asked("second", policy=always)
        assert await self.title(bench) == "known"

    async def title(self, bench: Bench) -> str:
        """Claim one item and approve it; what its content is called."""
        entry = await bench.one(MIA)
        title = str((await bench.get(f"{MODERATION}/queue/{entry['item_id']}"))["content"]["title"])
        await bench.step(entry, "decide", MIA, **APPROVE)
        return title


class TestStrikes:
    async def test_weigh_what_the_version_says_that_struck(self, bench: Bench) -> None:
        usual = await in_force(bench, "")
        heavy = await in_force(
            bench, "strikes: {expires_days: 30, reasons: {toxicity: {weight: 5, half_life_days: 10}}}\n"
        )
        for name, policy in (("light", usual), ("heavy", heavy)):
            await self.struck(bench, name, policy)
        strikes = (await bench.get(f"{MODERATION}/strikes/u-ann", ANN))["strikes"]
        told = [(round(one["weight"], 2), _instant(one["expires_at"]) - _instant(one["at"])) for one in strikes]
        assert sorted(told) == [(1.0, timedelta(days=365)), (5.0, timedelta(days=30))]

    async def test_of_the_service_too(self, bench: Bench) -> None:
        every = TEXT.replace("when: {text.toxicity: {at_least: 0.7}}, ", "")
        made = await bench.post(POLICIES, {"text": every + "strikes: {weight: 4}\n"}, SERVICE, 201)
        path = f"{POLICIES}/default/{made['version']}/activate"
        await bench.post(path, {"confirm_reason": "for now"}, SERVICE)
        item = await bench.put("a")
        (decision,) = await bench.platform.moderation.moderator.decide([item.key])
        assert Act.STRIKE in decision.verdict.acts
        assert (await bench.get(f"{MODERATION}/strikes/u-ann", ANN))["weight"] == pytest.approx(4.0, abs=0.01)

    async def struck(self, bench: Bench, name: str, policy: PolicyVersion) -> Decision:
        """A post that people reject, with a strike."""
        await bench.asked(name, policy=policy)
        await bench.judge({"status": "rejected", "reason": "toxicity", "acts": ["strike"]}, MIA)
        stands = await bench.platform.moderation.decisions.current(name)
        assert (stands.verdict.status, Act.STRIKE in stands.verdict.acts) == (ModerationStatus.REJECTED, True)
        return stands


class TestLanguage:
    async def test_what_is_read_says_only_what_is_not_usual(self, bench: Bench) -> None:
        version = await in_force(bench, "review: {golden_rate: 0.02, appeal_days: 183}\n")
        told = await bench.get(f"{POLICIES}/default/{version.version}", SERVICE)
        assert told["policy"]["review"] == {"appeal_days": 183.0}
        assert "strikes" not in told["policy"]

    async def test_what_cannot_be_is_refused_with_its_line(self, bench: Bench) -> None:
        refused = await bench.post(POLICIES, {"text": TEXT + "review: {appeal_days: 0}\n"}, SERVICE, 422)
        assert "line 7: review.appeal_days: whole days from 1 to 3,650" in refused["detail"]


def _instant(told: str) -> datetime:
    return datetime.fromisoformat(told)
