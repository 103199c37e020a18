"""Judging content over REST, and what is told of decisions to whom."""

import io
from dataclasses import replace
from typing import Any

import httpx
import pytest

from socialflow.content.records import ModerationStatus
from socialflow.kit.roles import Role
from socialflow.moderation.told import FILM, SCORES
from tests.doors.conftest import SERVICE, item, token
from tests.doors.fakes import FakePlatform
from tests.storage.statements import counted
from tests.unit.moderation.decided import ADA, new

JUDGE = "/api/v1/moderation"
GONE = "http://127.0.0.1:1/none.jpg"


async def ask(client: httpx.AsyncClient, path: str, **more: Any) -> dict[str, Any]:
    answer = await client.post(path, headers=SERVICE, **more)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


class TestWords:
    async def test_are_judged_with_reasons(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, JUDGE + "/moderate", json={"content": "good bread"})
        assert (told["is_safe"], told["decision"], told["action"]) == (True, "approved", "approve")
        assert set(SCORES) <= set(told["text_moderation"])
        assert told["text_moderation"]["overall_toxic"] == max(told["text_moderation"][name] for name in SCORES)
        assert (told["image_moderation"], told["video_moderation"]) == ([], None)
        assert told["policy"]["scope"] == "default"
        assert told["signals"]["text.toxicity"]["model"]
        assert told["provenance"]

    @pytest.mark.parametrize(
        "more",
        [{"params": {"text": "good"}}, {"json": {"text": "good"}}],
        ids=["query", "body"],
    )
    async def test_in_the_query_or_in_the_body(self, client: httpx.AsyncClient, more: dict[str, Any]) -> None:
        assert (await ask(client, JUDGE + "/text", **more))["decision"] == "approved"

    @pytest.mark.parametrize(
        ("path", "more"),
        [
            ("/text", {}),
            ("/text?text=good", {"json": {"text": "good"}}),
            ("/moderate", {"json": {}}),
            ("/moderate", {"json": {"content": "  "}}),
            ("/moderate", {"json": {"content": "a", "images": [GONE] * 21}}),
            ("/moderate", {"json": {"content": "a\0"}}),
            ("/moderate", {"json": {"content": "a", "author": "a\0"}}),
            ("/moderate", {"json": {"content": "a", "content_type": "song"}}),
            ("/moderate", {"json": {"content": "a", "body": "unchecked"}}),
            ("/moderate/batch", {"json": {"texts": ["a" * 100_000] * 11}}),
            ("/moderate/batch", {"json": {"texts": ["a"] * 1_001}}),
            ("/image/upload", {"content": b""}),
        ],
    )
    async def test_nothing_is_left_unchecked(self, client: httpx.AsyncClient, path: str, more: dict[str, Any]) -> None:
        answer = await client.post(JUDGE + path, headers=SERVICE, **more)
        assert answer.status_code == 422, answer.text

    async def test_by_the_thousand_each_on_its_own(self, client: httpx.AsyncClient) -> None:
        texts = ["good"] * 1_000
        told = await ask(client, JUDGE + "/moderate/batch", json={"texts": texts})
        assert len(told["results"]) == 1_000
        assert told["counts"] == {"approved": 1_000}

    async def test_that_say_nothing_wait_for_people(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, JUDGE + "/moderate/batch", json={"texts": ["good", "\x92"]})
        assert [one["decision"] for one in told["results"]] == ["approved", "review_required"]
        assert (told["results"][1]["status"], told["results"][1]["signals"]) == ("abstained", {})

    async def test_of_an_unknown_author_say_so(self, client: httpx.AsyncClient) -> None:
        told = await ask(client, JUDGE + "/moderate", json={"content": "good", "author": "nobody"})
        assert told["missing_because"]["author.duplicates"] == "author:unknown"
        assert told["status"] == "partial"


