"""Policies of moderation over REST: from draft to force and back, what is refused, and who may do what."""

from typing import Any

import httpx
import pytest

from socialflow.content.records import Item, ItemKind, User
from socialflow.doors.rest.routes import policies as routes
from socialflow.doors.rest.schemas.policies import SHORT
from socialflow.kit.roles import Role
from socialflow.moderation.policy.default import default_text
from tests.doors.conftest import SERVICE, WHEN, token
from tests.doors.fakes import FakePlatform

POLICIES = "/api/v1/moderation/policies"
STERN = SHORT.replace("when: {text.toxicity: {at_least: 0.8}}, acts: [review]", "acts: [reject]")
WRONG = SHORT.replace("text.toxicity", "text.toxicty")


async def draft(client: httpx.AsyncClient, text: str = SHORT, **more: Any) -> dict[str, Any]:
    answer = await client.post(POLICIES, json={"text": text, **more}, headers=SERVICE)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def post(client: httpx.AsyncClient, path: str, body: Any = None) -> httpx.Response:
    return await client.post(POLICIES + path, json=body, headers=SERVICE)


async def decide(platform: FakePlatform, count: int = 20) -> None:
    """Posts that are decided about by the default policy."""
    async with platform.store.write() as unit:
        await unit.users.upsert([User(f"w{n}", f"writer{n}", WHEN) for n in range(count)])
        now = platform.clock.now()
        posts = [Item(f"d{n}", ItemKind.POST, now, text="good", author=f"w{n}") for n in range(count)]
        await unit.items.upsert(posts)
        keys = list((await unit.items.keys([one.id for one in posts])).values())
    await platform.moderation.moderator.decide(keys)


