"""Videos over REST: by URL and as the body."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from tests.clips import film, plain
from tests.doors.conftest import SERVICE

VIDEO = "/api/v1/video/analyze"


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return film(tmp_path / "clip.mp4", [plain(90)] * 50, sound=np.zeros(16_000, np.float32)).read_bytes()


class TestUpload:
    async def test_header_and_reach_are_told(self, client: httpx.AsyncClient, clip: bytes) -> None:
        answer = await client.post(f"{VIDEO}/upload", content=clip, headers={**SERVICE, "Content-Type": "video/mp4"})
        told = answer.json()
        assert answer.status_code == 200
        assert (told["status"], told["missing"]) == ("complete", [])
        assert (told["info"]["width"], told["info"]["height"], told["info"]["audio_codec"]) == (64, 48, "aac")
        assert told["read"]["frames"] == 50

    async def test_pieces_are_taken_as_they_come(self, client: httpx.AsyncClient, clip: bytes) -> None:
        async def pieces() -> AsyncIterator[bytes]:
            for start in range(0, len(clip), 1000):
                yield clip[start : start + 1000]

        assert (await client.post(f"{VIDEO}/upload", content=pieces(), headers=SERVICE)).json()["read"]["frames"] == 50

    @pytest.mark.parametrize("content", [b"", b"hello", b"#EXTM3U\nfile:///etc/passwd\n"])
    async def test_what_is_no_video_is_refused(self, client: httpx.AsyncClient, content: bytes) -> None:
        answer = await client.post(f"{VIDEO}/upload", content=content, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "media_unreadable")

    async def test_an_unknown_analysis_is_named(self, client: httpx.AsyncClient, clip: bytes) -> None:
        answer = await client.post(f"{VIDEO}/upload?analyses=smell", content=clip, headers=SERVICE)
        assert (answer.status_code, answer.json()["field"]) == (422, "analyses")


class TestByUrl:
    @pytest.mark.parametrize(
        "url",
        ["http://127.0.0.1:8000/clip.mp4", "http://[::ffff:10.0.0.1]/", "file:///etc/passwd", "http://2130706433/"],
    )
    async def test_what_is_not_public_is_refused(self, client: httpx.AsyncClient, url: str) -> None:
        answer = await client.post(VIDEO, json={"video_url": url}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
        assert answer.json()["field"] == "video_url"


class TestCaptions:
    CAPTIONS = "/api/v1/video/captions"

    async def test_where_nobody_speaks_nothing_is_told(self, client: httpx.AsyncClient, clip: bytes) -> None:
        answer = await client.post(f"{self.CAPTIONS}/upload", content=clip, headers=SERVICE)
        told = answer.json()
        assert answer.status_code == 200
        assert (told["status"], told["missing"]) == (
            "abstained",
            ["speech", "model:vad-silero", "model:speech-whisper-base"],
        )
        assert (told["cues"], told["words"], told["language"]) == ([], [], None)

    @pytest.mark.parametrize(
        ("form", "kind", "text"), [("vtt", "text/vtt", "WEBVTT\n"), ("srt", "application/x-subrip", "")]
    )
    async def test_as_a_file_headers_say_what_is_missing(
        self, client: httpx.AsyncClient, clip: bytes, form: str, kind: str, text: str
    ) -> None:
        answer = await client.post(f"{self.CAPTIONS}/upload?format={form}", content=clip, headers=SERVICE)
        assert (answer.status_code, answer.text) == (200, text)
        assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
        assert answer.headers["X-Socialflow-Status"] == "abstained"
        assert answer.headers["X-Socialflow-Missing"] == "speech, model:vad-silero, model:speech-whisper-base"

    async def test_another_form_is_refused(self, client: httpx.AsyncClient, clip: bytes) -> None:
        answer = await client.post(f"{self.CAPTIONS}/upload?format=ass", content=clip, headers=SERVICE)
        assert answer.status_code == 422

    async def test_what_is_not_public_is_refused(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(self.CAPTIONS, json={"video_url": "http://127.0.0.1/a.mp4"}, headers=SERVICE)
        assert (answer.status_code, answer.json()["code"]) == (422, "address_refused")
