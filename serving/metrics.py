"""Figures for Prometheus: requests, what grades, whether the server is ready."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

MEDIA_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
_METHODS = frozenset({"GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH"})


class Metrics:
    """The figures of one server."""

    def __init__(self) -> None:
        """Begin at zero."""
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "tradegrade_requests",
            "Requests by method, route and status.",
            ("method", "route", "status"),
            registry=self.registry,
        )
        self._seconds = Histogram(
            "tradegrade_request_seconds",
            "Time to answer by route.",
            ("route",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._held: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._scored = Counter(
            "tradegrade_scored", "Customers graded by POST /v1/scores.", registry=self.registry
        )
        self._ready = Gauge(
            "tradegrade_ready", "1 when there is a bundle and a book.", registry=self.registry
        )

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        key = method if method in _METHODS else "other", route, status
        if key not in self._held:  # looking labels up takes longer than counting
            self._held[key] = (
                self._requests.labels(*key[:2], str(status)),
                self._seconds.labels(route),
            )
        counter, histogram = self._held[key]
        counter.inc()
        histogram.observe(seconds)

    def scored(self, customers: int) -> None:
        """Count gradings that were told and not stored."""
        self._scored.inc(customers)

    def text(self, *, ready: bool) -> bytes:
        """Return the figures in Prometheus' text format."""
        self._ready.set(int(ready))
        return generate_latest(self.registry)
