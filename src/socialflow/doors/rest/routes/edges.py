"""Follows, subscriptions, blocks and mutes of a user: the same four calls for each kind."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from starlette.responses import Response

from socialflow.access.matrix import Action, authorise
from socialflow.content.records import EdgeKind
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import UserId
from socialflow.errors import NotFound
from socialflow.ids import ExternalId

router = APIRouter(
    prefix="/api/v1/users/{user_id}",
    tags=["Users"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 404, 410, 422, 429, 503),
)

PATHS = {
    "follows": (EdgeKind.FOLLOW, "users this user follows"),
    "subscriptions": (EdgeKind.SUBSCRIPTION, "channels this user subscribes to"),
    "blocks": (EdgeKind.BLOCK, "users this user blocks"),
    "mutes/users": (EdgeKind.MUTE_USER, "users this user mutes"),
    "mutes/channels": (EdgeKind.MUTE_CHANNEL, "channels this user mutes"),
}

TargetId = Annotated[ExternalId, Path(description="Id of the other user, or of the channel.", examples=["u-8"])]


class EdgeOut(BaseModel):
    """One relation."""

    target: Annotated[str, Field(description="Id of the other user, or of the channel.", examples=["u-8"])]
    created_at: Annotated[datetime, Field(description="Since when.", examples=["2026-01-31T12:00:00Z"])]


class EdgesOut(BaseModel):
    """Relations of one kind, in order of their targets."""

    edges: Annotated[list[EdgeOut], Field(description="One entry a relation.")]
    next: Annotated[str | None, Field(description="Give it as `after` for more; null at the end.", examples=["u-8"])]


def _add_routes(path: str, kind: EdgeKind, meaning: str) -> None:
    name = kind.value

    async def list_edges(
        user_id: UserId,
        call: CallDep,
        after: Annotated[ExternalId | None, Query(description="`next` of the last answer.", examples=["u-8"])] = None,
        limit: Annotated[int, Query(ge=1, le=1000, description="Entries at most.", examples=[100])] = 100,
    ) -> Reply:
        authorise(call.principal, Action.EDGES_READ, owner=user_id)
        edges = await call.content.edges(kind, user_id, after, limit)
        following = edges[-1].target if len(edges) == limit else None
        shown = [{"target": edge.target, "created_at": edge.created_at} for edge in edges]
        return Reply({"edges": shown, "next": following})

    async def put_edge(user_id: UserId, target: TargetId, call: CallDep) -> Response:
        authorise(call.principal, Action.EDGES_WRITE, owner=user_id)
        await call.content.connect(kind, user_id, target)
        return Response(status_code=204)

    async def delete_edge(user_id: UserId, target: TargetId, call: CallDep) -> Response:
        authorise(call.principal, Action.EDGES_WRITE, owner=user_id)
        if not await call.content.disconnect(kind, user_id, target):
            raise NotFound(f"there is no such {name}", field="target")
        return Response(status_code=204)

    router.add_api_route(
        f"/{path}",
        list_edges,
        methods=["GET"],
        response_model=EdgesOut,
        name=f"list_{name}",
        summary=f"List {meaning}",
        description="In order of the targets' ids; paged by `after`.",
    )
    router.add_api_route(
        f"/{path}/{{target}}",
        put_edge,
        methods=["PUT"],
        status_code=204,
        name=f"put_{name}",
        summary=f"Add to the {meaning}",
        description="Holds from the next feed on; a second time changes nothing.",
    )
    router.add_api_route(
        f"/{path}/{{target}}",
        delete_edge,
        methods=["DELETE"],
        status_code=204,
        name=f"delete_{name}",
        summary=f"Remove from the {meaning}",
        description="Holds from the next feed on.",
    )


for _path, (_kind, _meaning) in PATHS.items():
    _add_routes(_path, _kind, _meaning)
