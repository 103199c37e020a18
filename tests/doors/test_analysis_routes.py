"""What channels and people are about, over the wire."""

import httpx

from socialflow.content.records import Item, ItemKind, ModerationStatus, Privacy, User
from socialflow.kit.roles import Role
from tests.doors.conftest import SERVICE, WHEN, token
from tests.doors.fakes import FakePlatform

ANN, BOB = token("u-ann", Role.CREATOR), token("u-bob")


async def write(platform: FakePlatform) -> None:
    """Says what i-1 is about."""
    async with platform.store.write() as unit:
        item = Item(
            "i-1",
            ItemKind.POST,
            WHEN,
            title="Rye sourdough at home",
            tags=("baking",),
            category="food",
            channel="c-ann",
            moderation_status=ModerationStatus.APPROVED,
        )
        await unit.items.upsert([item])


class TestChannel:
    async def test_tags_say_how_sure_they_are_and_where_they_come_from(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await write(platform)
        made = (await client.post("/api/v1/ml/analyze/channel/c-ann", headers=ANN)).json()
        assert made["channel_id"] == "c-ann"
        assert (made["tags"][0]["name"], made["tags"][0]["sources"]) == ("baking", ["given"])
        assert {"food", "sourdough"} <= {word for tag in made["tags"] for word in tag["name"].lower().split()}
        assert (made["status"], made["missing"]) == ("partial", ["model:item_item", "model:topics"])
        assert made["provenance"][0]["tier"] == "heuristic"

    async def test_an_unknown_channel_is_not_found(self, client: httpx.AsyncClient) -> None:
        answer = await client.post("/api/v1/ml/analyze/channel/none", headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (404, "channel_not_found")


class TestInterests:
    async def test_are_of_what_was_taken(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await write(platform)
        made = (await client.get("/api/v1/ml/interests/u-bob", headers=BOB)).json()
        found = {(one["kind"], one["name"]) for one in made["interests"]}
        assert found == {("category", "food"), ("tag", "baking")}
        assert {one["name"] for one in made["next_interests"]} == {"food", "baking"}
        assert 0.0 < made["churn"]["risk"] < 0.1
        assert (made["status"], made["missing"]) == ("partial", ["model:topics"])

    async def test_nothing_is_told_of_who_does_not_permit_analysis(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u-bob", "bob", WHEN, privacy=Privacy(analyse=False))])
        made = (await client.get("/api/v1/ml/interests/u-bob", headers=BOB)).json()
        assert (made["status"], made["missing"]) == ("abstained", ["analysis:not_permitted"])
        assert (made["interests"], made["next_interests"], made["churn"]) == ([], [], None)


class TestTopics:
    async def test_asking_twice_gives_one_job(self, client: httpx.AsyncClient) -> None:
        first, second = [await client.post("/api/v1/ml/train/topics", headers=SERVICE) for _ in range(2)]
        assert first.status_code == 202
        assert first.json()["pipeline_type"] == "train_topics"
        assert first.json()["task_id"] == second.json()["task_id"]
