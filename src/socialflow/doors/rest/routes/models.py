"""Models: what there is, fetching and removing those of others, and what is in memory."""

import asyncio
from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.catalogue.records import Card
from socialflow.catalogue.upstream.cards import described as card_of
from socialflow.catalogue.upstream.pulling import Given, wanted_files
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.ports import Platform
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.models import ModelDetailOut, ModelOut, ModelsOut, PullIn
from socialflow.doors.rest.schemas.work import JobOut
from socialflow.errors import ArtefactError, Conflict, InvalidInput
from socialflow.pipelines.orchestrator import described
from socialflow.pipelines.pull_job import pull_job

router = APIRouter(
    prefix="/api/v1/ml/models",
    tags=["Models"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

ModelName = Annotated[
    str,
    Path(
        min_length=1,
        max_length=64,
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="Name of the model.",
        examples=["vad-silero"],
    ),
]


@router.get("", response_model=ModelsOut, summary="List models")
async def list_models(
    call: CallDep,
    origin: Annotated[
        Literal["trained", "upstream"] | None, Query(description="Only these.", examples=["upstream"])
    ] = None,
) -> Reply:
    """The models trained here and those of the catalogue, with their states; files are looked at, not read."""
    authorise(call.principal, Action.MODEL_READ)
    return Reply(await asyncio.to_thread(_all, call.platform, origin))


@router.get("/{name}", response_model=ModelDetailOut, responses=documented(404), summary="All about a model")
async def get_model(name: ModelName, call: CallDep) -> Reply:
    """State, versions and card."""
    authorise(call.principal, Action.MODEL_READ)
    return Reply(await asyncio.to_thread(_detail, call.platform, name))


@router.post("/load/{model_name}", response_model=ModelOut, responses=documented(404), summary="Load a model")
async def load_model(model_name: ModelName, call: CallDep) -> Reply:
    """Reads a model of others into the memory of the process that answers, so that its first answer is quick.

    Others leave where memory is short, the one used longest ago first. Trained models are loaded by being active.
    """
    authorise(call.principal, Action.MODEL_WRITE)
    if await asyncio.to_thread(_is_trained, call.platform, model_name):
        raise InvalidInput(f"{model_name} was trained here: it is in memory while it is active", field="model_name")
    call.platform.upstream.card(model_name)
    await asyncio.to_thread(call.platform.loaded.get, model_name)
    return Reply(await asyncio.to_thread(_upstream, call.platform, model_name))


@router.delete("/unload/{model_name}", status_code=204, responses=documented(404), summary="Unload a model")
async def unload_model(model_name: ModelName, call: CallDep) -> Response:
    """Takes a model of others out of the memory of the process that answers; it is loaded anew when it is needed."""
    authorise(call.principal, Action.MODEL_WRITE)
    call.platform.upstream.card(model_name)
    call.platform.loaded.unload(model_name)
    return Response(status_code=204)


@router.post("/{name}/pull", response_model=JobOut, status_code=202, responses=documented(404), summary="Fetch a model")
async def pull_model(name: ModelName, call: CallDep, body: PullIn | None = None) -> Reply:
    """Stores the job that brings a model of others here; while it waits or runs, asking again gives the same job."""
    authorise(call.principal, Action.MODEL_WRITE)
    digests = {} if body is None else dict(body.sha256)
    wanted_files(call.platform.upstream.card(name), Given(digests))  # what is lacking is said now, not by the job
    return Reply(described(await call.platform.jobs.submit(pull_job(name, digests))), status_code=202)


@router.delete("/{name}", status_code=204, responses=documented(404, 409), summary="Remove a model")
async def remove_model(name: ModelName, call: CallDep) -> Response:
    """Deletes the files of a model of others, and takes it out of this process's memory; who uses it now, goes on.

    What lies in a mirror stays. Versions of trained models are removed with `socialflow models remove`.
    """
    authorise(call.principal, Action.MODEL_WRITE)
    if await asyncio.to_thread(_is_trained, call.platform, name):
        raise Conflict(f"{name} was trained here; remove versions of it with: socialflow models remove {name} VERSION")
    await asyncio.to_thread(call.platform.upstream.remove, name)
    call.platform.loaded.unload(name)
    return Response(status_code=204)


def _all(platform: Platform, origin: str | None) -> dict[str, object]:
    trained = [_trained(platform, name) for name in platform.catalogue.names()] if origin != "upstream" else []
    upstream = [_upstream(platform, name) for name in platform.upstream.names()] if origin != "trained" else []
    memory = {"used": platform.loaded.size, "budget": platform.loaded.budget}
    return {"models": trained + upstream, "memory": memory}


def _detail(platform: Platform, name: str) -> dict[str, object]:
    if not _is_trained(platform, name):
        return {**_upstream(platform, name), "versions": [], "card": card_of(platform.upstream.card(name))}
    entry = _trained(platform, name)
    if entry["state"] == "damaged":
        return {**entry, "versions": [], "card": {}}
    versions = [about.version for about in platform.catalogue.versions(name)]
    return {**entry, "versions": versions, "card": _card(platform, name).to_json()}


def _is_trained(platform: Platform, name: str) -> bool:
    return name in platform.catalogue.names()


def _card(platform: Platform, name: str) -> Card:
    """Of the active version, or of the newest."""
    version = platform.catalogue.active_versions().get(name) or platform.catalogue.versions(name)[-1].version
    return platform.catalogue.card(name, version)


def _trained(platform: Platform, name: str) -> dict[str, object]:
    """A model trained here; of one whose files are not what they were, only that, and the reason."""
    active = platform.catalogue.active_versions().get(name)
    about: dict[str, object] = {"name": name, "origin": "trained", "version": active, "task": None}
    try:
        card = _card(platform, name)
        newest = active or platform.catalogue.versions(name)[-1].version
        size = platform.catalogue.manifest(name, newest).size
    except ArtefactError as error:
        damaged = {"state": "damaged", "summary": error.message, "licence": "", "size": None, "loaded": False}
        return {**about, **damaged}
    return {
        **about,
        "state": "candidate" if active is None else "active",
        "summary": card.summary,
        "licence": card.licence,
        "size": size,
        "loaded": active is not None,
    }


def _upstream(platform: Platform, name: str) -> dict[str, object]:
    card = platform.upstream.card(name)
    return {
        "name": name,
        "origin": "upstream",
        "state": platform.upstream.state(name),
        "version": None,
        "task": card.task,
        "summary": card.summary,
        "licence": card.licence,
        "size": card.size,
        "loaded": name in platform.loaded.names(),
    }
