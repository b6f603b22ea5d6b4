"""Counters as Prometheus reads them."""

from __future__ import annotations

from maquette.serve.measures import Measures


def test_each_service_counts_for_itself() -> None:
    one, other = Measures(), Measures()
    one.requests.labels("GET", "/api/item", "200").inc(3)
    size = [5.0]
    one.watch(one.items, lambda: size[0])
    size[0] = 7.0
    text = one.text().decode()
    assert 'maquette_requests_total{method="GET",route="/api/item",status="200"} 3.0' in text
    assert "maquette_items 7.0" in text
    assert "/api/item" not in other.text().decode()
