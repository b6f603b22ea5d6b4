from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest

from maquette.data import Loader, Store, prepare
from maquette.data.datasets.folder import folder, hash_split
from maquette.data.manifest import Manifest
from maquette.errors import ConfigError, FileError
from maquette.geometry import Mesh, write_mesh
from maquette.modalities import ImageModality, MeshModality, PointCloudModality

MESH_PLY = b"ply\nformat ascii 1.0\nelement vertex 3\nelement face 1\nend_header\n"
CLOUD_PLY = b"ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nend_header\nelement face 1"


def _tree(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(path.encode())
    return root


def _paths(manifest: Manifest) -> dict[str, dict[str, tuple[str, ...]]]:
    return {item.id: dict(item.paths) for item in manifest}


def _skipped(manifest: Manifest) -> dict[str, str]:
    return {entry["path"]: entry["reason"] for entry in manifest.source["skipped"]}


def test_files_of_one_stem_are_one_object(tmp_path: Path) -> None:
    root = _tree(
        tmp_path,
        "chair/a.OFF",
        "chair/a.xyz",
        "chair/a.png",
        "chair/b_1.stl",
        "chair/b_1.10.png",
        "chair/b_1.9.jpg",
        "chair/b_1_view2.webp",
        "chair/b_2.stl",
        "lamp/c.npy",
        "lamp/d.glb",
        "lamp/d/2.png",
        "lamp/d/10.png",
        "lamp/e/model.obj",
        "lamp/e/photo_2.png",
        "lamp/e/photo_1.png",
        "lamp/f_0001.jpg",
        "lamp/f_0002.jpg",
        "lamp/g.1.jpg",
        "lamp/g.0.jpg",
    )
    manifest = folder(root)
    assert _paths(manifest) == {
        "chair/a": {"mesh": ("chair/a.OFF",), "pointcloud": ("chair/a.xyz",), "image": ("chair/a.png",)},
        "chair/b_1": {
            "mesh": ("chair/b_1.stl",),
            "image": ("chair/b_1_view2.webp", "chair/b_1.9.jpg", "chair/b_1.10.png"),
        },
        "chair/b_2": {"mesh": ("chair/b_2.stl",)},
        "lamp/c": {"pointcloud": ("lamp/c.npy",)},
        "lamp/d": {"mesh": ("lamp/d.glb",), "image": ("lamp/d/2.png", "lamp/d/10.png")},
        "lamp/e": {"mesh": ("lamp/e/model.obj",), "image": ("lamp/e/photo_1.png", "lamp/e/photo_2.png")},
        "lamp/f_0001": {"image": ("lamp/f_0001.jpg",)},
        "lamp/f_0002": {"image": ("lamp/f_0002.jpg",)},
        "lamp/g": {"image": ("lamp/g.0.jpg", "lamp/g.1.jpg")},
    }
    assert manifest.class_names == ("chair", "lamp")
    assert manifest.labels().tolist() == [0, 0, 0, 1, 1, 1, 1, 1, 1]
    assert all(item.true_label is None for item in manifest)
    assert manifest.items[0].checksums["chair/a.png"] == hashlib.sha256(b"chair/a.png").hexdigest()
    assert set(manifest.items[0].checksums) == {"chair/a.OFF", "chair/a.xyz", "chair/a.png"}
    assert _skipped(manifest) == {}
    assert manifest.name == tmp_path.name


def test_a_ply_is_what_its_header_says(tmp_path: Path) -> None:
    _tree(tmp_path, "x/text.ply", "x/nothing.ply")
    (tmp_path / "x" / "mesh.ply").write_bytes(MESH_PLY)
    (tmp_path / "x" / "cloud.ply").write_bytes(CLOUD_PLY)
    (tmp_path / "x" / "none.ply").write_bytes(MESH_PLY.replace(b"face 1", b"face 0"))
    (tmp_path / "x" / "nothing.ply").write_bytes(b"")
    kinds = {item.id: list(item.paths) for item in folder(tmp_path)}
    points = ["pointcloud"]
    assert kinds == {"x/cloud": points, "x/mesh": ["mesh"], "x/none": points, "x/nothing": points, "x/text": points}


def test_what_is_not_taken_is_listed_and_hidden_files_are_not(tmp_path: Path) -> None:
    root = _tree(
        tmp_path,
        "README.txt",
        ".DS_Store",
        ".git/config",
        "chair/.hidden.off",
        "chair/a.off",
        "chair/a.stl",
        "chair/a.mtl",
        "chair/noend",
        "chair/parts/deep/x.off",
        "empty/notes.doc",
    )
    manifest = folder(root)
    assert manifest.ids == ("chair/a",)
    assert manifest.class_names == ("chair",)
    assert _skipped(manifest) == {
        "README.txt": "stands in no class folder",
        "chair/a.stl": "is a second mesh of the same object: a.off was taken",
        "chair/a.mtl": "is of no supported format: .mtl",
        "chair/noend": "is of no supported format: no ending",
        "chair/parts/deep": "lies too deep",
        "empty/notes.doc": "is of no supported format: .doc",
    }


@pytest.mark.parametrize("above", [True, False])
def test_split_folders_are_honoured(tmp_path: Path, above: bool) -> None:
    places = [("train", "chair", "a"), ("test", "chair", "b"), ("val", "lamp", "c"), ("Train", "lamp", "a")]
    for split, kind, stem in places:
        _tree(tmp_path, f"{split}/{kind}/{stem}.off" if above else f"{kind}/{split}/{stem}.off")
    manifest = folder(tmp_path, test=0.9, validation=0.0)
    assert {item.id.lower(): (item.split, manifest.class_names[item.label]) for item in manifest} == {
        (f"{split}/{kind}/{stem}" if above else f"{kind}/{split}/{stem}").lower(): (
            {"val": "validation"}.get(split, split.lower()),
            kind,
        )
        for split, kind, stem in places
    }
    assert manifest.source["split"] == "folders"


def test_objects_outside_the_split_folders_are_not_guessed(tmp_path: Path) -> None:
    manifest = folder(_tree(tmp_path, "chair/train/a.off", "chair/test/b.off", "chair/c.off", "lamp/d.off"))
    assert manifest.ids == ("chair/test/b", "chair/train/a")
    assert set(_skipped(manifest)) == {"chair/c", "lamp/d"}


def test_hashed_splits_are_stratified_seeded_and_nearly_stable() -> None:
    classes = {name: [f"{name}/{number:03d}" for number in range(50)] for name in ("a", "b", "c")}
    split = hash_split(classes.values(), seed=0, validation=0.1, test=0.2)
    for ids in classes.values():
        kinds = [split[identity] for identity in ids]
        assert (kinds.count("test"), kinds.count("validation"), kinds.count("train")) == (10, 5, 35)
    assert split != hash_split(classes.values(), seed=1, validation=0.1, test=0.2)
    more = hash_split([*classes.values(), ["d/0"]], seed=0, validation=0.1, test=0.2)
    assert {identity: more[identity] for identity in split} == split
    grown = hash_split([[*classes["a"], "a/new"]], seed=0, validation=0.1, test=0.2)
    assert sum(grown[identity] != split[identity] for identity in classes["a"]) <= 2


def test_a_small_class_keeps_something_to_train_on() -> None:
    for count in (1, 2, 3):
        ids = [str(number) for number in range(count)]
        assert "train" in hash_split([ids], seed=0, validation=0.45, test=0.5).values()


def test_the_same_tree_gives_the_same_manifest_wherever_it_stands(tmp_path: Path) -> None:
    names = [f"{kind}/{number}.off" for kind in "abc" for number in range(9)]
    one, two = _tree(tmp_path / "one", *names), _tree(tmp_path / "two", *reversed(names))
    assert folder(one, name="x").digest == folder(str(two), name="x").digest
    assert folder(one, name="x").digest != folder(one, name="x", seed=1).digest


def test_it_refuses(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="is no folder"):
        folder(tmp_path / "none")
    with pytest.raises(FileError, match="holds no object: expected files like"):
        folder(_tree(tmp_path, "a.off", "x/notes.txt"))
    with pytest.raises(ConfigError, match=r"validation 0\.6 and test 0\.4"):
        folder(tmp_path, validation=0.6, test=0.4)


def _box(scale: float) -> Mesh:
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], dtype=np.float64)
    squares = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    return Mesh(corners * (1, 1, scale), np.array([t for a, b, c, d in squares for t in ((a, b, c), (a, c, d))]))


