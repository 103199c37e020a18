"""Which pipeline does which work: the one table of handlers."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from socialflow.analysis.content import ContentAnalyser
from socialflow.catalogue.registry import Catalogue
from socialflow.catalogue.upstream.store import UpstreamModels
from socialflow.jobs.records import PipelineType
from socialflow.jobs.work import Handler
from socialflow.kit.cache import Cache
from socialflow.kit.clock import Clock
from socialflow.moderation.created import PIPELINES
from socialflow.moderation.policy.service import PolicyService
from socialflow.moderation.rechecking import Rechecking
from socialflow.pipelines.analyse_job import AnalyseContent
from socialflow.pipelines.bandit_job import UpdateBandit
from socialflow.pipelines.captions_job import GenerateCaptions
from socialflow.pipelines.embeddings import GenerateEmbeddings
from socialflow.pipelines.graph_job import UpdateGraph
from socialflow.pipelines.inference import BatchInference
from socialflow.pipelines.live import ActiveUsers, Lists
from socialflow.pipelines.moderate_job import Deciding, ModerateItems, WaitingStore
from socialflow.pipelines.precompute import ComputeRecommendations, PrecomputeRecommendations, build_precomputer
from socialflow.pipelines.pull_job import PullModel
from socialflow.pipelines.recheck_job import RecheckMatches
from socialflow.pipelines.replay_job import ReplayPolicy
from socialflow.pipelines.thumbnails_job import GenerateThumbnails
from socialflow.pipelines.topics_job import TrainTopics
from socialflow.pipelines.train_job import TrainModel
from socialflow.pipelines.trending_jobs import CalculateTrending, UpdateTrending
from socialflow.pipelines.videos_job import AnalyseVideos, Indexing
from socialflow.pipelines.warm import WarmCache
from socialflow.recommendation.bandit import MultiArmedBandit
from socialflow.video.service import VideoService


@dataclass(frozen=True, slots=True)
class WorkParts:
    """What handlers work with."""

    store: WaitingStore
    clock: Clock
    cache: Cache
    lists: Lists
    contents: ContentAnalyser
    bandit: MultiArmedBandit
    catalogue: Catalogue
    upstream: UpstreamModels
    video: VideoService
    search: Indexing
    collect: Handler
    moderator: Deciding
    policies: PolicyService
    rechecking: Rechecking
    inference_dir: Path
    training_env: Mapping[str, str]
    """Environment of the training child: it names this installation."""


def build_handlers(parts: WorkParts) -> Mapping[PipelineType, Handler]:
    """A handler for every type that this version can do; a job of any other type fails with `model_unavailable`.

    The recommendation service is started by the first handler that needs it and kept for the worker's life.
    """
    live = parts.lists.live
    active = ActiveUsers(live, parts.store, parts.clock)
    precomputer = build_precomputer(parts.lists, parts.store, parts.clock)
    compute = ComputeRecommendations(precomputer)
    trending = UpdateTrending(live, parts.cache)
    return {
        **{
            pipeline: ModerateItems(kind, parts.store, parts.moderator, parts.clock)
            for kind, pipeline in PIPELINES.items()
        },
        PipelineType.ANALYZE_CONTENT: AnalyseContent(parts.store, parts.contents, parts.clock),
        PipelineType.UPDATE_RECOMMENDATIONS: compute,
        PipelineType.BATCH_RECOMMENDATIONS: compute,
        PipelineType.RECOMMENDATION_PRECOMPUTE: PrecomputeRecommendations(precomputer, parts.clock),
        PipelineType.CALCULATE_TRENDING: CalculateTrending(live, parts.cache),
        PipelineType.TRENDING_UPDATE: trending,
        PipelineType.CACHE_WARM: WarmCache(precomputer, trending),
        PipelineType.GENERATE_EMBEDDINGS: GenerateEmbeddings(live, parts.cache),
        PipelineType.BATCH_INFERENCE: BatchInference(parts.lists.rank, active, parts.inference_dir),
        PipelineType.TRAIN_MODEL: TrainModel(parts.training_env),
        PipelineType.COLLECT_DATA: parts.collect,
        PipelineType.BANDIT_UPDATE: UpdateBandit(parts.bandit),
        PipelineType.GRAPH_UPDATE: UpdateGraph(parts.store, parts.catalogue),
        PipelineType.TRAIN_TOPICS: TrainTopics(parts.store, parts.catalogue),
        PipelineType.GENERATE_CAPTIONS: GenerateCaptions(parts.store, parts.video),
        PipelineType.GENERATE_THUMBNAIL: GenerateThumbnails(parts.store, parts.video),
        PipelineType.BATCH_VIDEO_ANALYSIS: AnalyseVideos(parts.store, parts.video, parts.search),
        PipelineType.PULL_MODEL: PullModel(parts.upstream),
        PipelineType.REPLAY_POLICY: ReplayPolicy(parts.policies, parts.clock),
        PipelineType.RECHECK_MATCHES: RecheckMatches(parts.rechecking, parts.clock),
    }
