"""What transparency needs from outside. `storage` satisfies the repositories structurally."""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from socialflow.moderation.policy.records import Policy, Reason
from socialflow.moderation.records import PolicyVersion
from socialflow.moderation.transparency.statements import Restricting


@dataclass(frozen=True, slots=True)
class Period:
    """Decisions from `since` until before `until`; None: from the first, to the last."""

    since: datetime | None = None
    until: datetime | None = None


class Tally(NamedTuple):
    """How many decisions share these. `detected`: the service had spoken against the very same content before."""

    actor: str
    detected: bool
    kind: str
    status: str
    decisions: int


class ReasonTally(NamedTuple):
    """How many decisions a version of a policy gave a reason for."""

    policy: PolicyVersion
    code: str
    decisions: int


class Reviewed(NamedTuple):
    """Decisions of the service that people looked at since, and those in which the content may be seen after one of the
    two and not after the other."""

    decisions: int
    reversed: int


class TransparencyRepository(Protocol):
    """Decisions counted, and those that restrict."""

    async def tallies(self, period: Period) -> Sequence[Tally]:
        """Decisions by who decided, kind and status."""
        ...

    async def restricting_count(self, period: Period) -> int:
        """How many decisions restrict."""
        ...

    async def languages(self, period: Period) -> Sequence[tuple[str | None, int]]:
        """Decisions by language (ISO 639-1; None: not known)."""
        ...

    async def reasons(self, period: Period) -> Sequence[ReasonTally]:
        """Decisions by reason; one with several counts for each."""
        ...

    async def appeals(self, period: Period) -> Sequence[tuple[str | None, int]]:
        """Appeals that were brought within the period, by outcome (None: nobody has judged yet)."""
        ...

    async def reviewed(self, period: Period) -> Reviewed:
        """What people made of the service's decisions."""
        ...

    async def service_seconds(self, period: Period) -> float | None:
        """Median time from when an item was posted to the service's first decision on it; None: there is none."""
        ...

    async def person_seconds(self, period: Period) -> float | None:
        """Median time from a decision to that of a person in its place; None: there is none."""
        ...

    async def appeal_seconds(self, period: Period) -> float | None:
        """Median time from an appeal to its outcome; None: there is none."""
        ...

    async def restricting(self, period: Period, after: int, limit: int) -> Sequence[Restricting]:
        """Decisions that restrict, with keys above `after`, in key order. Raises SealBroken."""
        ...

    async def one_restricting(self, key: int) -> Restricting | None:
        """The decision of this key, if it restricts. Raises SealBroken."""
        ...


class TransparencyUnit(Protocol):
    """Repositories of one transaction."""

    @property
    def transparency(self) -> TransparencyRepository: ...


class TransparencyStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[TransparencyUnit]: ...


class Reasons(Protocol):
    """What the reason codes of a version of a policy mean."""

    async def of(self, policy: PolicyVersion, code: str) -> Reason | None:
        """The reason of a code; None where this version, or the code in it, is not known."""
        ...


class OnePolicy:
    """The reasons of one policy, whichever version is asked for: where no others are kept (satisfies `Reasons`)."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy

    async def of(self, policy: PolicyVersion, code: str) -> Reason | None:  # noqa: ARG002 - there is one alone
        """The reason of a code; None where the policy has none."""
        try:
            return self._policy.reason(code)
        except KeyError:
            return None
