"""What reason codes meant when they were given: reasons of the versions of policies that are stored."""

import asyncio

from socialflow.errors import PolicyNotFound
from socialflow.moderation.policy.ports import PolicyStore
from socialflow.moderation.policy.reading import read_stored
from socialflow.moderation.policy.records import Policy, Reason
from socialflow.moderation.records import PolicyVersion

_KEPT = 64
"""Policies that are kept in memory."""


class StoredReasons:
    """Reasons by the very version that a decision names (satisfies `ports.Reasons`).

    `otherwise` answers for a version that is not stored, or is stored with another digest.
    """

    def __init__(self, store: PolicyStore, otherwise: Policy) -> None:
        self._store = store
        self._otherwise = otherwise
        self._kept: dict[PolicyVersion, Policy] = {}

    async def of(self, policy: PolicyVersion, code: str) -> Reason | None:
        """The reason of a code; None where this version has none. Raises StoreUnavailable."""
        meant = self._kept.get(policy)
        if meant is None:
            meant = await self._read(policy)
            while len(self._kept) >= _KEPT:
                self._kept.pop(next(iter(self._kept)), None)
            self._kept[policy] = meant
        try:
            return meant.reason(code)
        except KeyError:
            return None

    async def _read(self, policy: PolicyVersion) -> Policy:
        try:
            async with self._store.read() as unit:
                stored = await unit.policies.get(policy.scope, policy.version)
        except PolicyNotFound:
            return self._otherwise
        if stored.digest != policy.digest:
            return self._otherwise
        return await asyncio.to_thread(read_stored, stored.body)