def test_five_good_files_and_six_bad_ones_end_to_end(tmp_path: Path) -> None:
    root = tmp_path / "my models"
    (root / "box").mkdir(parents=True)
    (root / "bad").mkdir()
    for number, suffix in enumerate((".off", ".stl", ".obj", ".ply", ".glb")):
        write_mesh(_box(1 + number), root / "box" / f"good{number}{suffix}")
    stl = (root / "box" / "good1.stl").read_bytes()
    (root / "bad" / "truncated.stl").write_bytes(stl[: len(stl) // 2])
    (root / "bad" / "lying.off").write_text("OFF\n8 12 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 2\n")
    (root / "bad" / "nan.ply").write_text(
        "ply\nformat ascii 1.0\nelement vertex 3\nproperty float x\nproperty float y\nproperty float z\n"
        "element face 1\nproperty list uchar int vertex_indices\nend_header\n0 0 0\nnan 0 0\n0 1 0\n3 0 1 2\n"
    )
    (root / "bad" / "empty.obj").write_text("# nothing\n")
    (root / "bad" / "zero.glb").write_bytes(b"")
    (root / "bad" / "text.ply").write_text("Dear Sir or Madam,\n")
    modalities = {
        "image": ImageModality(views=2, resolution=32),
        "pointcloud": PointCloudModality(points=64),
        "mesh": MeshModality(faces=16),
    }
    manifest = folder(root, test=0.0, validation=0.0)
    report = prepare(manifest, modalities, tmp_path / "store")
    assert {name: (c["done"], c["refused"]) for name, c in report.counts.items()} == dict.fromkeys(modalities, (5, 6))
    reasons = {refusal.path: refusal.reason for refusal in report.refused}
    assert set(reasons) == {f"bad/{path.name}" for path in (root / "bad").iterdir()}
    assert all(reason and "\n" not in reason for reason in reasons.values())
    loader = Loader(Store.open(tmp_path / "store"), split="train", modalities=modalities, batch_size=5, seed=0)
    assert loader.left_out == tuple(identity for identity in manifest.ids if identity.startswith("bad/"))
    (batch,) = loader.epoch(0)
    assert sorted(batch.index.tolist()) == [0, 1, 2, 3, 4]
    assert batch.inputs["image"]["pixels"].shape == (5, 2, 3, 32, 32)
    assert batch.inputs["pointcloud"]["points"].shape == (5, 3, 64)
    assert batch.inputs["mesh"]["centers"].shape == (5, 3, 16)
