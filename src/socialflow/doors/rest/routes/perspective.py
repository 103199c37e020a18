"""Comments scored in the shape of Perspective, a public service that ends with 2026: its clients need another address.

What its public documentation says of requests, answers and refusals is what is done here.
"""

from collections.abc import Mapping
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.exceptions import HTTPException

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep
from socialflow.doors.rest.discovery import VERSION, discovery
from socialflow.doors.rest.perspective_route import (
    CommentRefused,
    Kind,
    PerspectiveOpenRoute,
    PerspectiveRoute,
    documented,
)
from socialflow.doors.rest.replies import HEADERS, Reply
from socialflow.doors.rest.schemas.perspective import (
    AnalyzeCommentIn,
    AnalyzeCommentOut,
    AttributeIn,
    DiscoveryOut,
    ScoreType,
    SuggestCommentScoreIn,
    SuggestCommentScoreOut,
    TextType,
)
from socialflow.moderation.perspective import (
    ATTRIBUTES,
    MAX_BYTES,
    UNTOLD,
    Scored,
    attribute_of,
    scored,
    spoken_in,
    utf16,
)
from socialflow.moderation.suggestions.records import SuggestedScores

router = APIRouter(
    prefix="/v1alpha1",
    tags=["Perspective"],
    route_class=PerspectiveRoute,
    strict_content_type=False,  # the examples of that service's documentation send JSON without saying so
    responses=documented(400, 401, 403, 413, 429, 503),
)
discovered = APIRouter(tags=["Perspective"], route_class=PerspectiveOpenRoute, responses=documented(400, 404))

_TOLD = {name: HEADERS[name] for name in ("X-Socialflow-Status", "X-Socialflow-Missing", "X-Socialflow-Provenance")}
_PROBABILITY = (None, ScoreType.SCORE_TYPE_UNSPECIFIED, ScoreType.PROBABILITY)


@router.post(
    "/comments:analyze",
    response_model=AnalyzeCommentOut,
    response_model_exclude_none=True,
    responses={200: {"headers": _TOLD}},
    summary="Score a comment",
)
async def analyze_comment(body: AnalyzeCommentIn, call: CallDep) -> Reply:
    """Scores of the requested attributes for a comment, and with `spanAnnotations` for each of its sentences. The key
    may also be sent as `?key=` or `X-Goog-Api-Key`. Nothing of the comment is stored, whatever `doNotStore` says."""
    authorise(call.principal, Action.COMMENT_ANALYSE)
    text = _text_of(body)
    requested = _requested(body)
    wanted = list(dict.fromkeys(name for name in map(attribute_of, requested) if name is not None))
    spans, languages = bool(body.span_annotations), body.languages or ()
    found = await call.platform.text.ask(scored, text, wanted, languages, by_sentence=spans)
    if "text:empty" in found.missing:
        raise CommentRefused(Kind.COMMENT_EMPTY, "Comment must be non-empty.")
    if UNTOLD in found.languages or "text:unreadable" in found.missing:
        raise CommentRefused(Kind.LANGUAGE_DETECTION_FAILED, "Unable to detect language")
    if found.unsupported and not body.drop_unsupported_attributes:
        _refuse_language(next(name for name in requested if attribute_of(name) in found.unsupported), found, languages)
    answer: dict[str, object] = {
        "attributeScores": {
            name: scores for name, how in requested.items() if (scores := _scores(text, name, how, found))
        },
        "languages": list(languages or found.languages),
        "detectedLanguages": [found.detected],
    }
    if body.client_token is not None:
        answer["clientToken"] = body.client_token
    return Reply(answer, headers=_headers(found))


@router.post(
    "/comments:suggestscore",
    response_model=SuggestCommentScoreOut,
    response_model_exclude_none=True,
    summary="Suggest the score of a comment",
)
async def suggest_comment_score(body: SuggestCommentScoreIn, call: CallDep) -> Reply:
    """Keep the scores that a comment should have, for moderators to accept or decline. The comment is kept with them,
    for as long as the installation sets (a year), and no score changes by it at once."""
    authorise(call.principal, Action.SUGGESTION_WRITE)
    text, suggested = _text_of(body), _suggested(body)
    detected = await call.platform.text.ask(spoken_in, text)
    if detected == UNTOLD and not body.languages:
        raise CommentRefused(Kind.LANGUAGE_DETECTION_FAILED, "Unable to detect language")
    said = body.record(text, suggested, detected)
    await call.platform.moderation.suggestions.suggest(call.principal.account, said)
    answer: dict[str, object] = {"detectedLanguages": [detected]}
    if body.languages:
        answer["requestedLanguages"] = body.languages
    if body.client_token is not None:
        answer["clientToken"] = body.client_token
    return Reply(answer)


