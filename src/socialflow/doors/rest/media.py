"""What answers about pictures and videos have in common."""

from collections.abc import Mapping
from typing import Any, Protocol

from socialflow.catalogue.upstream.handed import commands
from socialflow.kit.answers import Answered, Status

FILE: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""A file itself as the body, as OpenAPI says it."""


class Reported(Protocol):
    """What was answered of one file."""

    @property
    def status(self) -> Status: ...  # noqa: D102
    @property
    def missing(self) -> tuple[str, ...]: ...  # noqa: D102
    @property
    def info(self) -> object: ...  # noqa: D102
    @property
    def analyses(self) -> Mapping[str, Answered]: ...  # noqa: D102


def told(report: Reported) -> dict[str, object]:
    """The part of an answer that says what was asked and what is missing, with what brings it."""
    return {
        "status": report.status,
        "missing": report.missing,
        "commands": commands(report.missing),
        "info": report.info,
        "analyses": report.analyses,
    }


def told_alone(report: Reported, name: str, empty: Mapping[str, object]) -> dict[str, Any]:
    """The answer of the one analysis that was asked, its own words at the top; `empty` stands for what it abstains
    from."""
    one = report.analyses[name]
    own = (*one.missing, *(what for what in report.missing if not what.startswith(f"{name}:")))
    return {
        "status": report.status,
        "missing": own,
        "commands": commands(own),
        "provenance": one.provenance,
        "info": report.info,
        **empty,
        **one.answer,
    }
