"""Means and intervals are those of the protocol; numbers of views are counted where images take part."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from maquette.bench.measured import measure_pairs, measure_views
from maquette.encoders import Embedded
from maquette.metrics import get_protocol


def test_pairs_are_measured_by_the_protocol_with_an_interval_around_the_mean() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(40) % 4
    values = {name: rng.normal(size=(40, 3)).astype(np.float32) for name in ("image", "pointcloud")}
    # Perfect clouds: each query's whole class comes first.
    values["pointcloud"] = np.eye(4, dtype=np.float32)[labels][:, :3] + 0.1
    present = {name: np.ones(40, bool) for name in values}
    embedded = Embedded(values, present, np.arange(40), {})
    measured = measure_pairs(embedded, labels, protocol=get_protocol("clean"), crossing_only=False)
    perfect, poor = measured["pointcloud->pointcloud"], measured["image->pointcloud"]
    assert perfect["map"] == perfect["low"] == perfect["high"] == 1.0
    assert poor["low"] < poor["map"] < poor["high"]
    crossing = measure_pairs(embedded, labels, protocol=get_protocol("clean"), crossing_only=True)
    assert crossing == {pair: measured[pair] for pair in ("image->pointcloud", "pointcloud->image")}


def test_views_are_measured_at_each_number_that_there_is() -> None:
    rng = np.random.default_rng(0)
    labels = np.arange(20) % 4
    views = rng.normal(size=(20, 4, 3)).astype(np.float32)
    values = {"image": views.mean(axis=1), "mesh": rng.normal(size=(20, 3)).astype(np.float32)}
    embedded = Embedded(values, {name: np.ones(20, bool) for name in values}, np.arange(20), {"image": views})
    clean = get_protocol("clean")
    found = measure_views(embedded, labels, protocol=clean, counts=(1, 4, 8))
    assert list(found) == ["1", "4"]
    assert set(found["1"]) == {"image->image", "image->mesh", "mesh->image"}
    whole = measure_pairs(embedded, labels, protocol=clean, crossing_only=False)
    assert all(abs(found["4"][pair]["map"] - whole[pair]["map"]) < 1e-12 for pair in found["4"])
    first = replace(embedded, representations={**values, "image": views[:, 0]})
    alone = measure_pairs(first, labels, protocol=clean, crossing_only=False)
    assert found["1"]["image->mesh"] == alone["image->mesh"]
    assert measure_views(replace(embedded, views={}), labels, protocol=clean, counts=(1,)) == {}
