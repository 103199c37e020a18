"""Chains that cross domains: batch work, its schedules; store to snapshot to fit to catalogue, and back to serving."""

from socialflow.pipelines.batch import BatchProcessor
from socialflow.pipelines.declared import (
    collect_data,
    precompute_recommendations,
    scheduler,
    update_trending,
    warm_cache,
)
from socialflow.pipelines.orchestrator import PipelineOrchestrator, PipelineType
from socialflow.pipelines.precompute import RecommendationPrecomputer

__all__ = [
    "BatchProcessor",
    "PipelineOrchestrator",
    "PipelineType",
    "RecommendationPrecomputer",
    "collect_data",
    "precompute_recommendations",
    "scheduler",
    "update_trending",
    "warm_cache",
]
