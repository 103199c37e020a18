"""Policies of moderation: versions by scope, and what versions in the shadow said."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

import orjson
from sqlalchemy import ColumnElement, and_, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects import postgresql, sqlite

from socialflow.content.records import ModerationStatus
from socialflow.errors import Conflict, PolicyNotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.policy.ports import Head
from socialflow.moderation.policy.records import PolicyState, StoredPolicy
from socialflow.moderation.policy.replay import EXAMPLES
from socialflow.moderation.policy.shadow import Noted, Told
from socialflow.storage.repositories.rows import findable, instant, storable
from socialflow.storage.tables import policies, policy_shadows
from socialflow.storage.transaction import Record, Transaction

_STANDING = (PolicyState.ACTIVE, PolicyState.SHADOW)
_HEAD = (policies.c.scope, policies.c.version, policies.c.digest, policies.c.state)
_BARE = select(*(column for column in policies.c if column.name != "body"), literal("").label("body"))
_HERE = policies.c.state != PolicyState.DELETED.value


class Policies:
    """Versions of the policies of scopes. What a version says never changes; its state does."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def hold(self, scope: str) -> None:
        """Have whoever else changes versions of this scope wait until this unit ends; SQLite has one writer anyway."""
        if self._tx.dialect == "postgresql":
            lock = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")
            await self._tx.run(lock, {"name": f"policies {scope}"})

    async def add(self, policy: StoredPolicy) -> StoredPolicy:
        """Store as the next version of its scope, as a draft; returns it with its number."""
        await self.hold(policy.scope)
        newest = await self._tx.one(select(func.max(policies.c.version)).where(policies.c.scope == policy.scope))
        added = replace(policy, version=1 + (newest[0] or 0), state=PolicyState.DRAFT, activated_at=None)
        stored = {
            "scope": added.scope,
            "version": added.version,
            "body": added.body,
            "digest": added.digest,
            "state": added.state.value,
            "created_at": to_micros(added.created_at),
            "author": added.author,
            "note": added.note,
        }
        await self._tx.run(insert(policies), [stored])
        return added

    async def get(self, scope: str, version: int) -> StoredPolicy:
        """One version. Raises PolicyNotFound."""
        row = await self._tx.row(select(policies).where(_is(scope, version), _HERE)) if storable(scope) else None
        if row is None:
            raise PolicyNotFound(f"the scope {scope!r} has no version {version} of its policy", field="version")
        return _policy(row)

    async def heads(self, scopes: Collection[str] | None = None) -> Sequence[Head]:
        """Versions that are active or in the shadow, of some scopes or of all, in the order of scopes."""
        rows = await self._tx.rows(select(*_HEAD).where(*self._stands(scopes)).order_by(policies.c.scope))
        return [Head(row.scope, row.version, row.digest, PolicyState(row.state)) for row in rows]

    async def standing(self, scopes: Collection[str] | None = None) -> Sequence[StoredPolicy]:
        """The same, whole."""
        wanted = select(policies).where(*self._stands(scopes)).order_by(policies.c.scope, policies.c.state)
        return [_policy(row) for row in await self._tx.rows(wanted)]

    async def scopes(self) -> Sequence[tuple[str, int]]:
        """Scopes and how many versions there are of each, in order."""
        wanted = select(policies.c.scope, func.count().label("versions")).where(_HERE).group_by(policies.c.scope)
        return [(row.scope, row.versions) for row in await self._tx.rows(wanted.order_by(policies.c.scope))]

    async def history(self, scope: str, limit: int | None = None, before: int | None = None) -> Sequence[StoredPolicy]:
        """Versions of a scope, their bodies left empty, the newest first; `before`: only those with lower numbers."""
        if not storable(scope):
            return []
        wanted = _BARE.where(policies.c.scope == scope, _HERE).order_by(policies.c.version.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(policies.c.version < before)
        return [_policy(row) for row in await self._tx.rows(wanted)]

    async def move(self, scope: str, version: int, state: PolicyState, at: datetime) -> StoredPolicy:
        """Put a version into a state; whichever else of the scope was active (or in the shadow) retires for it.

        Raises PolicyNotFound.
        """
        await self.hold(scope)
        before = await self.get(scope, version)
        if state in _STANDING:
            # Two statements: a unique index allows no instant with two active versions.
            others = and_(policies.c.scope == scope, policies.c.state == state.value, policies.c.version != version)
            await self._tx.run(update(policies).where(others).values(state=PolicyState.RETIRED.value))
        activated = at if state is PolicyState.ACTIVE else before.activated_at
        moved = {"state": state.value, "activated_at": None if activated is None else to_micros(activated)}
        await self._tx.run(update(policies).where(_is(scope, version)).values(**moved))
        return replace(before, state=state, activated_at=activated)

    async def remove(self, scope: str, version: int) -> None:
        """Delete a draft; its number is not given again. Raises PolicyNotFound, Conflict (it is no draft)."""
        await self.hold(scope)
        stored = await self.get(scope, version)
        if stored.state is not PolicyState.DRAFT:
            raise Conflict(f"version {version} is {stored.state.value}: only drafts are deleted", field="version")
        emptied = {"state": PolicyState.DELETED.value, "body": "", "note": "", "author": ""}
        await self._tx.run(update(policies).where(_is(scope, version)).values(**emptied))

    async def note(self, noted: Sequence[Noted], at: datetime) -> None:
        """Count what shadows said beside what was decided; call it last, for it holds the counters until the end."""
        make = postgresql.insert if self._tx.dialect == "postgresql" else sqlite.insert
        table, now = policy_shadows, to_micros(at)
        for one in noted:
            row = {
                "scope": one.scope,
                "version": one.version,
                "before": one.before.value,
                "after": one.after.value,
                "decided": one.count,
                "examples": _listed(one.examples),
                "first_at": now,
                "last_at": now,
            }
            adding = make(table).values(row)
            counted = {"decided": table.c.decided + adding.excluded.decided, "last_at": adding.excluded.last_at}
            added = adding.on_conflict_do_update(index_elements=table.primary_key.columns, set_=counted)
            known = orjson.loads((await self._tx.one(added.returning(table.c.examples))).examples)
            examples = list(dict.fromkeys([*known, *one.examples]))[:EXAMPLES]
            if examples != known:
                mine = and_(_told_of(one.scope, one.version), table.c.before == one.before, table.c.after == one.after)
                await self._tx.run(update(table).where(mine).values(examples=_listed(examples)))

    async def told(self, scope: str, version: int) -> Sequence[Told]:
        """What a version said in the shadow, the most frequent first."""
        wanted = select(policy_shadows).where(_told_of(scope, version)).order_by(policy_shadows.c.decided.desc())
        return [_told(row) for row in await self._tx.rows(wanted)] if storable(scope) else []

    async def forget_told(self, scope: str, version: int) -> None:
        """Begin counting anew."""
        await self._tx.run(delete(policy_shadows).where(_told_of(scope, version)))

    def _stands(self, scopes: Collection[str] | None) -> list[ColumnElement[bool]]:
        stands: list[ColumnElement[bool]] = [policies.c.state.in_([state.value for state in _STANDING])]
        return stands if scopes is None else [*stands, self._tx.among(policies.c.scope, findable(scopes))]


def _is(scope: str, version: int) -> ColumnElement[bool]:
    return and_(policies.c.scope == scope, policies.c.version == version)


def _told_of(scope: str, version: int) -> ColumnElement[bool]:
    return and_(policy_shadows.c.scope == scope, policy_shadows.c.version == version)


def _listed(examples: Sequence[str]) -> str:
    return orjson.dumps(list(examples)).decode()


def _told(row: Record) -> Told:
    noted = Noted(
        scope=row.scope,
        version=row.version,
        before=ModerationStatus(row.before),
        after=ModerationStatus(row.after),
        count=row.decided,
        examples=tuple(orjson.loads(row.examples)),
    )
    return Told(noted, from_micros(row.first_at), from_micros(row.last_at))


def _policy(row: Record) -> StoredPolicy:
    return StoredPolicy(
        scope=row.scope,
        version=row.version,
        body=row.body,
        digest=row.digest,
        state=PolicyState(row.state),
        created_at=from_micros(row.created_at),
        activated_at=instant(row.activated_at),
        author=row.author,
        note=row.note,
    )
