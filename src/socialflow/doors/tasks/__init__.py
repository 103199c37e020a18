"""Tasks by name, for Python code of the platform: `moderate_video_task.delay(video_id)`.

A call stores a durable job before it returns. Workers do the work; `socialflow serve` has one, `socialflow worker`
makes more.
"""

from socialflow.doors.tasks.submitting import JobResult, JobTask
from socialflow.doors.tasks.table import PARAMETERS
from socialflow.jobs.records import PipelineType

__all__ = [
    "JobResult",
    "JobTask",
    "analyze_content_task",
    "bandit_update_task",
    "graph_update_task",
    "batch_calculate_trending_task",
    "batch_inference_task",
    "batch_recommendations_task",
    "batch_update_all_recommendations_task",
    "batch_video_analysis_task",
    "cache_warm_task",
    "calculate_trending_task",
    "collect_data_task",
    "generate_captions_task",
    "generate_embeddings_task",
    "generate_thumbnail_task",
    "moderate_comment_task",
    "moderate_post_task",
    "moderate_video_task",
    "predict_virality_task",
    "pull_model_task",
    "recheck_matches_task",
    "replay_policy_task",
    "train_model_task",
    "train_topics_task",
    "update_recommendations_task",
]


def _task(kind: PipelineType) -> JobTask:
    return JobTask(kind, PARAMETERS[kind])


moderate_video_task = _task(PipelineType.MODERATE_VIDEO)
moderate_post_task = _task(PipelineType.MODERATE_POST)
moderate_comment_task = _task(PipelineType.MODERATE_COMMENT)
analyze_content_task = _task(PipelineType.ANALYZE_CONTENT)
update_recommendations_task = _task(PipelineType.UPDATE_RECOMMENDATIONS)
calculate_trending_task = _task(PipelineType.CALCULATE_TRENDING)
predict_virality_task = _task(PipelineType.PREDICT_VIRALITY)
generate_captions_task = _task(PipelineType.GENERATE_CAPTIONS)
generate_thumbnail_task = _task(PipelineType.GENERATE_THUMBNAIL)
generate_embeddings_task = _task(PipelineType.GENERATE_EMBEDDINGS)
batch_video_analysis_task = _task(PipelineType.BATCH_VIDEO_ANALYSIS)
batch_recommendations_task = _task(PipelineType.BATCH_RECOMMENDATIONS)
batch_update_all_recommendations_task = _task(PipelineType.RECOMMENDATION_PRECOMPUTE)
batch_calculate_trending_task = _task(PipelineType.TRENDING_UPDATE)
cache_warm_task = _task(PipelineType.CACHE_WARM)
train_model_task = _task(PipelineType.TRAIN_MODEL)
batch_inference_task = _task(PipelineType.BATCH_INFERENCE)
collect_data_task = _task(PipelineType.COLLECT_DATA)
bandit_update_task = _task(PipelineType.BANDIT_UPDATE)
graph_update_task = _task(PipelineType.GRAPH_UPDATE)
train_topics_task = _task(PipelineType.TRAIN_TOPICS)
pull_model_task = _task(PipelineType.PULL_MODEL)
replay_policy_task = _task(PipelineType.REPLAY_POLICY)
recheck_matches_task = _task(PipelineType.RECHECK_MATCHES)
