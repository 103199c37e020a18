"""Reviewing over REST: a served platform whose clock stands still, and items that were put before people."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from socialflow.content.records import Item, ItemKind, ModerationStatus
from socialflow.kit.clock import FixedClock
from socialflow.kit.roles import Role
from socialflow.moderation.decisions import NewDecision
from socialflow.moderation.moderator import judged_of
from socialflow.moderation.policy.records import FollowUp, ReviewRules
from socialflow.moderation.records import Act, Actor, ContentKind, Decision, Facts, Hit, PolicyVersion, Verdict
from socialflow.moderation.review.appeals import AppealService
from socialflow.moderation.review.bulk import BulkActions
from socialflow.moderation.review.ports import FollowUpOf, ReviewUnit
from socialflow.moderation.review.records import NewReview
from socialflow.moderation.review.service import ReviewQueue, enqueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from tests.doors.conftest import Headers, token
from tests.doors.fakes import FakePlatform
from tests.unit.moderation.decided import MACHINE, POLICY, SIGNALS

NOW = datetime(2026, 3, 14, 12, tzinfo=UTC)
NEVER = ReviewRules(second_rate=0.0, golden_rate=0.0)
MODERATION = "/api/v1/moderation"
QUEUE, APPEALS = f"{MODERATION}/queue", f"{MODERATION}/appeals"
MIA, MAX, ROOT = token("u-mia", Role.MODERATOR), token("u-max", Role.MODERATOR), token("u-root", Role.ADMIN)
ANN, BOB = token("u-ann", Role.CREATOR), token("u-bob")
REJECT = {"status": "rejected", "reason": "hate"}
APPROVE = {"status": "approved", "reason": "fine"}
Answer = Mapping[str, Any]


class Bench:
    """What the tests of reviewing work with. `rules` hold for every policy, until `as_policies_say`."""

    def __init__(self, platform: FakePlatform, client: httpx.AsyncClient, rules: ReviewRules = NEVER) -> None:
        self.platform, self.client = platform, client
        self.clock = FixedClock(NOW)
        self.set_rules(rules)

    def set_rules(self, rules: ReviewRules) -> None:
        """Let other rules hold from now on."""

        async def follow_up(_unit: ReviewUnit, _policy: PolicyVersion) -> FollowUp:
            return FollowUp(rules)

        self._follow(follow_up)

    def as_policies_say(self) -> None:
        """From now on hold the rules of the policies that are stored."""
        self._follow(self.platform.moderation.policies.policies.follow_up_in)

    def _follow(self, follow_up: FollowUpOf) -> None:
        platform, store = self.platform, self.platform.store
        deciding = platform.moderation.deciding
        verdicts = Verdicts(deciding, StrikeBook(deciding, follow_up), follow_up)
        platform.moderation = replace(
            platform.moderation,
            queue=ReviewQueue(store, deciding, verdicts, follow_up, self.clock),
            bulk=BulkActions(store, verdicts, self.clock),
            appeals=AppealService(store, deciding, verdicts, follow_up, self.clock),
        )

    def wait(self, **time: float) -> None:
        """Let time go by for queue and appeals."""
        self.clock.at += timedelta(**time)

    async def put(self, name: str, **fields: Any) -> Item:
        """A stored post that waits, ann's where nothing else is said."""
        known: dict[str, Any] = {"author": "u-ann", "text": f"the words of {name}", "title": name}
        async with self.platform.store.write() as unit:
            await unit.items.upsert([Item(name, ItemKind.POST, NOW, **{**known, **fields})])
            return await unit.items.get(name)

    async def decided(
        self,
        name: str,
        status: ModerationStatus = ModerationStatus.REJECTED,
        *,
        severity: float = 0.5,
        acts: tuple[Act, ...] = (Act.REJECT,),
        actor: Actor = MACHINE,
        policy: PolicyVersion = POLICY,
        **fields: Any,
    ) -> Decision:
        """A stored post, and what the service decided about it; people are asked where it says so."""
        item = await self.put(name, **fields)
        asked = status is ModerationStatus.REVIEW_REQUIRED
        acts = (Act.REVIEW,) if asked else acts
        hits = (Hit("toxic", "toxicity", acts, ("text.toxicity 0.93 >= 0.7",)),)
        new = NewDecision(
            content_id=name,
            facts=Facts(ContentKind.POST, language="en"),
            judged=judged_of(item),
            signals=SIGNALS,
            policy=policy,
            verdict=Verdict(status, acts, hits, 0.9, 0.9),
            actor=actor,
            author=item.author_key,
        )
        async with self.platform.store.write() as unit:
            decision = await self.platform.moderation.decisions.record_in(unit, new)
            if asked:
                review = NewReview(decision.id, name, ContentKind.POST, "default", severity, language="en")
                await enqueue(unit, review, self.clock.now())
        return decision

    async def asked(self, name: str, **fields: Any) -> Decision:
        """A stored post that people are to look at."""
        return await self.decided(name, ModerationStatus.REVIEW_REQUIRED, **fields)

    async def status(self, name: str) -> ModerationStatus:
        """What stands of an item."""
        async with self.platform.store.read() as unit:
            return (await unit.items.get(name)).moderation_status

    async def get(self, path: str, who: Headers = MIA, expect: int = 200) -> Answer:
        """An answer to a GET, of the status that is expected."""
        answer = await self.client.get(path, headers=who)
        assert answer.status_code == expect, answer.text
        found: Answer = answer.json()
        return found

    async def post(self, path: str, body: object, who: Headers = MIA, expect: int = 200) -> Answer:
        """An answer to a POST, of the status that is expected."""
        answer = await self.client.post(path, json=body, headers=who)
        assert answer.status_code == expect, answer.text
        found: Answer = answer.json() if answer.content else {}
        return found

    async def claim(self, who: Headers = MIA, **wanted: Any) -> list[Answer]:
        """What a claim gives."""
        items: list[Answer] = (await self.post(f"{QUEUE}/claim", wanted, who))["items"]
        return items

    async def one(self, who: Headers = MIA, **wanted: Any) -> Answer:
        """The one item that a claim gives."""
        (entry,) = await self.claim(who, **wanted)
        return entry

    async def step(self, entry: Answer, name: str, who: Headers = MIA, expect: int = 204, **body: Any) -> Answer:
        """A step with an item that is held."""
        return await self.post(f"{QUEUE}/{entry['item_id']}/{name}", {"token": entry["token"], **body}, who, expect)

    async def judge(self, said: Mapping[str, Any], who: Headers = MIA, **wanted: Any) -> Answer:
        """Claim one item and judge it."""
        entry = await self.one(who, **wanted)
        await self.step(entry, "decide", who, **said)
        return entry
