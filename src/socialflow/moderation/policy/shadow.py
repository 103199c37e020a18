"""Policies at work: the one that stands for content, and a version in its shadow, evaluated without effect."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.replay import EXAMPLES
from socialflow.moderation.records import Facts, PolicyVersion, Signals, Verdict


@dataclass(frozen=True, slots=True)
class Shadow:
    """A version in the shadow; nothing of what it says reaches content."""

    version: PolicyVersion
    policy: Compiled


@dataclass(frozen=True, slots=True)
class Standing:
    """The version of a policy that content is judged by, and the one in its shadow, if there is one."""

    version: PolicyVersion
    policy: Compiled
    shadow: Shadow | None = None


@dataclass(frozen=True, slots=True)
class Noted:
    """Decisions of which a version in the shadow said `after` where `before` was decided, and the first contents."""

    scope: str
    version: int
    before: ModerationStatus
    after: ModerationStatus
    count: int
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """The same over all that was decided while the version was in the shadow: since when, and until when."""

    noted: Noted
    first_at: datetime
    last_at: datetime


@dataclass(slots=True)
class Notes:
    """What shadows said beside the decisions of one batch."""

    _counts: dict[tuple[str, int, ModerationStatus, ModerationStatus], list[str]] = field(default_factory=dict)

    def take(self, standing: Standing, content_id: str, signals: Signals, facts: Facts, verdict: Verdict) -> None:
        """Ask the shadow, if there is one, about what was decided."""
        if standing.shadow is None:
            return
        said, version = evaluate(standing.shadow.policy, signals, facts), standing.shadow.version
        key = (version.scope, version.version, verdict.status, said.status)
        self._counts.setdefault(key, []).append(content_id)

    def rows(self) -> Sequence[Noted]:
        """Counts, in the order in which every process stores them; examples only of what would change."""
        return [
            Noted(scope, version, before, after, len(ids), tuple(ids[:EXAMPLES]) if before is not after else ())
            for (scope, version, before, after), ids in sorted(self._counts.items(), key=lambda one: one[0])
        ]
