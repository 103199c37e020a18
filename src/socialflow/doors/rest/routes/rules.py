"""Rules of the feed: versioned data, one version active."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from socialflow.access.matrix import Action, authorise
from socialflow.doors.rest.deps import CallDep, GuardedRoute
from socialflow.doors.rest.errors import documented
from socialflow.doors.rest.replies import Reply
from socialflow.doors.rest.schemas.rules import RulesIn, RulesOut, VersionsOut, rules_out, version_out
from socialflow.ids import MAX_INT
from socialflow.recommendation import feeds
from socialflow.recommendation.rulebook import check_names
from socialflow.recommendation.rules import RuleSet, check

router = APIRouter(
    prefix="/api/v1/recommendations/rules",
    tags=["Rules of the feed"],
    route_class=GuardedRoute,
    responses=documented(401, 403, 422, 429, 503),
)

_VERSION = {"ge": 1, "le": MAX_INT, "description": "Number of the version.", "examples": [1]}


@router.get("", response_model=RulesOut, responses=documented(404), summary="Rules of the feed")
async def get_rules(call: CallDep, version: Annotated[int | None, Query(**_VERSION)] = None) -> Reply:
    """The active rules, or those of any version."""
    authorise(call.principal, Action.RULES_READ)
    async with call.platform.store.read() as unit:
        return Reply(rules_out(await (unit.rules.active() if version is None else unit.rules.version(version))))


@router.get("/versions", response_model=VersionsOut, summary="List versions of the rules")
async def list_versions(call: CallDep) -> Reply:
    """Every version, and which is active."""
    authorise(call.principal, Action.RULES_READ)
    async with call.platform.store.read() as unit:
        versions = await unit.rules.versions()
    active = next(stored.version for stored, is_active in versions if is_active)
    return Reply({"active": active, "versions": [version_out(stored) for stored, _ in versions]})


@router.put("", response_model=RulesOut, summary="Make and activate a version of the rules")
async def put_rules(body: RulesIn, call: CallDep) -> Reply:
    """These rules, and no others, as the next version; every feed obeys them from then on."""
    authorise(call.principal, Action.RULES_WRITE)
    rules = RuleSet(0, tuple(given.rule() for given in body.rules), call.platform.clock.now(), body.note)
    check(rules.rules, {*feeds.FEEDS, feeds.SIMILAR.name})
    async with call.platform.store.write() as unit:
        await check_names(unit, rules)
        return Reply(rules_out(await unit.rules.add(rules)))


@router.put("/{version}/active", response_model=RulesOut, responses=documented(404), summary="Activate another version")
async def activate_rules(version: Annotated[int, Path(**_VERSION)], call: CallDep) -> Reply:
    """Rolls back, or forward again."""
    authorise(call.principal, Action.RULES_WRITE)
    async with call.platform.store.write() as unit:
        return Reply(rules_out(await unit.rules.activate(version)))
