"""People, and how they relate to others."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path

from socialflow.access.matrix import Action, allowed, authorise
from socialflow.content.records import User
from socialflow.doors.rest.deps import Call, CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.routes.parameters import UserId
from socialflow.doors.rest.schemas.common import BadRow, Name, RowsOut, left_out, merge_outcomes, rows_out
from socialflow.doors.rest.schemas.content import ReceiptOut, UserIn, UserOut, UserRow, UsersBatch, user_out
from socialflow.errors import PermissionDenied
from socialflow.kit.roles import Role

router = APIRouter(
    prefix="/api/v1", tags=["Users"], route_class=GuardedRoute, responses=documented(401, 403, 422, 429, 503)
)


@router.get("/users/{user_id}", response_model=UserOut, responses=documented(404, 410), summary="Read a user")
async def read_user(user_id: UserId, call: CallDep) -> Reply:
    """The user as stored."""
    authorise(call.principal, Action.USER_READ, owner=user_id)
    return Reply(user_out(await call.content.user(user_id)))


@router.put(
    "/users/{user_id}", response_model=UserOut, responses=documented(409, 410, 413), summary="Create or replace a user"
)
async def put_user(user_id: UserId, body: UserIn, call: CallDep) -> Reply:
    """What is left out takes its default, but `created_at` and `role`, which stay. 409 where the username is taken."""
    authorise(call.principal, Action.USER_WRITE, owner=user_id)
    now = call.platform.clock.now()

    def revise(stored: User | None) -> User:
        role = stored.role if stored else Role.USER
        _check_role(call, body.role, role)
        return body.record(user_id, created_at=stored.created_at if stored else now, role=role)

    return Reply(user_out(await call.content.put_user(user_id, revise)))


@router.post("/users/bulk", response_model=RowsOut, responses=documented(413), summary="Create or replace many users")
async def put_users(body: UsersBatch, call: CallDep) -> Reply:
    """Rows in one transaction; each is answered. A role other than `user` needs who may give one."""
    authorise(call.principal, Action.USER_WRITE)
    rows: Sequence[UserRow | BadRow] = body.users
    good = [row for row in rows if not isinstance(row, BadRow)]
    now = call.platform.clock.now()
    for row in good:
        _check_role(call, row.role, Role.USER)
    outcomes = await call.content.put_users(
        [row.record(row.id, created_at=now, role=Role.USER) for row in good], left_out(good, "created_at", "role")
    )
    return Reply(rows_out(merge_outcomes(rows, outcomes)))


def _check_role(call: Call, wanted: Role | None, present: Role) -> None:
    if wanted not in {None, present} and not allowed(call.principal, Action.USER_ROLE):
        raise PermissionDenied(f"only an administrator makes somebody a {wanted}", field="role")


@router.delete(
    "/users/{user_id}", response_model=ReceiptOut, responses=documented(404, 410), summary="Erase a person for good"
)
async def erase_user(user_id: UserId, call: CallDep) -> Reply:
    """Every row and kept file that names the user goes; the id is closed. The receipt says what went."""
    authorise(call.principal, Action.USER_ERASE, owner=user_id)
    return Reply(await call.platform.erase_user(user_id))


@router.get(
    "/erasures/{receipt_id}", response_model=ReceiptOut, responses=documented(404), summary="Read an erasure's receipt"
)
async def read_receipt(
    receipt_id: Annotated[Name, Path(description="Of the receipt.", examples=["9b2d4e"])], call: CallDep
) -> Reply:
    """The receipt as it was given."""
    authorise(call.principal, Action.RECEIPT_READ)
    return Reply(await call.content.receipt(receipt_id))
