"""Rules of the feed over REST: versions, what is refused and how it is named."""

from typing import Any

import httpx
import pytest

from tests.doors.conftest import SERVICE

RULES = "/api/v1/recommendations/rules"


def rule(name: str = "a", **parts: Any) -> dict[str, Any]:
    return {"name": name, "match": {"tag": ["x"]}, "action": {"type": "exclude"}, **parts}


async def put(client: httpx.AsyncClient, *rules: dict[str, Any]) -> httpx.Response:
    return await client.put(RULES, json={"rules": list(rules), "note": "spring"}, headers=SERVICE)


async def test_a_change_is_a_new_version_and_can_be_taken_back(client: httpx.AsyncClient) -> None:
    first = (await client.get(RULES, headers=SERVICE)).json()
    assert first["rules"] == []
    pin = rule(
        match={"author": ["u-ann"], "channel": ["c-ann"], "item": ["i-1"], "max_age_hours": 48},
        when={"locale": ["pt"], "starts_at": "2026-03-01T01:00:00+01:00"},
        action={"type": "pin", "position": 3},
    )
    made = (await put(client, pin)).json()
    assert (made["version"], made["note"]) == (first["version"] + 1, "spring")
    assert made["rules"] == [{**pin, "when": {"locale": ["pt"], "starts_at": "2026-03-01T00:00:00Z"}}]
    assert (await client.get(RULES, headers=SERVICE)).json() == made
    assert (await client.put(f"{RULES}/{first['version']}/active", headers=SERVICE)).json() == first
    assert (await client.get(RULES, headers=SERVICE)).json() == first
    assert (await client.get(RULES, params={"version": made["version"]}, headers=SERVICE)).json() == made
    versions = (await client.get(f"{RULES}/versions", headers=SERVICE)).json()
    assert versions["active"] == first["version"]
    assert [one["version"] for one in versions["versions"]] == [made["version"], first["version"]]


async def test_an_unknown_version_is_404(client: httpx.AsyncClient) -> None:
    assert (await client.get(RULES, params={"version": 99}, headers=SERVICE)).status_code == 404
    assert (await client.put(f"{RULES}/99/active", headers=SERVICE)).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rule(match={"colour": ["red"]}), "rules.0.match.colour"),
        (rule(match={}), "rules.0.match"),
        (rule(match={"tag": []}), "rules.0.match.tag"),
        (rule(match={"author": ["nobody"]}), "rules.0.match.author"),
        (rule(match={"channel": ["none"]}), "rules.0.match.channel"),
        (rule(match={"item": ["none"]}), "rules.0.match.item"),
        (rule(match={"min_age_hours": 5, "max_age_hours": 1}), "rules.0.match.max_age_hours"),
        (rule(when={"algorithm": ["hybird"]}), "rules.0.when.algorithm"),
        (rule(when={"ends_at": "2026-01-01T00:00:00"}), "rules.0.when.ends_at"),
        (rule(action={"type": "hide"}), "rules.0.action"),
        (rule(action={"type": "pin", "position": 0}), "rules.0.action.pin.position"),
        (rule(action={"type": "exclude", "position": 1}), "rules.0.action.exclude.position"),
        (rule(action={"type": "boost", "factor": 11}), "rules.0.action.boost.factor"),
        (rule(action={"type": "boost"}), "rules.0.action"),
        (rule(name=""), "rules.0.name"),
    ],
)
async def test_what_is_wrong_is_named(client: httpx.AsyncClient, wrong: dict[str, Any], field: str) -> None:
    answer = await put(client, wrong)
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert (await client.get(RULES, headers=SERVICE)).json()["rules"] == []


async def test_rules_that_undo_each_other_and_too_many(client: httpx.AsyncClient) -> None:
    pin = rule("b", action={"type": "pin", "position": 1})
    assert (await put(client, rule(), pin)).json()["field"] == "rules.1.match"
    assert (await put(client, rule(), rule())).json()["field"] == "rules.1.name"
    assert (await put(client, *(rule(f"{n}", match={"tag": [f"t{n}"]}) for n in range(101)))).json()["field"] == "rules"
