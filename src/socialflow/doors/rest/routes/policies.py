"""Policies of moderation: versions, checks, replay, what is in force and what is in the shadow."""

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import NO_NUL
from socialflow.doors.rest.schemas.policies import (
    MAX_VERSION,
    SHORT,
    ActivatedOut,
    ActivateIn,
    CheckOut,
    DraftedOut,
    PolicyAboutOut,
    PolicyIn,
    PolicyOut,
    ReplayIn,
    ReplayOut,
    ScopesOut,
    ShadowOut,
    VersionsOut,
    about,
    findings_out,
    shadow_out,
)
from socialflow.doors.rest.schemas.work import JobOut
from socialflow.errors import InvalidInput
from socialflow.moderation.policy.canonical import to_data
from socialflow.moderation.policy.ports import Window
from socialflow.moderation.policy.reading import read_stored
from socialflow.moderation.policy.records import DEFAULT_SCOPE
from socialflow.moderation.policy.service import TRIED_FOR, PolicyService, check_scope, looked_at
from socialflow.moderation.policy.telling import replayed, to_yaml
from socialflow.pipelines.orchestrator import described
from socialflow.pipelines.replay_job import replay_job

router = APIRouter(
    prefix="/api/v1/moderation/policies",
    tags=["Moderation"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

AT_ONCE = 20_000
"""Decisions that are replayed while the caller waits; more are a job."""
PAGE = 100
YAML = "application/yaml"

ScopePath: TypeAlias = Annotated[
    str,
    Path(
        min_length=1,
        max_length=160,
        pattern=NO_NUL,
        description="`default` or `community:ID`.",
        examples=["default"],
    ),
]
VersionPath: TypeAlias = Annotated[int, Path(ge=1, le=MAX_VERSION, description="Number of the version.", examples=[1])]
_GIVEN: Mapping[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {"schema": PolicyIn.model_json_schema()},
            YAML: {"schema": {"type": "object", "description": "The policy itself."}, "example": SHORT},
        },
    }
}
"""A policy as JSON that holds its text, or itself."""
_ScopeQuery: TypeAlias = Annotated[
    str,
    Query(
        min_length=1,
        max_length=160,
        pattern=NO_NUL,
        description="Of a policy sent as YAML: `default` or `community:ID`.",
        examples=["default"],
    ),
]
_NoteQuery: TypeAlias = Annotated[
    str,
    Query(max_length=2000, pattern=NO_NUL, description="Of a policy sent as YAML: why.", examples=["kinder"]),
]
_BOTH: Mapping[int | str, dict[str, Any]] = {200: {"content": {YAML: {"schema": {"type": "object"}}}}}
_JOB: Mapping[int | str, dict[str, Any]] = {202: {"model": JobOut, "description": "Many decisions: a job does it."}}


@router.get("", response_model=ScopesOut, summary="List policies")
async def list_scopes(call: CallDep) -> Reply:
    """Every scope that has one, with the version in force and that in the shadow."""
    authorise(call.principal, Action.POLICY_READ)
    await _installed(call)
    return Reply({"scopes": await _service(call).overview()})


@router.post("", response_model=DraftedOut, status_code=201, openapi_extra=dict(_GIVEN), summary="Store a draft")
async def draft_policy(
    request: Request, call: CallDep, scope: _ScopeQuery = DEFAULT_SCOPE, note: _NoteQuery = ""
) -> Reply:
    """Stored as the next version of its scope, errors and all; it changes nothing until it is put in force.

    Send JSON that holds the text, or the YAML itself as `application/yaml`. What cannot be read is refused with its
    line.
    """
    authorise(call.principal, Action.POLICY_WRITE)
    given = await _given(request, scope, note)
    made = await _service(call).draft(given.text, scope=given.scope, by=call.principal.account, note=given.note)
    return Reply({**about(made.policy), "findings": findings_out(made.findings)}, status_code=201)


@router.post("/check", response_model=CheckOut, openapi_extra=dict(_GIVEN), summary="Check a policy")
async def check_policy(request: Request, call: CallDep) -> Reply:
    """What is wrong with a policy, with lines; nothing is stored. What cannot be read at all is one error."""
    authorise(call.principal, Action.POLICY_READ)
    given = await _given(request, DEFAULT_SCOPE, "")
    findings = await asyncio.to_thread(looked_at, given.text)
    return Reply({"ok": all(one.severity != "error" for one in findings), "findings": findings_out(findings)})


@router.get("/{scope}", response_model=VersionsOut, summary="List versions of a policy")
async def list_versions(
    scope: ScopePath,
    call: CallDep,
    before: Annotated[
        int | None, Query(ge=1, le=MAX_VERSION, description="Only lower numbers.", examples=[101])
    ] = None,
) -> Reply:
    """The newest first, a hundred a page; none is no error."""
    authorise(call.principal, Action.POLICY_READ)
    await _installed(call)
    found = await _service(call).history(check_scope(scope), limit=PAGE + 1, before=before)
    page = found[:PAGE]
    after = page[-1].version if len(found) > PAGE else None
    return Reply({"versions": [about(one) for one in page], "next_before": after})


@router.get("/{scope}/shadow", response_model=ShadowOut, responses=documented(404), summary="What a shadow says")
async def get_shadow(scope: ScopePath, call: CallDep) -> Reply:
    """The version in the shadow of a scope, and what it said beside what was decided since it was put there."""
    authorise(call.principal, Action.POLICY_READ)
    return Reply(shadow_out(*await _service(call).shadowed(check_scope(scope))))


