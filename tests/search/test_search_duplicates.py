from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.geometry import Cloud, Mesh, read_shape, simplify, write_mesh
from maquette.geometry.procedural import CLASSES
from maquette.search import Engine
from maquette.search.congruence import congruence
from maquette.search.duplicates import DuplicatePair, compare_shapes, find_duplicates
from tests.search.search_cases import box
from tests.search.test_search_align import corner, turned

TURN = turned(1.1, (1, -2, 0.5))


def objects(count: int, *, seed: int) -> list[Mesh]:
    """Objects of the built-in data set, of as many kinds as there are."""
    rng = np.random.default_rng(seed)
    return [CLASSES[number % len(CLASSES)].build(rng) for number in range(count)]


def moved(mesh: Mesh, *, scale: float = 1.0, mirror: bool = False) -> Mesh:
    vertices = scale * mesh.vertices @ (TURN @ np.diag([-1.0 if mirror else 1.0, 1, 1])).T + (3, 1, -2)
    return Mesh(vertices, mesh.faces[:, ::-1] if mirror else mesh.faces)


def split(mesh: Mesh) -> Mesh:
    """The same surface of four times as many triangles."""
    a, b, c = mesh.vertices[mesh.faces].transpose(1, 0, 2)
    ab, bc, ca = (a + b) / 2, (b + c) / 2, (c + a) / 2
    corners = np.concatenate([np.stack(t, 1) for t in ((a, ab, ca), (ab, b, bc), (ca, bc, c), (ab, bc, ca))])
    vertices, faces = np.unique(corners.reshape(-1, 3), axis=0, return_inverse=True)
    return Mesh(vertices, faces.reshape(-1, 3).astype(np.int64))


def tier(one: Mesh, other: Mesh) -> str | None:
    found = compare_shapes(one, other)
    return None if found is None else found.tier


def test_every_kind_of_copy_is_known_for_what_it_is(tmp_path: Path) -> None:
    shape = corner()
    for ending in (".stl", ".ply", ".glb", ".obj", ".3mf"):
        write_mesh(moved(shape), tmp_path / f"copy{ending}")
        copy = read_shape(tmp_path / f"copy{ending}")
        found = compare_shapes(shape, copy)
        assert found is not None
        assert (found.tier, found.mirrored) == ("identical", False)
        assert found.scale == pytest.approx(1.0, abs=1e-4)
    scaled = compare_shapes(shape, moved(shape, scale=25.4))
    assert scaled is not None
    assert scaled.tier == "scaled"
    assert scaled.scale == pytest.approx(25.4)
    assert tier(shape, moved(shape, mirror=True)) == "mirrored"
    assert tier(shape, moved(split(shape), scale=2.0)) == "remeshed"
    assert tier(box(1, 2, 3), moved(box(1, 2, 3), mirror=True)) == "identical", "a box is its own mirror image"


def test_shapes_that_differ_a_little_are_not_one() -> None:
    assert tier(box(1, 2, 3), box(1, 2, 3.3)) is None
    assert tier(corner(), box(4, 2.5, 1.7)) is None
    bent = corner()
    vertices = bent.vertices.copy()
    vertices[0] += 0.1
    assert tier(corner(), Mesh(vertices, bent.faces)) != "identical"
    # The same corners with other faces between them are another surface.
    assert tier(corner(), Mesh(corner().vertices, corner().faces[:-6])) != "identical"


def test_scans_are_compared_point_by_point() -> None:
    points = np.random.default_rng(0).normal(size=(300, 3)) * (1, 2, 3)
    found = compare_shapes(Cloud(points), Cloud(points[::-1] @ TURN.T + 5))
    assert found is not None
    assert found.tier == "identical"
    assert compare_shapes(Cloud(points), Cloud(points + np.random.default_rng(1).normal(size=(300, 3)) * 0.05)) is None


def test_groups_of_a_collection(engine: Engine, tmp_path: Path) -> None:
    root = tmp_path / "parts"
    root.mkdir()
    write_mesh(corner(), root / "a.off")
    write_mesh(moved(corner()), root / "b.stl")
    write_mesh(moved(corner(), scale=3.0), root / "c.ply")
    write_mesh(box(1, 2, 3), root / "d.off")
    write_mesh(box(1, 2, 4), root / "e.off")
    engine.add_paths([root])
    (root / "e.off").unlink()
    progress: list[tuple[int, int]] = []
    report = find_duplicates(engine.collection, on_progress=lambda done, total: progress.append((done, total)))
    (group,) = report.groups
    assert (group.ids, group.tier) == (("a.off", "b.stl", "c.ply"), "scaled")
    assert {(pair.first, pair.second, pair.tier) for pair in group.pairs} == {
        ("a.off", "b.stl", "identical"),
        ("a.off", "c.ply", "scaled"),
        ("b.stl", "c.ply", "scaled"),
    }
    assert report.compared == 4
    assert [Path(path).name for path, _ in report.refused] == ["e.off"]
    assert progress[-1] == (5, 5)
    assert len(engine.collection.index) == 5, "nothing is ever removed"
    assert json.loads(json.dumps(report.as_json()))["groups"][0]["tier"] == "scaled"


@pytest.mark.slow
def test_recall_on_the_built_in_objects() -> None:
    shapes = objects(49, seed=1)
    found = {
        "identical": [tier(shape, moved(shape)) for shape in shapes],
        "scaled": [tier(shape, moved(shape, scale=0.1)) for shape in shapes],
        "mirrored": [tier(shape, moved(shape, mirror=True)) for shape in shapes],
        "remeshed": [tier(shape, moved(simplify(shape, faces=len(shape.faces) * 3 // 4))) for shape in shapes[::3]],
    }
    right = {name: sum(one == name for one in some) / len(some) for name, some in found.items()}
    # Half of the objects are their own mirror images, turned.
    right["mirrored"] = sum(one in ("mirrored", "identical") for one in found["mirrored"]) / len(shapes)
    assert min(right["identical"], right["scaled"], right["mirrored"]) >= 0.95, right
    assert right["remeshed"] >= 0.7, right


def test_no_two_of_ten_thousand_pairs_made_apart_are_the_same_vertices_moved() -> None:
    shapes = [np.unique(shape.vertices, axis=0) for shape in objects(142, seed=2)]
    pairs = [(a, b) for place, a in enumerate(shapes) for b in shapes[place + 1 :]]
    assert len(pairs) == 10_011
    assert [pair for pair in pairs if congruence(*pair) is not None] == []


def test_evidence_in_words() -> None:
    pair = DuplicatePair("a", "b", "scaled", 25.4, False, 1e-6)
    assert pair.sentence() == "a = b: scaled, scale 25.4, vertices at most 1.0e-06 of the radius apart"
    pair = DuplicatePair("a", "b", "remeshed", 1.0, False, 1.02)
    assert pair.sentence() == "a = b: remeshed, scale 1, surfaces 1.02 times as far apart as two samples of one"