class TestVersions:
    async def test_a_new_store_has_the_default_policy_in_force(self, client: httpx.AsyncClient) -> None:
        told = (await client.get(POLICIES, headers=SERVICE)).json()
        assert told == {"scopes": [{"scope": "default", "active": 1, "shadow": None, "versions": 1}]}
        (version,) = (await client.get(f"{POLICIES}/default", headers=SERVICE)).json()["versions"]
        assert (version["version"], version["state"], version["author"]) == (1, "active", "")
        assert "policy" not in version

    async def test_what_is_read_can_be_sent_again(self, client: httpx.AsyncClient) -> None:
        await client.get(POLICIES, headers=SERVICE)
        whole = (await client.get(f"{POLICIES}/default/1", headers=SERVICE)).json()
        text = await client.get(f"{POLICIES}/default/1", params={"format": "yaml"}, headers=SERVICE)
        assert text.headers["content-type"].startswith("application/yaml")
        as_yaml = {**SERVICE, "Content-Type": "application/yaml"}
        again = await client.post(
            POLICIES, params={"scope": "community:chess", "note": "ours"}, content=text.content, headers=as_yaml
        )
        made = again.json()
        assert (again.status_code, made["scope"], made["note"]) == (201, "community:chess", "ours")
        assert made["digest"] == whole["digest"]
        as_json = (await draft(client, httpx.Response(200, json=whole["policy"]).text))["digest"]
        assert as_json == whole["digest"]

    async def test_are_paged(self, client: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(routes, "PAGE", 2)
        for _ in range(3):
            await draft(client, scope="community:go")
        first = (await client.get(f"{POLICIES}/community:go", headers=SERVICE)).json()
        assert ([one["version"] for one in first["versions"]], first["next_before"]) == ([3, 2], 2)
        last = (await client.get(f"{POLICIES}/community:go", params={"before": 2}, headers=SERVICE)).json()
        assert ([one["version"] for one in last["versions"]], last["next_before"]) == ([1], None)

    async def test_who_wrote_one_is_a_pseudonym(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(POLICIES, json={"text": SHORT}, headers=dict(token("u-eve", Role.ADMIN)))
        author = answer.json()["author"]
        assert len(author) == 32
        assert "eve" not in author

    async def test_a_draft_is_deleted(self, client: httpx.AsyncClient) -> None:
        made = await draft(client)
        path = f"{POLICIES}/default/{made['version']}"
        assert (await client.delete(path, headers=SERVICE)).status_code == 204
        gone = await client.get(path, headers=SERVICE)
        assert (gone.status_code, gone.json()["code"]) == (404, "policy_not_found")
        assert (await draft(client))["version"] > made["version"]


class TestChecks:
    async def test_findings_have_their_line(self, client: httpx.AsyncClient) -> None:
        told = (await post(client, "/check", {"text": WRONG})).json()
        (finding,) = told["findings"]
        assert told["ok"] is False
        assert (finding["code"], finding["severity"], finding["rule"], finding["line"]) == (
            "unknown_signal",
            "error",
            "rude",
            5,
        )
        assert "did you mean text.toxicity?" in finding["message"]
        assert (await post(client, "/check", {"text": default_text()})).json() == {"ok": True, "findings": []}

    @pytest.mark.parametrize(
        ("text", "line"), [("a:\n  - [", 2), ("policy: 1\nrules: {}\nreasons: {}\n", 2), ("", None)]
    )
    async def test_what_cannot_be_read_is_one_error(
        self, client: httpx.AsyncClient, text: str, line: int | None
    ) -> None:
        told = (await post(client, "/check", {"text": text})).json()
        assert [(one["code"], one["line"]) for one in told["findings"]] == [("unreadable", line)]
        refused = await post(client, "", {"text": text})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_input")

    async def test_errors_keep_a_version_out_of_force(self, client: httpx.AsyncClient) -> None:
        made = await draft(client, WRONG)
        assert [one["line"] for one in made["findings"]] == [5]
        for act in ("activate", "shadow", "replay"):
            refused = await post(client, f"/default/{made['version']}/{act}")
            assert (refused.status_code, refused.json()["code"]) == (422, "policy_invalid")


class TestIntoForce:
    async def test_a_replay_tells_what_would_change(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await decide(platform)
        version = (await draft(client, STERN))["version"]
        told = (await post(client, f"/default/{version}/replay", {"limits": {"flips": 1, "new_rejections": 1}})).json()
        assert (told["decisions"], told["flipped"], told["newly_rejected"]) == (20, 20, 20)
        assert [one["after"] for one in told["flips"]] == ["rejected"]
        assert told["beyond"] == []
        empty = {"since": "2020-01-01T00:00:00Z", "until": "2020-02-01T00:00:00Z"}
        assert (await post(client, f"/default/{version}/replay", empty)).json()["decisions"] == 0
        turned = {"since": "2020-02-01T00:00:00Z", "until": "2020-01-01T00:00:00Z"}
        assert (await post(client, f"/default/{version}/replay", turned)).json()["field"] == "since"

    async def test_a_long_window_is_a_job(
        self, client: httpx.AsyncClient, platform: FakePlatform, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await decide(platform, 3)
        monkeypatch.setattr(routes, "AT_ONCE", 2)
        answer = await post(
            client, "/default/1/replay", {"since": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
        )
        assert (answer.status_code, answer.json()["pipeline_type"]) == (202, "replay_policy")
        again = await post(
            client, "/default/1/replay", {"since": "2020-01-01T00:00:00Z", "until": "2030-01-01T00:00:00Z"}
        )
        assert again.json()["task_id"] == answer.json()["task_id"]

    async def test_what_rejects_everything_needs_a_reason(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await decide(platform)
        version = (await draft(client, STERN))["version"]
        refused = await post(client, f"/default/{version}/activate")
        assert (refused.status_code, refused.json()["code"]) == (409, "policy_guard")
        assert "100.0 % of decisions would change (limit 5.0 %)" in refused.json()["detail"]
        done = (await post(client, f"/default/{version}/activate", {"confirm_reason": "we close"})).json()
        assert (done["state"], done["replayed"]["flipped"]) == ("active", 20)
        assert [one["name"] for one in done["replayed"]["beyond"]][:2] == ["flips", "new_rejections"]
        back = (await post(client, "/default/roll-back")).json()
        assert (back["version"], back["state"]) == (1, "active")

    async def test_what_was_decided_keeps_the_words_that_it_was_decided_with(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await client.get(POLICIES, headers=SERVICE)
        told = []
        for text in (STERN, STERN.replace("It is rude.", "Be kind.")):
            version = (await draft(client, text))["version"]
            await post(client, f"/default/{version}/activate", {"confirm_reason": "new words"})
            if not told:
                await decide(platform, 1)
            answer = await client.get("/api/v1/moderation/content/d0/decisions", headers=SERVICE)
            told += [rule["text"] for rule in answer.json()["decisions"][0]["rules"]]
        assert told == ["It is rude.", "It is rude."]

    async def test_a_shadow_is_counted(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await client.get(POLICIES, headers=SERVICE)
        version = (await draft(client, STERN))["version"]
        assert (await post(client, f"/default/{version}/shadow")).json()["state"] == "shadow"
        await decide(platform)
        told = (await client.get(f"{POLICIES}/default/shadow", headers=SERVICE)).json()
        assert (told["version"], told["decisions"], told["differing"]) == (version, 20, 20)
        assert [(one["after"], one["count"], len(one["examples"])) for one in told["counts"]] == [("rejected", 20, 10)]
        assert (await post(client, f"/default/{version}/retire")).json()["state"] == "retired"
        assert (await client.get(f"{POLICIES}/default/shadow", headers=SERVICE)).status_code == 404


@pytest.mark.parametrize("scope", ["all", "community:", "communities"])
async def test_what_is_no_scope_is_refused(client: httpx.AsyncClient, scope: str) -> None:
    assert (await client.get(f"{POLICIES}/{scope}", headers=SERVICE)).json()["field"] == "scope"
    assert (await post(client, "", {"text": SHORT, "scope": scope})).json()["field"] == "scope"


async def test_bodies_that_are_neither(client: httpx.AsyncClient) -> None:
    for content, kind in ((b"{", "application/json"), (b"\xff", "application/yaml"), (b"[]", "application/json")):
        answer = await client.post(POLICIES, content=content, headers={**SERVICE, "Content-Type": kind})
        assert answer.status_code == 422, answer.text


async def test_a_scope_that_no_address_could_carry_is_not_made(client: httpx.AsyncClient) -> None:
    body = {"text": "policy: 1\nrules: []\n", "scope": "community:a/b"}
    answer = await client.post(POLICIES, json=body, headers=SERVICE)
    assert (answer.status_code, answer.json()["field"]) == (422, "scope")
    assert "slash" in answer.json()["detail"]
    assert {one["scope"] for one in (await client.get(POLICIES, headers=SERVICE)).json()["scopes"]} == {"default"}
