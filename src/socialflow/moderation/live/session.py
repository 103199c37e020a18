"""One session: messages in, answers out, in order and in time."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from socialflow.content.records import ModerationStatus
from socialflow.errors import Overloaded, SocialflowError
from socialflow.kit.answers import Status
from socialflow.kit.clock import Clock
from socialflow.moderation.gather.records import Content
from socialflow.moderation.live.conduct import Conduct
from socialflow.moderation.live.judging import Desk, Joined, harm_of, harmless, worst_together
from socialflow.moderation.live.keeping import Keeper
from socialflow.moderation.live.records import (
    BY_CONTEXT,
    NO_TIME,
    Decided,
    Event,
    LiveLimits,
    Message,
    NotTaken,
    Opening,
    PolicyChanged,
)
from socialflow.moderation.live.together import Together
from socialflow.moderation.moderator import Judgement
from socialflow.moderation.policy.shadow import Standing
from socialflow.moderation.records import ContentKind

MOST_AT_ONCE = 16
"""Messages of one session that are judged together, so that one session does not fill a batch."""
EARLIEST = timedelta(minutes=1)
"""How much older than its arrival a message may say that it is."""


@dataclass(frozen=True, slots=True)
class _Judged:
    judgement: Judgement
    joined: Joined | None = None


@dataclass(slots=True)
class _Waiting:
    """A message on its way; times are seconds of the loop, `at` is when it was written."""

    message: Message
    arrived: float
    deadline: float
    at: datetime
    judged: "asyncio.Future[_Judged | Exception]" = field(
        default_factory=lambda: asyncio.get_running_loop().create_future()
    )

    def outcome(self) -> "_Judged | Exception | None":
        """What came of it so far; None: nothing, and nothing will."""
        if self.judged.done():
            return self.judged.result()
        self.judged.cancel()
        return None


_Doubtful: TypeAlias = tuple[_Waiting, Judgement, tuple[str, ...]]
"""A message that is harmless by itself, its judgement, and what it says together with those before."""


class Session:
    """Judges the messages of one chat as they come.

    `offer` takes messages, one after the other, and waits while too many are unanswered; `answers` gives what is to be
    said, in the order of the messages. Every message is answered: with a decision, at the latest by its deadline, then
    with one that people are to look (`missing` has `time`); or as not taken. Nothing is approved that was not judged.
    """

    def __init__(
        self,
        opening: Opening,
        desk: Desk,
        *,
        standing: Standing,
        limits: LiveLimits,
        clock: Clock,
        keeper: Keeper | None = None,
    ) -> None:
        self.opening = opening
        self._desk, self._clock, self._keeper = desk, clock, keeper
        self._policy = standing.version
        self._slots = asyncio.Semaphore(limits.unanswered)
        self._order: asyncio.Queue[_Waiting | Event | None] = asyncio.Queue()
        self._fresh: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._together, self._conduct = Together(), Conduct()
        self._rounds = asyncio.create_task(self._judge())
        self.unanswered = 0
        """Messages that were offered, and of which nothing has been said yet."""

    async def offer(self, message: Message) -> None:
        """Have a message judged; waits until it is this one's turn to be read."""
        now = self._clock.now()
        self.unanswered += 1
        await self._slots.acquire()
        arrived = asyncio.get_running_loop().time()
        at = now if message.at is None else min(now, max(message.at, now - EARLIEST))
        waiting = _Waiting(message, arrived, arrived + self.opening.deadline, at)
        self._order.put_nowait(waiting)
        self._fresh.put_nowait(waiting)

    async def tell(self, event: Event) -> None:
        """Have something said in its turn."""
        await self._slots.acquire()
        self._order.put_nowait(event)

    def finish(self) -> None:
        """Nothing more comes: `answers` ends behind the last one."""
        self._order.put_nowait(None)

    async def answers(self) -> AsyncIterator[Event]:
        """What is to be said, in order; the next one is asked for when one was sent."""
        while (next_one := await self._order.get()) is not None:
            if isinstance(next_one, _Waiting):
                for event in await self._answer(next_one):
                    yield event
                self.unanswered -= 1
            else:
                yield next_one
            self._slots.release()
            for failed in self._keeper.failed() if self._keeper is not None else ():
                yield failed
        if self._keeper is not None:
            await self._keeper.close()
            for failed in self._keeper.failed():
                yield failed

    async def close(self) -> None:
        """Let go of what is not answered, and keep what is to be kept."""
        self._rounds.cancel()
        await asyncio.gather(self._rounds, return_exceptions=True)
        if self._keeper is not None:
            await self._keeper.close()

    async def _answer(self, waiting: _Waiting) -> list[Event]:
        loop = asyncio.get_running_loop()
        await asyncio.wait([waiting.judged], timeout=max(0.0, waiting.deadline - loop.time()))
        message, outcome, reason = waiting.message, waiting.outcome(), NO_TIME
        if isinstance(outcome, Overloaded):
            changed = self._conduct.heard(message.author, message.text, None, waiting.at)
            return [NotTaken(message.id), *([changed] if changed is not None else [])]
        if isinstance(outcome, SocialflowError):
            reason = outcome.code
        elif isinstance(outcome, Exception):
            raise outcome
        found = outcome if isinstance(outcome, _Judged) else None
        told = list[Event]()
        latency = round((loop.time() - waiting.arrived) * 1000, 2)
        if found is None:
            told.append(_unjudged(message.id, reason, latency))
        else:
            standing = found.judgement.standing
            if standing.version != self._policy:
                self._policy = standing.version
                told.append(PolicyChanged(standing.version))
            told.append(_decided(message.id, found, latency))
            if self._keeper is not None and found.judgement.verdict.status is ModerationStatus.REJECTED:
                await self._keeper.keep(message, found.judgement)
        harm = None if found is None else harm_of(found.judgement.gathered.signals)
        by_context = found is not None and found.joined is not None
        changed = self._conduct.heard(message.author, message.text, harm, waiting.at, by_context=by_context)
        return [*told, changed] if changed is not None else told

    async def _judge(self) -> None:
        """Round after round: all that came meanwhile, each by itself, then what is harmless with what was said before.

        A round that is not done by its last deadline is given up; its messages are answered as too late.
        """
        while True:
            batch = [await self._fresh.get()]
            while len(batch) < MOST_AT_ONCE and not self._fresh.empty():
                batch.append(self._fresh.get_nowait())
            alive = [one for one in batch if not one.judged.done()]
            if not alive:
                continue
            try:
                async with asyncio.timeout_at(alive[-1].deadline):
                    await self._round(alive)
            except TimeoutError:
                continue
            except Exception as error:  # is told, or raised, where the messages are answered
                for one in alive:
                    _settle(one, error)

    async def _round(self, batch: Sequence[_Waiting]) -> None:
        judged = await self._desk.judge(
            [self._content(one.message, one.message.text) for one in batch], until=batch[-1].deadline
        )
        doubtful = list[_Doubtful]()
        for one, judgement in zip(batch, judged, strict=True):
            texts: tuple[str, ...] = ()
            if harmless(judgement.verdict):
                texts = self._together.with_before(one.message.author, one.message.text, one.arrived)
            if texts:
                doubtful.append((one, judgement, texts))
            else:
                _settle(one, _Judged(judgement))
        while doubtful:
            doubtful = await self._read_together(doubtful, batch[-1].deadline)

    async def _read_together(self, doubtful: Sequence[_Doubtful], until: float) -> list[_Doubtful]:
        """Settle messages by what they say together with those before. What comes behind one that is held back starts
        anew, and is returned to be read once more where there is something to read it with."""
        rows = [self._content(one.message, text) for one, _, texts in doubtful for text in texts]
        found = iter(await self._desk.judge(rows, until=until, first=True))
        held, again = set[str](), list[_Doubtful]()
        for one, judgement, texts in doubtful:
            author = one.message.author
            joined = worst_together([next(found) for _ in texts])
            if author in held:
                fresh = self._together.with_before(author, one.message.text, one.arrived)
                if fresh:
                    again.append((one, judgement, fresh))
                    continue
                joined = None
            elif joined is not None:
                held.add(author)
                self._together.forget(author)
            _settle(one, _Judged(judgement, joined))
        return again

    def _content(self, message: Message, text: str) -> Content:
        return Content(
            ContentKind.CHAT,
            text=text,
            author=message.author,
            language=self.opening.language,
            community=self.opening.community,
        )


