"""Moderation, connected: what measures content, what judges it, who looks, and what is kept of it."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from socialflow.image.service import ImageService
from socialflow.kit.cache import Cache
from socialflow.kit.clock import Clock
from socialflow.kit.incoming import Incoming
from socialflow.moderation.banks.rechecks import Rechecks
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.deciding import PersonDecisions
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.desk import ReviewDesk
from socialflow.moderation.figures import ModerationFigures
from socialflow.moderation.gather.author import StoredAuthors
from socialflow.moderation.gather.media import Media
from socialflow.moderation.gather.service import SignalService
from socialflow.moderation.judging import Judging
from socialflow.moderation.live.service import LiveService
from socialflow.moderation.moderator import Moderator
from socialflow.moderation.policy.past import StoredDecisions
from socialflow.moderation.policy.service import PolicyService
from socialflow.moderation.rechecking import Rechecking
from socialflow.moderation.review.appeals import AppealService
from socialflow.moderation.review.bulk import BulkActions
from socialflow.moderation.review.service import ReviewQueue
from socialflow.moderation.review.strikes import StrikeBook
from socialflow.moderation.review.verdicts import Verdicts
from socialflow.moderation.suggestions.service import SuggestionService
from socialflow.moderation.transparency.service import TransparencyService
from socialflow.settings import Settings
from socialflow.storage.unit_of_work import Store
from socialflow.text.service import TextService
from socialflow.video.service import VideoService
from socialflow.wiring.parts import policy_thresholds


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
    policies: PolicyService
    transparency: TransparencyService
    desk: ReviewDesk
    bulk: BulkActions
    appeals: AppealService
    live: LiveService
    rechecking: Rechecking
    suggestions: SuggestionService
    figures: ModerationFigures

    async def close(self) -> None:
        """Finish what was accepted."""
        await self.live.close()
        await self.signals.close()


def connect(settings: Settings, store: Store, cache: Cache, clock: Clock, senses: Senses) -> Moderation:
    """The parts of moderation over a store."""
    decisions = DecisionService(store, cache, clock)
    deciding = PersonDecisions(decisions)
    policies = PolicyService(store, clock, decisions=StoredDecisions(store), thresholds=policy_thresholds(settings))
    standing = policies.policies
    strikes = StrikeBook(deciding, standing.follow_up_in)
    signals = SignalService(
        senses.text,
        Media(senses.image, senses.video, senses.incoming),
        authors=StoredAuthors(store),
        strikes=_Strikes(store, strikes),
        matching=senses.banks,
        clock=clock,
    )
    moderator = Moderator(store, gathering=signals, policies=standing, decisions=decisions, strikes=strikes)
    verdicts = Verdicts(deciding, strikes, standing.follow_up_in)
    return Moderation(
        signals=signals,
        moderator=moderator,
        judging=Judging(store, moderator, standing, senses.incoming),
        decisions=decisions,
        transparency=TransparencyService(store, standing, clock),
        deciding=deciding,
        queue=ReviewQueue(store, deciding, verdicts, standing.follow_up_in, clock),
        desk=ReviewDesk(store, deciding, standing, clock),
        bulk=BulkActions(store, verdicts, clock),
        appeals=AppealService(store, deciding, verdicts, standing.follow_up_in, clock),
        policies=policies,
        live=LiveService(signals, standing, decisions=decisions, store=store, clock=clock),
        rechecking=Rechecking(store, senses.banks, standing, clock),
        suggestions=SuggestionService(
            store,
            clock,
            per_day=settings.suggestions_per_day,
            kept=timedelta(days=settings.suggestion_retention_days),
        ),
        figures=ModerationFigures(store, clock),
    )


def connect_banks(store: Store, clock: Clock) -> HashBanks:
    """Hash banks whose changes have stored content looked at again."""
    return HashBanks(store, clock, Rechecks(clock))


class _Strikes:
    """Strikes as signals ask for them."""

    def __init__(self, store: Store, book: StrikeBook) -> None:
        self._store, self._book = store, book

    async def weights(self, authors: Collection[str], at: datetime) -> Mapping[str, float]:
        async with self._store.read() as unit:
            return await self._book.weights(unit, authors, at)
