"""Moderation, connected: what measures content, what judges it, who looks, and what is kept of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from socialflow.image.service import ImageService
from socialflow.kit.cache import Cache
from socialflow.kit.clock import Clock
from socialflow.kit.incoming import Incoming
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.deciding import PersonDecisions
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.desk import ReviewDesk
from socialflow.moderation.gather.media import Media
from socialflow.moderation.gather.records import AuthorFacts
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.judging import Judging
from socialflow.moderation.moderator import Moderator, Standing
from socialflow.moderation.policy.default import default_policy
from socialflow.moderation.policy.evaluate import Compiled
from socialflow.moderation.records import PolicyVersion
from socialflow.moderation.review.appeals import AppealService
from socialflow.moderation.review.bulk import BulkActions
from socialflow.moderation.review.records import ReviewRules
from socialflow.moderation.review.service import ReviewQueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from socialflow.moderation.transparency.ports import OnePolicy
from socialflow.moderation.transparency.service import TransparencyService
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
    banks: HashBanks


@dataclass(frozen=True, slots=True)
class Moderation:
    """Its parts, as doors and workers use them."""

    signals: SignalService
    moderator: Moderator
    judging: Judging
    decisions: DecisionService
    deciding: PersonDecisions
    queue: ReviewQueue
    transparency: TransparencyService
    desk: ReviewDesk
    bulk: BulkActions
    appeals: AppealService

    async def close(self) -> None:
        """Finish what was accepted."""
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
        matching=senses.banks,
        clock=clock,
    )
    policies = _Policies(settings)
    moderator = Moderator(store, gathering=signals, policies=policies, decisions=decisions, strikes=strikes)
    verdicts = Verdicts(deciding, strikes, _rules)
    return Moderation(
        signals=signals,
        moderator=moderator,
        judging=Judging(store, moderator, policies, _rules, senses.incoming),
        decisions=decisions,
        transparency=TransparencyService(store, OnePolicy(default_policy()), clock),
        deciding=deciding,
        queue=ReviewQueue(store, verdicts, _rules, clock),
        desk=ReviewDesk(store, deciding, policies, clock),
        bulk=BulkActions(store, verdicts, clock),
        appeals=AppealService(store, deciding, verdicts, _rules, clock),
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

    async def weights(self, authors: Collection[str], at: datetime) -> Mapping[str, float]:
        async with self._store.read() as unit:
            return await self._book.weights(unit, authors, at)


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
