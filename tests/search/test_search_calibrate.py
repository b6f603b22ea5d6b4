from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.metrics.calibration import expected_calibration_error
from maquette.search import Engine
from maquette.search.calibrate import Gallery, Trials, _logistic, calibrate, fit_curve, held_out_trials, own_trials
from maquette.search.calibrated import Calibration
from maquette.search.heldout import HeldOut, held_out_of_folder
from maquette.search.parts import Part


def cones(rng: np.random.Generator, *, queries: int, items: int, noise: float) -> tuple[Gallery, Trials]:
    """Six classes about six axes of twelve: the larger the noise the more classes overlap."""
    labels = np.arange(items) % 6
    asked = np.arange(queries) % 6

    def around(classes: np.ndarray) -> np.ndarray:
        vectors = np.eye(12)[classes] + noise * rng.normal(size=(len(classes), 12))
        unit: np.ndarray = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    gallery = Gallery(
        tuple(f"{row:04}" for row in range(items)), around(labels).astype(np.float32), labels, tuple("abcdef")
    )
    return gallery, Trials(around(asked), asked, np.full(queries, -1))


def test_probabilities_hold_for_new_queries_where_cosines_do_not() -> None:
    rng = np.random.default_rng(0)
    gallery, trials = cones(rng, queries=600, items=120, noise=0.35)
    half = np.arange(600) < 300
    curve = fit_curve(trials.chosen(half), gallery, rng=rng)
    rest = trials.chosen(~half)
    scores = rest.vectors @ gallery.vectors.T.astype(np.float64)
    same = rest.labels[:, None] == gallery.labels
    raw = expected_calibration_error(np.clip(scores, 0, 1).ravel(), same.ravel())
    assert expected_calibration_error(curve.probability(scores.ravel()), same.ravel()) < 0.01 < 0.03 < raw
    # What was promised of lists, and of queries that must not be turned away, holds for new ones.
    best_right = np.where(same, scores, -1.0).max(axis=1)
    assert (best_right >= curve.covering).mean() == pytest.approx(0.9, abs=0.05)
    familiar = np.sort(scores, axis=1)[:, -5:].mean(axis=1)
    assert (familiar >= curve.familiar).mean() == pytest.approx(0.95, abs=0.04)


def test_a_curve_agrees_with_pool_adjacent_violators_by_hand() -> None:
    vectors = np.zeros((4, 12), dtype=np.float32)
    vectors[:, 0] = (0.8, 0.6, 0.4, 0.2)
    vectors[:, 1] = np.sqrt(1 - vectors[:, 0] ** 2)
    gallery = Gallery(tuple("abcd"), vectors, np.array([0, 1, 0, 1]), ("x", "y"))
    curve = fit_curve(Trials(np.eye(12)[:1], np.array([0]), np.array([-1])), gallery, rng=np.random.default_rng(0))
    # By rising score 0, 1, 0, 1 are of the class: the middle two violate the order and share 1/2.
    np.testing.assert_allclose(curve.probability(np.array([0.2, 0.4, 0.5, 0.6, 0.8])), [0, 0.5, 0.5, 0.5, 1], atol=1e-6)
    assert (curve.familiar, curve.covering) == (-1.0, -1.0), "one query promises nothing"


def test_the_ten_best_have_a_curve_of_their_own() -> None:
    """As many right ones as hits: at the same score a hit is right more often than an item that others beat."""
    rng = np.random.default_rng(7)
    gallery, trials = cones(rng, queries=1200, items=60, noise=0.35)
    half = np.arange(1200) < 600
    curve = fit_curve(trials.chosen(half), gallery, rng=rng)
    rest = trials.chosen(~half)
    scores = rest.vectors @ gallery.vectors.T.astype(np.float64)
    order = np.argsort(-scores, axis=1)
    ranked = np.take_along_axis(scores, order, 1)
    same = np.take_along_axis(rest.labels[:, None] == gallery.labels, order, 1)
    probable = np.stack([curve.ranked(row) for row in ranked])
    plain = expected_calibration_error(curve.probability(ranked[:, :10].ravel()), same[:, :10].ravel())
    assert expected_calibration_error(probable[:, :10].ravel(), same[:, :10].ravel()) < 0.03 < 0.035 < plain
    assert expected_calibration_error(probable.ravel(), same.ravel()) < 0.02
    assert (np.diff(probable[:, 9:], axis=1) <= 0).all()


@pytest.mark.parametrize("right", [True, False])
def test_a_curve_of_hits_that_are_all_right_or_all_wrong_is_not_certain(right: bool) -> None:
    slope, offset = _logistic(np.linspace(0.5, 0.9, 38), np.full(38, right))
    expected = 39 / 40 if right else 1 / 40
    assert 1 / (1 + np.exp(-(0.7 * slope + offset))) == pytest.approx(expected, abs=1e-3)


