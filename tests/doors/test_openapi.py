"""The API document: complete, guarded by a snapshot, and true."""

from pathlib import Path
from typing import Any, NoReturn

import pytest

from socialflow.doors.rest.app import create_app
from socialflow.doors.rest.openapi import TAGS, render

SNAPSHOT = Path(__file__).parents[1] / "golden" / "openapi.json"
GENERATOR = "python -m socialflow.doors.rest.openapi > tests/golden/openapi.json"


def _no_platform() -> NoReturn:
    raise AssertionError("the document needs no platform")


APP = create_app(_no_platform)
DOCUMENT: dict[str, Any] = APP.openapi()
OPERATIONS = [
    pytest.param(path, operation, id=f"{method.upper()} {path}")
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
]


def test_it_is_what_was_agreed() -> None:
    assert render(APP) == SNAPSHOT.read_text(encoding="utf-8"), f"changed on purpose? then: {GENERATOR}"


def test_it_is_openapi_3_1() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")


@pytest.mark.parametrize(("path", "operation"), OPERATIONS)
class TestOperations:
    def test_has_words_and_a_known_tag(self, path: str, operation: dict[str, Any]) -> None:
        assert operation["summary"]
        assert operation["description"]
        assert set(operation["tags"]) <= {tag["name"] for tag in TAGS}

    def test_parameters_have_words_and_examples(self, path: str, operation: dict[str, Any]) -> None:
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            assert parameter.get("description") or schema.get("description"), parameter["name"]
            assert schema.get("examples") or parameter.get("examples"), parameter["name"]

    def test_refusals_are_documented(self, path: str, operation: dict[str, Any]) -> None:
        if path.startswith("/api/"):
            assert {"401", "403", "422", "429", "503"} <= set(operation["responses"])
            collects = path.startswith("/api/v1/collect")
            assert operation["security"] == ([{"flic": []}] if collects else [{"token": []}, {"key": []}])

    def test_refusals_have_one_shape(self, path: str, operation: dict[str, Any]) -> None:
        for status, answer in operation["responses"].items():
            if int(status) >= 400 and path != "/ready":
                content = answer["content"]["application/json"]
                if path.startswith(("/v1alpha1/", "/$discovery/")):
                    assert content["schema"]["$ref"].endswith("/PerspectiveErrorOut")
                    assert content["example"]["error"]["code"] == int(status)
                    continue
                assert content["schema"]["$ref"].endswith("/ErrorOut")
                assert content["example"]["status_code"] == int(status)


@pytest.mark.parametrize("name", sorted(DOCUMENT["components"]["schemas"]))
def test_every_field_has_words_and_plain_ones_an_example(name: str) -> None:
    schema = DOCUMENT["components"]["schemas"][name]
    for field, properties in schema.get("properties", {}).items():
        assert properties.get("description"), field
        nested = "$ref" in str(properties)
        assert nested or properties.get("examples"), field
