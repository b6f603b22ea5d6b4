"""What the service counts about itself, in the text form that Prometheus collects."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Measures"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)


class Measures:
    """The counters of one service; each has its own registry, so that several may live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "maquette_requests", "Requests answered.", ("method", "route", "status"), registry=self.registry
        )
        self.seconds = Histogram(
            "maquette_request_seconds",
            "Time from a request's first byte to its answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.encoded = Histogram(
            "maquette_encode_batch_objects",
            "Files and items that were encoded in one batch.",
            buckets=(1, 2, 4, 8, 16),
            registry=self.registry,
        )
        self.ranked = Histogram(
            "maquette_rank_batch_queries",
            "Queries that were ranked together.",
            buckets=(1, 2, 4, 8, 16, 32),
            registry=self.registry,
        )
        self.running = Gauge("maquette_requests_running", "Requests being answered.", ("kind",), registry=self.registry)
        self.refused_files = Counter("maquette_refused_files", "Files refused.", ("where",), registry=self.registry)
        self.items = Gauge("maquette_items", "Items in the collection.", registry=self.registry)
        self.version = Gauge("maquette_collection_version", "Version of the collection.", registry=self.registry)
        self.jobs = Gauge("maquette_jobs", "Jobs that wait or run.", registry=self.registry)

    def watch(self, gauge: Gauge, value: Callable[[], float]) -> None:
        """Have a gauge ask for its value whenever it is collected."""
        gauge.set_function(value)

    def text(self) -> bytes:
        """Return everything in Prometheus' text form."""
        return generate_latest(self.registry)
