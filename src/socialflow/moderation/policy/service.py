"""Policies from draft to force and back."""

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from socialflow.errors import Conflict, InvalidInput, PolicyNotFound, PolicyUnfit
from socialflow.kit.clock import Clock
from socialflow.moderation.policy.canonical import canonical, digest
from socialflow.moderation.policy.checks import Finding, Severity, check
from socialflow.moderation.policy.columns import Columns
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.policy.fields import LONGEST_TEXT, LONGEST_WORD
from socialflow.moderation.policy.guard import Breach, Limits, breaches, guard
from socialflow.moderation.policy.history import figures, named, policy_event
from socialflow.moderation.policy.ports import PastDecisions, PolicyStore, PolicyUnit, Window
from socialflow.moderation.policy.reading import lines_of, read, read_stored
from socialflow.moderation.policy.records import (
    DEFAULT_SCOPE,
    Policy,
    PolicyState,
    StoredPolicy,
    community_of,
)
from socialflow.moderation.policy.replay import Replay, Trial
from socialflow.moderation.policy.shadow import Told
from socialflow.moderation.policy.standing import ActivePolicies

TRIED = 50_000
"""Decisions, the newest, that a version is tried on before it is activated."""
TRIED_FOR = timedelta(days=30)
"""How far back these reach at most."""
_LINE = re.compile(r"line (\d+): ")
Progress = Callable[[int], None]
"""Hears how many decisions were replayed so far; what it raises ends the replay."""


@dataclass(frozen=True, slots=True)
class Drafted:
    """A stored draft and what its check found."""

    policy: StoredPolicy
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Activated:
    """A version in force, what it was tried on, what came out, and which limits that is beyond."""

    policy: StoredPolicy
    window: Window
    replayed: Replay
    beyond: tuple[Breach, ...]


@dataclass(frozen=True, slots=True)
class Overview:
    """A scope: numbers of the version in force and of that in the shadow, None where there is none; and of all."""

    scope: str
    active: int | None
    shadow: int | None
    versions: int


