from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.search.parts import EncodedPart, Part, Query, composition

A, B = Path("a.png"), Path("b.ply")


@pytest.mark.parametrize(
    ("part", "reason"),
    [
        ({}, "exactly one"),
        ({"modality": "image", "path": A, "item": "x"}, "exactly one"),
        ({"path": A}, "expected one for a file"),
        ({"modality": "image", "item": "x"}, "none else"),
        ({"item": "x", "weight": math.nan}, "weight nan"),
        ({"item": "x", "weight": math.inf}, "weight inf"),
    ],
)
def test_parts_that_make_no_sense(part: dict[str, object], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        Part(**part)  # type: ignore[arg-type]  # what a caller without types may hand in


def test_a_composition_counts_only_what_is_asked_for() -> None:
    parts = [
        Part("mesh", B),
        Part("image", A),
        Part("image", A),
        Part(item="x", weight=-1.0),
        Part("image", A, weight=0.0),
    ]
    assert composition(parts) == "several image + mesh"
    assert composition(parts[::-1]) == composition(parts)
    assert composition([Part(item="x"), Part("image", A)]) == "image + item"


def encoded(part: Part, *numbers: float) -> EncodedPart:
    return EncodedPart(part, np.array(numbers, dtype=np.float64))


def test_a_query_by_hand() -> None:
    wanted = encoded(Part("image", A), 1.0, 0.0), encoded(Part("mesh", B), 0.0, 1.0)
    against = encoded(Part(item="x", weight=-0.5), 0.0, 1.0)
    half = math.sqrt(0.5)
    query = Query((*wanted, against))
    np.testing.assert_allclose(query.wanted(), [half, half], rtol=1e-12)
    expected = np.array([half, half - 0.5])
    np.testing.assert_allclose(query.vector(), expected / np.linalg.norm(expected), rtol=1e-12)
    np.testing.assert_array_equal(Query(wanted).vector(), Query(wanted).wanted())


def test_modality_weights_and_part_weights_multiply() -> None:
    parts = encoded(Part("image", A, weight=2.0), 1.0, 0.0), encoded(Part("mesh", B), 0.0, 1.0)
    vector = Query(parts, weights={"mesh": 3.0}).vector()
    np.testing.assert_allclose(vector, np.array([2.0, 3.0]) / math.sqrt(13), rtol=1e-12)
