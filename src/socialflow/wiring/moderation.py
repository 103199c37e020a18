"""Moderation, connected: what measures content, what judges it, who looks, and what is kept of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from socialflow.image.service import ImageService
from socialflow.kit.cache import Cache
from socialflow.kit.clock import Clock
from socialflow.kit.incoming import Incoming
from socialflow.moderation.deciding import PersonDecisions
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.gather.media import Media
from socialflow.moderation.gather.records import AuthorFacts
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.live.service import LiveService
from socialflow.moderation.moderator import Moderator, Standing
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.records import PolicyVersion
from socialflow.moderation.review.records import ReviewRules
from socialflow.moderation.review.service import ReviewQueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from socialflow.settings import Settings
from socialflow.storage.unit_of_work import Store
from socialflow.text.service import TextService
from socialflow.video.service import VideoService


@dataclass(frozen=True, slots=True)
class Senses:
    """What content is measured with."""

    text: TextService
    image: ImageService
    video: VideoService
    incoming: Incoming


@dataclass(frozen=True, slots=True)
class Moderation:
    """Its parts, as doors and workers use them."""

    signals: SignalService
    moderator: Moderator
    decisions: DecisionService
    queue: ReviewQueue
    live: LiveService

    async def close(self) -> None:
        """Finish what was accepted."""
        await self.live.close()
        await self.signals.close()


def connect(settings: Settings, store: Store, cache: Cache, clock: Clock, senses: Senses) -> Moderation:
    """The parts of moderation over a store."""
    decisions = DecisionService(store, cache, clock)
    deciding = PersonDecisions(decisions)
    strikes = StrikeBook(deciding)
    signals = SignalService(
        senses.text,
        Media(senses.image, senses.video, senses.incoming),
        authors=_Authors(store),
        strikes=_Strikes(store, strikes),
        clock=clock,
    )
    policies = _Policies(settings)
    return Moderation(
        signals=signals,
        moderator=Moderator(store, gathering=signals, policies=policies, decisions=decisions, strikes=strikes),
        decisions=decisions,
        queue=ReviewQueue(store, Verdicts(deciding, strikes, _rules), _rules, clock),
        live=LiveService(signals, policies, decisions=decisions, store=store, clock=clock),
    )


def _rules(_scope: str) -> ReviewRules:
    return ReviewRules()


class _Authors:
    """Authors as signals ask for them."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def facts(self, authors: Collection[str]) -> Mapping[str, AuthorFacts]:
        async with self._store.read() as unit:
            return await unit.authors.facts(authors)


class _Strikes:
    """Strikes as signals ask for them."""

    def __init__(self, store: Store, book: StrikeBook) -> None:
        self._store, self._book = store, book

    async def weight(self, author: str, at: datetime) -> float:
        async with self._store.read() as unit:
            return (await self._book.weights(unit, [author], at))[author]


class _Policies:
    def __init__(self, settings: Settings) -> None:
        levels = {
            "nsfw": settings.ml_nsfw_threshold,
            "spam": settings.ml_spam_threshold,
            "violence": settings.ml_violence_threshold,
            "hate_speech": settings.ml_hate_speech_threshold,
            "toxicity": settings.ml_toxicity_threshold,
        }
        policy = Compiled(default_policy(levels))
        self._standing = Standing(PolicyVersion("default", 1, policy.digest), policy)

    async def standing(self, communities: Collection[str | None]) -> Mapping[str | None, Standing]:
        return dict.fromkeys(communities, self._standing)
