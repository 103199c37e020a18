"""What channels and people are about, over the wire."""

import httpx

from socialflow.content.records import Item, ItemKind, ModerationStatus, Privacy, User
from socialflow.errors import ModelUnavailable
from socialflow.kit.roles import Role
from socialflow.text.analyser import Analyser
from socialflow.text.service import TextService
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


class TestContent:
    ASKED = "/api/v1/ml/analyze"

    async def test_of_a_given_text(self, client: httpx.AsyncClient) -> None:
        data = {"text": "The city of Paris is good #travel", "video_url": "https://example.org/1.mp4"}
        body = {"content_id": "i-1", "content_type": "video", "content_data": data}
        made = (await client.post(self.ASKED, json=body, headers=ANN)).json()
        assert (made["content_id"], made["content_type"]) == ("i-1", "video")
        assert (made["sentiment"], made["language"], made["mood"]) == ("positive", "en", "joyful")
        assert 0.9 < made["sentiment_score"] <= 1.0
        assert [(one["text"], one["type"]) for one in made["entities"]] == [("Paris", "location")]
        assert made["tags"][0] == "travel"
        assert (made["categories"], made["topics"], made["visual_tags"]) == (["sport", "music"], [], [])
        assert made["status"] == "partial"
        assert {"visual_tags", "model:topics"} <= set(made["missing"])
        assert made["provenance"][0]["model"] == "text"

    async def test_of_a_stored_item_by_its_words(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        await write(platform)
        made = (
            await client.post(self.ASKED, json={"content_id": "i-1", "content_type": "post"}, headers=SERVICE)
        ).json()
        assert {"rye", "sourdough", "home"} <= set(made["tags"])
        assert "visual_tags" not in made["missing"]

    async def test_is_for_the_author_and_for_who_may_analyse_anything(self, client: httpx.AsyncClient) -> None:
        body = {"content_id": "i-1", "content_data": {"text": "good"}}
        unknown = {**body, "content_id": "none"}
        for headers, asked, code in (
            (ANN, body, 200),
            (BOB, body, 403),
            (BOB, unknown, 403),
            (SERVICE, unknown, 200),
            (SERVICE, {"content_id": "none"}, 404),
        ):
            assert (await client.post(self.ASKED, json=asked, headers=headers)).status_code == code

    async def test_nothing_is_told_of_who_does_not_permit_analysis(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        async with platform.store.write() as unit:
            await unit.users.upsert([User("u-ann", "ann", WHEN, role=Role.CREATOR, privacy=Privacy(analyse=False))])
        made = (await client.post(self.ASKED, json={"content_id": "i-1"}, headers=SERVICE)).json()
        assert (made["status"], made["sentiment"], made["tags"]) == ("abstained", None, [])
        assert "analysis:not_permitted" in made["missing"]


class TestItems:
    async def test_show_what_was_found_beside_what_was_given(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        given = {"title": "The city is good", "kind": "post", "category": "travel"}
        made = (await client.put("/api/v1/items/new", json=given, headers=SERVICE)).json()
        assert (made["sentiment"], made["analysis"]) == (None, None)
        async with platform.store.write() as unit:
            words = await unit.analyses.words(list((await unit.items.keys(["new"])).values()))
            await unit.analyses.land([(words[0], (await platform.contents.read(["The city is good"]))[0])], "v1")
        made = (await client.get("/api/v1/items/new", headers=SERVICE)).json()
        assert (made["sentiment"], made["category"], made["mood"], made["tags"]) == ("positive", "travel", None, [])
        found = made["analysis"]
        assert (found["sentiment"], found["category"], found["mood"]) == ("positive", "sport", "joyful")
        assert found["provenance"][0] == {"model": "text", "version": "small", "tier": "bundled", "updated_at": None}
        assert found["status"] == "partial"


class TestStatus:
    async def test_names_the_model_its_heads_and_how_far_analysis_is(self, client: httpx.AsyncClient) -> None:
        made = (await client.get("/api/v1/ml/status", headers=SERVICE)).json()
        assert (made["text"]["loaded"], made["text"]["version"], made["text"]["tier"]) == (True, "small", "bundled")
        assert {"sentiment", "entities", "sentence"} <= set(made["text"]["heads"])
        assert made["models"] == {"als": "no version of als is active"}
        assert made["lanes"] == {"text": 0, "content": 0, "analysis": 0}
        assert made["analysis"] == {"items": 0, "waiting": 4, "last_at": None}

    async def test_says_why_there_is_no_model(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        def none() -> Analyser:
            raise ModelUnavailable("train it")

        platform.text = TextService(none)
        made = (await client.get("/api/v1/ml/status", headers=SERVICE)).json()
        assert made["text"] == {"loaded": False, "reason": "train it", "version": None, "tier": None, "heads": []}
