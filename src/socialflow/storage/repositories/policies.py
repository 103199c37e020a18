"""Policies of moderation: versions by scope."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import ColumnElement, and_, func, insert, select, update

from socialflow.errors import PolicyNotFound
from socialflow.kit.clock import from_micros, to_micros
from socialflow.moderation.policy.records import PolicyState, StoredPolicy
from socialflow.storage.repositories.rows import instant, storable
from socialflow.storage.tables import policies
from socialflow.storage.transaction import Record, Transaction

_STANDING = (PolicyState.ACTIVE, PolicyState.SHADOW)


class Policies:
    """Versions of the policies of scopes. What a version says never changes; its state does."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx

    async def add(self, policy: StoredPolicy) -> StoredPolicy:
        """Store as the next version of its scope, as a draft; returns it with its number."""
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
        row = await self._tx.row(select(policies).where(_is(scope, version))) if storable(scope) else None
        if row is None:
            raise PolicyNotFound(f"the scope {scope!r} has no version {version} of its policy", field="version")
        return _policy(row)

    async def standing(self, scopes: Sequence[str] | None = None) -> Sequence[StoredPolicy]:
        """Versions that are active or in the shadow, of some scopes or of all, in the order of scopes."""
        wanted = select(policies).where(policies.c.state.in_([state.value for state in _STANDING]))
        if scopes is not None:
            wanted = wanted.where(policies.c.scope.in_([scope for scope in scopes if storable(scope)]))
        return [_policy(row) for row in await self._tx.rows(wanted.order_by(policies.c.scope, policies.c.state))]

    async def history(self, scope: str) -> Sequence[StoredPolicy]:
        """All versions of a scope, the newest first."""
        wanted = select(policies).where(policies.c.scope == scope).order_by(policies.c.version.desc())
        return [_policy(row) for row in await self._tx.rows(wanted)] if storable(scope) else []

    async def move(self, scope: str, version: int, state: PolicyState, at: datetime) -> StoredPolicy:
        """Put a version into a state; whichever else of the scope was active (or in the shadow) retires for it.

        Raises PolicyNotFound.
        """
        before = await self.get(scope, version)
        if state in _STANDING:
            # Two statements: a unique index allows no instant with two active versions.
            others = and_(policies.c.scope == scope, policies.c.state == state.value, policies.c.version != version)
            await self._tx.run(update(policies).where(others).values(state=PolicyState.RETIRED.value))
        activated = at if state is PolicyState.ACTIVE else before.activated_at
        moved = {"state": state.value, "activated_at": None if activated is None else to_micros(activated)}
        await self._tx.run(update(policies).where(_is(scope, version)).values(**moved))
        return replace(before, state=state, activated_at=activated)


def _is(scope: str, version: int) -> ColumnElement[bool]:
    return and_(policies.c.scope == scope, policies.c.version == version)


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
