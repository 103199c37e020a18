"""The nouns over REST: what is kept, what is refused, and what only some may set."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from socialflow.access.records import Scope
from socialflow.kit.roles import Role
from tests.doors.conftest import SERVICE, token

ANN = token("u-ann", Role.CREATOR)
BOB = token("u-bob")
MODERATOR = token("u-eve", Role.MODERATOR)
FIRST = "2026-01-01T00:00:00Z"


class TestItems:
    async def test_a_creator_posts_into_their_own_channel(self, client: httpx.AsyncClient) -> None:
        body = {"title": "Rain", "channel": "c-ann", "tags": ["rain"], "mood": "calm"}
        answer = await client.put("/api/v1/items/new", json=body, headers=ANN)
        item = answer.json()
        assert answer.status_code == 200
        assert (item["author"], item["channel"], item["title"]) == ("u-ann", "c-ann", "Rain")
        assert (item["tags"], item["mood"], item["moderation_status"]) == (["rain"], "calm", "pending")

    async def test_what_is_pending_is_seen_by_its_author_and_moderators_only(self, client: httpx.AsyncClient) -> None:
        for headers, status in ((ANN, 200), (MODERATOR, 200), (SERVICE, 200), (BOB, 404)):
            assert (await client.get("/api/v1/items/i-3", headers=headers)).status_code == status
            assert (await client.get("/api/v1/items/i-3/stats", headers=headers)).status_code == status

    async def test_a_person_cannot_approve_or_promote_their_own(self, client: httpx.AsyncClient) -> None:
        body = {"moderation_status": "approved", "is_promoted": True}
        item = (await client.put("/api/v1/items/new", json=body, headers=ANN)).json()
        assert (item["moderation_status"], item["is_promoted"]) == ("pending", False)

    @pytest.mark.parametrize(
        ("scopes", "status"), [((Scope.WRITE,), "pending"), ((Scope.WRITE, Scope.MODERATE), "approved")]
    )
    async def test_a_key_needs_the_scope_to_say_approved(
        self, client: httpx.AsyncClient, service_key: Callable[..., Any], scopes: tuple[Scope, ...], status: str
    ) -> None:
        key = await service_key(*scopes)
        single = await client.put("/api/v1/items/n1", json={"moderation_status": "approved"}, headers=key)
        await client.post(
            "/api/v1/items/bulk", json={"items": [{"id": "n2", "moderation_status": "approved"}]}, headers=key
        )
        second = await client.get("/api/v1/items/n2", headers=SERVICE)
        assert (single.json()["moderation_status"], second.json()["moderation_status"]) == (status, status)

    async def test_replacing_keeps_creation_and_status(self, client: httpx.AsyncClient) -> None:
        item = (await client.put("/api/v1/items/i-1", json={"title": "Title i-1", "mood": "calm"}, headers=ANN)).json()
        assert (item["mood"], item["created_at"], item["moderation_status"]) == ("calm", FIRST, "approved")
        assert item["channel"] is None

    async def test_what_was_altered_waits_to_be_judged_again(self, client: httpx.AsyncClient) -> None:
        item = (await client.put("/api/v1/items/i-1", json={"title": "New title"}, headers=ANN)).json()
        assert (item["title"], item["created_at"], item["moderation_status"]) == ("New title", FIRST, "pending")
        assert (await client.get("/api/v1/items/i-1", headers=BOB)).status_code == 404

    async def test_who_vouches_for_an_alteration_has_it_stay(self, client: httpx.AsyncClient) -> None:
        body = {"title": "New title", "author": "u-ann", "moderation_status": "approved"}
        item = (await client.put("/api/v1/items/i-1", json=body, headers=SERVICE)).json()
        assert (item["title"], item["moderation_status"]) == ("New title", "approved")

    @pytest.mark.parametrize(
        "body",
        [{"author": "u-ann"}, {"channel": "c-ann"}, {"channel": "c-none"}],
        ids=["author", "channel", "nobody's"],
    )
    async def test_nobody_posts_in_anothers_name(self, client: httpx.AsyncClient, body: dict[str, str]) -> None:
        assert (await client.put("/api/v1/items/new", json=body, headers=BOB)).status_code == 403
        assert (await client.get("/api/v1/items/new", headers=SERVICE)).status_code == 404

    async def test_anothers_item_is_neither_replaced_nor_deleted(self, client: httpx.AsyncClient) -> None:
        assert (await client.put("/api/v1/items/i-1", json={"title": "mine"}, headers=BOB)).status_code == 403
        assert (await client.delete("/api/v1/items/i-1", headers=BOB)).status_code == 403
        assert (await client.delete("/api/v1/items/i-4", headers=BOB)).status_code == 403
        assert (await client.get("/api/v1/items/i-1", headers=BOB)).json()["title"] == "Title i-1"

    async def test_deleting_is_for_good(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete("/api/v1/items/i-1", headers=ANN)).status_code == 204
        assert (await client.get("/api/v1/items/i-1", headers=ANN)).status_code == 404
        assert (await client.delete("/api/v1/items/i-1", headers=ANN)).status_code == 404

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"title": "x" * 513}, "title"),
            ({"text": "a\x00b"}, "text"),
            ({"tags": ["t"] * 101}, "tags"),
            ({"media_url": "javascript:alert(1)"}, "media_url"),
            ({"duration": -1}, "duration"),
            ({"mood": "meh"}, "mood"),
            ({"viral_score": 1.0}, "viral_score"),
            ({"channel": "nowhere"}, "channel"),
        ],
    )
    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
        answer = await client.put("/api/v1/items/new", json=body, headers=ANN)
        assert answer.status_code in {404, 422}
        assert answer.json()["field"] == field

    async def test_many_at_once_each_answered(self, client: httpx.AsyncClient) -> None:
        rows = [{"id": 77, "title": "ok"}, {"id": "x", "author": "nobody"}, {"title": "no id"}, {"id": "i-1"}]
        answer = (await client.post("/api/v1/items/bulk", json={"items": rows}, headers=SERVICE)).json()
        assert [(row["id"], row["status"], row["field"]) for row in answer["results"]] == [
            ("77", "stored", None),
            ("x", "rejected", "author"),
            ("", "rejected", "id"),
            ("i-1", "stored", None),
        ]
        assert (await client.get("/api/v1/items/i-1", headers=SERVICE)).json()["created_at"] == FIRST

    async def test_statistics_over_time(self, client: httpx.AsyncClient) -> None:
        for hour, views in ((1, 10), (2, 50), (2, 60)):
            body = {"at": f"2026-01-01T0{hour}:00:00Z", "views": views, "likes": 3}
            assert (await client.post("/api/v1/items/i-1/stats", json=body, headers=SERVICE)).status_code == 200
        stats = (await client.get("/api/v1/items/i-1/stats", headers=BOB)).json()["stats"]
        assert [row["views"] for row in stats] == [10, 60]
        since = {"since": "2026-01-01T01:30:00Z"}
        later = (await client.get("/api/v1/items/i-1/stats", params=since, headers=BOB)).json()["stats"]
        assert [row["views"] for row in later] == [60]

    async def test_statistics_of_an_unknown_item(self, client: httpx.AsyncClient) -> None:
        assert (await client.post("/api/v1/items/none/stats", json={"views": 1}, headers=SERVICE)).status_code == 404
        assert (await client.get("/api/v1/items/none/stats", headers=SERVICE)).status_code == 404


class TestUsers:
    async def test_a_person_changes_their_own_profile(self, client: httpx.AsyncClient) -> None:
        body = {
            "username": "bob",
            "profile": {"bio": "rain"},
            "interests": ["Motivation"],
            "privacy": {"personalise": False},
        }
        user = (await client.put("/api/v1/users/u-bob", json=body, headers=BOB)).json()
        assert (user["profile"], user["interests"], user["created_at"]) == ({"bio": "rain"}, ["Motivation"], FIRST)
        assert user["privacy"] == {"personalise": False, "analyse": True, "train": True}
        assert (await client.get("/api/v1/users/u-bob", headers=BOB)).json() == user

    async def test_nobody_gives_themselves_a_role(self, client: httpx.AsyncClient) -> None:
        refused = await client.put("/api/v1/users/u-bob", json={"username": "bob", "role": "admin"}, headers=BOB)
        assert (refused.status_code, refused.json()["field"]) == (403, "role")
        kept = await client.put("/api/v1/users/u-ann", json={"username": "ann"}, headers=ANN)
        assert kept.json()["role"] == "creator"

    async def test_roles_are_given_by_who_may(self, client: httpx.AsyncClient, service_key: Callable[..., Any]) -> None:
        rows = {"users": [{"id": "n", "username": "new", "role": "moderator"}]}
        writer = await service_key(Scope.WRITE)
        assert (await client.post("/api/v1/users/bulk", json=rows, headers=writer)).status_code == 403
        assert (await client.post("/api/v1/users/bulk", json=rows, headers=SERVICE)).json()["stored"] == 1
        assert (await client.get("/api/v1/users/n", headers=SERVICE)).json()["role"] == "moderator"

    async def test_a_taken_username_is_409(self, client: httpx.AsyncClient) -> None:
        answer = await client.put("/api/v1/users/u-bob", json={"username": "ann"}, headers=BOB)
        assert (answer.status_code, answer.json()["code"], answer.json()["field"]) == (409, "conflict", "username")

    @pytest.mark.parametrize(
        "profile", [{"a": "\x00"}, {"a": 2**63}, {"a": "x" * 20_000}], ids=["nul", "huge integer", "too long"]
    )
    async def test_free_form_json_is_bounded(self, client: httpx.AsyncClient, profile: dict[str, Any]) -> None:
        answer = await client.put("/api/v1/users/u-bob", json={"username": "bob", "profile": profile}, headers=BOB)
        assert (answer.status_code, answer.json()["field"]) == (422, "profile")

    async def test_others_do_not_exist_for_a_person(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/v1/users/u-ann", headers=BOB)).status_code == 403
        assert (await client.get("/api/v1/users/u-ann", headers=MODERATOR)).status_code == 200

    async def test_bulk_keeps_the_role_of_who_is_stored(self, client: httpx.AsyncClient) -> None:
        rows = {"users": [{"id": "u-ann", "username": "ann", "locale": "en"}]}
        await client.post("/api/v1/users/bulk", json=rows, headers=SERVICE)
        user = (await client.get("/api/v1/users/u-ann", headers=SERVICE)).json()
        assert (user["role"], user["locale"], user["created_at"]) == ("creator", "en", FIRST)


class TestErasure:
    async def test_a_person_is_gone_for_good_and_gets_a_receipt(self, client: httpx.AsyncClient) -> None:
        like = {"username": "bob", "post_id": "i-1", "interaction_type": "like"}
        await client.post("/api/v1/interaction", json=like, headers=BOB)
        answer = await client.delete("/api/v1/users/u-bob", headers=BOB)
        receipt = answer.json()
        assert answer.status_code == 200
        assert receipt["rows"]["interactions"] == 1
        assert "bob" not in answer.text
        gone = await client.get("/api/v1/users/u-bob", headers=SERVICE)
        assert (gone.status_code, gone.json()["code"]) == (410, "erased")
        again = await client.get(f"/api/v1/erasures/{receipt['receipt_id']}", headers=SERVICE)
        assert again.json() == receipt

    async def test_the_id_stays_closed(self, client: httpx.AsyncClient) -> None:
        await client.delete("/api/v1/users/u-bob", headers=SERVICE)
        back = await client.put("/api/v1/users/u-bob", json={"username": "bob"}, headers=SERVICE)
        assert back.status_code == 410
        assert (await client.delete("/api/v1/users/u-bob", headers=SERVICE)).status_code == 410
        feed = await client.get("/api/v1/feed", params={"username": "bob"}, headers=BOB)
        assert feed.status_code == 403

    async def test_nobody_erases_another(self, client: httpx.AsyncClient) -> None:
        assert (await client.delete("/api/v1/users/u-ann", headers=BOB)).status_code == 403

    async def test_an_unknown_receipt_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.get("/api/v1/erasures/none", headers=SERVICE)).status_code == 404


class TestChannels:
    async def test_a_creator_owns_what_they_make(self, client: httpx.AsyncClient) -> None:
        channel = (await client.put("/api/v1/channels/new", json={"name": "New"}, headers=ANN)).json()
        assert channel["owner"] == "u-ann"
        assert (await client.delete("/api/v1/channels/new", headers=ANN)).status_code == 204
        assert (await client.get("/api/v1/channels/new", headers=ANN)).status_code == 404

    async def test_replacing_keeps_owner_and_creation(self, client: httpx.AsyncClient) -> None:
        channel = (await client.put("/api/v1/channels/c-ann", json={"name": "Renamed"}, headers=SERVICE)).json()
        assert (channel["owner"], channel["created_at"], channel["name"]) == ("u-ann", FIRST, "Renamed")

    @pytest.mark.parametrize(
        ("headers", "channel", "body"),
        [
            (BOB, "new", {"name": "users have none"}),
            (ANN, "c-none", {"name": "nobody's"}),
            (ANN, "new", {"name": "given away", "owner": "u-bob"}),
        ],
    )
    async def test_others_are_not_taken(
        self, client: httpx.AsyncClient, headers: dict[str, str], channel: str, body: dict[str, str]
    ) -> None:
        assert (await client.put(f"/api/v1/channels/{channel}", json=body, headers=headers)).status_code == 403

    async def test_many_at_once(self, client: httpx.AsyncClient) -> None:
        rows = [{"id": "n1", "name": "One", "owner": "u-bob"}, {"id": "n2", "name": ""}]
        answer = (await client.post("/api/v1/channels/bulk", json={"channels": rows}, headers=SERVICE)).json()
        assert [row["status"] for row in answer["results"]] == ["stored", "rejected"]


@pytest.mark.parametrize(
    ("path", "target"),
    [
        ("follows", "u-ann"),
        ("subscriptions", "c-ann"),
        ("blocks", "u-ann"),
        ("mutes/users", "u-ann"),
        ("mutes/channels", "c-ann"),
    ],
)
class TestRelations:
    async def test_come_and_go(self, client: httpx.AsyncClient, path: str, target: str) -> None:
        base = f"/api/v1/users/u-bob/{path}"
        for _ in range(2):
            assert (await client.put(f"{base}/{target}", headers=BOB)).status_code == 204
        listed = (await client.get(base, headers=BOB)).json()
        assert [edge["target"] for edge in listed["edges"]] == [target]
        assert listed["next"] is None
        assert (await client.delete(f"{base}/{target}", headers=BOB)).status_code == 204
        assert (await client.delete(f"{base}/{target}", headers=BOB)).status_code == 404
        assert (await client.get(base, headers=BOB)).json()["edges"] == []

    async def test_of_others_are_closed(self, client: httpx.AsyncClient, path: str, target: str) -> None:
        base = f"/api/v1/users/u-ann/{path}"
        assert (await client.get(base, headers=BOB)).status_code == 403
        assert (await client.put(f"{base}/{target}", headers=BOB)).status_code == 403

    async def test_to_nothing_are_404(self, client: httpx.AsyncClient, path: str, target: str) -> None:
        answer = await client.put(f"/api/v1/users/u-bob/{path}/nobody", headers=BOB)
        assert answer.status_code == 404


async def test_relations_are_paged(client: httpx.AsyncClient) -> None:
    for target in ("u-ann", "u-eve"):
        await client.put(f"/api/v1/users/u-bob/follows/{target}", headers=BOB)
    path = "/api/v1/users/u-bob/follows"
    first = (await client.get(path, params={"limit": 1}, headers=BOB)).json()
    second = (await client.get(path, params={"limit": 1, "after": first["next"]}, headers=BOB)).json()
    assert [edge["target"] for edge in first["edges"] + second["edges"]] == ["u-ann", "u-eve"]


async def test_nobody_follows_themselves(client: httpx.AsyncClient) -> None:
    assert (await client.put("/api/v1/users/u-bob/follows/u-bob", headers=BOB)).status_code == 422


class TestValueModel:
    async def test_a_change_is_a_new_version_and_can_be_taken_back(self, client: httpx.AsyncClient) -> None:
        before = (await client.get("/api/v1/value-models", headers=SERVICE)).json()
        body = {"weights": {"view": 0.1}, "note": "views counted too much"}
        made = (await client.put("/api/v1/value-models", json=body, headers=SERVICE)).json()
        assert made["version"] == before["active"] + 1
        assert made["weights"]["view"] == 0.1
        assert made["weights"]["like"] == before["versions"][0]["weights"]["like"]
        back = await client.put(f"/api/v1/value-models/{before['active']}/active", headers=SERVICE)
        assert back.status_code == 200
        after = (await client.get("/api/v1/value-models", headers=SERVICE)).json()
        assert (after["active"], len(after["versions"])) == (before["active"], 2)

    async def test_an_unknown_version_is_404(self, client: httpx.AsyncClient) -> None:
        assert (await client.put("/api/v1/value-models/99/active", headers=SERVICE)).status_code == 404

    @pytest.mark.parametrize("weights", [{}, {"poke": 1.0}, {"view": 1e9}])
    async def test_a_wrong_one_is_refused(self, client: httpx.AsyncClient, weights: dict[str, float]) -> None:
        answer = await client.put("/api/v1/value-models", json={"weights": weights}, headers=SERVICE)
        assert answer.status_code == 422
