"""Fingerprints of videos over REST, and what two of them share."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.clips import film
from tests.doors.conftest import SERVICE
from tests.moving_pictures import melody, walk

VIDEO = "/api/v1/video"


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder = tmp_path_factory.mktemp("films")
    made: dict[str, Path] = {
        "original": film(folder / "original.mp4", walk(1, 8), rate=10, sound=melody(1, 8)),
        "excerpt": film(folder / "excerpt.mp4", (frame[:, ::-1] for frame in walk(1, 4, start=2)), rate=10),
        "other": film(folder / "other.mp4", walk(2, 4), rate=10),
    }
    return {name: path.read_bytes() for name, path in made.items()}


async def printed(client: httpx.AsyncClient, film: bytes) -> dict[str, Any]:
    answer = await client.post(f"{VIDEO}/fingerprint/upload", content=film, headers=SERVICE)
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


class TestFingerprint:
    async def test_hashes_as_vpdq_lists_them(self, client: httpx.AsyncClient, films: dict[str, bytes]) -> None:
        told = await printed(client, films["original"])
        assert (told["status"], told["missing"], told["read"]["frames"]) == ("complete", [], 80)
        assert [one["frame"] for one in told["frames"]] == list(range(0, 80, 10))
        assert all(len(bytes.fromhex(one["pdq"])) == 32 for one in told["frames"])
        assert told["sound_peaks"] > 20

    async def test_without_sound_it_is_partial(self, client: httpx.AsyncClient, films: dict[str, bytes]) -> None:
        told = await printed(client, films["other"])
        assert (told["status"], told["missing"]) == ("partial", ["sound"])


class TestMatch:
    async def test_spans_are_told(self, client: httpx.AsyncClient, films: dict[str, bytes]) -> None:
        prints = {name: (await printed(client, film))["fingerprint"] for name, film in films.items()}
        body = {"query": {"fingerprint": prints["excerpt"]}, "reference": {"fingerprint": prints["original"]}}
        told = (await client.post(f"{VIDEO}/match", json=body, headers=SERVICE)).json()
        assert (told["matched"], told["kind"]) == (True, "excerpt")
        (span,) = told["spans"]
        assert (span["medium"], span["mirrored"]) == ("picture", True)
        assert (span["offset"], span["reference_start"]) == (pytest.approx(2, abs=0.2), pytest.approx(2, abs=0.5))
        body["query"] = {"fingerprint": prints["other"]}
        told = (await client.post(f"{VIDEO}/match", json=body, headers=SERVICE)).json()
        assert (told["matched"], told["kind"], told["spans"]) == (False, None, [])

    @pytest.mark.parametrize(
        ("query", "field"),
        [
            ({}, "query"),
            ({"fingerprint": "U0ZW", "video_url": "http://example.org/"}, "query"),
            ({"fingerprint": "U0ZW"}, "query.fingerprint"),
            ({"fingerprint": "é"}, "query.fingerprint"),
        ],
    )
    async def test_what_is_none_is_named(self, client: httpx.AsyncClient, query: dict[str, str], field: str) -> None:
        answer = await client.post(f"{VIDEO}/match", json={"query": query, "reference": {}}, headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, field)

    async def test_private_addresses_are_refused(self, client: httpx.AsyncClient) -> None:
        one = {"video_url": "http://127.0.0.1/clip.mp4"}
        answer = await client.post(f"{VIDEO}/match", json={"query": one, "reference": one}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
