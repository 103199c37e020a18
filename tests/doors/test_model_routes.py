"""Models over the wire."""

from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from prometheus_client import generate_latest

from socialflow.catalogue.records import Card
from socialflow.catalogue.upstream.store import UpstreamModels
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FakePlatform
from tests.upstream_hub import MODEL, sha256, tiny_cards, tiny_mirror

MODELS = "/api/v1/ml/models"


@pytest.fixture
def platform(platform: FakePlatform, tmp_path: Path) -> FakePlatform:
    """A catalogue of tiny models, two of them in a mirror; a trained model with one version."""
    mirror, cards = tiny_mirror(tmp_path / "mirror"), tiny_cards(tmp_path / "cards")
    platform.upstream = UpstreamModels(tmp_path / "upstream", mirror, cards=cards)
    card = Card(summary="Likes like likes", licence="Apache-2.0")
    platform.catalogue.add("als", "als", lambda folder: _write(folder / "a.txt"), {}, card=card)
    return platform


def _write(path: Path) -> None:
    path.write_text("a")


async def get(client: httpx.AsyncClient, path: str = "", **params: str) -> Any:
    answer = await client.get(MODELS + path, headers=SERVICE, params=params)
    assert answer.status_code == 200, answer.text
    return answer.json()


class TestList:
    async def test_trained_ones_first_then_the_catalogue(self, client: httpx.AsyncClient) -> None:
        answer = await get(client)
        assert [(one["name"], one["state"]) for one in answer["models"]] == [
            ("als", "candidate"),
            ("doubling", "in_mirror"),
            ("foldered", "in_mirror"),
            ("homeless", "absent"),
            ("nested", "absent"),
            ("unknown", "absent"),
            ("wide", "absent"),
        ]
        assert answer["memory"] == {"used": 0, "budget": 1 << 30}

    async def test_one_origin_alone(self, client: httpx.AsyncClient) -> None:
        assert [one["name"] for one in (await get(client, origin="trained"))["models"]] == ["als"]
        assert {one["origin"] for one in (await get(client, origin="upstream"))["models"]} == {"upstream"}

    async def test_a_damaged_trained_model_spoils_no_list(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        weights = platform.models_dir / "trained" / "als" / "0001" / "a.txt"
        weights.chmod(0o644)
        weights.write_text("b")
        first = (await get(client))["models"][0]
        assert (first["state"], "a.txt is damaged" in first["summary"]) == ("damaged", True)
        assert (await get(client, "/als"))["versions"] == []


class TestDetail:
    async def test_of_a_model_of_others(self, client: httpx.AsyncClient) -> None:
        answer = await get(client, "/doubling")
        assert answer["card"]["files"][0]["copies"][0]["sha256"] == sha256(MODEL)
        assert (answer["task"], answer["licence"], answer["loaded"]) == ("image_classification", "MIT", False)

    async def test_of_a_trained_model(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        assert (await get(client, "/als"))["version"] is None
        platform.catalogue.activate("als", "0001")
        answer = await get(client, "/als")
        assert (answer["state"], answer["version"], answer["versions"]) == ("active", "0001", ["0001"])
        assert answer["card"]["summary"] == "Likes like likes"

    @pytest.mark.parametrize(("name", "status"), [("nobody", 404), ("UPPER", 422), ("a" * 65, 422)])
    async def test_of_none(self, client: httpx.AsyncClient, name: str, status: int) -> None:
        answer = await client.get(f"{MODELS}/{name}", headers=SERVICE)
        assert answer.status_code == status
        assert answer.json()["code"] == {404: "model_not_found", 422: "invalid_input"}[status]


class TestMemory:
    async def test_load_and_unload(self, client: httpx.AsyncClient, app: FastAPI) -> None:
        answer = await client.post(MODELS + "/load/doubling", headers=SERVICE)
        assert (answer.status_code, answer.json()["loaded"]) == (200, True)
        assert (await get(client))["memory"]["used"] > len(MODEL)
        shown = generate_latest(app.state.metrics.registry).decode()
        assert 'socialflow_model_load_seconds_count{model="doubling"} 1.0' in shown
        assert "socialflow_models_held 1.0" in shown
        for _ in range(2):
            answer = await client.delete(MODELS + "/unload/doubling", headers=SERVICE)
            assert answer.status_code == 204
        assert (await get(client))["memory"]["used"] == 0
        assert "socialflow_models_held 0.0" in generate_latest(app.state.metrics.registry).decode()

    @pytest.mark.parametrize(
        ("name", "status", "said"),
        [
            ("nobody", 404, "no model nobody"),
            ("wide", 503, "socialflow models pull wide"),
            ("als", 422, "while it is active"),
        ],
    )
    async def test_what_cannot_be_loaded(self, client: httpx.AsyncClient, name: str, status: int, said: str) -> None:
        answer = await client.post(f"{MODELS}/load/{name}", headers=SERVICE)
        assert answer.status_code == status
        assert said in answer.json()["detail"]
        answer = await client.delete(MODELS + "/unload/nobody", headers=SERVICE)
        assert answer.status_code == 404


class TestPull:
    async def test_is_a_job_one_at_a_time(self, client: httpx.AsyncClient) -> None:
        first = await client.post(MODELS + "/doubling/pull", headers=SERVICE)
        assert (first.status_code, first.json()["pipeline_type"]) == (202, "pull_model")
        second = await client.post(MODELS + "/doubling/pull", headers=SERVICE)
        assert second.json()["task_id"] == first.json()["task_id"]

    async def test_a_digest_that_is_lacking_is_asked_for_at_once(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(MODELS + "/unknown/pull", headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, "sha256")
        body = {"sha256": {"model.onnx": sha256(MODEL)}}
        answer = await client.post(MODELS + "/unknown/pull", headers=SERVICE, json=body)
        assert answer.status_code == 202

    @pytest.mark.parametrize(
        ("name", "body", "status"),
        [
            ("nobody", None, 404),
            ("doubling", {"sha256": {"model.onnx": "0" * 64}}, 422),
            ("doubling", {"sha256": {"../x": "0" * 64}}, 422),
            ("doubling", {"url": "https://a.b/c"}, 422),
            ("unknown", {"sha256": {"model.onnx": "abc"}}, 422),
        ],
    )
    async def test_what_does_not_fit_is_refused(
        self, client: httpx.AsyncClient, name: str, body: object, status: int
    ) -> None:
        answer = await client.post(f"{MODELS}/{name}/pull", headers=SERVICE, json=body)
        assert answer.status_code == status, answer.text


class TestRemove:
    async def test_what_was_pulled_goes_from_disk_and_memory(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        await platform.upstream.pull("doubling")
        await client.post(MODELS + "/load/doubling", headers=SERVICE)
        assert (await client.delete(MODELS + "/doubling", headers=SERVICE)).status_code == 204
        shown = await get(client, "/doubling")
        assert (shown["state"], shown["loaded"]) == ("in_mirror", False)

    @pytest.mark.parametrize(
        ("name", "status", "said"),
        [
            ("doubling", 409, "mirror"),
            ("wide", 404, "not installed"),
            ("nobody", 404, "no model nobody"),
            ("als", 409, "socialflow models remove als"),
        ],
    )
    async def test_what_cannot_be_removed(self, client: httpx.AsyncClient, name: str, status: int, said: str) -> None:
        answer = await client.delete(f"{MODELS}/{name}", headers=SERVICE)
        assert answer.status_code == status
        assert said in answer.json()["detail"]
