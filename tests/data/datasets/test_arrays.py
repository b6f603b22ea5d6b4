"""Compact arrays: every object's shapes are those of its row, and rows that do not belong together are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.data.datasets import arrays
from maquette.data.datasets.arrays import find_arrays, read_arrays
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.errors import ConfigError, FileError
from maquette.geometry import read_cloud, read_mesh
from maquette.modalities import ImageModality, MeshModality, PointCloudModality
from tests.data.datasets.packed_cases import FACES, TETRAHEDRON, write_compact


def test_objects_are_the_rows_of_the_arrays(tmp_path: Path) -> None:
    made = write_compact(tmp_path / "packed", "things")
    manifest = arrays(tmp_path / "set", source=tmp_path / "packed")
    assert (manifest.name, manifest.class_names) == ("things", ("kind0", "kind1"))
    assert [len(manifest.rows(split)) for split in ("train", "validation", "test")] == [4, 0, 4]
    by_id = {item.id: item for item in manifest}
    for split, row in (("train", 3), ("test", 0)):
        item = by_id[f"kind{row % 2}/{split}{row}"]
        assert (item.split, item.label, item.true_label) == (split, row % 2, row % 2)
        cloud = read_cloud(manifest.files(item, "pointcloud")[0])
        np.testing.assert_allclose(cloud.points, made[split]["points"][row] / 4095 * 2 - 1, atol=1e-6)
        mesh = read_mesh(manifest.files(item, "mesh")[0])
        corners = mesh.vertices[mesh.faces].reshape(-1, 3)
        np.testing.assert_allclose(corners, (0.5 * TETRAHEDRON)[FACES].reshape(-1, 3), atol=3e-5)


@pytest.mark.parametrize(("kinds", "renderer"), [(("points",), "splat"), (("points", "mesh"), "embreex")])
def test_images_are_made_from_the_best_geometry_there_is(tmp_path: Path, kinds: tuple[str, ...], renderer: str) -> None:
    write_compact(tmp_path / "packed", "things", kinds=kinds, objects=2)
    manifest = arrays(tmp_path / "set", source=tmp_path / "packed")
    modalities = {
        "image": ImageModality(views=1, resolution=16, train_views=1),
        "pointcloud": PointCloudModality(points_prepared=8, points=8),
        "mesh": MeshModality(faces=8),
    }
    report = prepare(manifest, modalities, tmp_path / "prepared")
    assert report.refused == ()
    store = Store.open(tmp_path / "prepared")
    assert {notes["rendered_by"] for (_, name), notes in store.notes.items() if name == "image"} == {renderer}
    assert store.present("mesh").all() == ("mesh" in kinds)


def test_some_classes_and_a_validation_split(tmp_path: Path) -> None:
    write_compact(tmp_path / "packed", "things", objects=20)
    manifest = arrays(tmp_path / "set", source=tmp_path / "packed", classes=["kind1"], validation_fraction=0.3)
    assert manifest.class_names == ("kind1",)
    assert [len(manifest.rows(split)) for split in ("train", "validation", "test")] == [7, 3, 10]
    other = arrays(tmp_path / "other", source=tmp_path / "packed", classes=["kind1"], validation_fraction=0.3, seed=1)
    assert set(other.rows("validation")) != set(manifest.rows("validation"))
    with pytest.raises(ConfigError, match="no class 'kind7': expected some of kind0, kind1"):
        arrays(tmp_path / "third", source=tmp_path / "packed", classes=["kind7"])


def test_a_folder_of_several_sets_needs_a_name(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write_compact(tmp_path / "packed", name)
    assert len(find_arrays(tmp_path / "packed", "one")) == 4
    with pytest.raises(FileError, match="holds the compact arrays one, other, asked for ''"):
        find_arrays(tmp_path / "packed")
    with pytest.raises(FileError, match="asked for 'third'"):
        find_arrays(tmp_path / "packed", "third")
    (tmp_path / "packed" / "one_mesh4_test.npz").unlink()
    with pytest.raises(FileError, match="has mesh for train: expected one file each, train, test"):
        find_arrays(tmp_path / "packed", "one")


def test_rows_of_different_objects_are_refused(tmp_path: Path) -> None:
    write_compact(tmp_path / "packed", "things")
    path = tmp_path / "packed" / "things_mesh4_train.npz"
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files}
    content["source"] = content["source"][[1, 0, 2, 3]]
    np.savez(path, **content)
    files = find_arrays(tmp_path / "packed")
    with pytest.raises(FileError, match="rows of its train files are of different objects"):
        read_arrays(tmp_path / "packed", files, "train")


@pytest.mark.parametrize("fault", ["missing array", "short labels", "no archive"])
def test_damaged_archives_are_refused(tmp_path: Path, fault: str) -> None:
    write_compact(tmp_path / "packed", "things", kinds=("points",))
    path = tmp_path / "packed" / "things_points16_test.npz"
    with np.load(path) as archive:
        content = {name: archive[name] for name in archive.files}
    if fault == "missing array":
        del content["points"]
    content["label"] = content["label"][:3] if fault == "short labels" else content["label"]
    np.savez(path, **content)
    if fault == "no archive":
        path.write_bytes(b"PK no")
    with pytest.raises(FileError, match=r"things_points16_test\.npz"):
        arrays(tmp_path / "set", source=tmp_path / "packed")
