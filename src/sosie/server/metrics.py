"""Metrics for Prometheus. Each process has its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import Scope

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_PICTURES = (1, 2, 4, 8, 16, 32, 64)
NO_ROUTE = "none"


class Metrics:
    """The metrics of ``/metrics``. Labels are routes, not paths, because every id would add a series.

    ``catalogs`` are the names that may be labels. A request for another catalog has the label "".
    """

    def __init__(self, waiting: Callable[[], int], catalogs: Collection[str] = ()) -> None:
        self._catalogs = frozenset(catalogs)
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "sosie_requests", "Requests answered.", ("method", "route", "status", "catalog"), registry=self.registry
        )
        self._seconds = Histogram(
            "sosie_request_seconds",
            "Time to answer.",
            ("method", "route", "catalog"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batch = Histogram(
            "sosie_embedding_batch_size", "Pictures embedded in one run.", buckets=_PICTURES, registry=self.registry
        )
        self._stages = Counter(
            "sosie_stage_seconds", "Time of searches by stage.", ("stage", "catalog"), registry=self.registry
        )
        self._up = Gauge("sosie_catalog_up", "Whether the catalog can be read.", ("catalog",), registry=self.registry)
        Gauge("sosie_waiting", "Requests with pictures, waiting or at work.", registry=self.registry).set_function(
            waiting
        )

    def observe(self, scope: Scope, status: int, seconds: float) -> None:
        """Counts a response."""
        route = getattr(scope.get("route"), "path", NO_ROUTE)
        method = scope["method"] if route != NO_ROUTE else NO_ROUTE
        catalog = scope["catalog"] if scope["catalog"] in self._catalogs else ""
        self._requests.labels(method, route, str(status), catalog).inc()
        self._seconds.labels(method, route, catalog).observe(seconds)

    def batch(self, pictures: int) -> None:
        """Counts a run of the network."""
        self._batch.observe(pictures)

    def stages(self, catalog: str, timings: Mapping[str, float]) -> None:
        """Counts the time of a search by stage."""
        for stage, seconds in timings.items():
            self._stages.labels(stage, catalog).inc(seconds)

    def up(self, catalog: str, can_be_read: bool) -> None:
        """Records whether a catalog can be read."""
        self._up.labels(catalog).set(can_be_read)

    def text(self) -> bytes:
        """All metrics in Prometheus's text format."""
        return generate_latest(self.registry)
