from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.geometry import Cloud, normalise, read_mesh, write_mesh
from maquette.geometry.mesh import Mesh
from maquette.modalities import MODALITIES
from maquette.search import Engine, Part
from maquette.search.calibrated import Calibration, Curve
from maquette.search.explain import surface_points
from tests.search.search_cases import box
from tests.search.test_search_align import corner, turned


def test_a_turned_copy_coincides_and_the_numbers_are_those_of_the_search(engine: Engine, tree: Path) -> None:
    write_mesh(corner(), tree / "bars" / "corner.off")
    engine.add_paths([tree])
    copy = tree / "copy.stl"
    write_mesh(Mesh(2 * corner().vertices @ turned(1.0, (0, 0, 1)).T, corner().faces), copy)
    parts = [Part("mesh", copy), Part("image", tree / "plates" / "wide.png", weight=0.5)]
    why = engine.explain(parts, "bars/corner.off")
    hit = next(hit for hit in engine.search_parts(parts).hits if hit.id == "bars/corner.off")
    assert why.score == pytest.approx(hit.score, abs=1e-6)
    assert why.scores == pytest.approx(hit.scores, abs=1e-6)
    assert [(name, weight) for name, weight, _ in why.parts] == [(str(copy), 1.0), (str(parts[1].path), 0.5)]
    assert why.alignment is not None
    assert why.alignment.scale == pytest.approx(0.5, rel=0.1), "as well as samples tell"
    assert why.alignment.f_score_after > 0.8
    assert why.alignment.chamfer_after < why.alignment.chamfer_before
    assert not why.alignment.mirrored
    values = json.loads(json.dumps(why.as_json()))
    assert values["alignment"]["chamfer_after"] == why.alignment.chamfer_after
    assert (why.probability, why.remarks) == (None, ())
    assert "laid on each other" in why.sentence and why.sentence in why.text()


def test_its_probability_is_the_hits(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    curve = Curve((0.0, 1.0), (0.0, 0.3), familiar=-1.0, covering=2.0, queries=40, best=(4.0, -2.0))
    made = Calibration({"item + mesh": curve}, engine.fingerprint, "a test", 5, 6, "2026")
    made.save(engine.collection.folder)
    parts = [Part("mesh", tree / "bars" / "long.off"), Part(item="plates/wide.ply")]
    hits = engine.search_parts(parts).hits
    assert len(hits) == 5
    for hit in hits:
        assert hit.probability is not None
        assert engine.explain(parts, hit.id).probability == pytest.approx(hit.probability, abs=1e-6)


def test_another_shape_is_said_to_differ(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    why = engine.explain([Part("mesh", tree / "plates" / "square.obj")], "bars/long.off")
    assert "the shapes differ" in why.sentence


def test_the_best_view_is_the_one_that_was_asked_by(engine: Engine, tree: Path, tmp_path: Path) -> None:
    from PIL import Image

    write_mesh(corner(), tree / "bars" / "corner.off")
    engine.add_paths([tree])
    settings = {**engine.model.specs["image"].preparation, "views": 12}
    drawn = MODALITIES.build("image", **settings).derive(
        normalise(read_mesh(tree / "bars" / "corner.off")), np.random.default_rng(0)
    )
    assert drawn is not None
    for view in (0, 5, 9):
        Image.fromarray(drawn.arrays["pixels"][view]).save(tmp_path / "view.png")
        why = engine.explain([Part("image", tmp_path / "view.png")], "bars/corner.off")
        assert why.best_view is not None
        assert (why.best_view.number, why.best_view.views) == (view + 1, 12)
        assert why.best_view.score == pytest.approx(1.0, abs=1e-4)
        assert why.best_view.azimuth_degrees == pytest.approx((300 + 30 * view) % 360)
        assert why.alignment is None, "a photo has no shape"


def test_items_explain_items(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    why = engine.explain([Part(item="bars/short.stl")], "bars/long.off")
    assert why.alignment is not None
    assert why.parts[0][0] == "bars/short.stl"


def test_what_cannot_be_compared_is_said(engine: Engine, tree: Path) -> None:
    engine.add_paths([tree])
    (tree / "bars" / "long.off").unlink()
    why = engine.explain([Part("mesh", tree / "bars" / "short.stl")], "bars/long.off")
    assert (why.best_view, why.alignment) == (None, None)
    assert "long.off" in why.remarks[0]
    flat = engine.explain([Part("mesh", tree / "bars" / "short.stl")], "scans/only photo.png")
    assert (flat.best_view, flat.alignment, flat.remarks) == (None, None, ())
    with pytest.raises(InputError, match="'nobody'"):
        engine.explain([Part("mesh", tree / "bars" / "short.stl")], "nobody")


def test_points_of_a_scan_are_its_own() -> None:
    points = np.random.default_rng(0).normal(size=(50, 3))
    rng = np.random.default_rng(1)
    assert surface_points(Cloud(points), rng=rng, count=60) is points
    some = surface_points(Cloud(points), rng=rng, count=20)
    assert len(np.unique(some, axis=0)) == 20
    assert {tuple(p) for p in some.tolist()} <= {tuple(p) for p in points.tolist()}
    on_box = surface_points(box(1, 2, 3), rng=rng, count=30)
    assert len(on_box) == 30
    assert np.isclose(on_box, 0).any(axis=1).sum() + np.isclose(on_box, (1, 2, 3)).any(axis=1).sum() >= 30
