"""Judging messages of all sessions together, by the policy that stands now."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from socialflow.content.records import ModerationStatus
from socialflow.errors import Overloaded
from socialflow.inference.batcher import Batcher
from socialflow.moderation.gather.records import Content, Gathered
from socialflow.moderation.gather.text import LABELS
from socialflow.moderation.live.records import LiveLimits
from socialflow.moderation.moderator import Gathering, Judgement, Policies
from socialflow.moderation.policy.evaluate import evaluate
from socialflow.moderation.policy.shadow import Standing
from socialflow.moderation.records import Act, ContentKind, Signals, Verdict

ABREAST = 2
"""Batches at once: while the signals of one are worked out, the next one is read."""
READINGS = 2
"""Readings of a message that there must be time for: by itself, and with those before it."""
SHARE = 0.2
"""What the newest batch counts in how long a text takes."""
_GREETING = "Good evening"


class Desk:
    """Judges texts of all sessions.

    Args:
        monotonic: seconds that never fall, as the loop has them.
    """

    def __init__(
        self, gathering: Gathering, policies: Policies, limits: LiveLimits, monotonic: Callable[[], float]
    ) -> None:
        self._policies, self._limits, self._monotonic = policies, limits, monotonic
        self._batcher = Batcher[Content, Gathered](
            "live moderation", self._look, most=limits.batch, capacity=limits.waiting, abreast=ABREAST
        )
        self._gathering = gathering
        self._seconds = 0.0
        """What one text takes, lately."""
        self._warm, self._warmed = asyncio.Lock(), False
        self._standing: dict[str | None, tuple[float, Standing]] = {}

    async def warm(self) -> None:
        """Have models read before the first message waits for them. Raises Overloaded, StoreUnavailable."""
        async with self._warm:
            if not self._warmed:
                await self._gathering.look([Content(ContentKind.CHAT, text=_GREETING)])
                await self._look([Content(ContentKind.CHAT, text=_GREETING)])
                self._warmed = True

    async def judge(self, contents: Sequence[Content], *, until: float, first: bool = False) -> list[Judgement]:
        """Judge some texts of one community, before what waits if they are to be `first`.

        Raises Overloaded, also where so much waits that they would hardly be judged by `until`; StoreUnavailable,
        ArtefactError.
        """
        ahead = 0 if first else self._batcher.pending
        if ahead and self._monotonic() + READINGS * (ahead + len(contents)) * self._seconds > until:
            raise Overloaded(f"{ahead} messages wait; send fewer, or send this one again")
        gathered = await self._batcher.submit(contents, first=first)
        by = await self.standing(contents[0].community)
        return [
            Judgement(content, one, by, evaluate(by.policy, one.signals, one.facts))
            for content, one in zip(contents, gathered, strict=True)
        ]

    async def standing(self, community: str | None) -> Standing:
        """The version that stands, asked anew when the last answer is a second old. Raises StoreUnavailable."""
        now = self._monotonic()
        at, known = self._standing.get(community, (0.0, None))
        if known is not None and now < at + self._limits.policy:
            return known
        found = (await self._policies.standing({community}))[community]
        if len(self._standing) >= self._limits.sessions:
            self._standing.clear()
        self._standing[community] = now, found
        return found

    async def close(self) -> None:
        """Finish what was accepted."""
        await self._batcher.close()

    async def _look(self, contents: Sequence[Content]) -> Sequence[Gathered]:
        began = self._monotonic()
        gathered = await self._gathering.look(contents)
        each = (self._monotonic() - began) / len(contents)
        self._seconds = each if not self._seconds else self._seconds + SHARE * (each - self._seconds)
        return gathered


def harm_of(signals: Signals) -> float | None:
    """The greatest probability of all labels of toxicity; None where the words could not be judged."""
    read = (signals.readings.get(f"text.{label}") for label in LABELS)
    return max((one.value for one in read if one is not None and isinstance(one.value, float)), default=None)


@dataclass(frozen=True, slots=True)
class Joined:
    """What a message was found to say together with those before it."""

    flags: tuple[str, ...]
    labels: tuple[str, ...]
    confidence: float | None


def worst_together(judgements: Sequence[Judgement]) -> Joined | None:
    """What is held against messages that were read together, None: nothing that would keep them from being shown.

    Only rules that hold count: that something could not be measured was told of each message alone.
    """
    for judgement in judgements:
        hits = [hit for hit in judgement.verdict.hits if not hit.missing and any(act in _HOLDING for act in hit.acts)]
        if hits:
            labels = tuple(dict.fromkeys(label for hit in hits for label in hit.labels))
            return Joined(tuple(dict.fromkeys(hit.reason for hit in hits)), labels, judgement.verdict.confidence)
    return None


_HOLDING = frozenset({Act.REVIEW, Act.REJECT})


def harmless(verdict: Verdict) -> bool:
    """Whether a message by itself may be shown."""
    return verdict.status is ModerationStatus.APPROVED
