"""Prometheus metrics of moderation: as the store has it, and of the live sessions of one process."""

import math

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

LIVE_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0, 2.0, 5.0)
"""Seconds; a session's answers come within half a second unless it asked for another deadline."""


class ModerationMetrics:
    """Decisions, what waits for people and how they agree, as the store has it, whoever decided: read when the metrics
    are."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.decided = Gauge(
            "socialflow_moderation_decided_recently",
            "Decisions of the last five minutes, by who decided (service, person) and status.",
            ["by", "status"],
            registry=registry,
        )
        self.seconds = Gauge(
            "socialflow_moderation_decision_seconds",
            "Of the decisions of the last five minutes: seconds from when content of the day before was posted to the "
            "service's first decision on it, and from a decision to that of a person in its place.",
            ["by", "quantile"],
            registry=registry,
        )
        self.pending = Gauge(
            "socialflow_moderation_pending", "Items that nobody has judged, counted up to 10000.", registry=registry
        )
        self.waiting = Gauge(
            "socialflow_review_waiting",
            "Items that wait for people and are held by nobody, by queue and level.",
            ["queue", "level"],
            registry=registry,
        )
        self.claimed = Gauge(
            "socialflow_review_claimed", "Items that reviewers hold.", ["queue", "level"], registry=registry
        )
        self.oldest = Gauge(
            "socialflow_review_oldest_seconds",
            "Age of the oldest item that people have not settled.",
            ["queue", "level"],
            registry=registry,
        )
        self.appeals = Gauge("socialflow_appeals_open", "Appeals that nobody has judged.", registry=registry)
        self.oldest_appeal = Gauge(
            "socialflow_appeals_oldest_seconds", "Age of the oldest of these; 0 where there is none.", registry=registry
        )
        self.alpha = Gauge(
            "socialflow_review_agreement",
            "Krippendorff's alpha of first and blind second reviews of the last 30 days; absent where these are few.",
            ["scope"],
            registry=registry,
        )
        self.judged_twice = Gauge(
            "socialflow_review_agreement_items", "Items that this rests on.", ["scope"], registry=registry
        )

    def away(self) -> None:
        """The store cannot be read, or not in time: nothing is told of its content."""
        self.clear()
        for gauge in (self.pending, self.appeals, self.oldest_appeal):
            gauge.set(math.nan)

    def clear(self) -> None:
        """Forget every label, so that what is gone is not told any more."""
        queues = (self.waiting, self.claimed, self.oldest)
        for labelled in (self.decided, self.seconds, *queues, self.alpha, self.judged_twice):
            labelled.clear()


class LiveMetrics:
    """Live sessions of this process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.sessions = Gauge("socialflow_live_sessions", "Connections of live chats that are open.", registry=registry)
        self.ended = Counter(
            "socialflow_live_sessions_ended", "Sessions that ended, by close code.", ["code"], registry=registry
        )
        self.messages = Counter(
            "socialflow_live_messages",
            "Messages answered: with a decision's status, as late, as overloaded (to be sent again) or as refused.",
            ["outcome"],
            registry=registry,
        )
        self.dropped = Counter(
            "socialflow_live_messages_dropped",
            "Messages that were read and got no answer, because their session ended before.",
            registry=registry,
        )
        self.seconds = Histogram(
            "socialflow_live_decision_seconds",
            "Seconds from when a message was read to its decision.",
            buckets=LIVE_BUCKETS,
            registry=registry,
        )

    def answered(self, outcome: str, seconds: float | None = None) -> None:
        """Count one answer; a decision with the seconds it took."""
        self.messages.labels(outcome).inc()
        if seconds is not None:
            self.seconds.observe(seconds)

    def session_ended(self, code: int) -> None:
        """Count the end of one session."""
        self.ended.labels(str(code) if code in _KNOWN else "other").inc()


_KNOWN = frozenset({1000, 1001, 1003, 1005, 1006, 1009, 1011, 1012, 1013, 4400, 4401, 4403, 4408, 4413})
"""Codes that are told by themselves: the other side may close with any."""
