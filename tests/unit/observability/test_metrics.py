"""Metrics count requests by template."""

from socialflow.observability.metrics import Metrics


def test_requests_are_counted_and_timed_by_route() -> None:
    metrics = Metrics()
    metrics.observe("GET", "/api/v1/feed", 200, 0.012)
    metrics.observe("GET", "/api/v1/feed", 503, 0.4)
    text = metrics.render().decode()
    assert 'socialflow_requests_total{method="GET",route="/api/v1/feed",status="200"} 1.0' in text
    assert 'socialflow_requests_total{method="GET",route="/api/v1/feed",status="503"} 1.0' in text
    assert 'socialflow_request_seconds_bucket{le="0.015",method="GET",route="/api/v1/feed"} 1.0' in text


def test_two_applications_in_one_process_do_not_share_figures() -> None:
    one, two = Metrics(), Metrics()
    one.observe("GET", "/health", 200, 0.001)
    assert "/health" not in two.render().decode()
