from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from maquette.errors import CollectionError, FingerprintError
from maquette.search.calibrated import CALIBRATION_FILE, Calibration, Curve, familiarity

CURVE = Curve((0.1, 0.5, 0.9), (0.0, 0.2, 1.0), familiar=0.4, covering=0.7, queries=60)
MADE = Calibration({"image": CURVE, "mesh": CURVE}, "f" * 64, "validation objects", 3, 120, "2026-01-31T00:00:00+00:00")


def test_a_curve_by_hand() -> None:
    scores = np.array([-1.0, 0.1, 0.3, 0.5, 0.7, 0.9, 1.0])
    np.testing.assert_allclose(CURVE.probability(scores), [0.0, 0.0, 0.1, 0.2, 0.6, 1.0, 1.0], rtol=1e-12)


def test_hits_below_the_ten_best_are_no_likelier_than_those() -> None:
    curve = replace(CURVE, best=(10.0, -5.0))
    scores = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25, 0.9, 0.2])
    found = curve.ranked(scores)
    np.testing.assert_allclose(found[:10], 1 / (1 + np.exp(5 - 10 * scores[:10])), rtol=1e-12)
    np.testing.assert_allclose(found[10:], [1 / (1 + np.exp(2.5)), 0.05], rtol=1e-12)
    np.testing.assert_array_equal(CURVE.ranked(scores), CURVE.probability(scores))
    assert curve.ranked(np.array([])).size == 0


def test_what_is_written_is_what_is_read(tmp_path: Path) -> None:
    assert Calibration.load(tmp_path, fingerprint=MADE.fingerprint) is None
    for made in (MADE, replace(MADE, curves={"image": replace(CURVE, best=(3.0, -1.0))})):
        made.save(tmp_path)
        assert Calibration.load(tmp_path, fingerprint=MADE.fingerprint) == made


def test_several_files_are_read_as_one_where_nothing_better_is_known() -> None:
    assert MADE.curve("several image") is CURVE
    assert MADE.curve("image + mesh") is None


def test_a_calibration_of_another_model_is_refused(tmp_path: Path) -> None:
    MADE.save(tmp_path)
    with pytest.raises(FingerprintError, match="maquette index calibrate"):
        Calibration.load(tmp_path, fingerprint="0" * 64)


def _set(path: str, value: object) -> Callable[[dict[str, Any]], object]:
    def change(values: dict[str, Any]) -> None:
        *way, last = path.split(".")
        for name in way:
            values = values[name]
        values[last] = value

    return change


@pytest.mark.parametrize(
    "damage",
    [
        _set("format", "something"),
        _set("depth", None),
        _set("curves.image.scores", [0.5, 0.1, 0.9]),
        _set("curves.image.scores", [0.1, 0.9]),
        _set("curves.image.probabilities", [0.0, 0.2, 1.5]),
        _set("curves.image.probabilities", [0.0, float("nan"), 1.0]),
        _set("curves.image", {"scores": [], "probabilities": [], "familiar": 0, "covering": 0, "queries": 0}),
        lambda values: values["curves"]["mesh"].pop("covering"),
        _set("curves.image.best", [-1.0, 0.0]),
        _set("curves.image.best", [1.0, float("inf")]),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, damage: Callable[[dict[str, Any]], object]) -> None:
    path = MADE.save(tmp_path)
    values = json.loads(path.read_text())
    damage(values)
    path.write_text(json.dumps(values))
    with pytest.raises(CollectionError, match=CALIBRATION_FILE):
        Calibration.load(tmp_path, fingerprint=MADE.fingerprint)
    path.write_text("{")
    with pytest.raises(CollectionError, match="cannot be read"):
        Calibration.load(tmp_path, fingerprint=MADE.fingerprint)


def test_familiarity_is_the_mean_of_the_best() -> None:
    assert familiarity(np.array([0.5, 0.25, 0.0])) == 0.25
    assert familiarity(np.array([])) == -1.0
