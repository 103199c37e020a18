"""The OpenAPI document: what FastAPI derives, with how callers authenticate.

``python -m socialflow.doors.rest.openapi > tests/golden/openapi.json`` writes the snapshot that a test guards.
"""

import json
import sys
from typing import Any, NoReturn

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

DESCRIPTION = """\
The AI layer of a social-video platform.

Send `Authorization: Bearer <token>` for a person, or `X-API-Key: <key>` for a service. A person reads and writes only
what is their own. Every refusal has the same body with a stable `code`; its `request_id` (also in `X-Request-ID`) finds
the call in the logs. Every model answer says what made it (`provenance`) and what was missing (`status`, `missing`).
"""
TAGS = [
    {"name": "Feed", "description": "Personalised, category, trending and similar; interactions in; explanations."},
    {"name": "Users", "description": "People, and how they relate to others."},
    {"name": "Items", "description": "Videos, posts and comments, and their statistics."},
    {"name": "Channels", "description": "Creators' channels."},
    {"name": "Value model", "description": "How much each kind of interaction says, as versioned data."},
    {"name": "Rules of the feed", "description": "What operators decide about groups of items, as versioned data."},
    {"name": "Recommendations", "description": "Lists for known users, from the cache while nothing changed."},
    {"name": "Analysis", "description": "What content is about."},
    {"name": "Video", "description": "What is seen and heard in videos, from one pass over each."},
    {"name": "Image", "description": "What is seen in pictures, from one look at each."},
    {"name": "Perspective", "description": "Comments scored in the shape of a public service that ends with 2026."},
    {"name": "Sentiment", "description": "How authors feel, about what, and what they want."},
    {"name": "Writing", "description": "Replies to messages, suggestions for drafts."},
    {"name": "Batch work", "description": "Jobs beside requests, the queue, schedules."},
    {"name": "Models", "description": "Trained here or by others: states, fetching, what is in memory."},
    {"name": "Collection", "description": "Reading an outside API; for whoever holds FLIC_TOKEN."},
    {"name": "Operation", "description": "Health, readiness, metrics."},
]
_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": "A person."},
    "key": {"type": "apiKey", "in": "header", "name": "X-API-Key", "description": "A service."},
    "address": {"type": "apiKey", "in": "query", "name": "key", "description": "A service, as Perspective's clients."},
    "flic": {"type": "apiKey", "in": "header", "name": "Flic-Token", "description": "FLIC_TOKEN."},
    "metrics": {"type": "http", "scheme": "bearer", "description": "METRICS_TOKEN; not needed from the same machine."},
}


def install(app: FastAPI) -> None:
    """Replace `app.openapi` by the document of this module."""

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            app.openapi_schema = _document(app)
        return app.openapi_schema

    app.openapi = document  # type: ignore[method-assign]


def _document(app: FastAPI) -> dict[str, Any]:
    document = get_openapi(
        title=app.title,
        version=app.version,
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        tags=TAGS,
        routes=app.routes,
    )
    document["components"]["securitySchemes"] = _SCHEMES
    _without_own_refusals(document)
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path.startswith("/api/v1/collect"):
                operation["security"] = [{"flic": []}]
            elif path.startswith("/api/"):
                operation["security"] = [{"token": []}, {"key": []}]
            elif path.startswith("/v1alpha1/"):
                operation["security"] = [{"token": []}, {"key": []}, {"address": []}]
            elif path == "/metrics":
                operation["security"] = [{}, {"metrics": []}]
    return document


def _without_own_refusals(document: dict[str, Any]) -> None:
    """Take out the 422 that FastAPI adds where none is documented: calls in Perspective's shape answer 400."""
    for operations in document["paths"].values():
        for operation in operations.values():
            refusal = operation["responses"].get("422", {}).get("content", {}).get("application/json", {})
            if refusal.get("schema", {}).get("$ref", "").endswith("/HTTPValidationError"):
                del operation["responses"]["422"]
    for name in ("HTTPValidationError", "ValidationError"):
        document["components"]["schemas"].pop(name, None)


def render(app: FastAPI) -> str:
    """The document as the snapshot holds it."""
    return json.dumps(app.openapi(), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> None:
    """Write the document to standard output."""
    from socialflow.doors.rest.app import create_app

    def no_platform() -> NoReturn:
        raise RuntimeError("the document needs no platform")

    sys.stdout.write(render(create_app(no_platform)))


if __name__ == "__main__":
    main()