class PolicyService:
    """Drafts, checks, replays, activates and rolls back policies, and says which one is in force.

    A scope is `default` or `community:ID`; a community's policy stands before the default's. Drafts are versions too:
    what is stored never changes. Everything that changes something is kept in the audit chain in the same transaction;
    `by` is the account of who does it, of which a pseudonym is kept (empty: the service itself).

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
        self.limits = limits or Limits()
        self.policies = ActivePolicies(store, clock, thresholds)

    async def install(self) -> StoredPolicy:
        """The active policy of the default scope; a store without any gets the default policy."""
        return await self.policies.install()

    async def check(self, text: str) -> tuple[Finding, ...]:
        """What is wrong with a policy. Raises InvalidInput where it cannot be read at all."""
        return (await asyncio.to_thread(_read_and_checked, text))[1]

    async def draft(self, text: str, *, scope: str = DEFAULT_SCOPE, by: str = "", note: str = "") -> Drafted:
        """Store a policy as a draft, with what its check found. Raises InvalidInput: it cannot be read."""
        check_scope(scope)
        _check_words(note, "note")
        policy, findings = await asyncio.to_thread(_read_and_checked, text)
        async with self._store.write() as unit:
            author, now = await named(unit, by), self._clock.now()
            draft = StoredPolicy(
                scope=scope,
                version=0,
                body=canonical(policy),
                digest=digest(policy),
                state=PolicyState.DRAFT,
                created_at=now,
                author=author,
                note=note,
            )
            added = await unit.policies.add(draft)
            await unit.audit.append(policy_event("draft", added, author, now))
        return Drafted(added, findings)

    async def delete(self, scope: str, version: int, *, by: str = "") -> None:
        """Throw a draft away; its number is not given again. Raises PolicyNotFound, Conflict (it is no draft)."""
        async with self._store.write() as unit:
            stored = await unit.policies.get(scope, version)
            await unit.policies.remove(scope, version)
            await self._keep(unit, "delete", stored, by)

    async def replay(self, version: int, window: Window, heard: Progress | None = None) -> Replay:
        """What a version of the window's scope would have made of the decisions in it.

        Raises:
            PolicyNotFound, PolicyUnfit.
            InvalidInput: there are no decisions to try it on, or the window ends before it begins.
        """
        return await self.tried(await self._fit(window.scope, version), window, heard)

    async def tried(self, policy: Compiled, window: Window, heard: Progress | None = None) -> Replay:
        """The same of any policy, stored or not."""
        if window.since >= window.until:
            raise InvalidInput("the window ends before it begins: give an earlier since", field="since")
        trial, done = Trial(policy), 0
        async for batch in self._past().batches(window):
            await asyncio.to_thread(lambda rows=batch: trial.take(Columns.of(rows)))  # type: ignore[misc]
            done += len(batch)
            if heard is not None:
                heard(done)
        return trial.result()

    async def spans(self, window: Window, most: int) -> int:
        """How many decisions a window spans, of all scopes, counted no further than `most`."""
        return await self._past().count(window, most)

    async def try_and_activate(
        self, scope: str, version: int, *, confirmed: str | None = None, by: str = ""
    ) -> Activated:
        """Try a version on the newest decisions (`TRIED`, of `TRIED_FOR`), and put it in force if it is within limits.

        Raises:
            PolicyGuarded: beyond the limits, and no reason is `confirmed`; the message has what was found.
            PolicyNotFound, PolicyUnfit.
        """
        policy = await self._fit(scope, version)
        now = self._clock.now()
        window = await self._past().newest(Window(scope, now - TRIED_FOR, now), TRIED)
        told = await self.tried(policy, window)
        stored = await self.activate(scope, version, replayed=told, confirmed=confirmed, by=by)
        return Activated(stored, window, told, breaches(told, self.limits))

    async def activate(
        self, scope: str, version: int, *, replayed: Replay | None, confirmed: str | None = None, by: str = ""
    ) -> StoredPolicy:
        """Put a version in force; the one before retires.

        `replayed` shows what it changes: where that is beyond the limits, or where None is given, a reason must be
        `confirmed`.

        Raises:
            PolicyNotFound, PolicyUnfit: its check finds errors.
            PolicyGuarded: beyond the limits, without a reason.
            Conflict: the replay is one of another policy.
        """
        reason = (confirmed or "").strip()
        _check_words(reason, "confirmed")
        policy = await self._fit(scope, version)
        if replayed is None and not reason:
            raise InvalidInput("replay the version first, or confirm with a reason", field="confirmed")
        if replayed is not None and replayed.digest != policy.digest:
            raise Conflict("the replay is one of another policy: replay this version", field="replayed")
        more: dict[str, object] = {"reason": reason} if reason else {}
        if replayed is not None:
            guard(replayed, self.limits, reason)
            more["replayed"] = figures(replayed, breaches(replayed, self.limits))
        async with self._store.write() as unit:
            moved = await unit.policies.move(scope, version, PolicyState.ACTIVE, self._clock.now())
            await self._keep(unit, "activate", moved, by, **more)
        return moved

    async def roll_back(self, scope: str = DEFAULT_SCOPE, *, by: str = "") -> StoredPolicy:
        """Put in force again what was in force before. Raises Conflict where nothing was; PolicyUnfit."""
        version = await self._before(scope)
        await self._fit(scope, version)
        async with self._store.write() as unit:
            await unit.policies.hold(scope)
            if await _retired(unit, scope) != version:
                raise Conflict("another version was put in force meanwhile: look at it first", field="scope")
            moved = await unit.policies.move(scope, version, PolicyState.ACTIVE, self._clock.now())
            await self._keep(unit, "roll_back", moved, by)
        return moved

    async def shadow(self, scope: str, version: int, *, by: str = "") -> StoredPolicy:
        """Evaluate a version beside the one in force, without effect; what it says is counted from now on.

        One that is in the shadow already stays there, and goes on counting where it stood.

        Raises PolicyNotFound, PolicyUnfit, Conflict (it is in force).
        """
        await self._fit(scope, version)
        async with self._store.write() as unit:
            await unit.policies.hold(scope)
            stored = await unit.policies.get(scope, version)
            if stored.state is PolicyState.ACTIVE:
                raise Conflict(f"version {version} is in force", field="version")
            if stored.state is PolicyState.SHADOW:
                return stored
            await unit.policies.forget_told(scope, version)
            moved = await unit.policies.move(scope, version, PolicyState.SHADOW, self._clock.now())
            await self._keep(unit, "shadow", moved, by)
        return moved

    async def shadowed(self, scope: str) -> tuple[StoredPolicy, Sequence[Told]]:
        """The version in the shadow of a scope, and what it said so far. Raises PolicyNotFound where there is none."""
        async with self._store.read() as unit:
            for stored in await unit.policies.standing([scope]):
                if stored.state is PolicyState.SHADOW:
                    return stored, await unit.policies.told(scope, stored.version)
        raise PolicyNotFound(f"the scope {scope!r} has no version in the shadow", field="scope")

    async def retire(self, scope: str, version: int, *, by: str = "") -> StoredPolicy:
        """Take a version out of force or out of the shadow.

        Raises PolicyNotFound; Conflict: it is the default's that is in force.
        """
        async with self._store.write() as unit:
            await unit.policies.hold(scope)
            stored = await unit.policies.get(scope, version)
            if scope == DEFAULT_SCOPE and stored.state is PolicyState.ACTIVE:
                raise Conflict("the default policy stands for all content: activate another instead", field="version")
            if stored.state not in (PolicyState.ACTIVE, PolicyState.SHADOW):
                raise Conflict(f"version {version} is neither in force nor in the shadow", field="version")
            moved = await unit.policies.move(scope, version, PolicyState.RETIRED, self._clock.now())
            await self._keep(unit, "retire", moved, by)
        return moved

    async def active(self, scope: str = DEFAULT_SCOPE) -> StoredPolicy:
        """The version in force. Raises PolicyNotFound where the scope has none."""
        async with self._store.read() as unit:
            for stored in await unit.policies.standing([scope]):
                if stored.state is PolicyState.ACTIVE:
                    return stored
        raise PolicyNotFound(f"the scope {scope!r} has no policy in force", field="scope")

    async def get(self, scope: str, version: int) -> StoredPolicy:
        """One version. Raises PolicyNotFound."""
        async with self._store.read() as unit:
            return await unit.policies.get(scope, version)

    async def overview(self) -> Sequence[Overview]:
        """Every scope that has versions."""
        async with self._store.read() as unit:
            counts = await unit.policies.scopes()
            heads = {(head.scope, head.state): head.version for head in await unit.policies.heads()}
        return [
            Overview(scope, heads.get((scope, PolicyState.ACTIVE)), heads.get((scope, PolicyState.SHADOW)), count)
            for scope, count in counts
        ]

    async def history(
        self, scope: str = DEFAULT_SCOPE, *, limit: int | None = None, before: int | None = None
    ) -> Sequence[StoredPolicy]:
        """Versions without their bodies, the newest first; `before`: only those with lower numbers."""
        async with self._store.read() as unit:
            return await unit.policies.history(scope, limit, before)

    async def _fit(self, scope: str, version: int) -> Compiled:
        """A version that its check finds no errors in."""
        stored = await self.get(scope, version)
        findings = await asyncio.to_thread(lambda: check(read_stored(stored.body)))
        refuse_errors(findings, f"version {version} of {scope!r}")
        return await self.policies.compiled(stored)

    async def _before(self, scope: str) -> int:
        async with self._store.read() as unit:
            return await _retired(unit, scope)

    async def _keep(self, unit: PolicyUnit, act: str, policy: StoredPolicy, by: str, **more: object) -> None:
        actor = await named(unit, by)
        await unit.audit.append(policy_event(act, policy, actor, self._clock.now(), **more))

    def _past(self) -> PastDecisions:
        if self._decisions is None:
            raise InvalidInput("no decisions are kept that a policy could be tried on", field="window")
        return self._decisions


def looked_at(text: str) -> tuple[Finding, ...]:
    """What is wrong with a policy; what cannot be read at all is one finding, `unreadable`."""
    try:
        return _read_and_checked(text)[1]
    except InvalidInput as error:
        line = _LINE.match(error.message)
        return (Finding("unreadable", "", error.message, Severity.ERROR, int(line[1]) if line else None),)


def fit(text: str) -> Compiled:
    """A policy that is not stored, ready for a trial. Raises InvalidInput, PolicyUnfit."""
    policy, findings = _read_and_checked(text)
    refuse_errors(findings, "the policy")
    return Compiled(policy)


def refuse_errors(findings: Sequence[Finding], which: str) -> None:
    """Raises PolicyUnfit with all errors, where there are any."""
    errors = [one for one in findings if one.severity is Severity.ERROR]
    if errors:
        said = "; ".join(f"{one.rule}: {one.message}" if one.rule else one.message for one in errors)
        raise PolicyUnfit(f"{which} has errors: {said}", field="version")


def check_scope(scope: str) -> str:
    """The scope, if it is one. Raises InvalidInput.

    It is a part of the addresses of its policy, so it has no slash: servers read a coded one as the end of that part.

    >>> check_scope("community:chess")
    'community:chess'
    """
    name = community_of(scope)
    if scope != DEFAULT_SCOPE and not (name and len(name) <= LONGEST_WORD and name.isprintable()):
        raise InvalidInput(f"a scope is {DEFAULT_SCOPE} or community:ID, not {scope!r}", field="scope")
    if "/" in scope:
        raise InvalidInput(f"a scope has no slash, as {scope!r} has: it is a part of addresses", field="scope")
    return scope


async def _retired(unit: PolicyUnit, scope: str) -> int:
    """The version that was in force before the one that is."""
    retired = [
        (stored.activated_at, stored.version)
        for stored in await unit.policies.history(scope)
        if stored.state is PolicyState.RETIRED and stored.activated_at is not None
    ]
    if not retired:
        raise Conflict(f"no other version was in force in the scope {scope!r}", field="scope")
    return max(retired)[1]


def _check_words(given: str, name: str) -> None:
    if len(given) > LONGEST_TEXT or "\0" in given:
        raise InvalidInput(f"{name} has at most {LONGEST_TEXT} characters, none of them NUL", field=name)


def _read_and_checked(text: str) -> tuple[Policy, tuple[Finding, ...]]:
    policy, lines = read(text), lines_of(text)
    return policy, tuple(replace(one, line=lines.get(one.rule)) for one in check(policy))
