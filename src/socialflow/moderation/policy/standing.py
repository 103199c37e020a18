"""Which policy stands for content now."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence

from socialflow.errors import PolicyNotFound
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.canonical import canonical, digest
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.policy.history import AN_INSTALLATION, policy_event
from socialflow.moderation.policy.ports import Head, PolicyStore, PolicyUnit, VersionsUnit
from socialflow.moderation.policy.reading import read_stored
from socialflow.moderation.policy.records import (
    DEFAULT_SCOPE,
    FollowUp,
    Policy,
    PolicyState,
    Reason,
    StoredPolicy,
    scopes,
)
from socialflow.moderation.policy.shadow import Shadow, Standing
from socialflow.moderation.records import PolicyVersion

_KEPT = 256
"""Compiled policies that are kept; scopes beyond are compiled anew."""


class ActivePolicies:
    """The versions in force, by scope (satisfies `moderator.Policies`).

    A community's policy stands before the default's. What another process puts in force holds for the next batch: each
    asks the store which versions stand, and policies that this process has not met yet are read and compiled.

    Parameters:
        store: keeps them.
        clock: dates the default policy.
        thresholds: take the place of the default policy's, by name, when it is first installed.
    """

    def __init__(self, store: PolicyStore, clock: Clock, thresholds: Mapping[str, float] | None = None) -> None:
        self._store = store
        self._clock = clock
        self._thresholds = dict(thresholds or {})
        self._compiled: dict[str, Compiled] = {}

    async def standing(self, communities: Collection[str | None]) -> Mapping[str | None, Standing]:
        """By community (None: of no community), the policy that content of it is judged by now.

        Where the default scope has none, the default policy is installed. Raises StoreUnavailable.
        """
        wanted = {community: scopes(community) for community in communities}
        asked = {DEFAULT_SCOPE}.union(*wanted.values())
        heads, ready = await self._read(asked)
        if (DEFAULT_SCOPE, PolicyState.ACTIVE) not in heads:
            await self.install()
            heads, ready = await self._read(asked)
        return {community: _standing(near, heads, ready) for community, near in wanted.items()}

    async def compiled(self, stored: StoredPolicy) -> Compiled:
        """A stored version, ready for evaluation. Raises InvalidInput."""
        return (await self._ready({stored.digest: stored.body}))[stored.digest]

    async def of(self, policy: PolicyVersion, code: str) -> Reason | None:
        """The reason of a code in a version that content was judged by; None where either is not known.

        Satisfies `transparency.ports.Reasons`.
        """
        found = await self.policy_of(policy)
        try:
            return None if found is None else found.reason(code)
        except KeyError:
            return None

    async def policy_of(self, policy: PolicyVersion) -> Policy | None:
        """The policy that content was judged by; None where it is not known. Raises StoreUnavailable."""
        if (kept := self._compiled.get(policy.digest)) is not None:
            return kept.policy
        async with self._store.read() as unit:
            stored = await _stored(unit, policy)
        return None if stored is None else (await self.compiled(stored)).policy

    async def follow_up_in(self, unit: VersionsUnit, policy: PolicyVersion) -> FollowUp:
        """What the policy that content was judged by says of reviews and strikes (satisfies `review.ports.FollowUpOf`).

        It is read through the caller's own unit of work: one that waited for a second connection while it holds its own
        would, with as many beside it as there are connections, wait for ever. A version that is not known says nothing
        but what is usual. Raises StoreUnavailable.
        """
        if (kept := self._compiled.get(policy.digest)) is not None:
            return kept.policy.follow_up
        stored = await _stored(unit, policy)
        return FollowUp() if stored is None else (await self.compiled(stored)).policy.follow_up

    async def install(self) -> StoredPolicy:
        """The active policy of the default scope; a store without any gets the default policy, whoever asks first."""
        policy = await asyncio.to_thread(default_policy, self._thresholds)
        async with self._store.write() as unit:
            await unit.policies.hold(DEFAULT_SCOPE)
            for stored in await unit.policies.standing([DEFAULT_SCOPE]):
                if stored.state is PolicyState.ACTIVE:
                    return stored
            return await self._install(unit, policy)

    async def _install(self, unit: PolicyUnit, policy: Policy) -> StoredPolicy:
        now = self._clock.now()
        draft = StoredPolicy(
            scope=DEFAULT_SCOPE,
            version=0,
            body=canonical(policy),
            digest=digest(policy),
            state=PolicyState.DRAFT,
            created_at=now,
            note="the default policy",
        )
        added = await unit.policies.add(draft)
        await unit.audit.append(policy_event("install", added, AN_INSTALLATION, now))
        return await unit.policies.move(DEFAULT_SCOPE, added.version, PolicyState.ACTIVE, now)

    async def _read(self, asked: Collection[str]) -> tuple["Heads", Mapping[str, Compiled]]:
        """The versions that stand in some scopes, and all of them compiled, by digest."""
        async with self._store.read() as unit:
            heads = await unit.policies.heads(asked)
            new = [head for head in heads if head.digest not in self._compiled]
            bodies = {head.digest: (await unit.policies.get(head.scope, head.version)).body for head in new}
        ready = {head.digest: self._compiled[head.digest] for head in heads if head.digest not in bodies}
        return {(head.scope, head.state): head for head in heads}, {**ready, **await self._ready(bodies)}

    async def _ready(self, bodies: Mapping[str, str]) -> Mapping[str, Compiled]:
        ready = {}
        for found, body in bodies.items():
            if found not in self._compiled:
                made = await asyncio.to_thread(lambda text=body: Compiled(read_stored(text)))  # type: ignore[misc]
                if len(self._compiled) >= _KEPT:
                    self._compiled.clear()
                self._compiled[found] = made
            ready[found] = self._compiled[found]
        return ready


async def _stored(unit: VersionsUnit, policy: PolicyVersion) -> StoredPolicy | None:
    """The version, if it is kept and says what content was judged by."""
    try:
        stored = await unit.policies.get(policy.scope, policy.version)
    except PolicyNotFound:
        return None
    return stored if stored.digest == policy.digest else None


Heads = Mapping[tuple[str, PolicyState], Head]


def _standing(near: Sequence[str], heads: Heads, ready: Mapping[str, Compiled]) -> Standing:
    """Of the scopes of some content, the nearest first.

    A shadow counts where it would stand itself were it in force: no farther than the version that is.
    """
    active = next(heads[scope, PolicyState.ACTIVE] for scope in near if (scope, PolicyState.ACTIVE) in heads)
    nearer = near[: near.index(active.scope) + 1]
    shadow = _first(heads.get((scope, PolicyState.SHADOW)) for scope in nearer)
    beside = None if shadow is None else Shadow(_version(shadow), ready[shadow.digest])
    return Standing(_version(active), ready[active.digest], beside)


def _first(found: Iterable[Head | None]) -> Head | None:
    return next((head for head in found if head is not None), None)


def _version(head: Head) -> PolicyVersion:
    return PolicyVersion(head.scope, head.version, head.digest)
