"""A version in the shadow: evaluated beside the one in force, without effect."""

from collections import Counter
from dataclasses import dataclass

from socialflow.content.records import ModerationStatus
from socialflow.moderation.policy.evaluate import Compiled, evaluate
from socialflow.moderation.policy.replay import EXAMPLES, Flip
from socialflow.moderation.records import Facts, PolicyVersion, Signals, Verdict


class Shadow:
    """What a version in the shadow would have said since this process took it up; nothing of it reaches content.

    One loop at a time uses it. The whole, over processes and restarts, is told by a replay from when it was put there.
    """

    def __init__(self, version: PolicyVersion, policy: Compiled) -> None:
        self.version = version
        self._policy = policy
        self._counts: Counter[tuple[ModerationStatus, ModerationStatus]] = Counter()
        self._examples: dict[tuple[ModerationStatus, ModerationStatus], list[str]] = {}
        self.seen = 0

    def beside(self, content_id: str, signals: Signals, facts: Facts, verdict: Verdict) -> Verdict:
        """What it says, counted beside what was decided."""
        said = evaluate(self._policy, signals, facts)
        self.seen += 1
        if said.status is not verdict.status:
            pair = (verdict.status, said.status)
            self._counts[pair] += 1
            examples = self._examples.setdefault(pair, [])
            if len(examples) < EXAMPLES:
                examples.append(content_id)
        return said

    @property
    def flips(self) -> tuple[Flip, ...]:
        """What it would have changed, the most frequent first."""
        return tuple(Flip(*pair, count, tuple(self._examples[pair])) for pair, count in self._counts.most_common())


@dataclass(frozen=True, slots=True)
class InForce:
    """The policy that content is judged by, and the one in its shadow, if there is one."""

    version: PolicyVersion
    policy: Compiled
    shadow: Shadow | None

    def judge(self, content_id: str, signals: Signals, facts: Facts) -> Verdict:
        """The verdict of the policy in force; its shadow takes note."""
        verdict = evaluate(self.policy, signals, facts)
        if self.shadow is not None:
            self.shadow.beside(content_id, signals, facts, verdict)
        return verdict
