"""The parameters of each task, in the order in which they may be given without names."""

from collections.abc import Mapping

from socialflow.errors import InvalidInput
from socialflow.jobs.records import JsonObject, PipelineType

PARAMETERS: Mapping[PipelineType, tuple[str, ...]] = {
    PipelineType.MODERATE_VIDEO: ("video_id",),
    PipelineType.MODERATE_POST: ("post_id",),
    PipelineType.MODERATE_COMMENT: ("comment_id",),
    PipelineType.ANALYZE_CONTENT: ("content_id", "content_type"),
    PipelineType.UPDATE_RECOMMENDATIONS: ("user_id",),
    PipelineType.CALCULATE_TRENDING: ("content_type",),
    PipelineType.PREDICT_VIRALITY: ("content_id", "content_type"),
    PipelineType.GENERATE_CAPTIONS: ("video_id",),
    PipelineType.GENERATE_THUMBNAIL: ("video_id",),
    PipelineType.GENERATE_EMBEDDINGS: (),
    PipelineType.BATCH_VIDEO_ANALYSIS: ("video_ids", "analyses"),
    PipelineType.BATCH_RECOMMENDATIONS: ("user_ids",),
    PipelineType.RECOMMENDATION_PRECOMPUTE: (),
    PipelineType.TRENDING_UPDATE: (),
    PipelineType.CACHE_WARM: (),
    PipelineType.TRAIN_MODEL: ("model",),
    PipelineType.BATCH_INFERENCE: (),
    PipelineType.COLLECT_DATA: ("endpoint",),
    PipelineType.BANDIT_UPDATE: (),
    PipelineType.GRAPH_UPDATE: (),
    PipelineType.TRAIN_TOPICS: ("topics",),
    PipelineType.PULL_MODEL: ("model",),
    PipelineType.REPLAY_POLICY: ("scope", "version"),
    PipelineType.RECHECK_MATCHES: ("kind", "since"),
}


def config_of(kind: PipelineType, args: tuple[object, ...], kwargs: Mapping[str, object]) -> JsonObject:
    """The job's config from a call's arguments. Raises InvalidInput for more than the task takes."""
    names = PARAMETERS[kind]
    if len(args) > len(names):
        takes = ", ".join(names) or "no arguments without a name"
        raise InvalidInput(f"{kind} takes {takes}; {len(args)} were given", field="args")
    return {**dict(zip(names, args, strict=False)), **kwargs}
