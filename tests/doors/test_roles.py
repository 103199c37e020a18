"""The role matrix as the wire shows it: every operation, called by every kind of caller."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from socialflow.access.records import Scope
from socialflow.doors.rest.schemas.policies import SHORT
from socialflow.kit.roles import Role
from tests.doors.conftest import SERVICE, token

CALLERS = ("nobody", "bob", "ann", "moderator", "admin", "read", "write", "moderate", "wrong")
"""bob is a user, ann a creator, the moderator is eve; read, write and moderate are keys of that one scope."""

LIKE = {"username": "bob", "post_id": "i-1", "interaction_type": "like"}
GIVEN = {"user_id": "u-bob", "candidate_post_ids": ["i-1", "i-2"]}
BULK_ITEM = {"items": [{"id": "n"}]}
BULK_USER = {"users": [{"id": "n", "username": "n"}]}
BULK_CHANNEL = {"channels": [{"id": "n", "name": "n"}]}
BOBS, ANNS = "/api/v1/users/u-bob", "/api/v1/users/u-ann"
BOBS_FEED = "/api/v1/feed?username=bob"
BOBS_CATEGORY = "/api/v1/feed/category?username=bob&project_code=flic"
EXPLAIN = "/api/v1/feed/none/explain?item=i-1"
RULES = "/api/v1/recommendations/rules"
MODELS = "/api/v1/ml/models"
FELT = "/api/v1/sentiment"
TRANSPARENCY = "/api/v1/moderation/transparency"
JUDGE = "/api/v1/moderation"
POLICIES = "/api/v1/moderation/policies"
PIPELINES = "/api/v1/ai-pipelines"
WORK, ORCHESTRATOR, SCHEDULER = PIPELINES + "/pipelines", PIPELINES + "/orchestrator", PIPELINES + "/scheduler"
SCORED = "/v1alpha1/comments:"
SCORE = {"comment": {"text": "good"}, "requestedAttributes": {"TOXICITY": {}}}
CORRECTION = {"comment": {"text": "good"}, "attributeScores": {"TOXICITY": {"summaryScore": {"value": 0}}}}
SCHEDULE = {"name": "n", "pipeline_type": "cache_warm", "trigger": {"interval": 60}}
BANKS = "/api/v1/moderation/hash-banks"
BANK = {"name": "n", "kind": "picture", "purpose": "block"}
KNOWN = {"pdq": "f8" * 32}
MODERATION = "/api/v1/moderation"
QUEUE, APPEALS = MODERATION + "/queue", MODERATION + "/appeals"
HELD = {"token": "none"}
RULED = {**HELD, "status": "rejected", "reason": "spam"}
GOLDEN = {"decision_id": "none", "expected": "rejected"}
BOBS_APPEAL = {"decision_id": "none", "text": "t", "user_id": "u-bob"}
MATRIX: list[tuple[str, str, Any, str]] = [
    # operation                                                      nobody bob ann mod adm read write mod'te wrong
    ("GET", BOBS_FEED, None, "401 200 403 403 200 200 403 403 403"),
    ("GET", BOBS_CATEGORY, None, "401 200 403 403 200 200 403 403 403"),
    ("GET", "/api/v1/trending", None, "401 200 200 200 200 200 403 403 403"),
    ("GET", "/api/v1/similar/i-1", None, "401 200 200 200 200 200 403 403 403"),
    ("GET", "/api/v1/similar/i-1?username=bob", None, "401 200 403 403 200 200 403 403 403"),
    ("GET", EXPLAIN, None, "401 404 404 404 404 404 403 403 403"),
    ("POST", "/api/v1/interaction", LIKE, "401 202 403 403 202 403 202 403 403"),
    ("POST", "/api/v1/interactions", [LIKE], "401 200 403 403 200 403 200 403 403"),
    ("GET", BOBS, None, "401 200 403 200 200 200 403 403 403"),
    ("PUT", BOBS, {"username": "bob"}, "401 200 403 403 200 403 200 403 403"),
    ("POST", "/api/v1/users/bulk", BULK_USER, "401 403 403 403 200 403 200 403 403"),
    ("GET", BOBS + "/similar", None, "401 200 403 403 200 200 403 403 403"),
    ("GET", BOBS + "/follows", None, "401 200 403 403 200 200 403 403 403"),
    ("PUT", BOBS + "/follows/u-ann", None, "401 204 403 403 204 403 204 403 403"),
    ("DELETE", BOBS + "/follows/u-ann", None, "401 404 403 403 404 403 404 403 403"),
    ("GET", BOBS + "/subscriptions", None, "401 200 403 403 200 200 403 403 403"),
    ("PUT", BOBS + "/subscriptions/c-ann", None, "401 204 403 403 204 403 204 403 403"),
    ("DELETE", BOBS + "/subscriptions/c-ann", None, "401 404 403 403 404 403 404 403 403"),
    ("GET", BOBS + "/blocks", None, "401 200 403 403 200 200 403 403 403"),
    ("PUT", BOBS + "/blocks/u-ann", None, "401 204 403 403 204 403 204 403 403"),
    ("DELETE", BOBS + "/blocks/u-ann", None, "401 404 403 403 404 403 404 403 403"),
    ("GET", BOBS + "/mutes/users", None, "401 200 403 403 200 200 403 403 403"),
    ("PUT", BOBS + "/mutes/users/u-ann", None, "401 204 403 403 204 403 204 403 403"),
    ("DELETE", BOBS + "/mutes/users/u-ann", None, "401 404 403 403 404 403 404 403 403"),
    ("GET", BOBS + "/mutes/channels", None, "401 200 403 403 200 200 403 403 403"),
    ("PUT", BOBS + "/mutes/channels/c-ann", None, "401 204 403 403 204 403 204 403 403"),
    ("DELETE", BOBS + "/mutes/channels/c-ann", None, "401 404 403 403 404 403 404 403 403"),
    ("DELETE", BOBS, None, "401 200 403 403 200 403 200 403 403"),
    ("GET", "/api/v1/erasures/none", None, "401 403 403 403 404 403 404 403 403"),
    ("GET", "/api/v1/items/i-1", None, "401 200 200 200 200 200 403 403 403"),
    ("GET", "/api/v1/items/i-3", None, "401 404 200 200 200 200 403 403 403"),
    ("PUT", "/api/v1/items/i-1", {"title": "t"}, "401 403 200 403 200 403 200 403 403"),
    ("PUT", "/api/v1/items/new", {"title": "t"}, "401 200 200 200 200 403 200 403 403"),
    ("POST", "/api/v1/items/bulk", BULK_ITEM, "401 403 403 403 200 403 200 403 403"),
    ("DELETE", "/api/v1/items/i-1", None, "401 403 204 403 204 403 204 403 403"),
    ("GET", "/api/v1/items/i-1/stats", None, "401 200 200 200 200 200 403 403 403"),
    ("POST", "/api/v1/items/i-1/stats", {"views": 1}, "401 403 403 403 200 403 200 403 403"),
    ("GET", "/api/v1/channels/c-ann", None, "401 200 200 200 200 200 403 403 403"),
    ("PUT", "/api/v1/channels/c-ann", {"name": "n"}, "401 403 200 403 200 403 200 403 403"),
    ("PUT", "/api/v1/channels/new", {"name": "n"}, "401 403 200 200 200 403 200 403 403"),
    ("POST", "/api/v1/channels/bulk", BULK_CHANNEL, "401 403 403 403 200 403 200 403 403"),
    ("DELETE", "/api/v1/channels/c-ann", None, "401 403 204 403 204 403 204 403 403"),
    ("GET", "/api/v1/value-models", None, "401 403 403 403 200 403 403 403 403"),
    ("PUT", "/api/v1/value-models", {"weights": {"view": 1}}, "401 403 403 403 200 403 403 403 403"),
    ("PUT", "/api/v1/value-models/1/active", None, "401 403 403 403 200 403 403 403 403"),
    ("GET", RULES, None, "401 403 403 403 200 403 403 403 403"),
    ("GET", RULES + "/versions", None, "401 403 403 403 200 403 403 403 403"),
    ("PUT", RULES, {"rules": []}, "401 403 403 403 200 403 403 403 403"),
    ("PUT", RULES + "/1/active", None, "401 403 403 403 200 403 403 403 403"),
    ("POST", PIPELINES + "/recommendations", {"user_id": "u-bob"}, "401 200 403 403 200 200 403 403 403"),
    ("POST", PIPELINES + "/recommendations/batch", {"user_ids": ["u-bob"]}, "401 200 403 403 200 200 403 403 403"),
    ("GET", "/api/v1/ml/recommendations?user_id=u-bob", None, "401 200 403 403 200 200 403 403 403"),
    ("GET", "/api/v1/ml/recommendations/u-bob", None, "401 200 403 403 200 200 403 403 403"),
    ("GET", "/api/v1/ml/trending", None, "401 200 200 200 200 200 403 403 403"),
    ("POST", "/api/v1/ml/analyze/channel/c-ann", None, "401 403 200 403 200 200 403 403 403"),
    ("POST", "/api/v1/ml/analyze", {"content_id": "i-1"}, "401 403 200 403 200 200 403 403 403"),
    ("GET", "/api/v1/ml/status", None, "401 403 403 403 200 200 403 403 403"),
    ("GET", "/api/v1/ml/interests/u-bob", None, "401 200 403 403 200 200 403 403 403"),
    ("POST", FELT + "/analyze", {"text": "good"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", FELT + "/batch", {"texts": ["good"]}, "401 200 200 200 200 200 403 403 403"),
    ("POST", FELT + "/aspects", {"text": "the city"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", FELT + "/emotions", {"text": "good"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", FELT + "/intent", {"text": "good"}, "401 200 200 200 200 200 403 403 403"),
    ("GET", FELT + "/topics/city", None, "401 200 200 200 200 200 403 403 403"),
    ("POST", "/api/v1/text/replies", {"message": "good"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", "/api/v1/video/analyze", {"video_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/analyze/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/search", {"query": "dog"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", "/api/v1/video/index", {"item_id": "i-1"}, "401 403 422 403 422 403 422 403 403"),
    ("POST", "/api/v1/video/thumbnails", {"video_url": "http://127.0.0.1/"}, "401 403 422 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/thumbnails/upload", None, "401 403 422 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/captions", {"video_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/captions/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/fingerprint", {"video_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/fingerprint/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/video/match", {"query": {}, "reference": {}}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/objects?image_url=http://127.0.0.1/", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/objects/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/faces", {"image_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/faces/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/tags", {"image_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/tags/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/nsfw", {"image_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/nsfw/upload", None, "401 403 403 422 422 422 403 403 403"),
    (
        "POST",
        "/api/v1/image/similar",
        {"image_url": "http://127.0.0.1/", "candidates": ["http://127.0.0.1/"]},
        "401 403 403 422 422 422 403 403 403",
    ),
    ("POST", "/api/v1/image/analyze", {"image_url": "http://127.0.0.1/"}, "401 403 403 422 422 422 403 403 403"),
    ("POST", "/api/v1/image/analyze/upload", None, "401 403 403 422 422 422 403 403 403"),
    ("GET", BANKS, None, "401 403 403 200 200 403 403 200 403"),
    ("POST", BANKS, BANK, "401 403 403 201 201 403 403 201 403"),
    ("POST", BANKS + "/match", {"text": "good"}, "401 403 403 200 200 403 403 200 403"),
    ("POST", BANKS + "/match/upload", None, "401 403 403 422 422 403 403 422 403"),
    ("GET", "/api/v1/moderation/queue/held-hashes", None, "401 403 403 200 200 403 403 200 403"),
    ("GET", BANKS + "/none", None, "401 403 403 404 404 403 403 404 403"),
    ("PUT", BANKS + "/none", {}, "401 403 403 404 404 403 403 404 403"),
    ("DELETE", BANKS + "/none", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/release", None, "401 403 403 404 404 403 403 404 403"),
    ("GET", BANKS + "/none/entries", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/entries", KNOWN, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/entries/bulk", {"entries": [KNOWN]}, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/entries/1/withdraw", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/entries/1/confirm", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/entries/1/opinion", {"view": "seen"}, "401 403 403 404 404 403 403 404 403"),
    ("POST", BANKS + "/none/import?format=csv", None, "401 403 403 404 404 403 403 404 403"),
    ("GET", BANKS + "/none/export?format=csv", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", JUDGE + "/moderate", {"content": "good"}, "401 403 403 200 200 403 403 200 403"),
    ("POST", JUDGE + "/moderate/batch", {"texts": ["good"]}, "401 403 403 200 200 403 403 200 403"),
    ("POST", JUDGE + "/text?text=good", None, "401 403 403 200 200 403 403 200 403"),
    ("POST", JUDGE + "/image?image_url=http://127.0.0.1/", None, "401 403 403 200 200 403 403 200 403"),
    ("POST", JUDGE + "/image/upload", None, "401 403 403 422 422 403 403 422 403"),
    ("POST", JUDGE + "/video", {"video_url": "http://127.0.0.1/"}, "401 403 403 200 200 403 403 200 403"),
    ("POST", JUDGE + "/video/upload", None, "401 403 403 422 422 403 403 422 403"),
    ("POST", "/api/v1/ml/moderate", {"content_id": "i-1"}, "401 403 403 403 200 403 403 200 403"),
    ("GET", JUDGE + "/decisions/none", None, "401 404 404 404 404 403 403 404 403"),
    ("GET", JUDGE + "/decisions/none/verify", None, "401 403 403 404 404 403 403 404 403"),
    ("GET", JUDGE + "/content/i-1/decisions", None, "401 200 200 200 200 403 403 200 403"),
    ("GET", JUDGE + "/audit/verify", None, "401 403 403 403 200 403 403 403 403"),
    ("GET", JUDGE + "/audit/head", None, "401 403 403 403 200 403 403 403 403"),
    ("GET", TRANSPARENCY, None, "401 403 403 403 200 403 403 200 403"),
    ("GET", TRANSPARENCY + "/statements", None, "401 403 403 403 200 403 403 200 403"),
    ("GET", TRANSPARENCY + "/statements/none", None, "401 403 403 403 404 403 403 404 403"),
    ("POST", "/api/v1/text/suggestions", {"draft": "good"}, "401 200 200 200 200 200 403 403 403"),
    ("POST", SCORED + "analyze", SCORE, "403 200 200 200 200 200 403 403 400"),
    ("POST", SCORED + "suggestscore", CORRECTION, "403 200 200 200 200 200 403 403 400"),
    ("GET", MODERATION + "/suggestions", None, "401 403 403 200 200 403 403 200 403"),
    ("POST", MODERATION + "/suggestions/none/judge", {"accepted": True}, "401 403 403 404 404 403 403 404 403"),
    ("GET", MODELS, None, "401 403 403 403 200 200 403 403 403"),
    ("GET", MODELS + "/vad-silero", None, "401 403 403 403 200 200 403 403 403"),
    ("POST", MODELS + "/load/vad-silero", None, "401 403 403 403 503 403 403 403 403"),
    ("POST", MODELS + "/vad-silero/pull", None, "401 403 403 403 202 403 403 403 403"),
    ("DELETE", MODELS + "/unload/vad-silero", None, "401 403 403 403 204 403 403 403 403"),
    ("DELETE", MODELS + "/vad-silero", None, "401 403 403 403 404 403 403 403 403"),
    ("POST", "/api/v1/ml/train/topics", None, "401 403 403 403 202 403 202 403 403"),
    ("POST", "/api/v1/recommendations/feed", GIVEN, "401 200 403 403 200 200 403 403 403"),
    ("POST", "/api/v1/recommendations/similar-posts/i-1", None, "401 200 200 200 200 200 403 403 403"),
    ("POST", WORK + "/batch-video-analysis", {"video_ids": ["i-1"]}, "401 403 403 403 202 403 202 403 403"),
    ("POST", WORK + "/recommendation-precompute", {}, "401 403 403 403 202 403 202 403 403"),
    ("POST", WORK + "/cache-warm", {}, "401 403 403 403 202 403 202 403 403"),
    ("GET", WORK + "/none", None, "401 403 403 403 404 404 403 403 403"),
    ("GET", WORK + "/none/events", None, "401 403 403 403 404 404 403 403 403"),
    ("POST", WORK + "/none/cancel", None, "401 403 403 403 404 403 404 403 403"),
    ("POST", WORK + "/none/retry", None, "401 403 403 403 404 403 404 403 403"),
    ("GET", ORCHESTRATOR + "/status", None, "401 403 403 403 200 200 403 403 403"),
    ("GET", ORCHESTRATOR + "/tasks", None, "401 403 403 403 200 200 403 403 403"),
    ("POST", ORCHESTRATOR + "/shutdown", None, "401 403 403 403 202 403 403 403 403"),
    ("POST", ORCHESTRATOR + "/resume", None, "401 403 403 403 202 403 403 403 403"),
    ("POST", SCHEDULER + "/schedule", SCHEDULE, "401 403 403 403 201 403 403 403 403"),
    ("GET", SCHEDULER + "/jobs", None, "401 403 403 403 200 200 403 403 403"),
    ("POST", SCHEDULER + "/jobs/none/pause", None, "401 403 403 403 404 403 403 403 403"),
    ("POST", SCHEDULER + "/jobs/none/resume", None, "401 403 403 403 404 403 403 403 403"),
    ("DELETE", SCHEDULER + "/jobs/none", None, "401 403 403 403 404 403 403 403 403"),
    ("GET", POLICIES, None, "401 403 403 200 200 403 403 200 403"),
    ("POST", POLICIES, {"text": SHORT}, "401 403 403 403 201 403 403 403 403"),
    ("POST", POLICIES + "/check", {"text": SHORT}, "401 403 403 200 200 403 403 200 403"),
    ("GET", POLICIES + "/default", None, "401 403 403 200 200 403 403 200 403"),
    ("GET", POLICIES + "/default/shadow", None, "401 403 403 404 404 403 403 404 403"),
    ("GET", POLICIES + "/default/1", None, "401 403 403 200 200 403 403 200 403"),
    ("DELETE", POLICIES + "/default/1", None, "401 403 403 403 409 403 403 403 403"),
    ("POST", POLICIES + "/default/1/replay", None, "401 403 403 403 200 403 403 403 403"),
    ("POST", POLICIES + "/default/1/activate", None, "401 403 403 403 200 403 403 403 403"),
    ("POST", POLICIES + "/default/roll-back", None, "401 403 403 403 409 403 403 403 403"),
    ("POST", POLICIES + "/default/1/shadow", None, "401 403 403 403 409 403 403 403 403"),
    ("POST", POLICIES + "/default/1/retire", None, "401 403 403 403 409 403 403 403 403"),
    ("GET", QUEUE, None, "401 403 403 200 200 403 403 200 403"),
    ("POST", QUEUE + "/claim", {}, "401 403 403 200 200 403 403 200 403"),
    ("GET", QUEUE + "/held", None, "401 403 403 200 200 403 403 200 403"),
    ("GET", QUEUE + "/none", None, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/renew", HELD, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/release", HELD, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/skip", {**HELD, "reason": "r"}, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/escalate", {**HELD, "note": "n"}, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/notes", {**HELD, "text": "t"}, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/none/decide", RULED, "401 403 403 404 404 403 403 404 403"),
    ("POST", QUEUE + "/bulk/preview", {}, "401 403 403 200 200 403 403 200 403"),
    ("POST", QUEUE + "/bulk/apply", {**RULED, "note": "n", "cap": 1}, "401 403 403 422 422 403 403 422 403"),
    ("GET", MODERATION + "/reviewers/me/shield", None, "401 403 403 200 200 403 403 200 403"),
    ("PUT", MODERATION + "/reviewers/me/shield", {}, "401 403 403 200 200 403 403 200 403"),
    ("GET", MODERATION + "/agreement", None, "401 403 403 403 200 403 403 403 403"),
    ("POST", MODERATION + "/golden", GOLDEN, "401 403 403 403 404 403 403 403 403"),
    ("DELETE", MODERATION + "/golden/none", None, "401 403 403 403 404 403 403 403 403"),
    ("GET", MODERATION + "/advice?version=1", None, "401 403 403 403 200 403 403 403 403"),
    ("POST", APPEALS, {"decision_id": "none", "text": "t"}, "401 404 404 404 404 403 403 404 403"),
    ("POST", APPEALS, BOBS_APPEAL, "401 404 403 403 403 403 403 404 403"),
    ("GET", APPEALS + "/mine", None, "401 200 200 200 200 403 403 422 403"),
    ("GET", APPEALS + "/mine?user_id=u-bob", None, "401 200 403 200 200 403 403 200 403"),
    ("GET", APPEALS + "/none", None, "401 404 404 404 404 403 403 404 403"),
    ("POST", APPEALS + "/none/judge", {**RULED, "outcome": "upheld"}, "401 403 403 404 404 403 403 404 403"),
    ("GET", MODERATION + "/strikes/u-bob", None, "401 200 403 200 200 403 403 200 403"),
    ("POST", "/api/v1/collect/all-posts", None, "401 401 401 401 401 401 401 401 401"),  # for FLIC_TOKEN alone
    ("GET", "/api/v1/collection-status", None, "401 401 401 401 401 401 401 401 401"),
]


@pytest.fixture
async def callers(service_key: Callable[..., Any]) -> dict[str, dict[str, str]]:
    return {
        "nobody": {},
        "bob": dict(token("u-bob")),
        "ann": dict(token("u-ann", Role.CREATOR)),
        "moderator": dict(token("u-eve", Role.MODERATOR)),
        "admin": dict(token("u-root", Role.ADMIN)),
        "read": dict(await service_key(Scope.READ)),
        "write": dict(await service_key(Scope.WRITE)),
        "moderate": dict(await service_key(Scope.MODERATE)),
        "wrong": {"X-API-Key": "sf_0000_wrong"},
    }


@pytest.mark.parametrize("caller", CALLERS)
class TestOperations:
    async def test_each_answers_each_caller_as_the_table_says(
        self, client: httpx.AsyncClient, callers: dict[str, dict[str, str]], caller: str
    ) -> None:
        column = CALLERS.index(caller)
        destructive = [line for line in MATRIX if line[0] == "DELETE"]
        for method, path, body, statuses in [line for line in MATRIX if line[0] != "DELETE"] + destructive:
            if method == "DELETE" and "/u-bob/" in path:
                await client.delete(path, headers=SERVICE)  # what an earlier line of this test added
            answer = await client.request(method, path, json=body, headers=callers[caller])
            expected = int(statuses.split()[column])
            if "new" in path and caller != "ann":
                await client.delete(path, headers=SERVICE)
            assert answer.status_code == expected, f"{caller}: {method} {path}: {answer.text}"


def test_the_table_holds_every_operation_of_the_api(app: FastAPI) -> None:
    documented = {
        (method.upper(), path)
        for path, operations in app.openapi()["paths"].items()
        for method in operations
        if path.startswith(("/api/", "/v1alpha1/"))
    }
    assert {(method, template(path, documented)) for method, path, _, _ in MATRIX} == documented


def template(path: str, documented: set[tuple[str, str]]) -> str:
    """The documented path that a called path matches; literal segments go before parameters."""
    parts = path.partition("?")[0].split("/")
    candidates = [
        known
        for _, known in documented
        if len(known.split("/")) == len(parts)
        and all(a == b or b.startswith("{") for a, b in zip(parts, known.split("/"), strict=True))
    ]
    return min(candidates, key=lambda known: known.count("{"))


def test_everything_else_is_open_on_purpose(app: FastAPI) -> None:
    open_paths = {path for path in app.openapi()["paths"] if not path.startswith(("/api/", "/v1alpha1/"))}
    assert open_paths == {"/health", "/ready", "/metrics", "/$discovery/rest"}
