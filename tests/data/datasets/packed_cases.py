"""Small data sets in the layouts that the real ones come in, made by the tests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from PIL import Image

from maquette.geometry import Mesh, write_mesh

TETRAHEDRON = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]], dtype=np.float64)
FACES = np.array([[0, 2, 1], [0, 1, 3], [1, 2, 3], [2, 0, 3]])
NEIGHBOURS = np.array([[3, 2, 1], [0, 2, 3], [0, 3, 1], [0, 1, 2]])


def write_compact(
    folder: Path, name: str, *, kinds: tuple[str, ...] = ("points", "mesh"), objects: int = 4, classes: int = 2
) -> dict[str, dict[str, np.ndarray]]:
    """Compact arrays of `objects` in `classes`, in each split; the points' arrays by split."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(5)
    made = {}
    for split in ("train", "test"):
        label = (np.arange(objects) % classes).astype(np.uint8)
        class_names = np.array([f"kind{number}" for number in range(classes)])
        shared: dict[str, Any] = {
            "label": label,
            "class_names": class_names,
            "source": np.array([f"{class_names[k]}/{split}{at}.obj" for at, k in enumerate(label)]),
        }
        made[split] = {**shared, "points": rng.integers(0, 4096, (objects, 16, 3)).astype(np.uint16)}
        if "points" in kinds:
            np.savez(folder / f"{name}_points16_{split}.npz", **made[split])
        if "mesh" in kinds:
            corners = np.round((TETRAHEDRON * 0.5 + 1.05) / 2.1 * 65535).astype(np.uint16)
            np.savez(
                folder / f"{name}_mesh4_{split}.npz",
                vertices=np.tile(corners, (objects, 1)),
                faces=np.tile(FACES, (objects, 1)).astype(np.uint16),
                vertex_offset=np.arange(objects + 1) * 4,
                face_offset=np.arange(objects + 1) * 4,
                **shared,
            )
    return made


def modelnet_names(classes: int, split: str, each: int) -> list[str]:
    """Names `class/class_0001` in a shuffled order that is the same every time."""
    start = {"train": 1, "test": 51}[split]
    names = [f"kind{k}/kind{k}_{number:04d}" for k in range(classes) for number in range(start, start + each)]
    return [names[at] for at in np.random.default_rng(len(split)).permutation(len(names))]


def write_hdf5(
    source: Path, *, classes: int = 40, files: int = 5, kinds: tuple[str, str, str] = ("kind0", "kind1", "kind2")
) -> dict[str, list[str]]:
    """ModelNet's HDF5 layout with three classes in `source`; names by split, in sorted order of files and rows."""
    folder = source / {40: "modelnet40_ply_hdf5_2048", 10: "modelnet10_hdf5_2048"}[classes]
    folder.mkdir(parents=True)
    rng = np.random.default_rng(2)
    listed = {}
    for split, count in (("train", files), ("test", 2)):
        drawn = modelnet_names(3, split, each=5 if split == "train" else 2)
        names = [name.replace(f"kind{name[4]}", kinds[int(name[4])]) for name in drawn]
        listed[split] = names
        for number, part in enumerate(np.array_split(np.array(names), count)):
            stem = f"ply_data_{split}{number}" if classes == 40 else f"{split}{number}"
            listing = f"ply_data_{split}_{number}" if classes == 40 else stem
            with h5py.File(folder / f"{stem}.h5", "w") as file:
                file["data"] = rng.normal(size=(len(part), 16, 3)).astype(np.float32)
                file["label"] = np.array([[kinds.index(name.split("/")[0])] for name in part], dtype=np.uint8)
            names_file = folder / f"{listing}_id2file.json"
            names_file.write_text(json.dumps([f"{name}.ply" for name in part]), encoding="utf-8")
    return listed


def authors_rows(names: list[str], order: tuple[int, ...]) -> list[str]:
    """Names in the order in which the authors' machine listed the files."""
    parts = np.array_split(np.array(names), len(order))
    return [str(name) for number in order for name in parts[number]]


def write_renders(source: Path, names: list[str], *, views: int = 8) -> None:
    """CMCL's folder of renders; the picture's grey is its number."""
    for name in names:
        folder = source / "ModelNet40-Images-180" / name
        folder.mkdir(parents=True)
        for number in range(views):
            picture = Image.new("RGB", (8, 8), (number, number, number))
            picture.save(folder / f"{Path(name).name}.{number}.png")


