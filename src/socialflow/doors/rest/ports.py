"""What this door needs of the assembled service; `wiring.Platform` satisfies it."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from pydantic import SecretStr

from socialflow.access.service import AccessService
from socialflow.analysis.content import ContentAnalyser
from socialflow.analysis.service import AnalysisService
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.loading import Runnable
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.content.records import ErasureReceipt, ItemKind
from socialflow.generation.service import GenerationService
from socialflow.image.service import ImageService
from socialflow.inference.loaded import LoadedModels
from socialflow.intake.external.ports import CollectionUnit
from socialflow.jobs.ports import JobUnit
from socialflow.jobs.service import JobService
from socialflow.kit.clock import Clock
from socialflow.moderation.banks.service import HashBanks
from socialflow.moderation.chain import AuditChain
from socialflow.moderation.decisions import DecisionService
from socialflow.moderation.desk import ReviewDesk
from socialflow.moderation.figures import ModerationFigures
from socialflow.moderation.judging import Judging
from socialflow.moderation.live.service import LiveService
from socialflow.moderation.policy.service import PolicyService
from socialflow.moderation.review.appeals import AppealService
from socialflow.moderation.review.bulk import BulkActions
from socialflow.moderation.review.ports import Deciding, ReviewUnit
from socialflow.moderation.review.service import ReviewQueue
from socialflow.moderation.suggestions.service import SuggestionService
from socialflow.moderation.transparency.service import TransparencyService
from socialflow.pipelines.schedule import Scheduler
from socialflow.recommendation.cached import CachedRecommendations
from socialflow.recommendation.people import PeopleService
from socialflow.recommendation.ports import RecommendationUnit
from socialflow.recommendation.records import (
    Explanation,
    FeedAnswer,
    FeedQuery,
    SimilarUsers,
    TrendingAnswer,
)
from socialflow.text.opinion import Opinions
from socialflow.text.service import TextService
from socialflow.video.search.service import VideoSearch
from socialflow.video.service import VideoService


class DoorSettings(Protocol):
    """The settings this door reads."""

    @property
    def allowed_origins(self) -> Sequence[str]: ...
    @property
    def max_recommendations(self) -> int: ...
    @property
    def metrics_token(self) -> SecretStr | None: ...
    @property
    def api_base_url(self) -> str | None: ...
    @property
    def flic_token(self) -> SecretStr | None: ...
    @property
    def collect_moderation(self) -> str: ...


class Readiness(Protocol):
    """Whether recommendations can be given, and what each model says."""

    @property
    def ready(self) -> bool: ...
    @property
    def reason(self) -> str: ...
    @property
    def models(self) -> Mapping[str, str]: ...


class ModelAge(Protocol):
    """How old what a model knows is."""

    @property
    def fitted_at(self) -> datetime | None: ...
    @property
    def updated_at(self) -> datetime | None: ...
    @property
    def unknown_items(self) -> int: ...


class Recommendations(Protocol):
    """The part of `recommendation.service.RecommendationService` that this door calls."""

    def readiness(self) -> Readiness: ...
    def model_ages(self) -> Mapping[str, ModelAge]: ...
    async def feed(self, query: FeedQuery) -> FeedAnswer: ...
    async def trending(
        self,
        *,
        kind: ItemKind | None,
        category: str | None,
        window_hours: int,
        page: int,
        page_size: int,
        username: str | None = None,
    ) -> TrendingAnswer: ...
    async def similar(self, item_id: str, username: str | None, page: int, page_size: int) -> FeedAnswer: ...
    async def similar_users(self, user_id: str, limit: int) -> SimilarUsers: ...
    async def explain(self, request_id: str, item_id: str, user_id: str | None) -> Explanation: ...


class DoorUnit(RecommendationUnit, JobUnit, CollectionUnit, ReviewUnit, Protocol):
    """The repositories of one unit of work."""


class DoorStore(Protocol):
    """Opens units of work."""

    def read(self) -> AbstractAsyncContextManager[DoorUnit]: ...
    def write(self) -> AbstractAsyncContextManager[DoorUnit]: ...
    async def ping(self) -> None: ...


class Moderation(Protocol):
    """The part of `wiring.moderation.Moderation` that this door calls."""

    @property
    def judging(self) -> Judging: ...
    @property
    def decisions(self) -> DecisionService: ...
    @property
    def policies(self) -> PolicyService: ...
    @property
    def transparency(self) -> TransparencyService: ...
    @property
    def deciding(self) -> Deciding: ...
    @property
    def queue(self) -> ReviewQueue: ...
    @property
    def desk(self) -> ReviewDesk: ...
    @property
    def bulk(self) -> BulkActions: ...
    @property
    def appeals(self) -> AppealService: ...
    @property
    def live(self) -> LiveService: ...
    @property
    def suggestions(self) -> SuggestionService: ...
    @property
    def figures(self) -> ModerationFigures: ...


class Platform(Protocol):
    """The assembled service."""

    @property
    def settings(self) -> DoorSettings: ...
    @property
    def clock(self) -> Clock: ...
    @property
    def store(self) -> DoorStore: ...
    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def upstream(self) -> UpstreamModels: ...
    @property
    def loaded(self) -> LoadedModels[Runnable]: ...
    @property
    def recommendation(self) -> Recommendations: ...
    @property
    def recommendations(self) -> CachedRecommendations: ...
    @property
    def people(self) -> PeopleService: ...
    @property
    def analysis(self) -> AnalysisService: ...
    @property
    def contents(self) -> ContentAnalyser: ...
    @property
    def text(self) -> TextService: ...
    @property
    def opinions(self) -> Opinions: ...
    @property
    def generation(self) -> GenerationService: ...
    @property
    def video(self) -> VideoService: ...
    @property
    def search(self) -> VideoSearch: ...
    @property
    def image(self) -> ImageService: ...
    @property
    def banks(self) -> HashBanks: ...
    @property
    def moderation(self) -> Moderation: ...
    @property
    def audit(self) -> AuditChain: ...
    @property
    def jobs(self) -> JobService: ...
    @property
    def scheduler(self) -> Scheduler: ...
    @property
    def access(self) -> AccessService: ...
    async def start(self) -> None: ...
    async def close(self) -> None: ...
    async def erase_user(self, user_id: str) -> ErasureReceipt: ...
