"""The demo's scores mean something as soon as it is made."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from maquette.bench.demo_calibration import calibrate_demo, encoded_objects
from maquette.data.store import Store
from maquette.search import Engine
from maquette.search.calibrated import CALIBRATION_FILE
from maquette.train.run import Run


def test_objects_are_encoded_as_a_search_encodes_their_files(tiny_demo: Path) -> None:
    objects = encoded_objects(tiny_demo / "run", split="validation")
    manifest = Store.open(Run.open(tiny_demo / "run").prepared).manifest
    class_name, id_, parts = objects[0]
    (item,) = [item for item in manifest.items if item.id == id_]
    assert manifest.class_names[item.label] == class_name
    engine = Engine.open(tiny_demo / "collection")
    photos = [part.vector for part in parts if part.part.modality == "image"]
    arrays, _ = engine._read_query("image", manifest.files(item, "image")[0])
    (vector,) = engine.encode("image", [arrays])
    np.testing.assert_allclose(photos[0], vector / np.linalg.norm(vector), atol=1e-4)
    np.testing.assert_allclose([np.linalg.norm(part.vector) for _, _, some in objects for part in some], 1.0)


def test_the_demos_hits_have_probabilities(tiny_demo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(tiny_demo / "collection", tmp_path / "collection")
    engine, run = Engine.open(tmp_path / "collection"), Run.open(tiny_demo / "run")
    calibrate_demo(run, engine)
    assert not (tmp_path / "collection" / CALIBRATION_FILE).exists(), "four objects are too few"
    monkeypatch.setattr("maquette.search.calibrate._FEWEST_QUERIES", 4)
    calibrate_demo(run, engine)
    calibration = engine.calibration
    assert calibration is not None
    assert calibration.items == len(engine.collection.index)
    assert calibration.fitted_on == "validation objects of the run run"
    assert {"image", "mesh", "several image + mesh", "item"} <= set(calibration.curves)
    photo = sorted((tiny_demo / "data" / "photos" / "cup").glob("*.png"))[0]
    assert all(hit.probability is not None for hit in engine.search({"image": [photo]}).hits)
