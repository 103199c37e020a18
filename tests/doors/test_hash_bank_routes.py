"""Hash banks over REST."""

import io
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image

from socialflow.image.pdq import pdq
from tests.clips import film
from tests.doors.conftest import SERVICE
from tests.moving_pictures import melody, walk
from tests.unit.image.generated_pictures import picture

BANKS = "/api/v1/moderation/hash-banks"
HASH = "f8" * 32
SCAM = "Follow my page for free coins and win big prizes every day, click the link in bio"


async def made(client: httpx.AsyncClient, kind: str = "picture", purpose: str = "block", **more: object) -> str:
    body = {"name": "a bank", "kind": kind, "purpose": purpose, **more}
    answer = await client.post(BANKS, json=body, headers=SERVICE)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sent(client: httpx.AsyncClient, path: str, body: object, status: int = 200) -> Any:
    answer = await client.post(BANKS + path, json=body, headers=SERVICE)
    assert answer.status_code == status, answer.text
    return answer.json()


class TestWhatIsHeld:
    async def test_waits_for_people(self, client: httpx.AsyncClient) -> None:
        bank = await made(client, id="scams", kind="text", thresholds={"flood_entry": 1})
        told = await sent(client, f"/{bank}/entries", {"text": SCAM})
        for _ in range(2):
            await sent(client, "/match", {"text": SCAM, "record": True})
        held = (await client.get("/api/v1/moderation/queue/held-hashes", headers=SERVICE)).json()
        assert [(one["bank"], one["entry"]["id"], one["examples"]) for one in held["entries"]] == [
            ("scams", told["id"], [])
        ]
        assert held["banks"] == []
        await sent(client, f"/{bank}/entries/{told['id']}/confirm", None)
        held = (await client.get("/api/v1/moderation/queue/held-hashes", headers=SERVICE)).json()
        assert held == {"banks": [], "entries": []}


class TestBanks:
    async def test_made_read_changed_and_deactivated(self, client: httpx.AsyncClient) -> None:
        bank = await made(client, id="films", owner="Studio", thresholds={"distance": 20})
        listed = (await client.get(BANKS, headers=SERVICE)).json()["banks"]
        assert [(one["id"], one["owner"], one["active"], one["thresholds"]["distance"]) for one in listed] == [
            ("films", "Studio", True, 20)
        ]
        gone = await client.delete(f"{BANKS}/{bank}", headers=SERVICE)
        assert (gone.status_code, gone.json()["active"]) == (200, False)
        back = await client.put(f"{BANKS}/{bank}", json={"active": True}, headers=SERVICE)
        assert (back.json()["active"], back.json()["thresholds"]["distance"]) == (True, 20)
        again = await client.post(
            BANKS, json={"id": "films", "name": "n", "kind": "text", "purpose": "block"}, headers=SERVICE
        )
        assert (again.status_code, again.json()["code"]) == (409, "conflict")

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({}, "name"),
            ({"name": " ", "kind": "text", "purpose": "block"}, "name"),
            ({"name": "n", "kind": "smell", "purpose": "block"}, "kind"),
            ({"name": "n", "kind": "text", "purpose": "block", "thresholds": {"distance": 32}}, "thresholds.distance"),
        ],
    )
    async def test_what_is_wrong_is_named(self, client: httpx.AsyncClient, body: object, field: str) -> None:
        told = await client.post(BANKS, json=body, headers=SERVICE)
        assert (told.status_code, told.json()["field"]) == (422, field)