class TestMedia:
    async def test_that_cannot_be_had_wait_for_people(self, client: httpx.AsyncClient) -> None:
        body = {"content": "good", "images": [GONE, "http://127.0.0.1:1/other.jpg"], "video_url": GONE + ".mp4"}
        told = await ask(client, JUDGE + "/moderate", json=body)
        assert (told["decision"], told["action"], told["is_safe"]) == ("review_required", "flag_for_review", False)
        assert told["missing_because"]["image.nsfw"] == "media:refused"
        assert [one["is_safe"] for one in told["image_moderation"]] == [False, False]
        assert {one["status"] for one in told["image_moderation"]} == {"abstained"}
        assert dict.fromkeys(FILM) == {name: told["video_moderation"][name] for name in FILM}
        assert any(rule["missing"] for rule in told["rules"])

    @pytest.mark.parametrize("kind", ["image", "video"])
    async def test_by_url_alone(self, client: httpx.AsyncClient, kind: str) -> None:
        by_query = await ask(client, f"{JUDGE}/{kind}", params={f"{kind}_url": GONE})
        assert by_query == await ask(client, f"{JUDGE}/{kind}", json={f"{kind}_url": GONE})
        assert by_query["decision"] == "review_required"
        assert by_query["text_moderation"] is None

    @pytest.mark.parametrize("kind", ["image", "video"])
    async def test_that_are_no_media_are_missing(self, client: httpx.AsyncClient, kind: str) -> None:
        told = await ask(client, f"{JUDGE}/{kind}/upload", content=b"no media")
        assert told["decision"] == "review_required"
        assert told["missing_because"][f"{kind}.nsfw"] in ("media:unreadable", "media:decoder")

    async def test_without_models_the_commands_that_bring_them_are_named(self, client: httpx.AsyncClient) -> None:
        pytest.importorskip("cv2", reason="needs the media extra")
        image = pytest.importorskip("PIL.Image", reason="needs the media extra")
        made = io.BytesIO()
        image.new("RGB", (64, 48), (90, 120, 30)).save(made, "PNG")
        told = await ask(client, JUDGE + "/image/upload", content=made.getvalue())
        assert told["commands"]["nsfw-mobilenet-v2"] == "socialflow models pull nsfw-mobilenet-v2"
        assert told["decision"] == "review_required"
        (picture,) = told["image_moderation"]
        assert "model:nsfw-mobilenet-v2" in picture["missing"]


