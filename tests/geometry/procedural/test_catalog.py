from __future__ import annotations

import numpy as np
import pytest

from maquette.geometry.mesh import Mesh, normalise
from maquette.geometry.procedural import CLASSES, CLOSE_PAIRS, ClassSpec
from tests.geometry.procedural.drawn import draws, volume

BY_NAME = {spec.name: spec for spec in CLASSES}
every_class = pytest.mark.parametrize("spec", CLASSES, ids=lambda spec: spec.name)


def distribution(mesh: Mesh) -> np.ndarray:
    """Shape in 24 numbers: how much of the surface lies at which height, and at which distance from the axis."""
    whole = normalise(mesh)
    corners = whole.vertices[whole.faces]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    centers = corners.mean(axis=1)
    heights, _ = np.histogram(centers[:, 2], 12, (-1, 1), weights=areas)
    radii, _ = np.histogram(np.linalg.norm(centers[:, :2], axis=1), 12, (0, 1), weights=areas)
    return np.asarray(np.concatenate([heights, radii]) / areas.sum())


def test_the_list_is_as_promised() -> None:
    assert len(CLASSES) == len(BY_NAME) == 49
    assert len({spec.group for spec in CLASSES}) == 8
    assert all(name == name.lower() and name.isidentifier() for name in BY_NAME)
    for pair in CLOSE_PAIRS:
        assert len(set(pair)) == 2 and set(pair) <= set(BY_NAME)


@every_class
def test_objects_are_sound(spec: ClassSpec) -> None:
    for mesh in draws(spec.build):
        assert 80 <= len(mesh.faces) <= 5000
        assert mesh.colors is not None and mesh.colors.shape == mesh.faces.shape
        assert set(np.unique(mesh.faces)) == set(range(len(mesh.vertices))), "an unused vertex"
        corners = mesh.vertices[mesh.faces]
        size = np.ptp(mesh.vertices, axis=0).max()
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        assert areas.min() > 1e-9 * size**2
        edges = np.concatenate([mesh.faces[:, [0, 1]], mesh.faces[:, [1, 2]], mesh.faces[:, [2, 0]]])
        ways = edges @ [len(mesh.vertices), 1]
        assert len(np.unique(ways)) == len(ways), "faces of one edge turn the same way"
        assert np.array_equal(np.sort(ways), np.sort(edges[:, ::-1] @ [len(mesh.vertices), 1])), "an open edge"
        assert volume(mesh) > 0


@every_class
def test_every_part_looks_outward(spec: ClassSpec) -> None:
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    for mesh in draws(spec.build, 4):
        ones = np.ones(len(mesh.faces))
        pairs = [(mesh.faces[:, 0], mesh.faces[:, 1]), (mesh.faces[:, 1], mesh.faces[:, 2])]
        graph = sum(coo_matrix((ones, pair), shape=(len(mesh.vertices),) * 2) for pair in pairs)
        count, parts = connected_components(graph, directed=False)
        corners = mesh.vertices[mesh.faces] - mesh.vertices.mean(axis=0)
        shares = (corners[:, 0] * np.cross(corners[:, 1], corners[:, 2])).sum(axis=1)
        assert np.bincount(parts[mesh.faces[:, 0]], shares, count).min() > 0


@every_class
def test_same_generator_same_object_and_never_twice_the_same(spec: ClassSpec) -> None:
    first = draws(spec.build, 2)
    again = [spec.build(np.random.default_rng([number, 11])) for number in range(2)]
    assert np.array_equal(first[0].vertices, again[0].vertices)
    assert first[0].colors is not None and again[0].colors is not None
    assert np.array_equal(first[0].colors, again[0].colors)
    assert first[0].vertices.shape != first[1].vertices.shape or not np.allclose(first[0].vertices, first[1].vertices)


@every_class
def test_objects_of_a_class_differ_by_more_than_size(spec: ClassSpec) -> None:
    shapes = np.array([distribution(mesh) for mesh in draws(spec.build)])
    apart = np.abs(shapes[:, None] - shapes[None]).sum(axis=2)
    assert np.median(apart[np.triu_indices(len(shapes), 1)]) > 0.1


def test_color_says_nothing_about_the_class() -> None:
    means = {}
    for spec in CLASSES:
        colors = np.array([mesh.colors[0] for mesh in draws(spec.build) if mesh.colors is not None], dtype=float)
        assert colors.std(axis=0).min() > 20, spec.name
        means[spec.name] = colors.mean(axis=0)
    spread = np.std(list(means.values()), axis=0)
    # The mean of 16 colors of standard deviation about 50 varies by about 13 between classes by chance alone.
    assert spread.max() < 22


def test_close_pairs_are_closer_than_others() -> None:
    shapes = {name: np.array([distribution(mesh) for mesh in draws(spec.build)]) for name, spec in BY_NAME.items()}

    def gap(first: str, second: str) -> float:
        between = np.abs(shapes[first][:, None] - shapes[second][None]).sum(axis=2)
        return float(between.min(axis=1).mean())

    names = sorted(shapes)
    others = [
        gap(a, b) for a in names for b in names if a < b and (a, b) not in CLOSE_PAIRS and (b, a) not in CLOSE_PAIRS
    ]
    assert np.mean([gap(*pair) for pair in CLOSE_PAIRS]) < 0.7 * np.mean(others)