def write_meshnet(path: Path, *, spelling: tuple[str, str] = ("face", "neighbor_index")) -> None:
    """A tetrahedron as MeshNet takes it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    corners = TETRAHEDRON[FACES]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    rows = np.concatenate([corners.mean(axis=1), corners.reshape(-1, 9), normals], axis=1)
    contents: dict[str, Any] = {spelling[0]: rows, spelling[1]: NEIGHBOURS}
    np.savez(path, **contents)


def write_off_tree(source: Path) -> None:
    """Princeton's tree: two classes, two models to train and one to test each."""
    for kind in ("bed", "lamp"):
        for number in (1, 2, 3):
            folder = source / kind / ("test" if number == 3 else "train")
            folder.mkdir(parents=True, exist_ok=True)
            write_mesh(Mesh(TETRAHEDRON * number, FACES), folder / f"{kind}_{number:04d}.off")


def make_pairs(*, classes: int) -> dict[str, Any]:
    """Image-text features whose classes can be told apart, named in reverse order."""
    rng = np.random.default_rng(3)
    arrays: dict[str, Any] = {"class_names": np.array([f"class{k}" for k in reversed(range(classes))])}
    for split, each in (("train", 12), ("test", 2)):
        label = np.tile(np.arange(classes), each)
        arrays |= {
            f"{split}_label": label,
            f"{split}_image_sift": np.eye(classes + 1)[label] + 0.2 * rng.normal(size=(len(label), classes + 1)),
            f"{split}_text_lda": np.eye(classes + 2)[label] + 0.2 * rng.normal(size=(len(label), classes + 2)),
        }
    return arrays


def write_pairs(folder: Path, *, classes: int) -> Path:
    """A `.npz` of such features."""
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(folder / "pairs.npz", **make_pairs(classes=classes))
    return folder / "pairs.npz"


def write_scanobjectnn(source: Path, *, variant: str = "", folder: str = "main_split", each: int = 2) -> np.ndarray:
    """ScanObjectNN's files; the training points."""
    (source / folder).mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(4)
    kept = np.zeros((0, 32, 3), np.float32)
    for word in ("training", "test"):
        points = rng.normal(size=(15 * each, 32, 3)).astype(np.float32)
        with h5py.File(source / folder / f"{word}_objectdataset{variant}.h5", "w") as file:
            file["data"], file["label"] = points, np.tile(np.arange(15), each)
        if word == "training":
            kept = points
    return kept


def write_rgbd(source: Path, *, objects: int = 2, frames: int = 3) -> None:
    """Washington's tree: two categories, a flat patch one metre away (two metres in the second category)."""
    for far, category in enumerate(("apple", "food_bag"), start=1):
        for number in range(1, objects + 1):
            folder = source / category / f"{category}_{number}"
            folder.mkdir(parents=True)
            for frame in range(1, frames + 1):
                stem = folder / f"{category}_{number}_1_{frame}"
                Image.new("RGB", (8, 6), (200, 20 * frame, 20)).save(f"{stem}_crop.png")
                depth = np.full((6, 8), 1000 * far, dtype=np.uint16)
                depth[0, 0] = 0
                mask = np.full((6, 8), 255, dtype=np.uint8)
                mask[:, -1] = 0
                Image.fromarray(depth).save(f"{stem}_depthcrop.png")
                Image.fromarray(mask).save(f"{stem}_maskcrop.png")
                Path(f"{stem}_loc.txt").write_text("321,241\n")


def write_objaverse(source: Path, *, objects: int = 4) -> None:
    """DAC's lists, and OpenShape's features as `.npz`."""
    rng = np.random.default_rng(6)
    for name, split in (("train_200.json", "a"), ("test.json", "b")):
        entries = [
            {"uid": f"{split}{n}", "group": f"000-{n % 2:03d}", "category": f"kind {n % 2}"} for n in range(objects)
        ]
        source.mkdir(parents=True, exist_ok=True)
        (source / name).write_text(json.dumps(entries), encoding="utf-8")
        for entry in entries:
            folder = source / "features" / entry["group"]
            folder.mkdir(parents=True, exist_ok=True)
            np.savez(
                folder / f"{entry['uid']}.npz",
                xyz=rng.normal(size=(40, 3)),
                image_feat=rng.normal(size=(12, 5)),
                thumbnail_feat=rng.normal(size=(1, 5)),
            )
