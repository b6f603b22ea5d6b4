from __future__ import annotations

import math

import numpy as np
import pytest

from maquette.errors import InputError
from maquette.search.fuse import check_weights, cosines, fuse_parts, fuse_query, fuse_signed, fuse_weighted


def test_parts_by_hand() -> None:
    parts = np.array([[[3.0, 0], [0, 4]], [[0, 5], [0, 0]], [[0, 0], [0, 0]], [[1, 0], [-7, 0]]])
    half = math.sqrt(0.5)
    np.testing.assert_allclose(fuse_parts(parts), np.array([[half, half], [0, 1], [0, 0], [0, 0]]), atol=1e-15)


def naive(groups: dict[str, np.ndarray], weights: dict[str, float]) -> list[float]:
    """The words of the docstring, one number at a time."""

    def unit(vector: list[float]) -> list[float]:
        length = math.sqrt(sum(x * x for x in vector))
        return [x / length for x in vector]

    total = [0.0] * len(next(iter(groups.values()))[0])
    for name, group in groups.items():
        rows = [unit(row) for row in group.tolist()]
        mean = unit([sum(column) / len(rows) for column in zip(*rows, strict=True)])
        total = [t + weights.get(name, 1.0) * m for t, m in zip(total, mean, strict=True)]
    return unit(total)


@pytest.mark.parametrize("weights", [{}, {"image": 0.5}, {"image": 0.0, "mesh": 3.0}])
def test_a_query_agrees_with_a_naive_fusion(weights: dict[str, float]) -> None:
    rng = np.random.default_rng(4)
    groups = {"image": rng.normal(size=(3, 6)), "mesh": rng.normal(size=(1, 6)), "pointcloud": rng.normal(size=(2, 6))}
    np.testing.assert_allclose(fuse_query(groups, weights=weights), naive(groups, weights), rtol=1e-12)


def test_neither_scale_nor_order_nor_repetition_matters() -> None:
    rng = np.random.default_rng(5)
    image, mesh = rng.normal(size=(3, 6)), rng.normal(size=(1, 6))
    expected = fuse_query({"image": image, "mesh": mesh})
    np.testing.assert_allclose(np.linalg.norm(expected), 1.0, rtol=1e-12)
    scaled = image * np.array([[1e-3], [1.0], [1e6]])
    for same in (
        {"mesh": mesh * 50, "image": scaled},
        {"image": image[::-1], "mesh": mesh},
        {"image": np.concatenate([image] * 5), "mesh": mesh},
    ):
        np.testing.assert_allclose(fuse_query(same), expected, rtol=1e-9)


def test_a_weight_pulls_the_query_to_its_modality() -> None:
    groups = {"image": np.array([[1.0, 0]]), "mesh": np.array([[0, 1.0]])}
    angles = [fuse_query(groups, weights={"mesh": weight})[1] for weight in (0.0, 0.5, 1.0, 4.0)]
    assert angles == sorted(angles)
    assert angles[0] == 0.0
    assert angles[2] == pytest.approx(math.sqrt(0.5))


@pytest.mark.parametrize(
    ("groups", "weights", "reason"),
    [
        ({}, {}, "nothing to search by"),
        ({"image": np.empty((0, 2))}, {}, "nothing to search by"),
        ({"image": np.ones((1, 2))}, {"image": -1.0}, "weight -1"),
        ({"image": np.ones((1, 2))}, {"image": math.nan}, "weight nan"),
        ({"image": np.ones((1, 2))}, {"mesh": 1.0}, "'mesh'"),
        ({"image": np.ones((1, 2))}, {"image": 0.0}, "no direction"),
        ({"image": np.zeros((1, 2))}, {}, "no direction"),
        ({"image": np.ones((1, 2)), "mesh": -np.ones((1, 2))}, {}, "cancel out"),
    ],
)
def test_what_cannot_be_fused(groups: dict[str, np.ndarray], weights: dict[str, float], reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        fuse_query(groups, weights=weights)


def test_cosines_by_hand_and_nan_where_a_part_is_lacking() -> None:
    scores = cosines(np.array([0.0, 2.0]), np.array([[[3.0, 4.0], [0, 0]], [[0, -1], [5, 0]]]))
    np.testing.assert_allclose(scores, np.array([[0.8, np.nan], [-1, 0]]), atol=1e-15)


def test_weights_of_single_files_by_hand() -> None:
    rows = {
        "image": [(np.array([2.0, 0, 0]), 1.0), (np.array([0, 5.0, 0]), 3.0)],
        "mesh": [(np.array([0, 0, 1.0]), 1.0)],
    }
    # Image: (1, 3, 0) / √10, weighing 3, the largest within it; mesh: (0, 0, 1), weighing 1, or 2 by the modality.
    expected = np.array([3 / math.sqrt(10), 9 / math.sqrt(10), 1.0])
    np.testing.assert_allclose(fuse_weighted(rows), expected / np.linalg.norm(expected), rtol=1e-12)
    expected[2] = 2.0
    doubled = fuse_weighted(rows, modality_weights={"mesh": 2.0})
    np.testing.assert_allclose(doubled, expected / np.linalg.norm(expected), rtol=1e-12)


def test_a_file_that_weighs_nothing_changes_nothing() -> None:
    rng = np.random.default_rng(6)
    one, two, mesh = rng.normal(size=(3, 6))
    without = fuse_weighted({"image": [(one, 1.0)], "mesh": [(mesh, 1.0)]})
    np.testing.assert_allclose(
        fuse_weighted({"image": [(one, 1.0), (two, 0.0)], "mesh": [(mesh, 1.0)]}), without, rtol=1e-12
    )


def test_what_is_not_wanted_loses_by_its_weight() -> None:
    rng = np.random.default_rng(7)
    wanted, unwanted = rng.normal(size=(2, 6))
    away = unwanted / np.linalg.norm(unwanted)
    cosines_away = [
        float(fuse_signed({"image": [(wanted, 1.0)]}, {"item": [(unwanted, weight)]}) @ away)
        for weight in (0.1, 0.5, 1.0, 7.0)
    ]
    assert cosines_away[0] > cosines_away[1] > cosines_away[2]
    assert cosines_away[2] == pytest.approx(cosines_away[3]), "no part is asked against more than another is asked for"
    with pytest.raises(InputError, match="what is asked for is what is asked against"):
        fuse_signed({"image": [(wanted, 1.0)]}, {"mesh": [(wanted, 1.0)]})


def test_weights_are_for_known_modalities() -> None:
    check_weights({"image": 0.0}, known=["image", "mesh"])
    with pytest.raises(InputError, match="weight inf for 'image': expected 0 or more, for one of image, mesh"):
        check_weights({"image": math.inf}, known=["mesh", "image"])
