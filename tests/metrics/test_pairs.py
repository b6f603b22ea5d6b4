from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from jaxtyping import Float, Int
from sklearn.metrics import average_precision_score

from maquette.errors import ConfigError, InputError
from maquette.metrics.pairs import evaluate_pairs, pairs_as_json
from maquette.metrics.protocol import CLEAN, PAPER_CMCL

MODALITIES = ("image", "pointcloud", "mesh")


def objects(count: int = 60, *, seed: int = 0) -> tuple[dict[str, Float[np.ndarray, "N D"]], Int[np.ndarray, "N"]]:
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 5
    centers = rng.standard_normal((5, 16))
    return {name: centers[labels] + rng.standard_normal((count, 16)) for name in MODALITIES}, labels


def test_by_hand() -> None:
    images = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.2]])
    results = evaluate_pairs({"image": images}, np.array([0, 1, 0]), protocol=PAPER_CMCL, depths=(1, 2))
    scores = results["image", "image"]
    # Rankings 0 2 1 (relevant 0, 2), 1 2 0 (relevant 1), 2 0 1 (relevant 2, 0): all perfect.
    assert scores.measures["average_precision"].tolist() == [1, 1, 1]
    assert scores.measures["precision@2"].tolist() == [1, 0.5, 1]
    assert scores.mean("recall@1") == pytest.approx((0.5 + 1 + 0.5) / 3)
    clean = evaluate_pairs({"image": images}, np.array([0, 1, 0]), protocol=CLEAN)["image", "image"]
    # Object 1 is alone in its class, so without itself nothing is relevant to it: skipped.
    assert clean.rows.tolist() == [0, 2]
    assert clean.skipped == 1
    assert clean.mean() == 1
    zero = evaluate_pairs(
        {"image": images}, np.array([0, 1, 0]), protocol=replace(CLEAN, name="zero", empty_queries="zero")
    )
    assert zero["image", "image"].mean() == pytest.approx(2 / 3)


def test_all_nine_pairs_agree_with_scikit_learn() -> None:
    representations, labels = objects()
    unit = {name: x / np.linalg.norm(x, axis=1, keepdims=True) for name, x in representations.items()}
    results = evaluate_pairs(representations, labels, protocol=PAPER_CMCL)
    assert list(results) == [(a, b) for a in MODALITIES for b in MODALITIES]
    for (query, gallery), scores in results.items():
        expected = [
            average_precision_score(labels == label, row)
            for row, label in zip(unit[query] @ unit[gallery].T, labels, strict=True)
        ]
        np.testing.assert_allclose(scores.measures["average_precision"], expected, rtol=0, atol=1e-12)


def test_the_query_itself_is_left_out_only_within_a_modality() -> None:
    representations, labels = objects()
    paper = evaluate_pairs(representations, labels, protocol=PAPER_CMCL)
    clean = evaluate_pairs(representations, labels, protocol=CLEAN)
    for pair, scores in clean.items():
        if pair[0] == pair[1]:
            assert (scores.mean() or 0) < (paper[pair].mean() or 0)
        else:
            np.testing.assert_array_equal(
                scores.measures["average_precision"], paper[pair].measures["average_precision"]
            )


def test_objects_without_a_modality_take_no_part_in_it() -> None:
    representations, labels = objects()
    has_mesh = np.random.default_rng(1).random(len(labels)) < 0.6
    broken = dict(representations, mesh=np.where(has_mesh[:, None], representations["mesh"], np.nan))
    masked = evaluate_pairs(broken, labels, protocol=CLEAN, present={"mesh": has_mesh})
    rows = np.flatnonzero(has_mesh)
    for pair in (("mesh", "mesh"), ("image", "mesh"), ("mesh", "image")):
        assert masked[pair].gallery_size == (len(rows) if pair[1] == "mesh" else len(labels))
    assert masked["mesh", "image"].rows.tolist() == rows.tolist()
    only = {name: values[rows] for name, values in representations.items()}
    alone = evaluate_pairs(only, labels[rows], protocol=CLEAN, pairs=[("mesh", "mesh")])
    np.testing.assert_array_equal(
        masked["mesh", "mesh"].measures["average_precision"], alone["mesh", "mesh"].measures["average_precision"]
    )


def test_a_modality_that_no_object_has() -> None:
    representations, labels = objects()
    nobody = np.zeros(len(labels), dtype=np.bool_)
    results = evaluate_pairs(representations, labels, protocol=PAPER_CMCL, present={"mesh": nobody})
    assert results["mesh", "image"].mean() is None
    assert results["image", "mesh"].mean() == 0
    assert evaluate_pairs(representations, labels, protocol=CLEAN, present={"mesh": nobody})["image", "mesh"].skipped


def test_the_order_of_objects_and_modalities_does_not_matter() -> None:
    representations, labels = objects()
    order = np.random.default_rng(2).permutation(len(labels))
    shuffled = {name: representations[name][order] for name in reversed(MODALITIES)}
    results = evaluate_pairs(representations, labels, protocol=CLEAN)
    for pair, scores in evaluate_pairs(shuffled, labels[order], protocol=CLEAN).items():
        assert scores.mean() == pytest.approx(results[pair].mean(), abs=1e-12)


def test_json_names_the_protocol_in_every_pair(tmp_path: Path) -> None:
    representations, labels = objects()
    values = pairs_as_json(evaluate_pairs(representations, labels, protocol=CLEAN, pairs=[("image", "mesh")]))
    assert json.loads(json.dumps(values)) == values
    assert list(values) == ["image->mesh"]
    assert values["image->mesh"]["protocol"] == "clean"
    assert values["image->mesh"]["queries"] == values["image->mesh"]["gallery"] == 60


def test_unknown_names_list_the_known_ones() -> None:
    representations, labels = objects()
    with pytest.raises(InputError, match=r"'text'.*image, pointcloud, mesh"):
        evaluate_pairs(representations, labels, protocol=CLEAN, pairs=[("text", "image")])
    scores = evaluate_pairs(representations, labels, protocol=CLEAN, pairs=[("mesh", "image")])
    with pytest.raises(ConfigError, match="average_precision"):
        scores["mesh", "image"].mean("map")
