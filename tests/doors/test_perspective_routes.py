"""A client that was written for Perspective works, its address apart."""

import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest

from socialflow.access.limits import Limiter
from socialflow.access.records import Scope
from socialflow.doors.rest.discovery import discovery
from socialflow.doors.rest.schemas import perspective as schemas
from socialflow.errors import ModelUnavailable
from socialflow.text.multilingual import MultilingualAnalyser
from socialflow.text.records import Language
from socialflow.text.service import TextService
from tests.doors.conftest import SERVICE, token
from tests.doors.fakes import STATIC_KEY, FakePlatform
from tests.text_bundle import clear_analyser

ANALYZE, SUGGEST = "/v1alpha1/comments:analyze", "/v1alpha1/comments:suggestscore"
DISCOVERY = "/$discovery/rest"
ALL = ("TOXICITY", "SEVERE_TOXICITY", "IDENTITY_ATTACK", "INSULT", "PROFANITY", "THREAT")
Body = dict[str, Any]


class Client:
    """As the documentation of that service shows it: a key in the address, JSON both ways."""

    def __init__(self, http: httpx.AsyncClient, key: str) -> None:
        self._http, self._key = http, key

    async def analyze(self, text: str, attributes: Sequence[str], **options: Any) -> Body:
        body = {"comment": {"text": text}, "requestedAttributes": {name: {} for name in attributes}, **options}
        answer = await self._http.post(ANALYZE, params={"key": self._key}, json=body)
        told: Body = answer.json()
        return told

    async def scores(self, text: str, attributes: Sequence[str], **options: Any) -> dict[str, float]:
        told = await self.analyze(text, attributes, **options)
        return {name: score["summaryScore"]["value"] for name, score in told["attributeScores"].items()}


@pytest.fixture
def service(client: httpx.AsyncClient) -> Client:
    return Client(client, STATIC_KEY)


async def refused(client: httpx.AsyncClient, body: Any, *, path: str = ANALYZE, status: int = 400) -> Body:
    answer = await client.post(path, json=body, headers=SERVICE)
    assert answer.status_code == status, answer.text
    error: Body = answer.json()["error"]
    assert set(error) == {"code", "message", "status", "details"}
    assert error["code"] == status
    schemas.PerspectiveErrorOut.model_validate(answer.json())
    return error


def asked(text: str = "good city", **changes: Any) -> Body:
    return {"comment": {"text": text}, "requestedAttributes": {"INSULT": {}}} | changes