class TestEntries:
    async def test_added_matched_withdrawn_and_confirmed(self, client: httpx.AsyncClient) -> None:
        bank = await made(client)
        added = await sent(client, f"/{bank}/entries", {"pdq": HASH, "quality": 90, "label": "known"})
        assert added["new"]
        assert not (await sent(client, f"/{bank}/entries", {"pdq": HASH.upper()}))["new"]
        (match,) = (await sent(client, "/match", {"pdq": HASH}))["matches"]
        assert (match["bank"], match["entry"], match["distance"], match["label"]) == (bank, added["id"], 0, "known")
        assert (match["acts"], match["kind"], match["suppressed_by"]) == (True, "picture", None)
        entry = f"/{bank}/entries/{added['id']}"
        assert (await sent(client, entry + "/opinion", {"view": "false_positive"}))["opinions"]["false_positive"] == 1
        assert (await sent(client, entry + "/withdraw", None))["state"] == "withdrawn"
        assert (await sent(client, "/match", {"pdq": HASH}))["matches"] == []
        told = await sent(client, entry + "/confirm", None)
        assert (told["state"], told["opinions"]) == ("active", {"seen": 0, "confirmed": 1, "false_positive": 0})
        page = (await client.get(f"{BANKS}/{bank}/entries?limit=1", headers=SERVICE)).json()
        assert (page["entries"][0]["digest"], page["next"]) == (HASH, added["id"])
        assert (await client.get(f"{BANKS}/{bank}", headers=SERVICE)).json()["entries"] == 1

    async def test_texts(self, client: httpx.AsyncClient) -> None:
        bank = await made(client, "text")
        await sent(client, f"/{bank}/entries", {"text": "Free coins for everybody who clicks on this link now"})
        told = await sent(client, "/match", {"text": "FREE c0ins for everyb0dy who clicks on this link now!!!"})
        assert [match["score"] for match in told["matches"]] == [1.0]
        assert (await sent(client, f"/{bank}/entries", {"text": "\U0001f525"}, 422))["field"] == "text"
        assert (await sent(client, "/match", {"text": "\U0001f525"}))["missing"] == ["text:short"]

    async def test_many_hashes_and_lists(self, client: httpx.AsyncClient) -> None:
        bank = await made(client)
        rows = [{"pdq": f"{number:064x}", "quality": 30 + number} for number in range(40)]
        assert await sent(client, f"/{bank}/entries/bulk", {"entries": rows}) == {
            "stored": 20,
            "duplicates": 0,
            "poor": 20,
        }
        told = await client.get(f"{BANKS}/{bank}/export?format=csv&limit=15", headers=SERVICE)
        assert (told.headers["content-type"].split(";")[0], len(told.text.splitlines())) == ("text/csv", 15)
        rest = await client.get(
            f"{BANKS}/{bank}/export?format=csv&after={told.headers['x-next-after']}", headers=SERVICE
        )
        assert "x-next-after" not in rest.headers
        other = await made(client)
        path = f"{BANKS}/{other}/import?format=csv&label=theirs"
        taken = (await client.post(path, content=told.content + rest.content + b"x", headers=SERVICE)).json()
        assert (taken["stored"], taken["refused_count"], taken["refused"][0]["row"]) == (20, 1, 21)
        signals = await client.get(f"{BANKS}/{other}/export?format=threatexchange", headers=SERVICE)
        assert {one["tags"][0] for one in signals.json()["data"]} == {"theirs"}

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"pdq": HASH, "text": "both"},
            {"fingerprint": "é"},
            {"text": "a text for a bank of pictures"},
            {"pdq": HASH, "quality": 10},
            {"pdq": HASH, "span": {"start": 2, "end": 1}},
            {"image_url": "http://127.0.0.1/a.jpg"},
            {"video_url": "http://127.0.0.1/a.mp4"},
        ],
    )
    async def test_what_is_no_entry_is_refused(self, client: httpx.AsyncClient, body: object) -> None:
        await sent(client, f"/{await made(client)}/entries", body, 422)


class TestUploads:
    async def test_a_picture_that_is_sent(self, client: httpx.AsyncClient) -> None:
        bank, shown = await made(client), picture(5)
        await sent(client, f"/{bank}/entries", {"pdq": pdq(shown).hex})
        file = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(shown[:, ::-1])).save(file, "jpeg", quality=60)
        answer = await client.post(f"{BANKS}/match/upload?record=true", content=file.getvalue(), headers=SERVICE)
        (match,) = answer.json()["matches"]
        assert (match["how"], match["distance"] <= 31) == ("flip_y", True)

    async def test_a_film_by_its_fingerprint(self, client: httpx.AsyncClient, tmp_path_factory: Any) -> None:
        folder = tmp_path_factory.mktemp("films")
        prints = []
        for name, start, seconds in (("original", 0.0, 10.0), ("excerpt", 3.0, 5.0)):
            path = film(
                folder / f"{name}.mp4", walk(1, seconds, start=start), rate=10, sound=melody(1, seconds, start=start)
            )
            answer = await client.post("/api/v1/video/fingerprint/upload", content=path.read_bytes(), headers=SERVICE)
            prints.append(answer.json()["fingerprint"])
        films = await made(client, "video", "copyright", owner="Studio")
        sounds = await made(client, "audio", "track")
        for bank in (films, sounds):
            await sent(client, f"/{bank}/entries", {"fingerprint": prints[0], "span": {"start": 4, "end": 9}})
        told = await sent(client, "/match", {"fingerprint": prints[1]})
        assert {(match["bank"], match["owner"]) for match in told["matches"]} == {(films, "Studio"), (sounds, "")}
        for match in told["matches"]:
            offsets = [span["reference_start"] - span["start"] for span in match["spans"]]
            assert any(offset == pytest.approx(3, abs=0.3) for offset in offsets)
            assert all(span["reference_start"] >= 4 and span["reference_end"] <= 9 for span in match["spans"])
