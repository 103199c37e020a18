"""No input makes the server fail: every one of these gets a clear refusal."""

import httpx
import pytest

from tests.doors.conftest import SERVICE

JSON = {"Content-Type": "application/json", **SERVICE}
BODIES = {
    "nothing": b"",
    "not json": b"{",
    "deep list": b"[" * 200_000,
    "deep object": b'{"a":' * 100_000,
    "bad utf-8": b'{"username": "\xff\xfe"}',
    "lone surrogate": b'{"username": "\\ud800", "post_id": "i-1", "interaction_type": "like"}',
    "nul": b'{"username": "a\\u0000", "post_id": "i-1", "interaction_type": "like"}',
    "nan": b'{"username": "bob", "post_id": "i-1", "interaction_type": "like", "interaction_value": NaN}',
    "infinity": b'{"username": "bob", "post_id": "i-1", "interaction_type": "like", "interaction_value": 1e999}',
    "huge integer": b'{"username": "bob", "post_id": ' + b"9" * 5000 + b', "interaction_type": "like"}',
    "number": b"1",
    "null": b"null",
    "text": b'"x"',
    "array in place of text": b'{"username": [], "post_id": {}, "interaction_type": "like"}',
    "duplicate keys": b'{"username": "bob", "username": 1.5}',
}
POSTS = [
    "/api/v1/interaction",
    "/api/v1/interactions",
    "/api/v1/items/bulk",
    "/api/v1/users/bulk",
    "/api/v1/sentiment/analyze",
    "/api/v1/sentiment/batch",
    "/api/v1/sentiment/aspects",
    "/api/v1/sentiment/emotions",
    "/api/v1/sentiment/intent",
]
PUTS = [
    "/api/v1/items/x",
    "/api/v1/users/x",
    "/api/v1/channels/x",
    "/api/v1/value-models",
    "/api/v1/recommendations/rules",
]


@pytest.mark.parametrize("name", BODIES)
async def test_bodies(client: httpx.AsyncClient, name: str) -> None:
    for method, path in [("POST", path) for path in POSTS] + [("PUT", path) for path in PUTS]:
        answer = await client.request(method, path, content=BODIES[name], headers=JSON)
        assert answer.status_code == 422, f"{path}: {answer.text}"
        assert answer.json()["code"] == "invalid_input"
        assert answer.json()["field"]


@pytest.mark.parametrize(
    "content_type", ["", "text/plain", "application/xml", "multipart/form-data", "application/json;;;"]
)
async def test_content_types(client: httpx.AsyncClient, content_type: str) -> None:
    body = b'{"username": "bob", "post_id": "i-1", "interaction_type": "like"}'
    headers = {**SERVICE, "Content-Type": content_type}
    answer = await client.post("/api/v1/interaction", content=body, headers=headers)
    assert answer.status_code in {202, 422}
    if answer.status_code == 422:
        assert "Content-Type: application/json" in answer.json()["detail"]


async def test_a_body_beyond_16_mib_is_413(client: httpx.AsyncClient) -> None:
    answer = await client.post("/api/v1/interactions", content=b" " * (16 * 2**20 + 1), headers=JSON)
    assert (answer.status_code, answer.json()["code"]) == (413, "input_too_large")


@pytest.mark.parametrize(
    "query",
    [
        "username=a%00b",
        "username=",
        "username=" + "x" * 129,
        "username=bob&page=9223372036854775808",
        "username=bob&page=-1",
        "username=bob&page=" + "9" * 5000,
        "username=bob&page_size=0",
        "username=bob&page=1e3",
        "username=bob&mood=%F0%9F%98%80",
        "username=bob&category=%00",
        "username=bob&request_id=" + "x" * 65,
        "username=bob&request_id=%00",
        "page=1",
    ],
)
async def test_queries(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/feed?{query}", headers=SERVICE)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_input")


@pytest.mark.parametrize("query", ["username=%FF%FE", "username=%ED%A0%80", "username=bob&page=1&page=2&x=%00"])
async def test_queries_of_odd_bytes(client: httpx.AsyncClient, query: str) -> None:
    answer = await client.get(f"/api/v1/feed?{query}", headers=SERVICE)
    assert answer.status_code in {200, 404, 422}


@pytest.mark.parametrize(
    "item", ["%00", "%0A", "a%2Fb", "..", "%FF", "x" * 129, "%E2%80%AE", "'; DROP TABLE items; --"]
)
async def test_paths(client: httpx.AsyncClient, item: str) -> None:
    for path in (f"/api/v1/items/{item}", f"/api/v1/similar/{item}", f"/api/v1/users/{item}"):
        answer = await client.get(path, headers=SERVICE)
        assert answer.status_code in {404, 405, 410, 422}
        assert answer.json()["code"]


@pytest.mark.parametrize(
    "headers",
    [
        {"Authorization": "Bearer " + "x" * 100_000},
        {"Authorization": "Bearer \xff\xfe"},
        {"Authorization": "Bearer a.b.c d"},
        {"X-API-Key": "\x7f" * 1000},
        {"X-API-Key": "sf__"},
        {"X-API-Key": "sf_\xff_\xff"},
    ],
)
async def test_credentials(client: httpx.AsyncClient, headers: dict[str, str]) -> None:
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
    answer = await client.get("/api/v1/trending", headers=raw)
    assert answer.status_code in {401, 403}
