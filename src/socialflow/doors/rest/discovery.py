"""The description of the two calls in Perspective's shape that Google's client libraries read to make their methods."""

from typing import Any

VERSION = "v1alpha1"
_TEXT_TYPES = ("TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT", "HTML")
_SCORE_TYPES = ("SCORE_TYPE_UNSPECIFIED", "PROBABILITY", "STD_DEV_SCORE", "PERCENTILE", "RAW")


def discovery(root: str) -> dict[str, Any]:
    """The document for a service whose address is `root`, which ends in a slash.

    >>> discovery("http://127.0.0.1:8000/")["resources"]["comments"]["methods"]["analyze"]["path"]
    'v1alpha1/comments:analyze'
    """
    return {
        "kind": "discovery#restDescription",
        "discoveryVersion": "v1",
        "id": f"commentanalyzer:{VERSION}",
        "name": "commentanalyzer",
        "version": VERSION,
        "title": "Comments scored in the shape of the Perspective Comment Analyzer API",
        "description": "Toxicity of comments, by the attribute names of that service.",
        "protocol": "rest",
        "rootUrl": root,
        "servicePath": "",
        "baseUrl": root,
        "parameters": {
            "key": {"type": "string", "location": "query", "description": "The service key."},
            "alt": {"type": "string", "location": "query", "enum": ["json"], "default": "json"},
        },
        "schemas": _schemas(),
        "resources": {
            "comments": {
                "methods": {
                    "analyze": _method("analyze", "AnalyzeComment", "Score a comment."),
                    "suggestscore": _method(
                        "suggestscore", "SuggestCommentScore", "Suggest the scores that a comment should have."
                    ),
                }
            }
        },
    }


def _method(name: str, message: str, description: str) -> dict[str, Any]:
    path = f"{VERSION}/comments:{name}"
    return {
        "id": f"commentanalyzer.comments.{name}",
        "path": path,
        "flatPath": path,
        "httpMethod": "POST",
        "description": description,
        "parameters": {},
        "parameterOrder": [],
        "request": {"$ref": f"{message}Request"},
        "response": {"$ref": f"{message}Response"},
    }


def _schemas() -> dict[str, Any]:
    comment = {
        "comment": _ref("TextEntry"),
        "context": _ref("Context"),
        "languages": _list(_STRING),
        "clientToken": _STRING,
        "sessionId": _STRING,
        "communityId": _STRING,
    }
    languages = {"detectedLanguages": _list(_STRING), "clientToken": _STRING}
    return {
        "AnalyzeCommentRequest": _object(
            "AnalyzeCommentRequest",
            **comment,
            requestedAttributes=_map(_ref("AttributeParameters")),
            spanAnnotations=_BOOLEAN,
            doNotStore=_BOOLEAN,
            dropUnsupportedAttributes=_BOOLEAN,
        ),
        "AnalyzeCommentResponse": _object(
            "AnalyzeCommentResponse",
            attributeScores=_map(_ref("AttributeScores")),
            languages=_list(_STRING),
            **languages,
        ),
        "SuggestCommentScoreRequest": _object(
            "SuggestCommentScoreRequest", **comment, attributeScores=_map(_ref("AttributeScores"))
        ),
        "SuggestCommentScoreResponse": _object(
            "SuggestCommentScoreResponse", requestedLanguages=_list(_STRING), **languages
        ),
        "TextEntry": _object("TextEntry", text=_STRING, type=_STRING | {"enum": list(_TEXT_TYPES)}),
        "Context": _object(
            "Context", entries=_list(_ref("TextEntry")), articleAndParentComment=_ref("ArticleAndParentComment")
        ),
        "ArticleAndParentComment": _object(
            "ArticleAndParentComment", article=_ref("TextEntry"), parentComment=_ref("TextEntry")
        ),
        "AttributeParameters": _object("AttributeParameters", scoreType=_SCORE_TYPE, scoreThreshold=_NUMBER),
        "AttributeScores": _object("AttributeScores", summaryScore=_ref("Score"), spanScores=_list(_ref("SpanScore"))),
        "SpanScore": _object("SpanScore", begin=_INTEGER, end=_INTEGER, score=_ref("Score")),
        "Score": _object("Score", value=_NUMBER, type=_SCORE_TYPE),
    }


_STRING = {"type": "string"}
_BOOLEAN = {"type": "boolean"}
_NUMBER = {"type": "number", "format": "float"}
_INTEGER = {"type": "integer", "format": "int32"}
_SCORE_TYPE: dict[str, Any] = _STRING | {"enum": list(_SCORE_TYPES)}


def _ref(name: str) -> dict[str, Any]:
    return {"$ref": name}


def _list(item: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": item}


def _map(value: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": value}


def _object(name: str, **properties: dict[str, Any]) -> dict[str, Any]:
    return {"id": name, "type": "object", "properties": properties}