@router.get(
    "/{scope}/{version}",
    response_model=PolicyOut,
    responses={**documented(404), **_BOTH},
    summary="Read a version of a policy",
)
async def get_policy(
    scope: ScopePath,
    version: VersionPath,
    call: CallDep,
    form: Annotated[
        Literal["json", "yaml"], Query(alias="format", description="`yaml`: as a text alone.", examples=["json"])
    ] = "json",
) -> Response:
    """All of it, in canonical form: as data, or as YAML that can be sent again."""
    authorise(call.principal, Action.POLICY_READ)
    await _installed(call)
    stored = await _service(call).get(check_scope(scope), version)
    policy = await asyncio.to_thread(read_stored, stored.body)
    if form == "yaml":
        return Response(await asyncio.to_thread(to_yaml, policy), media_type=YAML)
    return Reply({**about(stored), "policy": to_data(policy)})


@router.delete("/{scope}/{version}", status_code=204, responses=documented(404, 409), summary="Delete a draft")
async def delete_draft(scope: ScopePath, version: VersionPath, call: CallDep) -> Response:
    """Its number is not given again. What was ever in force or in the shadow stays."""
    authorise(call.principal, Action.POLICY_WRITE)
    await _service(call).delete(check_scope(scope), version, by=call.principal.account)
    return Response(status_code=204)


@router.post(
    "/{scope}/{version}/replay",
    response_model=ReplayOut,
    responses={**documented(404), **_JOB},
    summary="Try a version on stored decisions",
)
async def replay_policy(scope: ScopePath, version: VersionPath, call: CallDep, body: ReplayIn | None = None) -> Reply:
    """What it would have made of them, from their sealed signals: flips, rules, people's verdicts, the queue.

    More than 20,000 decisions are a job (202), whose result is the same.
    """
    authorise(call.principal, Action.POLICY_WRITE)
    given, policies = body or ReplayIn(), _service(call)
    until = given.until or call.platform.clock.now()
    window = Window(check_scope(scope), given.since or until - TRIED_FOR, until)
    if window.since >= window.until:
        raise InvalidInput("the window ends before it begins: give an earlier since", field="since")
    limits = given.limits.limits()
    if await policies.spans(window, AT_ONCE + 1) > AT_ONCE:
        await policies.get(scope, version)
        return Reply(described(await call.platform.jobs.submit(replay_job(version, window, limits))), status_code=202)
    return Reply(replayed(await policies.replay(version, window), limits))


@router.post(
    "/{scope}/{version}/activate",
    response_model=ActivatedOut,
    responses=documented(404, 409),
    summary="Put a version in force",
)
async def activate_policy(
    scope: ScopePath, version: VersionPath, call: CallDep, body: ActivateIn | None = None
) -> Reply:
    """It is tried on the newest decisions first: 50,000 of thirty days at most.

    Where that is beyond the limits, 409 says what was found, and a reason must be confirmed. It holds for the next
    decision, in every process.
    """
    authorise(call.principal, Action.POLICY_WRITE)
    policies, confirmed = _service(call), None if body is None else body.confirm_reason
    done = await policies.try_and_activate(check_scope(scope), version, confirmed=confirmed, by=call.principal.account)
    told = replayed(done.replayed, policies.limits)
    return Reply({**about(done.policy), "since": done.window.since, "replayed": told})


@router.post(
    "/{scope}/roll-back", response_model=PolicyAboutOut, responses=documented(409), summary="Roll a policy back"
)
async def roll_back_policy(scope: ScopePath, call: CallDep) -> Reply:
    """Puts in force again what was in force before; once more: forward again."""
    authorise(call.principal, Action.POLICY_WRITE)
    return Reply(about(await _service(call).roll_back(check_scope(scope), by=call.principal.account)))


@router.post(
    "/{scope}/{version}/shadow",
    response_model=PolicyAboutOut,
    responses=documented(404, 409),
    summary="Put a version in the shadow",
)
async def shadow_policy(scope: ScopePath, version: VersionPath, call: CallDep) -> Reply:
    """From now on it is asked about everything that is decided, without effect; what it says is counted."""
    authorise(call.principal, Action.POLICY_WRITE)
    return Reply(about(await _service(call).shadow(check_scope(scope), version, by=call.principal.account)))


@router.post(
    "/{scope}/{version}/retire",
    response_model=PolicyAboutOut,
    responses=documented(404, 409),
    summary="Take a version out of force",
)
async def retire_policy(scope: ScopePath, version: VersionPath, call: CallDep) -> Reply:
    """Or out of the shadow. A community is judged by the default policy then, which itself cannot be taken away."""
    authorise(call.principal, Action.POLICY_WRITE)
    return Reply(about(await _service(call).retire(check_scope(scope), version, by=call.principal.account)))


def _service(call: Call) -> PolicyService:
    return call.platform.moderation.policies


async def _installed(call: Call) -> None:
    """Have the default policy be there before it is looked for, as it is before anything is decided."""
    await _service(call).policies.standing([None])


async def _given(request: Request, scope: str, note: str) -> PolicyIn:
    """The policy of a body of either kind. Raises InvalidInput, RequestValidationError."""
    try:
        if "yaml" in request.headers.get("content-type", ""):
            text = (await request.body()).decode("utf-8")
            return PolicyIn.model_validate({"text": text, "scope": scope, "note": note})
        return PolicyIn.model_validate(await request.json())
    except UnicodeDecodeError as error:
        raise InvalidInput("the policy is not UTF-8", field="policy") from error
    except orjson.JSONDecodeError as error:
        raise InvalidInput(f"send JSON with a text, or YAML as {YAML}: {error}", field="body") from error
    except ValidationError as error:
        raise RequestValidationError(
            [{**problem, "loc": ("body", *problem["loc"])} for problem in error.errors(include_url=False)]
        ) from error
