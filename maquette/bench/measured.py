"""Mean average precision of every pair of modalities, with its interval over queries, as a row's result holds it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from jaxtyping import Int

from maquette.encoders import Embedded
from maquette.metrics import Pair, Protocol, average_views, bootstrap_interval, evaluate_pairs

__all__ = ["measure_pairs", "measure_views"]


def measure_pairs(
    embedded: Embedded, labels: Int[np.ndarray, "N"], *, protocol: Protocol, crossing_only: bool
) -> dict[str, dict[str, Any]]:
    """Of every ordered pair of modalities (or those of two different ones): mAP with its 95 % interval over queries.

    Images count with all their views, averaged. The interval is a bootstrap with a fixed seed.
    """
    names = list(embedded.representations)
    pairs = [(one, other) for one in names for other in names if one != other or not crossing_only]
    return _measured(embedded, labels, protocol, pairs)


def measure_views(
    embedded: Embedded, labels: Int[np.ndarray, "N"], *, protocol: Protocol, counts: Sequence[int]
) -> dict[str, dict[str, dict[str, Any]]]:
    """`measure_pairs` of the pairs with images, at each of these numbers of views that there are, by that number."""
    views = embedded.views.get("image")
    names = list(embedded.representations)
    pairs = [(one, other) for one in names for other in names if "image" in (one, other)]
    by_count = {}
    for count in counts:
        if views is not None and count <= views.shape[1]:
            seen = replace(embedded, representations={**embedded.representations, "image": average_views(views, count)})
            by_count[str(count)] = _measured(seen, labels, protocol, pairs)
    return by_count


def _measured(
    embedded: Embedded, labels: Int[np.ndarray, "N"], protocol: Protocol, pairs: Sequence[Pair]
) -> dict[str, dict[str, Any]]:
    scores = evaluate_pairs(embedded.representations, labels, protocol=protocol, present=embedded.present, pairs=pairs)
    measured = {}
    for (query, gallery), found in scores.items():
        values = found.as_json()
        if len(found.rows):
            precision = found.measures["average_precision"]
            interval = bootstrap_interval(precision, rng=np.random.default_rng(0))
            values |= {"low": interval.low, "high": interval.high}
        measured[f"{query}->{gallery}"] = values
    return measured
