"""Buckets of requests, by a clock that the test moves."""

from __future__ import annotations

from maquette.serve.rates import RateLimiter


def test_a_burst_then_an_even_rate() -> None:
    now = [0.0]
    limiter = RateLimiter({"search": 120, "read": 6}, clock=lambda: now[0])
    assert [limiter.wait("a", "search") for _ in range(20)] == [0.0] * 20
    assert limiter.wait("a", "search") == 0.5
    assert limiter.wait("b", "search") == 0.0 and limiter.wait("a", "read") == 0.0
    now[0] = 0.25
    assert limiter.wait("a", "search") == 0.25
    now[0] = 0.5
    assert limiter.wait("a", "search") == 0.0 and limiter.wait("a", "search") == 0.5
    now[0] = 1000.0
    assert [limiter.wait("a", "search") for _ in range(21)].count(0.0) == 20


def test_many_clients_do_not_fill_the_memory() -> None:
    limiter = RateLimiter({"read": 60}, clock=lambda: 0.0)
    for number in range(10_500):
        limiter.wait(str(number), "read")
    assert len(limiter._buckets) == 10_000
