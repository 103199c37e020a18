"""Search of videos by what frames show, through the whole house: a film is fetched, indexed and found over REST."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest

from socialflow import wiring
from socialflow.doors.rest.app import create_app
from socialflow.image.clip import MODEL
from socialflow.settings import load_settings
from socialflow.storage import maintenance
from tests.clips import film
from tests.doors.conftest import SERVICE
from tests.doors.fakes import STATIC_KEY
from tests.media_server import MediaServer, answer, serving
from tests.stocked import stocked
from tests.tiny_clip import tiny_clip

pytest.importorskip("cv2", reason="needs the media extra")

RED, BLUE = (220, 30, 30), (20, 40, 210)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[MediaServer]:
    """Gives a film of four red seconds and four blue ones."""
    frames = [np.full((48, 64, 3), colour, np.uint8) for colour in (RED, BLUE) for _ in range(20)]
    async with serving(answer(film(tmp_path / "flags.mp4", frames, rate=5).read_bytes())) as running:
        yield running


@pytest.fixture
async def client(
    tmp_path: Path, server: MediaServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[httpx.AsyncClient]:
    """The house with no model but that of pictures and words."""
    models = stocked(tmp_path / "stock", {MODEL: tiny_clip()})
    monkeypatch.setattr("socialflow.wiring.platform.upstream_models", lambda settings: models)
    told = {"socialflow_home": tmp_path / "home", "api_key": STATIC_KEY, "database_url": "", "redis_url": None}
    chosen = load_settings({**told, "media_allowed_hosts": [f"127.0.0.1:{server.port}"]})
    maintenance.upgrade(chosen.store_url)
    app = create_app(lambda: wiring.assemble(chosen))
    async with app.router.lifespan_context(app):
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(transport=transport, base_url="http://test", headers=SERVICE) as opened:
            yield opened


async def post(client: httpx.AsyncClient, path: str, **body: object) -> dict[str, Any]:
    told = await client.post(f"/api/v1/video/{path}", json=body)
    assert told.status_code == 200, told.text
    found: dict[str, Any] = told.json()
    return found


async def test_a_film_is_fetched_indexed_and_found_by_what_it_shows(
    client: httpx.AsyncClient, server: MediaServer
) -> None:
    item = {
        "title": "Signals",
        "media_url": f"http://127.0.0.1:{server.port}/flags.mp4",
        "moderation_status": "approved",
    }
    assert (await client.put("/api/v1/items/flags", json=item)).is_success
    told = await post(client, "index", item_id="flags")
    assert not [one for one in told["missing"] if one.startswith("frames")]
    found = await post(client, "search", query="red")
    assert [(hit["item_id"], hit["start"], hit["spaces"]) for hit in found["hits"]] == [("flags", 0.0, ["pictures"])]
    assert found["hits"][0]["end"] == pytest.approx(4, abs=0.3)
    assert found["hits"][0]["why"][0]["kind"] == "frame"
    assert MODEL in {made["model"] for made in found["provenance"]}
    blue = await post(client, "search", query="blue", kinds=["frame"], item_id="flags")
    assert [hit["start"] for hit in blue["hits"]] == [pytest.approx(4, abs=0.3)]
    assert (await post(client, "search", query="dfgkj wer"))["status"] == "abstained"
    assert (await post(client, "search", query="signals"))["hits"][0]["spaces"] == ["text"]
