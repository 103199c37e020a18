"""Moderation with hash banks over the store under test; nothing but the banks finds anything bad."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from socialflow.content.records import Item, ItemKind, ModerationStatus
from socialflow.image.pdq import Pdq
from socialflow.jobs.records import Job, JobState, PipelineType
from socialflow.jobs.runner import Runner
from socialflow.kit.answers import Tier
from socialflow.kit.clock import FixedClock
from socialflow.moderation.banks.rechecks import Rechecks
from socialflow.moderation.banks.records import BankKind, NewEntry, Print, Purpose
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.deciding import PersonDecisions
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.gather.match import in_use, known_of
from socialflow.moderation.gather.records import Content, Gathered, Looked
from socialflow.moderation.moderator import Moderator
from socialflow.moderation.policy.records import FollowUp
from socialflow.moderation.policy.standing import ActivePolicies
from socialflow.moderation.rechecking import Rechecking
from socialflow.moderation.records import Facts, PolicyVersion, Reading, Signals
from socialflow.moderation.review.ports import ReviewUnit
from socialflow.moderation.review.records import QueueEntry, Ruling
from socialflow.moderation.review.service import ReviewQueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from socialflow.pipelines.recheck_job import RecheckMatches
from socialflow.storage.cache.memory import MemoryCache
from socialflow.storage.unit_of_work import Store
from socialflow.video.fingerprints import packed
from socialflow.video.prints import VideoFingerprint
from tests import looks
from tests.storage.nouns import item, user
from tests.storage.reviewing import NEVER

SCAM = "Follow my page for free coins and win big prizes every day, click the link in bio"
BREAD = "Two loaves of rye from this morning, still warm, with caraway and a little malt"
APPROVED, REJECTED = ModerationStatus.APPROVED, ModerationStatus.REJECTED
REVIEW_REQUIRED = ModerationStatus.REVIEW_REQUIRED


@dataclass
class Senses:
    """Finds nothing bad in any words; asks the banks about them, and about pictures and films by their prints."""

    banks: HashBanks
    hashes: dict[str, Pdq] = field(default_factory=dict)
    films: dict[str, VideoFingerprint] = field(default_factory=dict)
    meanwhile: Callable[[], Awaitable[None]] | None = None
    """Done once, when the banks were asked and nothing is decided yet."""

    async def look(self, contents: Sequence[Content]) -> Sequence[Gathered]:
        made = []
        for content in contents:
            using = await in_use(self.banks)
            urls = [str(url) for url in (*content.pictures, content.video)]
            hashes = [self.hashes[url].value.hex() for url in urls if url in self.hashes]
            films = [packed(self.films[url]) for url in urls if url in self.films]
            known = await known_of(
                self.banks,
                using,
                content.words,
                [Looked(picture=looks.picture(hashed=one)) for one in hashes],
                [Looked(film=looks.film(fingerprint=one)) for one in films],
            )
            readings: Mapping[str, Reading] = {"text.toxicity": Reading(0.01, "words", "1", Tier.BUNDLED)}
            signals = Signals({**readings, **known.signals.readings})
            made.append(Gathered(signals, Facts(content.kind), kept=known.kept))
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        return made


@dataclass
class House:
    """What moderates, over one store."""

    store: Store
    clock: FixedClock
    banks: HashBanks
    senses: Senses
    moderator: Moderator
    queue: ReviewQueue
    decisions: DecisionService
    rechecking: Rechecking

    async def bank(self, name: str, kind: BankKind, *prints: Print | None, **fields: object) -> list[int]:
        """A bank with these prints; ids of its entries."""
        purpose = fields.pop("purpose", Purpose.BLOCK)
        await self.banks.create(name, kind, purpose, bank_id=name, **fields)  # type: ignore[arg-type]
        return await self.add(name, *prints)

    async def add(self, bank: str, *prints: Print | None) -> list[int]:
        entries = [NewEntry(each) for each in prints if each is not None]
        return [added.id for added in await self.banks.add(bank, entries)] if entries else []

    async def post(self, name: str, text: str = BREAD, hashed: Pdq | None = None) -> None:
        await self.put(item(name, ItemKind.POST, text=text, author="ann", media_url=self._picture(name, hashed)))

    def _picture(self, name: str, hashed: Pdq | None) -> str | None:
        if hashed is None:
            return None
        self.senses.hashes[f"https://a.example/{name}.png"] = hashed
        return f"https://a.example/{name}.png"

    async def film(self, name: str, made: VideoFingerprint) -> None:
        url = f"https://a.example/{name}.mp4"
        self.senses.films[url] = made
        await self.put(item(name, ItemKind.VIDEO, title=BREAD, author="ann", media_url=url))

    async def put(self, *made: Item) -> None:
        async with self.store.write() as unit:
            await unit.items.upsert(made)
            keys = await unit.items.keys([each.id for each in made])
        await self.moderator.decide(list(keys.values()))

    async def status(self, name: str) -> ModerationStatus:
        return (await self.decisions.current(name)).verdict.status

    async def jobs(self) -> list[Job]:
        async with self.store.read() as unit:
            return [
                job
                for job in await unit.jobs.page(states=[JobState.QUEUED])
                if job.pipeline_type is PipelineType.RECHECK_MATCHES
            ]

    async def work(self) -> list[Mapping[str, object]]:
        """Do the jobs that wait, as a worker would, the oldest first; what they told."""
        told: list[Mapping[str, object]] = []
        handler = RecheckMatches(self.rechecking, self.clock)
        runner = Runner(self.store, {PipelineType.RECHECK_MATCHES: handler}, self.clock, worker_id="w")
        while jobs := await self.jobs():
            await runner.run(jobs[-1].id)
            async with self.store.read() as unit:
                done = await unit.jobs.get(jobs[-1].id)
            assert done.state is JobState.SUCCEEDED, done.error
            told.append(done.result or {})
        return told

    async def claim(self, who: str = "rita") -> list[QueueEntry]:
        return list(await self.queue.claim(who, limit=50))

    async def judge(self, ruling: Ruling, who: str = "rita") -> None:
        for entry in await self.claim(who):
            await self.queue.decide(who, entry.id, entry.token, ruling)

    async def waiting(self) -> list[str]:
        """Contents before people, none of them taken."""
        entries = await self.claim("watcher")
        for entry in entries:
            await self.queue.release("watcher", entry.id, entry.token)
        return sorted(entry.content_id for entry in entries)


async def follow_up(_unit: ReviewUnit, _policy: PolicyVersion) -> FollowUp:
    return FollowUp(NEVER)


@asynccontextmanager
async def opened(store: Store, clock: FixedClock) -> AsyncIterator[House]:
    """A house of its own, without content; `ann` writes."""
    cache = MemoryCache()
    banks = HashBanks(store, clock, Rechecks(clock))
    decisions, policies = DecisionService(store, cache, clock), ActivePolicies(store, clock)
    deciding = PersonDecisions(decisions)
    strikes, senses = StrikeBook(deciding, follow_up), Senses(banks)
    moderator = Moderator(store, gathering=senses, policies=policies, decisions=decisions, strikes=strikes)
    queue = ReviewQueue(store, deciding, Verdicts(deciding, strikes, follow_up), follow_up, clock)
    rechecking = Rechecking(store, banks, policies, clock)
    async with store.write() as unit:
        await unit.users.upsert([user("ann")])
    yield House(store, clock, banks, senses, moderator, queue, decisions, rechecking)
    await banks.close()
    await cache.close()
