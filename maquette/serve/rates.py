"""How often one client may ask: a bucket of tokens for each client and kind of request, refilled evenly."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping

__all__ = ["RateLimiter"]

_CLIENTS = 10_000
"""Buckets kept at most; the one that was asked least recently goes, so that many addresses cannot fill the memory."""

_BURST_SECONDS = 10.0
"""A client that was quiet may do this much of a minute's share at once."""


class RateLimiter:
    """Counts requests by (client, kind); `per_minute` leads from a kind to how many are allowed."""

    def __init__(self, per_minute: Mapping[str, int], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = dict(per_minute)
        self._clock = clock
        self._buckets: OrderedDict[tuple[str, str], tuple[float, float]] = OrderedDict()

    def wait(self, client: str, kind: str) -> float:
        """Count one request and return 0, or count nothing and return the seconds after which it would be allowed.

        >>> limiter = RateLimiter({"search": 60}, clock=lambda: 0.0)
        >>> [limiter.wait("a", "search") for _ in range(11)][-2:]
        [0.0, 1.0]
        """
        rate = self._per_minute[kind] / 60.0
        size = max(1.0, rate * _BURST_SECONDS)
        now = self._clock()
        left, then = self._buckets.pop((client, kind), (size, now))
        left = min(size, left + (now - then) * rate)
        allowed = left >= 1.0
        self._buckets[client, kind] = (left - 1.0 if allowed else left, now)
        if len(self._buckets) > _CLIENTS:
            self._buckets.popitem(last=False)
        return 0.0 if allowed else (1.0 - left) / rate