@discovered.get("/$discovery/rest", response_model=DiscoveryOut, summary="Describe these two calls to a client library")
async def discover(
    request: Request,
    version: Annotated[str, Query(description="Of the calls.", examples=[VERSION])] = VERSION,
) -> Reply:
    """The discovery document, from which Google's client libraries make their methods: give its address as
    `discoveryServiceUrl`. Open to everybody; it says nothing of this installation but its address."""
    if version != VERSION:
        raise HTTPException(404, f"there is no version {version!r}; {VERSION} is the only one")
    return Reply(discovery(str(request.base_url)))


def _text_of(body: AnalyzeCommentIn | SuggestCommentScoreIn) -> str:
    """The comment's text, if it is one that can be read."""
    text = (body.comment.text if body.comment is not None else None) or ""
    if not text.strip():
        raise CommentRefused(Kind.COMMENT_EMPTY, "Comment must be non-empty.")
    if (size := len(text.encode())) > MAX_BYTES:
        raise CommentRefused(
            Kind.COMMENT_TOO_LONG, f"Comment text too long. Value ({size}) exceeded limit ({MAX_BYTES}) in bytes."
        )
    if body.comment is not None and body.comment.type is TextType.HTML:
        raise CommentRefused(Kind.INVALID_REQUEST, "Currently, only 'PLAIN_TEXT' comments are supported")
    context = body.context
    if context is not None and context.entries and context.article_and_parent_comment is not None:
        raise CommentRefused(
            Kind.INVALID_REQUEST,
            "Context can have either entries or article_and_parent_comment, but both fields were populated.",
        )
    return text


def _requested(body: AnalyzeCommentIn) -> Mapping[str, AttributeIn]:
    requested = body.requested_attributes
    if not requested:
        raise CommentRefused(Kind.NO_REQUESTED_ATTRIBUTES, "Missing requested_attributes")
    _refuse_unknown(requested)
    for name, how in requested.items():
        if how.score_type not in _PROBABILITY:
            raise CommentRefused(
                Kind.INVALID_REQUEST, f"Requested score type {how.score_type} is not supported by attribute {name}"
            )
    return requested


def _suggested(body: SuggestCommentScoreIn) -> Mapping[str, SuggestedScores]:
    suggested = body.attribute_scores
    if not suggested:
        raise CommentRefused(Kind.INVALID_REQUEST, "attribute_scores must not be empty.")
    _refuse_unknown(suggested)
    for name, one in suggested.items():
        spans = [span.score for span in one.span_scores or ()]
        for score in spans if one.summary_score is None else [one.summary_score, *spans]:
            if score.type not in _PROBABILITY:
                raise CommentRefused(
                    Kind.INVALID_REQUEST, f"Suggested score type {score.type} is not supported by attribute {name}"
                )
    return {name: one.record() for name, one in suggested.items()}


def _refuse_unknown(names: Mapping[str, object]) -> None:
    for name in names:
        if attribute_of(name) is None:
            known = ", ".join(ATTRIBUTES)
            raise CommentRefused(
                Kind.INVALID_REQUEST, f"Unknown requested attribute: {name} (this service knows {known})"
            )


def _refuse_language(name: str, found: Scored, given: tuple[str, ...]) -> None:
    asked = list(given or found.languages)
    told: dict[str, object] = {"detectedLanguages": [found.detected], "attribute": name}
    if given:
        told["requestedLanguages"] = asked
    raise CommentRefused(
        Kind.LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE,
        f"Attribute {name} does not support request languages: {', '.join(asked)}",
        languageNotSupportedByAttributeError=told,
    )


def _scores(text: str, name: str, how: AttributeIn, found: Scored) -> dict[str, object]:
    """Scores of one attribute that reach its threshold; nothing where none does."""
    attribute = attribute_of(name) or name
    least = how.score_threshold if how.score_threshold is not None else float("-inf")
    told: dict[str, object] = {}
    spans = [
        {"begin": utf16(text, span.start), "end": utf16(text, span.end), "score": _score(value)}
        for span in found.spans
        if (value := span.scores.get(attribute)) is not None and value >= least
    ]
    summary = found.summary.get(attribute)
    if summary is not None and spans:
        told["spanScores"] = spans
    if summary is not None and summary >= least:
        told["summaryScore"] = _score(summary)
    return told


def _score(value: float) -> dict[str, object]:
    return {"value": value, "type": ScoreType.PROBABILITY}


def _headers(found: Scored) -> dict[str, str]:
    by = ", ".join(f"{one.model} {one.version} {one.tier}" for one in found.provenance)
    missing = [*found.missing, *(f"attribute:{name}" for name in found.unsupported)]
    return dict(zip(_TOLD, ("partial" if missing else "complete", ", ".join(missing), by), strict=True))
