"""How much each kind of interaction says: versioned data, one version active."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path
from pydantic import BaseModel, Field

from socialflow.access.matrix import Action, authorise
from socialflow.content.records import InteractionType
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import Body, Line
from socialflow.ids import MAX_INT
from socialflow.recommendation.records import ValueModel

router = APIRouter(
    prefix="/api/v1/value-models",
    tags=["Value model"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

Weight = Annotated[float, Field(ge=-100, le=100, allow_inf_nan=False)]
Version = Annotated[int, Path(ge=1, le=MAX_INT, description="Number of the version.", examples=[1])]
_WEIGHTS_EXAMPLE = {"like": 1.0, "view": 0.5, "hide": -2.0}


class ValueModelIn(Body):
    """The next version."""

    weights: Annotated[
        Mapping[InteractionType, Weight],
        Field(
            min_length=1, description="Weight of each type; those left out keep theirs.", examples=[_WEIGHTS_EXAMPLE]
        ),
    ]
    note: Annotated[Line, Field(description="Why it was changed.", examples=["views counted too much"])] = ""


class ValueModelOut(BaseModel):
    """One version."""

    version: Annotated[int, Field(description="Its number.", examples=[1])]
    weights: Annotated[
        dict[InteractionType, float], Field(description="Weight of each type.", examples=[_WEIGHTS_EXAMPLE])
    ]
    created_at: Annotated[datetime, Field(description="When it was made.", examples=["2026-01-31T12:00:00Z"])]
    note: Annotated[str, Field(description="Why it was made.", examples=[""])]


class ValueModelsOut(BaseModel):
    """All versions."""

    active: Annotated[int, Field(description="Number of the active one.", examples=[1])]
    versions: Annotated[list[ValueModelOut], Field(description="Oldest first.")]


def _shown(model: ValueModel) -> dict[str, object]:
    weights = {kind.value: weight for kind, weight in model.weights.items()}
    return {"version": model.version, "weights": weights, "created_at": model.created_at, "note": model.note}


@router.get("", response_model=ValueModelsOut, summary="List versions of the value model")
async def list_value_models(call: CallDep) -> Reply:
    """Every version, and which is active."""
    authorise(call.principal, Action.VALUE_MODEL_READ)
    async with call.platform.store.read() as unit:
        active, versions = await unit.value_models.active(), await unit.value_models.versions()
    return Reply({"active": active.version, "versions": [_shown(version) for version in versions]})


@router.put("", response_model=ValueModelOut, summary="Make and activate a version of the value model")
async def put_value_model(body: ValueModelIn, call: CallDep) -> Reply:
    """The active weights with those given changed, as the next version; feeds use it from then on."""
    authorise(call.principal, Action.VALUE_MODEL_WRITE)
    async with call.platform.store.write() as unit:
        weights = {**(await unit.value_models.active()).weights, **body.weights}
        stored = await unit.value_models.add(ValueModel(0, weights, call.platform.clock.now(), body.note))
    return Reply(_shown(stored))


@router.put(
    "/{version}/active", response_model=ValueModelOut, responses=documented(404), summary="Activate an older version"
)
async def activate_value_model(version: Version, call: CallDep) -> Reply:
    """Rolls back, or forward again."""
    authorise(call.principal, Action.VALUE_MODEL_WRITE)
    async with call.platform.store.write() as unit:
        stored = await unit.value_models.activate(version)
    return Reply(_shown(stored))
