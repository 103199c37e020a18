"""Appeals and strikes over REST."""

from typing import Any

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.roles import Role
from socialflow.moderation.records import Act
from tests.doors.conftest import SERVICE, Headers, token
from tests.doors.fakes import FakePlatform
from tests.doors.reviewing import ANN, APPEALS, APPROVE, BOB, MAX, MIA, MODERATION, QUEUE, REJECT, Answer, Bench

OVERTURNED = {"outcome": "overturned", **APPROVE}
UPHELD = {"outcome": "upheld", **REJECT}


@pytest.fixture
async def bench(platform: FakePlatform, client: httpx.AsyncClient) -> Bench:
    return Bench(platform, client)


async def bring(bench: Bench, decision_id: str, who: Headers = ANN, expect: int = 201, **body: Any) -> Answer:
    return await bench.post(APPEALS, {"decision_id": decision_id, "text": "a quotation", **body}, who, expect)


async def judge(bench: Bench, entry: Answer, said: dict[str, Any], who: Headers = MIA, expect: int = 200) -> Answer:
    body = {"token": entry["token"], **said}
    return await bench.post(f"{APPEALS}/{entry['appeal_id']}/judge", body, who, expect)


class TestBringing:
    async def test_the_author_is_heard_by_somebody(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        appeal = await bring(bench, decision.id)
        assert (appeal["decision_id"], appeal["content_id"], appeal["outcome"]) == (decision.id, "a", None)
        assert (await bench.get(f"{APPEALS}/mine", ANN))["appeals"] == [appeal]
        assert await bench.get(f"{APPEALS}/{appeal['appeal_id']}", ANN) == appeal
        assert await bench.claim(MIA) == []
        entry = await bench.one(MIA, appeals=True)
        laid = await bench.get(f"{QUEUE}/{entry['item_id']}")
        assert laid["appeal"]["text"] == "a quotation"
        assert laid["appeal"]["status"] == "rejected"
        ended = await judge(bench, entry, OVERTURNED)
        assert ended["outcome"] == "overturned"
        assert await bench.status("a") is ModerationStatus.APPROVED
        after = await bench.platform.moderation.decisions.current("a")
        assert ended["decision_after"] == after.id
        assert (await bench.get(f"{APPEALS}/{appeal['appeal_id']}", ANN))["outcome"] == "overturned"

    async def test_upheld_it_stays(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        ended = await judge(bench, await bench.one(MIA, appeals=True), UPHELD)
        assert (ended["outcome"], ended["decision_after"]) == ("upheld", None)
        assert await bench.status("a") is ModerationStatus.REJECTED

    async def test_a_service_speaks_for_the_author(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id, SERVICE, 404, user_id="u-bob")
        appeal = await bring(bench, decision.id, SERVICE, user_id="u-ann")
        assert (await bench.get(f"{APPEALS}/mine?user_id=u-ann", SERVICE))["appeals"] == [appeal]
        assert (await bench.get(f"{APPEALS}/mine", ANN))["appeals"] == [appeal]
        other = await bench.decided("b")
        await bring(bench, other.id, SERVICE)
        assert len((await bench.get(f"{APPEALS}/mine", ANN))["appeals"]) == 2


class TestRefusals:
    async def test_of_another_s_content_does_not_tell_that_it_exists(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        moderator = token("u-eve", Role.MODERATOR)
        for who in (BOB, moderator, token("u-root", Role.ADMIN)):
            theirs, unknown = await bring(bench, decision.id, who, 404), await bring(bench, "none", who, 404)
            assert {**theirs, "request_id": ""} == {**unknown, "request_id": ""}
        appeal = await bring(bench, decision.id)
        theirs = await bench.get(f"{APPEALS}/{appeal['appeal_id']}", BOB, 404)
        unknown = await bench.get(f"{APPEALS}/none", BOB, 404)
        assert theirs["code"] == unknown["code"]
        assert theirs["detail"] == unknown["detail"].replace("none", appeal["appeal_id"])
        assert (await bench.get(f"{APPEALS}/mine", BOB))["appeals"] == []

    async def test_nobody_speaks_for_another(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id, BOB, 403, user_id="u-ann")
        await bring(bench, decision.id, token("u-root", Role.ADMIN), 403, user_id="u-ann")

    async def test_twice(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        assert (await bring(bench, decision.id, ANN, 409))["code"] == "conflict"
        await judge(bench, await bench.one(MIA, appeals=True), UPHELD)
        await bring(bench, decision.id, ANN, 409)

    async def test_late(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        bench.clock.at = decision.at
        bench.wait(days=14, seconds=1)
        assert "closed" in (await bring(bench, decision.id, ANN, 409))["detail"]

    async def test_against_what_took_nothing_away_or_stands_no_more(self, bench: Bench) -> None:
        fine = await bench.decided("a", ModerationStatus.APPROVED, acts=(Act.APPROVE,))
        assert (await bring(bench, fine.id, ANN, 422))["field"] == "decision_id"
        asked = await bench.asked("b")
        assert "people have yet to look" in (await bring(bench, asked.id, ANN, 409))["detail"]
        await bench.judge(REJECT)
        assert "taken the place" in (await bring(bench, asked.id, ANN, 409))["detail"]

    @pytest.mark.parametrize("text", ["", "  ", "x" * 4_001, "a\0"])
    async def test_words_that_are_none_or_too_many(self, bench: Bench, text: str) -> None:
        decision = await bench.decided("a")
        assert (await bring(bench, decision.id, ANN, 422, text=text))["field"] == "text"

    async def test_ids_of_other_things(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        appeal = await bring(bench, decision.id)
        for name in ("a", appeal["appeal_id"], "u-ann", "'; --"):
            await bring(bench, name, ANN, 404)
        for name in ("a", decision.id):
            await bench.get(f"{APPEALS}/{name}", ANN, 404)


class TestJudging:
    async def test_never_by_who_judged_first(self, bench: Bench) -> None:
        await bench.asked("a")
        await bench.judge(REJECT, MIA)
        person = await bench.platform.moderation.decisions.current("a")
        await bring(bench, person.id)
        assert await bench.claim(MIA, appeals=True) == []
        await judge(bench, await bench.one(MAX, appeals=True), OVERTURNED, MAX)
        assert await bench.status("a") is ModerationStatus.APPROVED

    async def test_never_by_the_author(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        moderator = token("u-ann", Role.MODERATOR)
        assert await bench.claim(moderator, appeals=True) == []
        entry = await bench.one(MIA, appeals=True)
        refused = await judge(bench, entry, OVERTURNED, moderator, 409)
        assert refused["code"] == "lease_lost"

    async def test_once_and_by_who_holds_it(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        entry = await bench.one(MIA, appeals=True)
        assert (await judge(bench, entry, UPHELD, MAX, 409))["code"] == "lease_lost"
        await judge(bench, {**entry, "token": "0" * 32}, UPHELD, MIA, 409)
        refused = await bench.step(entry, "decide", MIA, 422, **APPROVE)
        assert "outcome" in refused["detail"]
        await judge(bench, entry, UPHELD)
        await judge(bench, entry, OVERTURNED, MIA, 409)
        assert await bench.status("a") is ModerationStatus.REJECTED

    async def test_an_appeal_judged_under_another_s_lease(self, bench: Bench) -> None:
        first, second = await bench.decided("a"), await bench.decided("b")
        await bring(bench, first.id)
        await bring(bench, second.id)
        mine, other = await bench.one(MIA, appeals=True), await bench.one(MAX, appeals=True)
        await judge(bench, {**other, "token": mine["token"]}, OVERTURNED, MIA, 409)

    @pytest.mark.parametrize(
        "said",
        [
            {"outcome": "overturned", **REJECT},
            {"outcome": "upheld", **APPROVE},
            {"outcome": "moot", **REJECT},
        ],
    )
    async def test_outcome_and_ruling_go_together(self, bench: Bench, said: dict[str, Any]) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        entry = await bench.one(MIA, appeals=True)
        assert (await judge(bench, entry, said, MIA, 422))["field"] in {"status", "outcome"}
        await judge(bench, entry, UPHELD)

    async def test_not_of_content_that_changed_since(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        await bring(bench, decision.id)
        entry = await bench.one(MIA, appeals=True)
        await bench.put("a", text="something much worse")
        assert (await judge(bench, entry, OVERTURNED, MIA, 409))["code"] == "decision_superseded"
        assert await bench.status("a") is ModerationStatus.PENDING


class TestStrikes:
    async def test_count_until_an_appeal_takes_them_back(self, bench: Bench) -> None:
        await bench.asked("a")
        await bench.judge({**REJECT, "acts": ["strike"]})
        path = f"{MODERATION}/strikes/u-ann"
        for who in (ANN, MIA, SERVICE):
            told = await bench.get(path, who)
            assert [one["reason"] for one in told["strikes"]] == ["hate"]
            assert 0 < told["weight"] <= 1
        await bench.get(path, BOB, 403)
        person = await bench.platform.moderation.decisions.current("a")
        await bring(bench, person.id)
        await judge(bench, await bench.one(MAX, appeals=True), OVERTURNED, MAX)
        assert await bench.get(path, ANN) == {"user_id": "u-ann", "weight": 0.0, "strikes": []}

    async def test_of_nobody(self, bench: Bench) -> None:
        assert (await bench.get(f"{MODERATION}/strikes/none", MIA, 404))["code"] == "user_not_found"