class TestItems:
    async def test_are_judged_again_and_the_decision_is_stored(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        told = await ask(client, "/api/v1/ml/moderate", json={"content_id": "i-1", "content_type": "video"})
        assert told["content_id"] == "i-1"
        stored = await platform.moderation.decisions.current("i-1")
        assert (stored.id, stored.verdict.status.value) == (told["decision_id"], told["decision"])
        again = await ask(client, "/api/v1/ml/moderate", json={"content_id": "i-1"})
        assert (await platform.moderation.decisions.get(again["decision_id"])).supersedes == stored.id

    async def test_data_are_judged_and_nothing_is_stored(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        body = {"content_id": "i-1", "content_type": "post", "content_data": {"text": "good", "title": "good"}}
        told = await ask(client, "/api/v1/ml/moderate", json=body)
        assert (told["decision"], told["decision_id"], told["content_id"]) == ("approved", None, "i-1")
        assert await platform.moderation.decisions.history("i-1") == []

    @pytest.mark.parametrize(
        ("body", "status", "code"),
        [
            ({"content_id": "none"}, 404, "item_not_found"),
            ({"content_id": "i-1", "content_type": "post"}, 422, "invalid_input"),
            ({}, 422, "invalid_input"),
            ({"content_data": {}}, 422, "invalid_input"),
        ],
    )
    async def test_what_cannot_be_judged_is_refused(
        self, client: httpx.AsyncClient, body: dict[str, Any], status: int, code: str
    ) -> None:
        answer = await client.post("/api/v1/ml/moderate", json=body, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    async def test_what_a_person_decided_on_the_same_stays(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        first = await ask(client, "/api/v1/ml/moderate", json={"content_id": "i-4"})
        machine = await platform.moderation.decisions.get(first["decision_id"])
        person = new("i-4", ModerationStatus.REJECTED, actor=ADA, supersedes=machine.id, judged=None)
        await platform.moderation.decisions.record(person)
        answer = await client.post("/api/v1/ml/moderate", json={"content_id": "i-4"}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (409, "decided_by_person")


class TestDecisions:
    @pytest.fixture
    async def decided(self, client: httpx.AsyncClient) -> str:
        """A decision about ann's video."""
        told = await ask(client, "/api/v1/ml/moderate", json={"content_id": "i-1"})
        decision_id: str = told["decision_id"]
        return decision_id

    async def test_moderators_read_all_of_them(self, client: httpx.AsyncClient, decided: str) -> None:
        eve = token("u-eve", Role.MODERATOR)
        told = (await client.get(f"{JUDGE}/decisions/{decided}", headers=eve)).json()
        assert told["signals"]["text.toxicity"]["tier"]
        assert told["actor"] == {"kind": "service", "name": "socialflow"}
        assert len(told["seal"]) == 64
        history = (await client.get(f"{JUDGE}/content/i-1/decisions", headers=eve)).json()
        assert history["decisions"] == [told]

    async def test_authors_read_what_was_decided_and_no_scores(self, client: httpx.AsyncClient, decided: str) -> None:
        ann = token("u-ann", Role.CREATOR)
        answer = await client.get(f"{JUDGE}/decisions/{decided}", headers=ann)
        told = answer.json()
        assert set(told) == {
            "id",
            "content_id",
            "status",
            "reasons",
            "at",
            "automated",
            "grounds",
            "follows",
            "appeal",
            "appeal_until",
            "how_to_appeal",
        }
        assert told["automated"] is True
        assert "0." not in answer.text.replace(told["at"], "")
        history = (await client.get(f"{JUDGE}/content/i-1/decisions", headers=ann)).json()
        assert history["decisions"] == [told]

    @pytest.mark.parametrize("who", [token("u-eve", Role.MODERATOR), token("u-ann", Role.CREATOR)])
    async def test_a_long_history_takes_no_more_than_a_short_one(
        self, client: httpx.AsyncClient, platform: FakePlatform, decided: str, who: dict[str, str]
    ) -> None:
        async def read(count: int) -> int:
            with counted(platform.store) as statements:
                told = (await client.get(f"{JUDGE}/content/i-1/decisions", headers=who)).json()
            assert len(told["decisions"]) == count
            return len(statements)

        short = await read(1)
        for _ in range(3):
            await ask(client, "/api/v1/ml/moderate", json={"content_id": "i-1"})
        assert await read(4) == short

    async def test_others_are_not_told_that_there_is_one(self, client: httpx.AsyncClient, decided: str) -> None:
        bob = token("u-bob")
        theirs = await client.get(f"{JUDGE}/decisions/{decided}", headers=bob)
        none = await client.get(f"{JUDGE}/decisions/none", headers=bob)
        assert (theirs.status_code, none.status_code) == (404, 404)
        assert theirs.json()["detail"] == none.json()["detail"]
        history = await client.get(f"{JUDGE}/content/i-1/decisions", headers=bob)
        assert history.json() == {"decisions": []}

    async def test_are_verified_alone_and_together(
        self, client: httpx.AsyncClient, platform: FakePlatform, decided: str
    ) -> None:
        told = (await client.get(f"{JUDGE}/decisions/{decided}/verify", headers=SERVICE)).json()
        assert told == {"id": decided, "ok": True, "batch": None, "fault": None}
        assert (await client.get(f"{JUDGE}/audit/head", headers=SERVICE)).json() == {"head": None}
        await platform.audit.seal()
        head = (await client.get(f"{JUDGE}/audit/head", headers=SERVICE)).json()["head"]
        told = (await client.get(f"{JUDGE}/decisions/{decided}/verify", headers=SERVICE)).json()
        assert told["batch"] == head
        chain = (await client.get(f"{JUDGE}/audit/verify", headers=SERVICE)).json()
        assert (chain["ok"], chain["decisions"], chain["head"], chain["fault"]) == (True, 1, head, None)
        late = await client.get(f"{JUDGE}/audit/verify", params={"since": "2199-01-01T00:00:00Z"}, headers=SERVICE)
        assert late.json()["decisions"] == 0

    async def test_what_was_rejected_says_how_to_appeal(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        async with platform.store.write() as unit:
            author = (await unit.users.get("u-ann")).key
            await unit.items.upsert([item("i-9", ModerationStatus.PENDING)])
        policy = (await platform.moderation.policies.policies.standing([None]))[None].version
        rejected = await platform.moderation.decisions.record(replace(new("i-9", author=author), policy=policy))
        told = (await client.get(f"{JUDGE}/decisions/{rejected.id}", headers=token("u-ann"))).json()
        assert told["status"] == "rejected"
        assert told["reasons"] == [{"code": "toxicity", "text": "It is rude or disrespectful."}]
        assert told["follows"] == ["Nobody but you can see it."]
        assert told["grounds"][0].startswith("It is rude or disrespectful. This rests on the rules of the platform:")
        assert "You can appeal once" in told["appeal"]
        assert rejected.id in told["how_to_appeal"]
        assert told["appeal_until"] > told["at"]
