"""Prometheus metrics of one process."""

import math
from collections.abc import Mapping

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)

from socialflow.observability.moderation import LiveMetrics, ModerationMetrics

LATENCY_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.015, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
CONTENT_TYPE = CONTENT_TYPE_LATEST


class WorkMetrics:
    """The queue as the store has it, whoever works on it: read when the metrics are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.jobs = Gauge("socialflow_jobs", "Jobs that have not ended, by state.", ["state"], registry=registry)
        self.oldest = Gauge(
            "socialflow_jobs_oldest_seconds", "Age of the oldest job that is due and waits.", registry=registry
        )
        self.workers = Gauge("socialflow_workers", "Worker processes alive.", registry=registry)
        self.held = Gauge("socialflow_jobs_held", "1 while no job is started, by order.", registry=registry)
        self.ended = Gauge(
            "socialflow_jobs_ended_recently",
            "Jobs that ended in the last five minutes, by type and final state.",
            ["pipeline_type", "state"],
            registry=registry,
        )
        self.wait = Gauge(
            "socialflow_job_wait_seconds",
            "Mean seconds from due to begun, of the jobs that ended in the last five minutes.",
            ["pipeline_type"],
            registry=registry,
        )
        self.run = Gauge(
            "socialflow_job_run_seconds",
            "Mean seconds from begun to ended, of the jobs that ended in the last five minutes.",
            ["pipeline_type"],
            registry=registry,
        )
        self.store_up = Gauge("socialflow_store_up", "1 while the store answers.", registry=registry)

    def away(self) -> None:
        """The store cannot be read: say so, and nothing about its content."""
        self.store_up.set(0)
        for gauge in (self.oldest, self.workers, self.held):
            gauge.set(math.nan)
        for labelled in (self.jobs, self.ended, self.wait, self.run):
            labelled.clear()


class ModelMetrics:
    """The models in use, as this process has them: read when the metrics are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.age = Gauge("socialflow_model_age_seconds", "Seconds since a model's fit.", ["model"], registry=registry)
        self.update_age = Gauge(
            "socialflow_model_update_age_seconds",
            "Seconds since a model that goes on learning after its fit had counted everything.",
            ["model"],
            registry=registry,
        )
        self.unknown_items = Gauge(
            "socialflow_model_unknown_items",
            "Items of the platform that a model cannot speak of.",
            ["model"],
            registry=registry,
        )

        self.load = Histogram(
            "socialflow_model_load_seconds",
            "Seconds it took to load a model into memory.",
            ["model"],
            buckets=LATENCY_BUCKETS,
            registry=registry,
        )
        self.held = Gauge("socialflow_models_held", "Models from elsewhere in memory.", registry=registry)
        self.held_bytes = Gauge("socialflow_models_held_bytes", "Bytes of the files of these.", registry=registry)

    def model_loaded(self, model: str, seconds: float) -> None:
        """Count one load."""
        self.load.labels(model).observe(seconds)

    def models_held(self, count: int, size: int) -> None:
        """Note what is in memory now."""
        self.held.set(count)
        self.held_bytes.set(size)

    def tell(self, ages: Mapping[str, tuple[float | None, float | None, int]]) -> None:
        """By model: its age, its update's age, unknown items; of models that are gone nothing is told."""
        for gauge in (self.age, self.update_age, self.unknown_items):
            gauge.clear()
        for model, (age, update_age, unknown) in ages.items():
            if age is not None:
                self.age.labels(model).set(age)
            if update_age is not None:
                self.update_age.labels(model).set(update_age)
            self.unknown_items.labels(model).set(unknown)


class Metrics:
    """The figures of a door; each instance has a registry of its own. Labels are bounded: templates, never ids."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self.requests = Counter(
            "socialflow_requests", "Requests answered.", ["method", "route", "status"], registry=self.registry
        )
        self.latency = Histogram(
            "socialflow_request_seconds",
            "Seconds from a request's arrival to the end of its answer.",
            ["method", "route"],
            buckets=LATENCY_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = Gauge("socialflow_requests_in_flight", "Requests being answered now.", registry=self.registry)
        self.interactions = Counter(
            "socialflow_interactions", "Interaction rows received, by outcome.", ["status"], registry=self.registry
        )
        self.feeds = Counter(
            "socialflow_feeds",
            "Feed answers, by algorithm and status.",
            ["algorithm", "status"],
            registry=self.registry,
        )

        self.cache_lookups = Counter(
            "socialflow_cache_lookups",
            "Lookups in the cache, by family of keys and outcome (hit, miss, stale).",
            ["family", "outcome"],
            registry=self.registry,
        )
        self.work = WorkMetrics(self.registry)
        self.models = ModelMetrics(self.registry)
        self.moderation = ModerationMetrics(self.registry)
        self.live = LiveMetrics(self.registry)

    def looked_up(self, family: str, outcome: str, count: int) -> None:
        """Count lookups in the cache."""
        self.cache_lookups.labels(family, outcome).inc(count)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answered request."""
        self.requests.labels(method, route, str(status)).inc()
        self.latency.labels(method, route).observe(seconds)

    def render(self) -> bytes:
        """The text exposition of all metrics."""
        return generate_latest(self.registry)
