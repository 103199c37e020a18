"""Policies from draft to force and back."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from socialflow.errors import Conflict, InvalidInput, PolicyNotFound, PolicyUnfit
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.canonical import canonical, digest
from socialflow.moderation.policy.checks import Finding, Severity, check
from socialflow.moderation.policy.columns import Columns
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.policy.fields import LONGEST_TEXT, LONGEST_WORD
from socialflow.moderation.policy.guard import Limits, guard
from socialflow.moderation.policy.ports import PastDecisions, PolicyStore, Window
from socialflow.moderation.policy.reading import read, read_stored
from socialflow.moderation.policy.records import DEFAULT_SCOPE, Policy, PolicyState, StoredPolicy, scopes
from socialflow.moderation.policy.replay import Replay, Trial
from socialflow.moderation.policy.shadow import InForce, Shadow
from socialflow.moderation.records import PolicyVersion

_KEPT = 256
"""Compiled policies that are kept; scopes beyond are compiled anew."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A stored draft and what its check found."""

    policy: StoredPolicy
    findings: tuple[Finding, ...]


class PolicyService:
    """Drafts, checks, replays, activates and rolls back policies, and says which one is in force.

    A scope is `default` or `community:ID`; a community's policy stands before the default's. Drafts are versions too:
    what is stored never changes.

    Parameters:
        store: keeps them.
        clock: dates them.
        decisions: what replay tries drafts on; None: there is nothing to try them on.
        limits: what a draft may change without a reason being given.
        thresholds: take the place of the default policy's, by name, when it is first installed.
    """

    def __init__(
        self,
        store: PolicyStore,
        clock: Clock,
        *,
        decisions: PastDecisions | None = None,
        limits: Limits | None = None,
        thresholds: Mapping[str, float] | None = None,
    ) -> None:
        self._store = store
        self._clock = clock
        self._decisions = decisions
        self._limits = limits or Limits()
        self._thresholds = dict(thresholds or {})
        self._compiled: dict[str, Compiled] = {}
        self._shadows: dict[tuple[str, int], Shadow] = {}

    async def install(self) -> StoredPolicy:
        """The active policy of the default scope; a store without any gets the default policy."""
        policy = await asyncio.to_thread(default_policy, self._thresholds)
        async with self._store.write() as unit:
            for stored in await unit.policies.standing([DEFAULT_SCOPE]):
                if stored.state is PolicyState.ACTIVE:
                    return stored
            added = await unit.policies.add(self._stored(policy, DEFAULT_SCOPE, "", "the default policy"))
            return await unit.policies.move(DEFAULT_SCOPE, added.version, PolicyState.ACTIVE, self._clock.now())

    async def check(self, text: str) -> tuple[Finding, ...]:
        """What is wrong with a policy. Raises InvalidInput where it cannot be read at all."""
        return (await asyncio.to_thread(_read_and_checked, text))[1]

    async def draft(self, text: str, *, scope: str = DEFAULT_SCOPE, author: str = "", note: str = "") -> Drafted:
        """Store a policy as a draft, with what its check found. Raises InvalidInput: it cannot be read."""
        _check_scope(scope)
        for name, given, longest in (("author", author, LONGEST_WORD), ("note", note, LONGEST_TEXT)):
            if len(given) > longest or "\0" in given:
                raise InvalidInput(f"{name} has at most {longest} characters, none of them NUL", field=name)
        policy, findings = await asyncio.to_thread(_read_and_checked, text)
        async with self._store.write() as unit:
            added = await unit.policies.add(self._stored(policy, scope, author, note))
        return Drafted(added, findings)

    async def replay(self, version: int, window: Window) -> Replay:
        """What a version of the window's scope would have made of the decisions in it.

        Raises:
            PolicyNotFound, PolicyUnfit.
            InvalidInput: there are no decisions to try it on.
        """
        if self._decisions is None:
            raise InvalidInput("no decisions are kept that a policy could be tried on", field="window")
        policy = await self._fit(window.scope, version)
        trial = Trial(policy)
        async for batch in self._decisions.batches(window):
            await asyncio.to_thread(lambda rows=batch: trial.take(Columns.of(rows)))  # type: ignore[misc]
        return trial.result()

    async def activate(
        self, scope: str, version: int, *, replayed: Replay | None, confirmed: str | None = None
    ) -> StoredPolicy:
        """Put a version in force; the one before retires.

        `replayed` shows what it changes: where that is beyond the limits, or where None is given, a reason must be
        `confirmed`.

        Raises:
            PolicyNotFound, PolicyUnfit: its check finds errors.
            PolicyGuarded: beyond the limits, without a reason.
            Conflict: the replay is one of another policy.
        """
        policy = await self._fit(scope, version)
        if replayed is not None and replayed.digest != policy.digest:
            raise Conflict("the replay is one of another policy: replay this version", field="replayed")
        if replayed is None and not (confirmed or "").strip():
            raise InvalidInput("replay the version first, or confirm with a reason", field="confirmed")
        if replayed is not None:
            guard(replayed, self._limits, confirmed)
        return await self._move(scope, version, PolicyState.ACTIVE)

    async def roll_back(self, scope: str = DEFAULT_SCOPE) -> StoredPolicy:
        """Put in force again what was in force before. Raises Conflict where nothing was."""
        async with self._store.write() as unit:
            retired = [
                (stored.activated_at, stored.version)
                for stored in await unit.policies.history(scope)
                if stored.state is PolicyState.RETIRED and stored.activated_at is not None
            ]
            if not retired:
                raise Conflict(f"no other version was in force in the scope {scope!r}", field="scope")
            return await unit.policies.move(scope, max(retired)[1], PolicyState.ACTIVE, self._clock.now())

    async def shadow(self, scope: str, version: int) -> StoredPolicy:
        """Evaluate a version beside the one in force, without effect. Raises PolicyNotFound, PolicyUnfit, Conflict."""
        await self._fit(scope, version)
        async with self._store.write() as unit:
            if (await unit.policies.get(scope, version)).state is PolicyState.ACTIVE:
                raise Conflict(f"version {version} is in force", field="version")
            return await unit.policies.move(scope, version, PolicyState.SHADOW, self._clock.now())

    async def retire(self, scope: str, version: int) -> StoredPolicy:
        """Take a version out of force or out of the shadow.

        Raises PolicyNotFound; Conflict: it is the default's that is in force.
        """
        async with self._store.write() as unit:
            stored = await unit.policies.get(scope, version)
            if scope == DEFAULT_SCOPE and stored.state is PolicyState.ACTIVE:
                raise Conflict("the default policy stands for all content: activate another instead", field="version")
            return await unit.policies.move(scope, version, PolicyState.RETIRED, self._clock.now())

    async def active(self, scope: str = DEFAULT_SCOPE) -> StoredPolicy:
        """The version in force. Raises PolicyNotFound where the scope has none."""
        async with self._store.read() as unit:
            for stored in await unit.policies.standing([scope]):
                if stored.state is PolicyState.ACTIVE:
                    return stored
        raise PolicyNotFound(f"the scope {scope!r} has no policy in force", field="scope")

    async def history(self, scope: str = DEFAULT_SCOPE) -> Sequence[StoredPolicy]:
        """All versions, the newest first."""
        async with self._store.read() as unit:
            return await unit.policies.history(scope)

    async def in_force(self, community: str | None = None) -> InForce:
        """What content is judged by: the community's policy, or the default one, which is installed where missing."""
        wanted = scopes(community)
        async with self._store.read() as unit:
            standing = await unit.policies.standing(wanted)
        by = {(stored.scope, stored.state): stored for stored in standing}
        found = next((by[scope, PolicyState.ACTIVE] for scope in wanted if (scope, PolicyState.ACTIVE) in by), None)
        stored = found or await self.install()
        shadow = next((by[scope, PolicyState.SHADOW] for scope in wanted if (scope, PolicyState.SHADOW) in by), None)
        return InForce(_version(stored), self._ready(stored), None if shadow is None else self._shadow(shadow))

    async def _fit(self, scope: str, version: int) -> Compiled:
        """A version that its check finds no errors in."""
        async with self._store.read() as unit:
            stored = await unit.policies.get(scope, version)
        findings = await asyncio.to_thread(lambda: check(read_stored(stored.body)))
        errors = [one for one in findings if one.severity is Severity.ERROR]
        if errors:
            said = "; ".join(f"{one.rule}: {one.message}" if one.rule else one.message for one in errors)
            raise PolicyUnfit(f"version {version} of {scope!r} has errors: {said}", field="version")
        return self._ready(stored)

    async def _move(self, scope: str, version: int, state: PolicyState) -> StoredPolicy:
        async with self._store.write() as unit:
            return await unit.policies.move(scope, version, state, self._clock.now())

    def _stored(self, policy: Policy, scope: str, author: str, note: str) -> StoredPolicy:
        return StoredPolicy(
            scope=scope,
            version=0,
            body=canonical(policy),
            digest=digest(policy),
            state=PolicyState.DRAFT,
            created_at=self._clock.now(),
            author=author,
            note=note,
        )

    def _ready(self, stored: StoredPolicy) -> Compiled:
        found = self._compiled.get(stored.digest)
        if found is None:
            if len(self._compiled) >= _KEPT:
                self._compiled.clear()
            found = self._compiled[stored.digest] = Compiled(read_stored(stored.body))
        return found

    def _shadow(self, stored: StoredPolicy) -> Shadow:
        key = (stored.scope, stored.version)
        if key not in self._shadows:
            self._shadows = {kept: one for kept, one in self._shadows.items() if kept[0] != stored.scope}
            self._shadows[key] = Shadow(_version(stored), self._ready(stored))
        return self._shadows[key]


def _read_and_checked(text: str) -> tuple[Policy, tuple[Finding, ...]]:
    policy = read(text)
    return policy, check(policy)


def _version(stored: StoredPolicy) -> PolicyVersion:
    return PolicyVersion(stored.scope, stored.version, stored.digest)


def _check_scope(scope: str) -> None:
    kind, _, name = scope.partition(":")
    fits = scope == DEFAULT_SCOPE or (kind == "community" and 1 <= len(name) <= LONGEST_WORD and name.isprintable())
    if not fits:
        raise InvalidInput(f"a scope is {DEFAULT_SCOPE} or community:ID, not {scope!r}", field="scope")
