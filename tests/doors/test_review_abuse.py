"""What reviewers must not be able to do, tried over REST."""

import asyncio
from collections import Counter
from dataclasses import replace

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.roles import Role
from tests.doors.conftest import token
from tests.doors.fakes import FakePlatform
from tests.doors.reviewing import APPROVE, MAX, MIA, NEVER, QUEUE, REJECT, ROOT, Bench

STEPS: list[tuple[str, dict[str, object]]] = [
    ("renew", {}),
    ("release", {}),
    ("skip", {"reason": "r"}),
    ("escalate", {"note": "n"}),
    ("notes", {"text": "t"}),
    ("decide", REJECT),
]


@pytest.fixture
async def bench(platform: FakePlatform, client: httpx.AsyncClient) -> Bench:
    return Bench(platform, client)


class TestLeases:
    @pytest.mark.parametrize(("step", "body"), STEPS)
    async def test_another_s_token_opens_nothing(self, bench: Bench, step: str, body: dict[str, object]) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        for who in (MAX, ROOT):
            assert (await bench.step(entry, step, who, 409, **body))["code"] == "lease_lost"
        made_up = {**entry, "token": "0" * 32}
        assert (await bench.step(made_up, step, MIA, 409, **body))["code"] == "lease_lost"
        assert await bench.status("a") is ModerationStatus.REVIEW_REQUIRED
        assert (await bench.get(f"{QUEUE}/{entry['item_id']}"))["notes"] == []
        await bench.step(entry, "decide", MIA, **REJECT)

    @pytest.mark.parametrize(("step", "body"), STEPS)
    async def test_one_that_ran_out_and_was_taken_over(self, bench: Bench, step: str, body: dict[str, object]) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        bench.wait(minutes=11)
        taken = await bench.one(MAX)
        assert taken["item_id"] == entry["item_id"]
        assert (await bench.step(entry, step, MIA, 409, **body))["code"] == "lease_lost"
        assert (await bench.get(f"{QUEUE}/{entry['item_id']}", MIA, 409))["code"] == "lease_lost"
        await bench.step(taken, "decide", MAX, **APPROVE)
        assert await bench.status("a") is ModerationStatus.APPROVED

    async def test_one_that_ran_out_and_nobody_took_still_holds(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        bench.wait(minutes=11)
        await bench.step(entry, "decide", MIA, **REJECT)

    async def test_nothing_is_decided_twice(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        path, body = f"{QUEUE}/{entry['item_id']}/decide", {"token": entry["token"], **REJECT}
        both = await asyncio.gather(*(bench.client.post(path, json=body, headers=MIA) for _ in range(4)))
        assert sorted(one.status_code for one in both) == [204, 409, 409, 409]
        assert len(await bench.platform.moderation.decisions.history("a")) == 2

    async def test_nobody_hoards(self, bench: Bench) -> None:
        for n in range(51):
            await bench.asked(f"a{n}")
        assert len(await bench.claim(MIA, limit=50)) == 50
        assert (await bench.post(f"{QUEUE}/claim", {}, MIA, 409))["code"] == "conflict"
        assert len(await bench.claim(MAX)) == 1


class TestContent:
    async def test_that_was_changed_meanwhile_is_not_decided_about(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        await bench.put("a", text="something much worse")
        refused = await bench.step(entry, "decide", MIA, 409, **APPROVE)
        assert refused["code"] == "decision_superseded"
        assert await bench.status("a") is ModerationStatus.PENDING
        assert len(await bench.platform.moderation.decisions.history("a")) == 1

    async def test_of_one_s_own_is_never_judged(self, bench: Bench) -> None:
        await bench.asked("a", author="u-bob")
        eve = token("u-eve", Role.MODERATOR)
        entry = await bench.one(eve)
        await bench.put("a", author="u-eve")  # who imports can change whose it is
        assert (await bench.step(entry, "decide", eve, 403, **APPROVE))["code"] == "permission_denied"
        assert await bench.status("a") is ModerationStatus.REVIEW_REQUIRED

    async def test_that_is_gone_leaves_the_queue(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        assert (await bench.client.delete("/api/v1/items/a", headers=ROOT)).status_code == 204
        await bench.step(entry, "decide", MIA, 404, **APPROVE)
        assert (await bench.get(QUEUE))["queues"] == []


class TestInput:
    @pytest.mark.parametrize(
        ("step", "field", "value"),
        [
            ("notes", "text", "x" * 4_001),
            ("notes", "text", ""),
            ("notes", "text", "   "),
            ("notes", "text", "a\0b"),
            ("skip", "reason", "x" * 1_000_000),
            ("escalate", "note", "\0"),
            ("decide", "note", "x" * 4_001),
            ("decide", "status", "pending"),
            ("decide", "status", "review_required"),
            ("decide", "reason", "Not a code"),
            ("decide", "reason", "x" * 65),
            ("decide", "labels", ["x"] * 17),
            ("decide", "acts", ["copyright_block"]),
            ("decide", "acts", ["approve"]),
            ("decide", "expected", "approved"),
            ("renew", "token", "x" * 65),
            ("renew", "token", "\0"),
            ("renew", "token", 7),
        ],
    )
    async def test_is_bounded_and_the_item_stays_held(self, bench: Bench, step: str, field: str, value: object) -> None:
        await bench.asked("a")
        entry = await bench.one(MIA)
        body = {"token": entry["token"], **(REJECT if step == "decide" else {}), field: value}
        refused = await bench.post(f"{QUEUE}/{entry['item_id']}/{step}", body, MIA, 422)
        assert refused["field"].startswith(field)
        assert [one["item_id"] for one in (await bench.get(f"{QUEUE}/held"))["items"]] == [entry["item_id"]]
        assert await bench.status("a") is ModerationStatus.REVIEW_REQUIRED

    async def test_ids_of_other_things_find_nothing(self, bench: Bench) -> None:
        decision = await bench.asked("a")
        entry = await bench.one(MIA)
        for name in ("a", decision.id, entry["token"], "i-1", "u-ann"):
            await bench.get(f"{QUEUE}/{name}", MIA, 404)
            await bench.step({**entry, "item_id": name}, "decide", MIA, 404, **REJECT)

    async def test_a_forged_preview_is_refused(self, bench: Bench) -> None:
        await bench.asked("a")
        shown = (await bench.post(f"{QUEUE}/bulk/preview", {}))["token"]
        body = {**REJECT, "note": "n", "cap": 500}
        for forged in (shown[:-4] + "AAAA", "AAAA" + shown[4:], shown + "AAAA", "é", "x" * 100_000):
            refused = await bench.post(f"{QUEUE}/bulk/apply", {**body, "token": forged}, MIA, 422)
            assert refused["field"] == "token"
        assert await bench.status("a") is ModerationStatus.REVIEW_REQUIRED

    async def test_claims_ask_for_what_there_is(self, bench: Bench) -> None:
        for wrong in ({"limit": 0}, {"limit": 51}, {"level": 2}, {"queues": ["x"] * 51}, {"languages": ["\0"]}):
            await bench.post(f"{QUEUE}/claim", wrong, MIA, 422)


async def test_twenty_claims_at_once_share_nothing(bench: Bench) -> None:
    bench.set_rules(replace(NEVER, golden_rate=0.0))
    for n in range(30):
        await bench.asked(f"a{n}")
    reviewers = [token(f"r-{n}", Role.MODERATOR) for n in range(20)]
    claims = await asyncio.gather(*(bench.claim(who, limit=2) for who in reviewers))
    given = Counter(entry["item_id"] for claim in claims for entry in claim)
    assert len(given) == 30
    assert set(given.values()) == {1}
    assert await bench.claim(MAX, limit=50) == []