class TestAnswers:
    async def test_a_documented_request_has_the_documented_answer(self, service: Client) -> None:
        told = await service.analyze("you idiot", ["INSULT"], clientToken="c-1", languages=["en"], doNotStore=True)
        (score,) = told["attributeScores"].values()
        assert score["summaryScore"]["value"] > 0.9
        assert score == {
            "spanScores": [{"begin": 0, "end": 9, "score": score["summaryScore"]}],
            "summaryScore": {"value": score["summaryScore"]["value"], "type": "PROBABILITY"},
        }
        del told["attributeScores"]
        assert told == {"languages": ["en"], "detectedLanguages": ["en"], "clientToken": "c-1"}

    async def test_every_attribute_has_a_probability(self, service: Client) -> None:
        scores = await service.scores("you idiot", ALL)
        assert tuple(scores) == ALL
        assert max(scores, key=scores.__getitem__) == "INSULT"
        assert all(0.0 <= value <= 1.0 for value in scores.values())

    async def test_names_come_back_as_they_were_asked_for(self, service: Client) -> None:
        scores = await service.scores("you idiot", ["INSULT_EXPERIMENTAL", "INSULT"])
        assert scores["INSULT_EXPERIMENTAL"] == scores["INSULT"]

    async def test_every_documented_field_is_taken(self, service: Client) -> None:
        options: Body = {
            "comment": {"text": "you idiot", "type": "PLAIN_TEXT"},
            "context": {"entries": [{"text": "good", "type": "PLAIN_TEXT"}]},
            "requestedAttributes": {"INSULT": {"scoreType": "PROBABILITY", "scoreThreshold": 0.2}},
            "sessionId": "7",
            "communityId": "/forum",
            "spanAnnotations": False,
            "doNotStore": False,
            "languages": None,
        }
        assert await service.scores("", [], **options) == await service.scores("you idiot", ["INSULT"])
        options["context"] = {"articleAndParentComment": {"article": {"text": "a"}, "parentComment": {"text": "b"}}}
        assert set(await service.scores("", [], **options)) == {"INSULT"}

    async def test_json_is_read_as_such_without_being_called_so(self, client: httpx.AsyncClient) -> None:
        """`requests.post(url, data=json.dumps(body))` names no type."""
        answer = await client.post(ANALYZE, content=json.dumps(asked()), headers=SERVICE)
        assert (answer.status_code, "content-type" in answer.request.headers) == (200, False)

    async def test_names_in_snake_case_are_read_too(self, client: httpx.AsyncClient) -> None:
        body = {"comment": {"text": "idiot"}, "requested_attributes": {"INSULT": {}}, "do_not_store": True}
        assert (await client.post(ANALYZE, json=body, headers=SERVICE)).status_code == 200

    async def test_sentences_are_scored_with_offsets_in_utf_16(self, service: Client) -> None:
        told = await service.analyze("😀 good city! You idiot.", ["INSULT"], spanAnnotations=True)
        spans = told["attributeScores"]["INSULT"]["spanScores"]
        assert [(span["begin"], span["end"]) for span in spans] == [(0, 13), (14, 24)]
        assert spans[0]["score"]["value"] < 0.5 < spans[1]["score"]["value"]

    async def test_scores_below_the_threshold_are_left_out(self, service: Client) -> None:
        wanted = {"INSULT": {"scoreThreshold": 0.5}, "THREAT": {"scoreThreshold": 0.5}}
        text = "good city! idiot"
        told = await service.analyze(text, [], requestedAttributes=wanted, spanAnnotations=True)
        assert set(told["attributeScores"]) == {"INSULT"}
        assert [span["begin"] for span in told["attributeScores"]["INSULT"]["spanScores"]] == [11]

    async def test_headers_say_what_made_it(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(ANALYZE, json=asked(), headers=SERVICE)
        assert answer.headers["X-Socialflow-Provenance"] == "text small bundled"
        assert answer.headers["X-Socialflow-Status"] == "complete"

    async def test_nothing_is_stored(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        async def never() -> None:
            raise AssertionError("the store was written to")

        platform.store.write = never  # type: ignore[method-assign, assignment]
        for keep in (True, False):
            answer = await client.post(ANALYZE, json=asked(doNotStore=keep), headers=SERVICE)
            assert answer.status_code == 200


class Foreign:
    """Takes every text for French."""

    def identify(self, texts: Sequence[str]) -> list[Language]:
        return [Language("fr", "French", 1.0) for _ in texts]


class TestRefusals:
    @pytest.mark.parametrize(
        ("change", "kind", "message"),
        [
            ({"comment": {"text": " \n"}}, "COMMENT_EMPTY", "Comment must be non-empty."),
            ({"comment": {"text": "\u200b"}}, "COMMENT_EMPTY", "Comment must be non-empty."),
            ({"comment": {}}, "COMMENT_EMPTY", "Comment must be non-empty."),
            ({"comment": None}, "COMMENT_EMPTY", "Comment must be non-empty."),
            ({"comment": {"text": "é" * 10_241}}, "COMMENT_TOO_LONG", "Comment text too long."),
            ({"requestedAttributes": {}}, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
            ({"requestedAttributes": None}, "NO_REQUESTED_ATTRIBUTES", "Missing requested_attributes"),
            ({"requestedAttributes": {"FUN": {}}}, "INVALID_REQUEST", "Unknown requested attribute: FUN"),
            (
                {"requestedAttributes": {"INSULT": {"scoreType": "RAW"}}},
                "INVALID_REQUEST",
                "Requested score type RAW is not supported by attribute INSULT",
            ),
            (
                {"comment": {"text": "<b>hi</b>", "type": "HTML"}},
                "INVALID_REQUEST",
                "Currently, only 'PLAIN_TEXT' comments are supported",
            ),
            (
                {"context": {"entries": [{"text": "a"}], "articleAndParentComment": {}}},
                "INVALID_REQUEST",
                "Context can have either entries or article_and_parent_comment",
            ),
            ({"comment": {"text": "a" * 500}}, "LANGUAGE_DETECTION_FAILED", "Unable to detect language"),
            ({"comment": {"text": "これは文"}}, "LANGUAGE_DETECTION_FAILED", "Unable to detect language"),
            ({"spanAnnotations": "perhaps"}, "INVALID_REQUEST", "spanAnnotations"),
            ({"unheard": 1}, "INVALID_REQUEST", "unheard"),
        ],
    )
    async def test_have_the_documented_kind_and_words(
        self, client: httpx.AsyncClient, change: Body, kind: str, message: str
    ) -> None:
        error = await refused(client, asked() | change)
        assert error["status"] == "INVALID_ARGUMENT"
        assert error["message"].startswith(message)
        (detail,) = error["details"]
        assert detail == {"@type": "type.googleapis.com/google.commentanalyzer.v1alpha1.Error", "errorType": kind}

    async def test_a_comment_of_just_so_many_bytes_is_read(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(ANALYZE, json=asked("é good " * 2560), headers=SERVICE)
        assert answer.status_code == 200

    async def test_what_is_no_json_has_the_same_shape(self, client: httpx.AsyncClient) -> None:
        answer = await client.post(ANALYZE, content=b"{", headers={**SERVICE, "Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["error"]["status"]) == (400, "INVALID_ARGUMENT")

    async def test_a_language_without_a_model_names_the_attribute(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.text = TextService(lambda: MultilingualAnalyser(clear_analyser(), {}, Foreign()))
        error = await refused(client, asked())
        assert error["message"] == "Attribute INSULT does not support request languages: fr"
        (detail,) = error["details"]
        assert detail["errorType"] == "LANGUAGE_NOT_SUPPORTED_BY_ATTRIBUTE"
        assert detail["languageNotSupportedByAttributeError"] == {"detectedLanguages": ["fr"], "attribute": "INSULT"}
        error = await refused(client, asked(languages=["de"]))
        assert error["details"][0]["languageNotSupportedByAttributeError"] == {
            "detectedLanguages": ["fr"],
            "attribute": "INSULT",
            "requestedLanguages": ["de"],
        }

    async def test_or_is_left_out_where_that_is_asked_for(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.text = TextService(lambda: MultilingualAnalyser(clear_analyser(), {}, Foreign()))
        answer = await client.post(ANALYZE, json=asked(dropUnsupportedAttributes=True), headers=SERVICE)
        assert answer.json() == {"attributeScores": {}, "languages": ["fr"], "detectedLanguages": ["fr"]}
        assert answer.headers["X-Socialflow-Missing"] == "attribute:INSULT"

    async def test_the_callers_word_on_the_language_counts(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        platform.text = TextService(lambda: MultilingualAnalyser(clear_analyser(), {}, Foreign()))
        answer = await client.post(ANALYZE, json=asked(languages=["en-GB"]), headers=SERVICE)
        assert (answer.json()["languages"], answer.json()["detectedLanguages"]) == (["en-GB"], ["fr"])

    async def test_without_a_model_it_is_unavailable(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        def none() -> Any:
            raise ModelUnavailable("no text model is installed; make one with `socialflow train text`")

        platform.text = TextService(none)
        error = await refused(client, asked(), status=503)
        assert error["status"] == "UNAVAILABLE"

    async def test_a_suggestion_that_says_nothing_or_what_cannot_be_kept_is_refused(
        self, client: httpx.AsyncClient
    ) -> None:
        scores = {"TOXICITY": {"summaryScore": {"value": 0}}}
        suggestion: Body = {"comment": {"text": "get busy living"}, "attributeScores": scores}
        for change in (
            {"attributeScores": {}},
            {"attributeScores": {"TOXICITY": {}}},
            {"attributeScores": {"FLIRTATION": {"summaryScore": {"value": 0}}}},
            {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 1.5}}}},
            {"attributeScores": {"TOXICITY": {"summaryScore": {"value": 0, "type": "RAW"}}}},
            {"attributeScores": {"TOXICITY": {"spanScores": [{"begin": 0, "end": 99, "score": {"value": 0}}]}}},
            {"comment": {"text": "a\0b"}},
            {"clientToken": "t" * 513},
            {"languages": ["e n" * 20]},
            {"context": {"entries": [{"text": "w" * 70_000}]}},
            {"doNotStore": True},
        ):
            error = await refused(client, suggestion | change, path=SUGGEST)
            assert error["details"][0]["errorType"] == "INVALID_REQUEST"
        error = await refused(client, suggestion | {"comment": {"text": ""}}, path=SUGGEST)
        assert error["details"][0]["errorType"] == "COMMENT_EMPTY"
        error = await refused(client, suggestion | {"comment": {"text": "Δεν ξέρω"}}, path=SUGGEST)
        assert error["details"][0]["errorType"] == "LANGUAGE_DETECTION_FAILED"


class TestCallers:
    async def status(self, client: httpx.AsyncClient, **sent: Any) -> tuple[int, str]:
        answer = await client.post(ANALYZE, json=asked(), **sent)
        return answer.status_code, answer.json().get("error", {}).get("status", "")

    async def test_a_key_may_come_in_three_ways_and_a_token_in_its_own(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        _, key = await platform.access.create_key("test", frozenset({Scope.READ}))
        for sent in (
            {"params": {"key": key, "alt": "json"}},
            {"headers": {"X-Goog-Api-Key": key}},
            {"headers": {"X-API-Key": key}},
            {"headers": token("u-bob")},
        ):
            assert await self.status(client, **sent) == (200, "")

    async def test_who_may_not_is_told_in_the_same_shape(
        self, client: httpx.AsyncClient, platform: FakePlatform
    ) -> None:
        _, key = await platform.access.create_key("test", frozenset({Scope.WRITE}))
        assert await self.status(client) == (403, "PERMISSION_DENIED")
        assert await self.status(client, params={"key": key}) == (403, "PERMISSION_DENIED")
        assert await self.status(client, headers={"Authorization": "Bearer x"}) == (401, "UNAUTHENTICATED")
        answer = await client.post(ANALYZE, json=asked(), params={"key": "sf_0000_wrong"})
        assert answer.status_code == 400
        assert answer.json()["error"]["message"] == "API key not valid. Please pass a valid API key."
        assert answer.json()["error"]["details"][0]["reason"] == "API_KEY_INVALID"

    async def test_the_limit_of_a_key_holds(self, client: httpx.AsyncClient, platform: FakePlatform) -> None:
        platform.access._limiter = Limiter(10)
        _, key = await platform.access.create_key("test", frozenset({Scope.READ}), rate_limit=1)
        assert await self.status(client, params={"key": key}) == (200, "")
        answer = await client.post(ANALYZE, json=asked(), params={"key": key})
        assert (answer.status_code, answer.json()["error"]["status"]) == (429, "RESOURCE_EXHAUSTED")
        assert int(answer.headers["Retry-After"]) >= 1

    async def test_a_key_in_the_address_opens_nothing_else(self, client: httpx.AsyncClient) -> None:
        answer = await client.get("/api/v1/trending", params={"key": STATIC_KEY})
        assert answer.status_code == 401


class TestDiscovery:
    async def test_a_client_made_from_the_document_works(self, client: httpx.AsyncClient) -> None:
        """As client libraries do: read where the method is, fill its request by the schemas, send it."""
        answer = await client.get(DISCOVERY, params={"version": "v1alpha1", "key": STATIC_KEY})
        document = answer.json()
        method = document["resources"]["comments"]["methods"]["analyze"]
        request = document["schemas"][method["request"]["$ref"]]["properties"]
        body = asked("you idiot")
        assert set(body) <= set(request)
        url = document["rootUrl"] + document["servicePath"] + method["path"]
        answer = await client.request(method["httpMethod"], url, params={"key": STATIC_KEY, "alt": "json"}, json=body)
        assert answer.status_code == 200
        assert set(answer.json()) <= set(document["schemas"][method["response"]["$ref"]]["properties"])

    async def test_there_is_one_version(self, client: httpx.AsyncClient) -> None:
        answer = await client.get(DISCOVERY, params={"version": "v1"})
        assert (answer.status_code, answer.json()["error"]["status"]) == (404, "NOT_FOUND")

    @pytest.mark.parametrize(
        ("name", "schema"),
        [
            ("AnalyzeCommentRequest", schemas.AnalyzeCommentIn),
            ("AnalyzeCommentResponse", schemas.AnalyzeCommentOut),
            ("SuggestCommentScoreResponse", schemas.SuggestCommentScoreOut),
            ("SuggestCommentScoreRequest", schemas.SuggestCommentScoreIn),
            ("TextEntry", schemas.TextEntryIn),
            ("Context", schemas.ContextIn),
            ("ArticleAndParentComment", schemas.ArticleAndParentComment),
            ("AttributeParameters", schemas.AttributeIn),
            ("AttributeScores", schemas.AttributeScores),
            ("SpanScore", schemas.SpanScoreOut),
            ("Score", schemas.ScoreOut),
        ],
    )
    def test_it_says_what_is_taken_and_told(self, name: str, schema: Any) -> None:
        told = discovery("http://test/")["schemas"][name]["properties"]
        assert set(told) == {field.alias for field in schema.model_fields.values()}

    def test_every_reference_leads_somewhere(self) -> None:
        document = discovery("http://test/")
        met: list[str] = []

        def walk(node: object) -> None:
            for key, value in node.items() if isinstance(node, dict) else ():
                met.extend([value] if key == "$ref" else [])
                walk(value)

        walk(document)
        assert set(met) == set(document["schemas"])