def _settle(waiting: _Waiting, judged: _Judged | Exception) -> None:
    if not waiting.judged.done():
        waiting.judged.set_result(judged)


def _unjudged(message_id: str, reason: str, latency: float) -> Decided:
    return Decided(
        message_id, ModerationStatus.REVIEW_REQUIRED, (), (), None, Status.ABSTAINED, (reason,), latency_ms=latency
    )


def _decided(message_id: str, found: _Judged, latency: float) -> Decided:
    """The verdict on the message alone, or, where that is harmless, what it is held back for together with others."""
    verdict, joined = found.judgement.verdict, found.joined
    missing = tuple(sorted(name for name in found.judgement.gathered.signals.missing if not name.startswith("author.")))
    whole = Status.PARTIAL if missing else Status.COMPLETE
    status = Status.ABSTAINED if missing and verdict.confidence is None else whole
    if joined is not None:
        flags = tuple(dict.fromkeys((BY_CONTEXT, *joined.flags)))
        return Decided(
            message_id,
            ModerationStatus.REVIEW_REQUIRED,
            flags,
            joined.labels,
            joined.confidence,
            status,
            missing,
            latency,
        )
    labels = tuple(dict.fromkeys(label for hit in verdict.hits for label in hit.labels))
    return Decided(message_id, verdict.status, verdict.flags, labels, verdict.confidence, status, missing, latency)
