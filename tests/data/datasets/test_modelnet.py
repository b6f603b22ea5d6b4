"""ModelNet in each of its layouts: the same names everywhere, nothing shown for something else."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from maquette.config import NoiseConfig
from maquette.data.datasets import modelnet
from maquette.data.datasets.modelnet_files import MESHES
from maquette.data.prepare import prepare
from maquette.data.store import Store
from maquette.errors import ConfigError, FileError
from maquette.modalities import FeaturesModality, ImageModality, MeshModality, PointCloudModality
from maquette.train.noise import noisy_store
from tests.data.datasets.packed_cases import (
    authors_rows,
    write_compact,
    write_hdf5,
    write_meshnet,
    write_off_tree,
    write_renders,
)


def test_princetons_tree_stays_where_it_is(tmp_path: Path) -> None:
    write_off_tree(tmp_path / "ModelNet40")
    manifest = modelnet(tmp_path / "set", source=tmp_path / "ModelNet40", validation_fraction=0.5)
    assert (manifest.name, manifest.class_names) == ("modelnet40", ("bed", "lamp"))
    assert [len(manifest.rows(split)) for split in ("train", "validation", "test")] == [2, 2, 2]
    item = manifest.items[0]
    assert (item.id, item.paths) == ("bed/bed_0001", {"mesh": ("models/bed/train/bed_0001.off",)})
    assert not list((tmp_path / "set").rglob("*.off")) or (tmp_path / "set" / "models").is_symlink()
    ten = modelnet(tmp_path / "ten", source=tmp_path / "ModelNet40", classes=10)
    assert (ten.name, ten.class_names) == ("modelnet10", ("bed",))


def test_compact_arrays(tmp_path: Path) -> None:
    write_compact(tmp_path / "packed", "modelnet40", kinds=("points",))
    write_compact(tmp_path / "packed", "other")
    manifest = modelnet(tmp_path / "set", source=tmp_path / "packed")
    assert (manifest.name, manifest.modalities, len(manifest)) == ("modelnet40", ("pointcloud",), 8)


def test_cmcls_layout_never_shows_another_object(tmp_path: Path) -> None:
    listed = write_hdf5(tmp_path / "data")
    names = [*listed["train"], *listed["test"]]
    lacking = listed["test"][0]
    write_renders(tmp_path / "data", [name for name in names if name != lacking], views=8)
    for at, name in enumerate(name for name in names if name != lacking):
        kind, stem = name.split("/")
        spelling = ("face", "neighbor_index") if at % 2 else ("faces", "neighbors")
        write_meshnet(tmp_path / "data" / MESHES / kind / "train" / f"{stem}.npz", spelling=spelling)
    manifest = modelnet(tmp_path / "set", source=tmp_path / "data", views=2)
    assert len(manifest) == len(names)
    by_id = {item.id: item for item in manifest}
    name = listed["train"][0]
    assert by_id[name].paths["image"] == tuple(f"images/{name}/{name.split('/')[1]}.{v}.png" for v in (0, 4))
    assert set(by_id[lacking].paths) == {"pointcloud"}
    modalities = {
        "image": ImageModality(views=2, resolution=8, train_views=1),
        "pointcloud": PointCloudModality(points_prepared=8, points=8),
        "mesh": MeshModality(faces=4),
    }
    report = prepare(manifest, modalities, tmp_path / "prepared")
    assert report.refused == ()
    store = Store.open(tmp_path / "prepared")
    row = store.ids.index(lacking)
    assert [bool(store.present(modality)[row]) for modality in ("pointcloud", "mesh")] == [True, False]
    seen = store.arrays("image", np.array([store.ids.index(name)]))["pixels"]
    assert seen[0, 1].max() == 4, "the second of two views is render 4 of 8"


def _write_rono(folder: Path, rows: dict[str, list[str]]) -> None:
    folder.mkdir(parents=True)
    for split, names in rows.items():
        number = np.array([float(name[-2:]) for name in names])
        np.save(folder / f"{split}_ori_label.npy", np.array([float(name[4]) for name in names]))
        np.save(folder / f"{split}_pt_feat_small.npy", np.stack([number, -number], axis=1))
        np.save(folder / f"{split}_mesh_feat.npy", np.stack([number, number, number], axis=1))
    truth = np.array([float(name[4]) for name in rows["train"]])
    np.save(folder / "train_label_40.npy", np.where(np.arange(len(truth)) % 3 == 0, (truth + 1) % 3, truth))


def test_ronos_features_and_labels_meet_their_objects(tmp_path: Path) -> None:
    listed = write_hdf5(tmp_path / "data")
    rows = {
        "train": authors_rows(listed["train"], (3, 4, 0, 1, 2)),
        "test": authors_rows(listed["test"], (0, 1)),
    }
    _write_rono(tmp_path / "datasets" / "ModelNet40", rows)
    write_renders(tmp_path / "data", [*listed["train"], *listed["test"]], views=4)
    manifest = modelnet(
        tmp_path / "set",
        source=tmp_path / "data",
        shapes="features",
        features=tmp_path / "datasets",
        validation_fraction=0.2,
    )
    assert manifest.modalities == ("image", "mesh", "pointcloud")
    for item in manifest:
        number = float(item.id[-2:])
        assert np.load(manifest.files(item, "pointcloud")[0]).tolist() == [number, -number]
        assert np.load(manifest.files(item, "mesh")[0]).tolist() == [number] * 3
    assert manifest.source["encoders"]["pointcloud"]["labels"] == "true"
    modalities = {"pointcloud": FeaturesModality(size=2), "mesh": FeaturesModality(size=3)}
    prepare(manifest, modalities, tmp_path / "prepared")
    options = {"path": "labels/train_label_{percent}.npy", "true_path": "labels/train_ori_label.npy"}
    noisy, made = noisy_store(Store.open(tmp_path / "prepared"), NoiseConfig(kind="file", rate=0.4, options=options))
    given = dict(zip(noisy.ids, noisy.labels().tolist(), strict=True))
    truth = np.array([int(name[4]) for name in rows["train"]])
    wanted = np.where(np.arange(len(truth)) % 3 == 0, (truth + 1) % 3, truth)
    assert [given[name] for name in rows["train"]] == wanted.tolist()
    assert made["realised_rate"] == pytest.approx(1 / 3)


def test_released_files_in_the_sorted_order_are_refused(tmp_path: Path) -> None:
    listed = write_hdf5(tmp_path / "data")
    _write_rono(tmp_path / "features", listed)
    with pytest.raises(FileError, match="rows agree: expected all"):
        modelnet(tmp_path / "set", source=tmp_path / "data", features=tmp_path / "features")


def test_ten_classes_have_their_own_order(tmp_path: Path) -> None:
    listed = write_hdf5(tmp_path / "data", classes=10, files=2)
    rows = {split: authors_rows(names, (1, 0)) for split, names in listed.items()}
    _write_rono(tmp_path / "features", rows)
    manifest = modelnet(tmp_path / "set", source=tmp_path / "data", classes=10, features=tmp_path / "features")
    assert manifest.name == "modelnet10"
    true = np.load(tmp_path / "set" / "labels" / "train_ori_label.npy")
    assert true.tolist() == manifest.labels("train").tolist()


def test_ten_classes_out_of_the_files_of_forty(tmp_path: Path) -> None:
    listed = write_hdf5(tmp_path / "data", kinds=("airplane", "bed", "chair"))
    names = sorted(name for part in listed.values() for name in part if not name.startswith("airplane"))
    write_renders(tmp_path / "data", names, views=4)
    manifest = modelnet(tmp_path / "set", source=tmp_path / "data", classes=10, views=2)
    assert (manifest.name, manifest.class_names, list(manifest.ids)) == ("modelnet10", ("bed", "chair"), names)
    assert {item.id: manifest.class_names[item.label] for item in manifest} == {
        name: name.split("/")[0] for name in names
    }
    whole = modelnet(tmp_path / "all", source=tmp_path / "data", views=2)
    by_id = {item.id: item for item in whole}
    assert len(whole) > len(manifest)
    for item in manifest:
        assert set(item.paths) == {"image", "pointcloud"} and item.split == by_id[item.id].split
        one, other = (
            np.load(m.files(m_item, "pointcloud")[0]) for m, m_item in ((manifest, item), (whole, by_id[item.id]))
        )
        np.testing.assert_array_equal(one, other)
    with pytest.raises(FileError, match=r"holds modelnet40_ply_hdf5_2048 alone: expected modelnet10_hdf5_2048 too"):
        modelnet(tmp_path / "other", source=tmp_path / "data", classes=10, features=tmp_path)


def test_what_cannot_be_used(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileError, match="holds no ModelNet: expected"):
        modelnet(tmp_path / "set", source=tmp_path / "empty")
    with pytest.raises(FileError, match="is no folder"):
        modelnet(tmp_path / "set", source=tmp_path / "none")
    with pytest.raises(ConfigError, match="classes 20"):
        modelnet(tmp_path / "set", source=tmp_path / "empty", classes=20)
    write_hdf5(tmp_path / "data")
    with pytest.raises(ConfigError, match="expected the option features"):
        modelnet(tmp_path / "set", source=tmp_path / "data", shapes="features")
    listing = tmp_path / "data" / "modelnet40_ply_hdf5_2048" / "ply_data_test_0_id2file.json"
    names = json.loads(listing.read_text())
    other = {"0": "1", "1": "2", "2": "0"}
    listing.write_text(json.dumps([f"kind{other[names[0][4]]}/x_01.ply", *names[1:]]))
    with pytest.raises(FileError, match="names and labels are not of the same objects"):
        modelnet(tmp_path / "set", source=tmp_path / "data")
