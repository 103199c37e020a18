"""Thumbnails over REST: by URL and as the body."""

import base64
from pathlib import Path

import httpx
import pytest

from socialflow.kit.roles import Role
from tests.clips import film, noise, plain
from tests.doors.conftest import SERVICE, token

THUMBNAILS = "/api/v1/video/thumbnails"


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    """Two shots."""
    return film(tmp_path / "clip.mp4", [*[noise(1, 160, 96)] * 40, *[noise(2, 160, 96)] * 40]).read_bytes()


class TestUpload:
    async def test_pictures_crops_and_a_test_between_them(self, client: httpx.AsyncClient, clip: bytes) -> None:
        answer = await client.post(f"{THUMBNAILS}/upload", content=clip, headers=SERVICE)
        told = answer.json()
        assert answer.status_code == 200
        assert (told["status"], told["missing"]) == ("partial", ["model:face-yunet"])
        assert told["commands"] == {"face-yunet": "socialflow models pull face-yunet"}
        assert told["info"]["width"] == 160
        assert sorted(one["frame"] // 40 for one in told["thumbnails"]) == [0, 1]
        for one in told["thumbnails"]:
            assert base64.b64decode(one["jpeg"])[:2] == b"\xff\xd8"
            assert list(one["crops"]) == ["16:9", "9:16", "1:1"]
        assert told["experiment"]["control"] == told["thumbnails"][0]["id"]
        assert told["provenance"][0]["tier"] == "heuristic"

    async def test_number_and_shapes_are_those_asked(self, client: httpx.AsyncClient, clip: bytes) -> None:
        asked = {"count": 1, "aspect_ratios": ["4:5", "2:1"]}
        answer = await client.post(f"{THUMBNAILS}/upload", params=asked, content=clip, headers=SERVICE)
        told = answer.json()
        assert [list(one["crops"]) for one in told["thumbnails"]] == [["4:5", "2:1"]]
        assert told["experiment"] is None

    async def test_creators_may(self, client: httpx.AsyncClient, clip: bytes) -> None:
        for role, status in (("creator", 200), ("user", 403)):
            answer = await client.post(f"{THUMBNAILS}/upload", content=clip, headers=token("u-ann", Role(role)))
            assert answer.status_code == status

    async def test_nothing_to_see_is_told(self, client: httpx.AsyncClient, tmp_path: Path) -> None:
        black = film(tmp_path / "black.mp4", [plain(0)] * 30).read_bytes()
        told = (await client.post(f"{THUMBNAILS}/upload", content=black, headers=SERVICE)).json()
        assert (told["status"], told["missing"], told["thumbnails"]) == ("abstained", ["usable"], [])


class TestRefused:
    @pytest.mark.parametrize(
        ("asked", "field"),
        [({"count": 0}, "count"), ({"count": 21}, "count"), ({"aspect_ratios": ["wide"]}, "aspect_ratios")],
    )
    async def test_what_cannot_be_asked(
        self, client: httpx.AsyncClient, clip: bytes, asked: dict[str, object], field: str
    ) -> None:
        sent = await client.post(f"{THUMBNAILS}/upload", params=asked, content=clip, headers=SERVICE)
        named = await client.post(THUMBNAILS, json={"video_url": "http://127.0.0.1/", **asked}, headers=SERVICE)
        for answer in (sent, named):
            assert (answer.status_code, answer.json()["field"]) == (422, field)

    async def test_what_is_not_public(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(THUMBNAILS, json={"video_url": "http://127.0.0.1/clip.mp4"}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
