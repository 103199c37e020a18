"""Logs are JSON lines that name no person."""

import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from socialflow.observability import logs


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level, before = root.handlers, root.level, structlog.get_config()
    stream = io.StringIO()
    logs.configure("info", stream)
    yield stream
    root.handlers, root.level = handlers, level
    structlog.configure(**before)
    logging.getLogger("uvicorn.access").disabled = False


def written(stream: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_line_is_json_with_level_time_and_request_id(lines: io.StringIO) -> None:
    with structlog.contextvars.bound_contextvars(request_id="r-1"):
        structlog.get_logger("door").info("request", route="/feed", status=200)
    (line,) = written(lines)
    assert line["event"] == "request"
    assert line["request_id"] == "r-1"
    assert line["level"] == "info"
    assert line["timestamp"].endswith("Z")


def test_less_severe_lines_are_not_written(lines: io.StringIO) -> None:
    structlog.get_logger("door").debug("detail")
    assert written(lines) == []


def test_a_library_does_not_quote_headers(lines: io.StringIO) -> None:
    logs.configure("debug", lines)
    logging.getLogger("httpcore.http11").debug("receive_response_headers.complete Location: /private?sign=secret")
    assert lines.getvalue() == ""


def test_names_of_people_and_secrets_are_dropped(lines: io.StringIO) -> None:
    structlog.get_logger("door").info("request", user_id="u-1", username="ann", token="t", status=200)
    assert "ann" not in lines.getvalue()
    assert "u-1" not in lines.getvalue()
    assert written(lines)[0]["status"] == 200


def test_an_exception_is_told_by_type_and_place_without_its_message(lines: io.StringIO) -> None:
    try:
        raise ValueError("no user ann")
    except ValueError:
        structlog.get_logger("door").exception("unhandled_error")
    (line,) = written(lines)
    assert line["error"] == "ValueError"
    assert any("test_logs.py" in place for place in line["at"])
    assert "no user ann" not in lines.getvalue()


def test_lines_of_libraries_have_the_same_form(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").warning("slow %s", "start")
    (line,) = written(lines)
    assert line["event"] == "slow start"
    assert line["logger"] == "uvicorn.error"


def test_the_servers_own_access_log_is_silent(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.access").info('127.0.0.1 - "GET /api/v1/feed?username=ann"')
    assert lines.getvalue() == ""