def test_an_items_own_vector_is_not_found() -> None:
    rng = np.random.default_rng(1)
    gallery, _ = cones(rng, queries=60, items=60, noise=0.3)
    own = Trials(gallery.vectors.astype(np.float64), gallery.labels, np.arange(60))
    with_itself = Trials(own.vectors, own.labels, np.full(60, -1))
    assert fit_curve(with_itself, gallery, rng=rng).covering == pytest.approx(1.0, abs=1e-6)
    assert fit_curve(own, gallery, rng=rng).covering < 0.99


def test_a_large_collection_is_drawn_from(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    gallery, trials = cones(rng, queries=200, items=300, noise=0.35)
    whole = fit_curve(trials, gallery, rng=np.random.default_rng(3))
    monkeypatch.setattr("maquette.search.calibrate._PAIRS", 20_000)
    some = fit_curve(trials, gallery, rng=np.random.default_rng(3))
    assert (some.familiar, some.covering) == (whole.familiar, whole.covering), "lists are of the whole collection"
    assert some.scores != whole.scores
    scores = np.linspace(0.2, 0.95, 40)
    assert np.abs(some.probability(scores) - whole.probability(scores)).mean() < 0.05


def test_figures_are_by_the_other_half_and_absent_classes_are_told(engine: Engine, tree: Path) -> None:
    rng = np.random.default_rng(4)
    engine.add_paths([tree])
    gallery, trials = cones(rng, queries=400, items=120, noise=0.2)
    few = Trials(trials.vectors[:19], trials.labels[:19], trials.own[:19])
    made, reports = calibrate(engine, {"image": trials, "mesh": few}, gallery, fitted_on="cones", rng=rng)
    assert set(made.curves) == set(reports) == {"image"}, "19 queries are too few"
    report = reports["image"]
    assert report.queries == 400
    assert report.error < 0.03 < report.raw_error
    assert report.coverage == pytest.approx(0.9, abs=0.05)
    assert report.absent_auroc > 0.95
    assert (made.items, made.fitted_on, made.fingerprint) == (6, "cones", engine.fingerprint)
    assert json.loads(json.dumps(report.as_json()))["queries"] == 400
    with pytest.raises(InputError, match="at most 19 queries"):
        calibrate(engine, {"mesh": few}, gallery, fitted_on="cones", rng=rng)


def test_queries_of_files_and_of_items_are_those_of_a_search(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    gallery = Gallery.of(engine)
    assert (gallery.class_names, len(gallery.ids)) == (("bars", "plates", "scans"), 6)
    (tree / "broken.png").write_bytes(b"nothing")
    strange = HeldOut("hats", (Part("mesh", tree / "bars" / "long.off"),))
    broken = HeldOut("bars", (Part("image", tree / "broken.png"),))
    trials = held_out_trials(engine, [*held_out_of_folder(tree), strange, broken], gallery)
    # Three meshes alone and one with a photo; that photo, and a lone one; a scan.
    assert {name: len(some.labels) for name, some in trials.items()} == {
        "mesh": 4,
        "image": 2,
        "image + mesh": 1,
        "pointcloud": 1,
    }
    both = trials["image + mesh"]
    query, _ = engine.encode_parts(
        [Part("image", tree / "plates" / "wide.png"), Part("mesh", tree / "plates" / "wide.ply")]
    )
    np.testing.assert_allclose(both.vectors[0], query.vector(), atol=1e-6)
    assert gallery.ids[both.own[0]] == "plates/wide.ply"
    own = own_trials(engine, gallery, rng=np.random.default_rng(0))
    assert len(own["item"].labels) == 6
    assert len(own["image + mesh + pointcloud"].labels) == 4
    np.testing.assert_allclose(own["item"].vectors, gallery.vectors, atol=1e-6)


def test_a_collection_without_classes_cannot_be_calibrated(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree / "bars"])
    with pytest.raises(InputError, match="0 items of 0 classes"):
        Gallery.of(engine)


def test_what_is_saved_is_used(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    gallery, trials = cones(np.random.default_rng(5), queries=60, items=60, noise=0.3)
    made, _ = calibrate(engine, {"mesh": trials}, gallery, fitted_on="cones", rng=np.random.default_rng(6))
    made.save(engine.collection.folder)
    assert Calibration.load(engine.collection.folder, fingerprint=engine.fingerprint) == made
    hits = engine.search({"mesh": [tree / "bars" / "long.off"]}).hits
    expected = made.curves["mesh"].ranked(np.array([hit.score for hit in hits]))
    assert [hit.probability for hit in hits] == pytest.approx(expected.tolist(), abs=1e-4)
