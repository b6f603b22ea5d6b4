from __future__ import annotations

import json

import numpy as np
import pytest

from maquette.errors import ConfigError
from maquette.metrics.pairs import evaluate_pairs
from maquette.metrics.protocol import CLEAN
from maquette.metrics.views import average_views, evaluate_views, view_ids, views_as_json


def test_views_are_evenly_spaced_from_the_first() -> None:
    assert [view_ids(4, count) for count in (1, 2, 4)] == [(0,), (0, 2), (0, 1, 2, 3)]
    assert view_ids(12, 4) == (0, 3, 6, 9)
    assert view_ids(180, 2) == (0, 90)
    with pytest.raises(ConfigError, match="cannot take 5 views where there are 4"):
        view_ids(4, 5)


def test_the_mean_is_taken_before_normalisation() -> None:
    views = np.array([[[3.0, 0.0], [9.0, 9.0], [0.0, 1.0], [9.0, 9.0]]])
    assert average_views(views, 2).tolist() == [[1.5, 0.5]]
    assert average_views(views, 4).tolist() == [[21 / 4, 19 / 4]]


def test_each_number_of_views_is_what_evaluating_it_alone_gives() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 4
    centers = rng.standard_normal((4, 8))
    views = centers[labels][:, None] + 2 * rng.standard_normal((40, 4, 8))
    others = {name: centers[labels] + rng.standard_normal((40, 8)) for name in ("pointcloud", "mesh")}
    has_cloud = rng.random(40) < 0.8
    present = {"pointcloud": has_cloud, "image": rng.random(40) < 0.9}
    by_views = {count: average_views(views, count) for count in (1, 2, 4)}
    results = evaluate_views(others, by_views, labels, protocol=CLEAN, present=present)
    for count in (1, 2, 4):
        alone = evaluate_pairs({"image": by_views[count], **others}, labels, protocol=CLEAN, present=present)
        assert set(results[count]) == set(alone)
        for pair, scores in alone.items():
            assert results[count][pair].mean() == scores.mean()
    means = [results[count]["image", "mesh"].mean() or 0 for count in (1, 2, 4)]
    assert means[0] < means[1] < means[2]
    values = views_as_json(results, CLEAN)
    assert json.loads(json.dumps(values)) == values
    assert len(values["views"]["2"]) == 9
