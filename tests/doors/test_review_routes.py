"""The queue of reviewers over REST."""

from dataclasses import replace

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.roles import Role
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import FakePlatform
from tests.doors.reviewing import ANN, APPROVE, MAX, MIA, MODERATION, NEVER, NOW, QUEUE, REJECT, ROOT, Answer, Bench

ANN_REVIEWS = token("u-ann", Role.MODERATOR)


@pytest.fixture
async def bench(platform: FakePlatform, client: httpx.AsyncClient) -> Bench:
    return Bench(platform, client)


class TestClaiming:
    async def test_the_gravest_comes_first_and_is_counted_as_held(self, bench: Bench) -> None:
        await bench.asked("mild", severity=0.2)
        await bench.asked("grave", severity=0.9)
        await bench.one(limit=1)
        (count,) = (await bench.get(QUEUE))["queues"]
        when = NOW.isoformat().replace("+00:00", "Z")
        assert count == {"queue": "default/en", "level": 0, "waiting": 1, "held": 1, "oldest": when}
        (held,) = (await bench.get(f"{QUEUE}/held"))["items"]
        assert (await bench.get(f"{QUEUE}/{held['item_id']}"))["content"]["title"] == "grave"
        assert (await bench.get(f"{QUEUE}/held", MAX))["items"] == []

    async def test_by_queue_and_language(self, bench: Bench) -> None:
        await bench.asked("a")
        assert await bench.claim(queues=["default/de"]) == await bench.claim(languages=["de", "pt"]) == []
        assert await bench.claim(queues=["default/en", "kids/en"], languages=["en"])

    async def test_an_item_can_be_renewed_and_given_back(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one()
        assert await bench.claim(MAX) == []
        bench.wait(minutes=5)
        renewed = await bench.step(entry, "renew", expect=200)
        assert renewed["until"] > entry["until"]
        await bench.step(entry, "release")
        assert (await bench.one(MAX))["item_id"] == entry["item_id"]

    async def test_what_was_skipped_goes_to_others(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one()
        await bench.step(entry, "skip", reason="I know them")
        assert await bench.claim() == []
        laid = await bench.get(f"{QUEUE}/{(await bench.one(MAX))['item_id']}", MAX)
        assert [(one["kind"], one["text"]) for one in laid["notes"]] == [("skip", "I know them")]

    async def test_the_second_line_reads_what_the_first_wrote(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one()
        await bench.step(entry, "notes", text="seen before")
        await bench.step(entry, "escalate", note="a threat?")
        assert await bench.claim(MAX) == []
        laid = await bench.get(f"{QUEUE}/{(await bench.one(MAX, level=1))['item_id']}", MAX)
        assert laid["item"]["level"] == 1
        assert [one["text"] for one in laid["notes"]] == ["seen before", "a threat?"]
        assert "u-mia" not in str(laid)

    async def test_nobody_is_given_their_own(self, bench: Bench) -> None:
        await bench.asked("hers")
        assert await bench.claim(ANN_REVIEWS) == []
        preview = await bench.post(f"{QUEUE}/bulk/preview", {}, ANN_REVIEWS)
        assert (preview["count"], preview["token"]) == (0, None)
        assert await bench.claim(MIA)

    async def test_a_service_key_is_a_reviewer_of_its_own(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one(SERVICE)
        await bench.step(entry, "decide", SERVICE, **REJECT)
        assert await bench.status("a") is ModerationStatus.REJECTED


class TestLooking:
    async def test_the_content_and_why_it_is_here_in_plain_words(self, bench: Bench) -> None:
        await bench.asked("a", tags=("x",), media_url="https://media.example.org/a.jpg")
        laid = await bench.get(f"{QUEUE}/{(await bench.one())['item_id']}")
        assert laid["content"] == {
            "title": "a",
            "description": "",
            "text": "the words of a",
            "tags": ["x"],
            "media_url": "https://media.example.org/a.jpg",
            "thumbnail_url": None,
        }
        (rule,) = laid["rules"]
        assert rule["because"] == ["rude, disrespectful or hateful words: 0.93, at least 0.7"]
        assert rule["text"]
        toxicity, language = laid["signals"]
        assert (toxicity["value"], toxicity["places"]) == (0.93, [{"start": 0.0, "end": 12.0, "score": 0.93}])
        assert language["value"] == ["en"]
        assert [(one["name"], one["why"]) for one in laid["missing"]] == [("image.nsfw", "model:nsfw")]
        assert laid["shield"] == {"blur": True, "grey": True, "mute": True}
        assert laid["appeal"] is None

    async def test_for_who_holds_it_alone(self, bench: Bench) -> None:
        await bench.asked("a")
        entry = await bench.one()
        path = f"{QUEUE}/{entry['item_id']}"
        assert (await bench.get(path, MAX, 409))["code"] == "lease_lost"
        assert (await bench.get(path, ROOT, 409))["code"] == "lease_lost"
        await bench.step(entry, "release")
        assert (await bench.get(path, MIA, 409))["code"] == "lease_lost"
        assert (await bench.get(f"{QUEUE}/none", MIA, 404))["code"] == "not_found"

    async def test_the_shield_is_the_reviewer_s_choice(self, bench: Bench) -> None:
        path = f"{MODERATION}/reviewers/me/shield"
        answer = await bench.client.put(path, json={"blur": False}, headers=MIA)
        assert answer.json() == {"blur": False, "grey": True, "mute": True}
        assert await bench.get(path) == answer.json()
        assert await bench.get(path, MAX) == {"blur": True, "grey": True, "mute": True}
        await bench.asked("a")
        assert (await bench.post(f"{QUEUE}/claim", {}))["shield"]["blur"] is False


class TestJudging:
    async def test_what_a_person_says_stands_at_once(self, bench: Bench) -> None:
        await bench.asked("a")
        path = "/api/v1/items/a"
        assert (await bench.client.get(path, headers=token("u-bob"))).status_code == 404
        await bench.judge({**APPROVE, "note": "a joke among friends"})
        assert (await bench.get(path, token("u-bob")))["moderation_status"] == "approved"
        service, person = await bench.platform.moderation.decisions.history("a")
        assert (person.supersedes, person.note) == (service.id, "a joke among friends")
        assert "u-mia" not in str(person)
        assert (await bench.platform.moderation.decisions.verify(person.id)).ok
        assert (await bench.get(QUEUE))["queues"] == []

    async def test_hiding_and_striking(self, bench: Bench) -> None:
        await bench.asked("a")
        await bench.judge({"status": "flagged", "reason": "rude", "acts": ["hide", "strike"], "labels": ["rude"]})
        assert (await bench.client.get("/api/v1/items/a", headers=token("u-bob"))).status_code == 404
        strikes = await bench.get(f"{MODERATION}/strikes/u-ann", ANN)
        assert [(one["reason"], one["weight"] > 0) for one in strikes["strikes"]] == [("rude", True)]


def shape(answer: object) -> object:
    """An answer with its values left out."""
    if isinstance(answer, dict):
        return {name: shape(value) for name, value in answer.items()}
    if isinstance(answer, list):
        return [shape(value) for value in answer]
    return type(answer).__name__


class TestBlind:
    """Whatever an item is, the answers about it are alike."""

    async def follow(self, bench: Bench, who: dict[str, str]) -> list[object]:
        """Everything that is told of one item, from claim to verdict."""
        entry = await bench.one(who)
        path = f"{QUEUE}/{entry['item_id']}"
        told: list[Answer] = [entry, await bench.get(QUEUE, who), await bench.get(f"{QUEUE}/held", who)]
        told += [await bench.get(path, who), await bench.step(entry, "renew", who, 200)]
        told += [await bench.step(entry, "notes", who, text="n"), await bench.step(entry, "decide", who, **REJECT)]
        told.append(await bench.step(entry, "decide", who, 409, **REJECT))
        return told

    async def test_usual_golden_and_second_reviews(self, bench: Bench) -> None:
        known = await bench.asked("known", text="known words")
        await bench.judge(REJECT, MAX)
        golden = await bench.post(f"{MODERATION}/golden", {"decision_id": known.id, "expected": "rejected"}, ROOT, 201)
        await bench.asked("a")
        usual = await self.follow(bench, dict(MIA))
        await bench.asked("b")
        bench.set_rules(replace(NEVER, golden_rate=1.0))
        eve = dict(token("u-eve", Role.MODERATOR))
        fake = await self.follow(bench, eve)
        bench.set_rules(replace(NEVER, second_rate=1.0))
        await bench.judge(APPROVE, MIA)  # b, for which the golden one was given before
        second = await self.follow(bench, eve)
        assert shape(usual) == shape(fake) == shape(second)
        counts = [[(one["waiting"], one["held"]) for one in told[1]["queues"]] for told in (usual, fake, second)]  # type: ignore[index]
        assert counts == [[(0, 1)]] * 3
        for told in (usual, fake, second):
            assert not {golden["golden_id"], known.id, "golden", "second"} & set(words(told))
        assert fake[3]["content"]["text"] == "known words"  # type: ignore[index]
        report = await bench.get(f"{MODERATION}/agreement", ROOT)
        assert (report["golden"]["right"], report["golden"]["answered"]) == (1, 1)
        assert report["kappa"]["items"] == 1
        assert "u-mia" not in str(report)

    async def test_nothing_names_content_decision_or_severity(self, bench: Bench) -> None:
        decision = await bench.asked("a", severity=0.625)
        entry = await bench.one()
        told = f"{entry} {await bench.get(f'{QUEUE}/' + entry['item_id'])}"
        assert decision.id not in told
        assert "0.625" not in told
        assert "content_id" not in told

    async def test_who_knows_the_golden_content_does_not_get_it(self, bench: Bench) -> None:
        known = await bench.asked("known")
        await bench.judge(REJECT)
        await bench.post(f"{MODERATION}/golden", {"decision_id": known.id, "expected": "rejected"}, ROOT, 201)
        bench.set_rules(replace(NEVER, golden_rate=1.0))
        await bench.asked("a", author="u-bob")
        for who in (MIA, ANN_REVIEWS):  # she judged it; she wrote it
            entry = await bench.one(who)
            assert (await bench.get(f"{QUEUE}/{entry['item_id']}", who))["content"]["title"] == "a"
            await bench.step(entry, "release", who)

    async def test_golden_content_that_changed_is_mixed_in_no_more(self, bench: Bench) -> None:
        known = await bench.asked("known")
        await bench.judge(REJECT)
        await bench.post(f"{MODERATION}/golden", {"decision_id": known.id, "expected": "rejected"}, ROOT, 201)
        bench.set_rules(replace(NEVER, golden_rate=1.0))
        await bench.put("known", text="other words")
        await bench.asked("a")
        entry = await bench.one(MAX)
        assert (await bench.get(f"{QUEUE}/{entry['item_id']}", MAX))["content"]["title"] == "a"


def words(told: object) -> list[str]:
    """All texts and names in an answer."""
    if isinstance(told, dict):
        return [*told, *(word for value in told.values() for word in words(value))]
    if isinstance(told, list):
        return [word for value in told for word in words(value)]
    return [told] if isinstance(told, str) else []


class TestBulk:
    async def test_what_was_shown_is_judged_and_nothing_else(self, bench: Bench) -> None:
        for name in ("a", "b"):
            await bench.asked(name, severity=0.2)
        await bench.asked("grave", severity=0.9)
        preview = await bench.post(f"{QUEUE}/bulk/preview", {"most_severity": 0.5, "scope": "default"})
        assert preview["count"] == 2
        assert sorted(one["content"]["title"] for one in preview["sample"]) == ["a", "b"]
        await bench.asked("late", severity=0.2)
        body = {"token": preview["token"], "cap": 2, **REJECT}
        assert (await bench.post(f"{QUEUE}/bulk/apply", body, expect=422))["field"] == "note"
        body["note"] = "a wave of spam"
        assert (await bench.post(f"{QUEUE}/bulk/apply", {**body, "cap": 1}, expect=422))["field"] == "cap"
        assert (await bench.post(f"{QUEUE}/bulk/apply", body, MAX, 422))["field"] == "token"
        assert await bench.post(f"{QUEUE}/bulk/apply", body) == {"judged": 2, "left": 0}
        assert [(await bench.status(name)).value for name in ("a", "b", "late", "grave")] == [
            "rejected",
            "rejected",
            "review_required",
            "review_required",
        ]
        assert await bench.post(f"{QUEUE}/bulk/apply", body) == {"judged": 0, "left": 2}
        bench.wait(minutes=16)
        assert (await bench.post(f"{QUEUE}/bulk/apply", body, expect=422))["field"] == "token"

    async def test_more_than_may_be_touched_is_refused_in_the_filter(self, bench: Bench) -> None:
        body = {"content_ids": [f"i{n}" for n in range(501)]}
        assert (await bench.post(f"{QUEUE}/bulk/preview", body, expect=422))["field"] == "content_ids"


class TestGolden:
    async def test_what_never_came_before_people_cannot_be_one(self, bench: Bench) -> None:
        decision = await bench.decided("a")
        body = {"decision_id": decision.id, "expected": "rejected"}
        assert (await bench.post(f"{MODERATION}/golden", body, ROOT, 422))["field"] == "decision_id"

    async def test_a_person_s_decision_stands_for_the_one_that_asked(self, bench: Bench) -> None:
        asked = await bench.asked("a")
        await bench.judge(REJECT)
        person = await bench.platform.moderation.decisions.current("a")
        made = await bench.post(f"{MODERATION}/golden", {"decision_id": person.id, "expected": "rejected"}, ROOT, 201)
        assert made["decision_id"] == asked.id
        answer = await bench.client.delete(f"{MODERATION}/golden/{made['golden_id']}", headers=ROOT)
        assert answer.status_code == 204
        bench.set_rules(replace(NEVER, golden_rate=1.0))
        await bench.asked("b")
        entry = await bench.one(MAX)
        assert (await bench.get(f"{QUEUE}/{entry['item_id']}", MAX))["content"]["title"] == "b"


async def test_advice_rests_on_what_people_said(bench: Bench) -> None:
    await bench.asked("a")
    await bench.judge(REJECT)
    (told,) = (await bench.get(f"{MODERATION}/advice?version=1", ROOT))["advice"]
    assert (told["rule"], told["signal"], told["judged"], told["confirmed"]) == ("toxic", "text.toxicity", 1, 1)
    assert told["advised"] is None
    assert "too few" in told["why"]
    assert (await bench.get(f"{MODERATION}/advice?version=2", ROOT))["advice"] == []
