"""What is told of decisions: counts, and statements of reasons."""

from typing import Annotated, TypeAlias

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.common import NO_NUL, Instant
from socialflow.doors.rest.schemas.transparency import CountsOut, StatementOut, StatementsOut, counts_out
from socialflow.moderation.transparency.dsa import plain
from socialflow.moderation.transparency.ports import Period
from socialflow.moderation.transparency.service import MAX_PAGE

router = APIRouter(
    prefix="/api/v1/moderation/transparency",
    tags=["Moderation"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

_PUID = {"max_length": 500, "pattern": NO_NUL, "examples": ["12-6fa459ea0ee8a3ca894edb77e160355e"]}
Since: TypeAlias = Annotated[
    Instant | None, Query(description="Decisions from then on.", examples=["2026-01-01T00:00:00Z"])
]
Until: TypeAlias = Annotated[
    Instant | None, Query(description="Decisions before then.", examples=["2026-02-01T00:00:00Z"])
]


@router.get("", response_model=CountsOut, summary="Counts of decisions")
async def read_counts(call: CallDep, since: Since = None, until: Until = None) -> Reply:
    """Decisions of a period by reason, category, automation, outcome, kind and language; appeals; how long it took.

    Without `until` up to now, without `since` the 30 days before.
    """
    authorise(call.principal, Action.TRANSPARENCY_READ)
    return Reply(counts_out(await call.platform.moderation.transparency.counts(since, until)))


@router.get("/statements", response_model=StatementsOut, summary="Statements of reasons")
async def list_statements(
    call: CallDep,
    since: Since = None,
    until: Until = None,
    after: Annotated[str | None, Query(description="`next` of the page before.", **_PUID)] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_PAGE, description="At most this many.", examples=[100])] = 100,
) -> Reply:
    """One for each decision that restricts content, in the fields of the EU's DSA Transparency Database."""
    authorise(call.principal, Action.TRANSPARENCY_READ)
    page = await call.platform.moderation.transparency.page(Period(since, until), after, limit)
    return Reply({"statements": [plain(one) for one in page.statements], "next": page.next})


@router.get(
    "/statements/{puid}", response_model=StatementOut, responses=documented(404), summary="One statement of reasons"
)
async def read_statement(call: CallDep, puid: Annotated[str, Path(description="Its unique id.", **_PUID)]) -> Reply:
    """As it stands now: it has an end once a milder decision has taken the place of its own."""
    authorise(call.principal, Action.TRANSPARENCY_READ)
    return Reply(plain(await call.platform.moderation.transparency.one(puid)))
