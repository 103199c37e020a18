"""Pictures over REST: by URL and as the body."""

import io
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.image.service import ImageService
from socialflow.kit.incoming import Incoming
from tests.doors.conftest import SERVICE
from tests.doors.fakes import FakePlatform
from tests.media_fetching import HOST, fetcher, files
from tests.media_server import answer, serving
from tests.shared_data import media, shared_models

pytest.importorskip("cv2", reason="needs the media extra")
Image = pytest.importorskip("PIL.Image", reason="needs the media extra")

IMAGE = "/api/v1/image"
PULL = "socialflow models pull "


@pytest.fixture
def picture() -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (64, 48), (90, 120, 30)).save(made, "PNG")
    return made.getvalue()


@pytest.fixture
async def with_models(platform: FakePlatform) -> AsyncIterator[FakePlatform]:
    bare = platform.image
    platform.image = ImageService(models=UpstreamModels(platform.models_dir / "upstream", shared_models()))
    yield platform
    await platform.image.close()
    platform.image = bare


class TestWithoutModels:
    async def test_objects_abstain_and_the_command_is_named(self, client: httpx.AsyncClient, picture: bytes) -> None:
        answer = await client.post(f"{IMAGE}/objects/upload", content=picture, headers=SERVICE)
        told = answer.json()
        assert answer.status_code == 200
        assert (told["status"], told["missing"]) == ("abstained", ["model:yolox-nano-coco"])
        assert told["commands"] == {"yolox-nano-coco": PULL + "yolox-nano-coco"}
        assert (told["objects"], told["counts"], told["provenance"]) == ([], {}, [])

    async def test_faces_are_partial(self, client: httpx.AsyncClient, picture: bytes) -> None:
        told = (await client.post(f"{IMAGE}/faces/upload", content=picture, headers=SERVICE)).json()
        assert (told["status"], told["count"]) == ("partial", 0)
        assert set(told["commands"]) == {"face-yunet", "face-emotion-mini-xception"}
        assert told["provenance"][0]["tier"] == "heuristic"

    async def test_several_questions_one_look(self, client: httpx.AsyncClient, picture: bytes) -> None:
        url = f"{IMAGE}/analyze/upload?analyses=objects&analyses=faces"
        told = (await client.post(url, content=picture, headers=SERVICE)).json()
        assert (told["info"]["width"], told["info"]["height"], told["info"]["format"]) == (64, 48, "PNG")
        assert set(told["analyses"]) == {"objects", "faces"}
        assert "objects:model:yolox-nano-coco" in told["missing"]
        assert told["commands"]["face-yunet"] == PULL + "face-yunet"

    async def test_tags_abstain(self, client: httpx.AsyncClient, picture: bytes) -> None:
        told = (await client.post(f"{IMAGE}/tags/upload?top_k=3", content=picture, headers=SERVICE)).json()
        assert (told["status"], told["tags"]) == ("abstained", [])
        assert PULL + "imagenet-mobilenet-v2" in told["commands"].values()

    async def test_what_nobody_could_judge_is_for_people(self, client: httpx.AsyncClient, picture: bytes) -> None:
        told = (await client.post(f"{IMAGE}/nsfw/upload", content=picture, headers=SERVICE)).json()
        assert (told["status"], told["is_nsfw"], told["is_safe"]) == ("abstained", None, False)
        assert told["recommended_action"] == "flag_for_review"
        assert told["categories"]["explicit"] is None
        assert told["commands"] == {"nsfw-mobilenet-v2": PULL + "nsfw-mobilenet-v2"}

    async def test_a_file_that_breaks_off_says_so(self, client: httpx.AsyncClient) -> None:
        made = io.BytesIO()
        Image.effect_noise((300, 200), 80).convert("RGB").save(made, "JPEG")
        sent = made.getvalue()[: len(made.getvalue()) // 2]
        told = (await client.post(f"{IMAGE}/objects/upload", content=sent, headers=SERVICE)).json()
        assert told["missing"] == ["model:yolox-nano-coco", "end"]


class TestWithModels:
    async def test_objects_and_faces(self, client: httpx.AsyncClient, with_models: FakePlatform) -> None:
        photo = (media("photos") / "people-3104635.jpg").read_bytes()
        told = (await client.post(f"{IMAGE}/objects/upload", content=photo, headers=SERVICE)).json()
        assert (told["status"], told["missing"], told["commands"]) == ("complete", [], {})
        assert told["counts"]["person"] == 3
        told = (await client.post(f"{IMAGE}/faces/upload", content=photo, headers=SERVICE)).json()
        assert (told["status"], told["count"]) == ("complete", 3)
        assert told["faces"][0]["expression"]["label"] == "happy"


class TestRefused:
    @pytest.mark.parametrize("way", ["objects", "faces", "analyze"])
    @pytest.mark.parametrize("url", ["http://127.0.0.1:8000/a.png", "file:///etc/passwd", "http://2130706433/"])
    async def test_what_is_not_public(self, client: httpx.AsyncClient, way: str, url: str) -> None:
        answer = await client.post(f"{IMAGE}/{way}", json={"image_url": url}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
        assert answer.json()["field"] == "image_url"

    @pytest.mark.parametrize("way", ["objects", "faces"])
    async def test_by_query_as_well(self, client: httpx.AsyncClient, way: str) -> None:
        answer = await client.post(f"{IMAGE}/{way}", params={"image_url": "http://127.0.0.1/"}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")

    async def test_one_place_says_where_it_is(self, client: httpx.AsyncClient) -> None:
        url = "http://127.0.0.1/"
        for params, body in (({}, None), ({"image_url": url}, {"image_url": url})):
            answer = await client.post(f"{IMAGE}/faces", params=params, json=body, headers=SERVICE)
            assert (answer.status_code, answer.json()["field"]) == (422, "image_url")

    @pytest.mark.parametrize("content", [b"", b"hello", b"<svg/>"])
    async def test_what_is_no_picture(self, client: httpx.AsyncClient, content: bytes) -> None:
        answer = await client.post(f"{IMAGE}/objects/upload", content=content, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "media_unreadable")

    async def test_an_unknown_analysis_is_named(self, client: httpx.AsyncClient, picture: bytes) -> None:
        answer = await client.post(f"{IMAGE}/analyze/upload?analyses=smell", content=picture, headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, "analyses")


def drawn(seed: int) -> bytes:
    """A picture with much to see."""
    made, patches = io.BytesIO(), np.random.default_rng(seed).integers(0, 255, (12, 16, 3), np.uint8)
    Image.fromarray(patches).resize((320, 240), Image.Resampling.BICUBIC).save(made, "PNG")
    return made.getvalue()


class TestSimilar:
    async def test_duplicates_first_and_what_cannot_be_had_is_told(
        self, client: httpx.AsyncClient, platform: FakePlatform, tmp_path: Path
    ) -> None:
        script = [answer(drawn(1)), answer(drawn(2)), answer(drawn(1)), answer(status=404)]
        bare = platform.image
        async with serving(*script) as server:
            platform.image = ImageService(incoming=Incoming(fetcher(server), folder=tmp_path / "media"))
            urls = [f"http://{HOST}:{server.port}/{name}" for name in ("asked", "other", "same", "gone")]
            told = (
                await client.post(
                    f"{IMAGE}/similar", json={"image_url": urls[0], "candidates": urls[1:]}, headers=SERVICE
                )
            ).json()
            await platform.image.close()
        platform.image = bare
        assert [(one["id"], one["kind"]) for one in told["similar"]] == [(urls[2], "duplicate"), (urls[1], "alike")]
        assert told["similar"][0]["similarity"] == 1.0
        assert [(one["id"], one["code"]) for one in told["left_out"]] == [(urls[3], "media_unavailable")]
        assert told["status"] == "partial"
        assert told["provenance"][0]["tier"] == "heuristic"
        assert files(tmp_path / "media") == []
