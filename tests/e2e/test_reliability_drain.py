"""SIGTERM: what is in flight is finished, nobody is told any more that the server is ready, and it ends well."""

import http.client
import json
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from tests.e2e.service import KEY, Platform, Service, fill, token

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with Platform(tmp_path_factory.mktemp("platform") / "var").serving() as service:
        with service.client() as client:
            fill(client, users=3, items=3)
        yield service


@contextmanager
def connected(service: Service) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", service.port), timeout=30) as connection:
        yield connection


def send_head(connection: socket.socket, method: str, path: str, **headers: object) -> None:
    lines = [f"{method} {path} HTTP/1.1", "Host: test", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
    connection.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())


def answer_on(connection: socket.socket) -> tuple[int, dict[str, object]] | None:
    """Status and body, or None where the server closed the connection instead."""
    response = http.client.HTTPResponse(connection)
    try:
        response.begin()
        return response.status, json.loads(response.read())
    except (http.client.RemoteDisconnected, ConnectionResetError):
        return None
    finally:
        response.close()


LIKE = {"username": "u1", "post_id": "i1", "interaction_type": "like"}


class TestAccess:
    """Who may do what, spot-checked on a real server; the whole matrix is tested at the door."""

    @pytest.mark.parametrize(
        ("headers", "status", "code"),
        [
            ({}, 401, "authentication_required"),
            ({"Authorization": "Bearer not.a.token"}, 401, "invalid_token"),
            ({"X-API-Key": "not-the-key"}, 403, "invalid_credentials"),
            (token("u2"), 403, "permission_denied"),
        ],
        ids=["none", "wrong token", "wrong key", "another user"],
    )
    @pytest.mark.parametrize("method", ["feed", "read", "write", "erase"])
    def test_others_are_refused(
        self, service: Service, method: str, headers: dict[str, str], status: int, code: str
    ) -> None:
        with service.client(headers) as client:
            answer = {
                "feed": lambda: client.get("/api/v1/feed", params={"username": "name-1"}),
                "read": lambda: client.get("/api/v1/users/u1"),
                "write": lambda: client.post("/api/v1/interaction", json=LIKE),
                "erase": lambda: client.delete("/api/v1/users/u1"),
            }[method]()
        assert (answer.status_code, answer.json()["code"]) == (status, code)

    def test_the_role_decides(self, service: Service) -> None:
        with service.client(token("u1")) as client:
            assert client.get("/api/v1/users/u1").status_code == 200
            assert client.get("/api/v1/erasures/any").status_code == 403
            assert client.put("/api/v1/users/u1", json={"username": "name-1", "role": "admin"}).status_code == 403
            assert client.post("/api/v1/users/bulk", json={"users": [{"id": "x", "username": "x"}]}).status_code == 403


def test_requests_in_flight_are_finished(service: Service) -> None:
    body = json.dumps({"username": "u0", "post_id": "i2", "interaction_type": "like"}).encode()
    with connected(service) as busy, connected(service) as idle:
        head = {"Content_Type": "application/json", "Content_Length": len(body), "Expect": "100-continue", **KEY}
        send_head(busy, "POST", "/api/v1/interaction", **head)
        assert busy.recv(1024).startswith(b"HTTP/1.1 100 ")  # the route is running and waits for its body
        service.process.send_signal(signal.SIGSTOP)
        service.terminate()
        send_head(idle, "GET", "/ready")
        service.process.send_signal(signal.SIGCONT)
        told = answer_on(idle)
        assert told is None or (told[0] == 503 and "draining" in str(told[1]["parts"])), told
        busy.sendall(body)
        answer = answer_on(busy)
        assert answer is not None
        assert answer[0] == 202
    assert service.process.wait(60) == 0, service.output()
    assert not service.is_ready()
    assert service.platform.interactions() == [("u0", "i2")]
    assert "Traceback" not in service.output()
