from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.data.manifest import Item, Manifest
from maquette.geometry import Cloud, write_cloud, write_mesh
from maquette.search.heldout import HeldOut, compose, guess_modality, held_out_of_folder, held_out_of_manifest
from maquette.search.parts import EncodedPart, Part
from tests.search.search_cases import box


def test_modalities_by_ending_and_by_header(tmp_path: Path) -> None:
    write_mesh(box(1, 2, 3), tmp_path / "mesh.ply")
    write_cloud(Cloud(np.eye(3)), tmp_path / "cloud.ply")
    names = ["a.PNG", "b.jpeg", "c.off", "d.STL", "e.xyz", "f.npy", "gone.ply", "what.ever"]
    expected = ["image", "image", "mesh", "mesh", "pointcloud", "pointcloud", "pointcloud", "mesh"]
    assert [guess_modality(tmp_path / name) for name in names] == expected
    assert guess_modality(tmp_path / "mesh.ply") == "mesh"
    assert guess_modality(tmp_path / "cloud.ply") == "pointcloud"


def test_a_splits_objects_come_with_all_their_files(tmp_path: Path) -> None:
    paths = {"mesh": ("a.off",), "image": ("a.0.png", "a.1.png")}
    items = (
        Item("a", "validation", 1, None, paths, {}, {}),
        Item("b", "test", 0, None, {"mesh": ("b.off",)}, {}, {}),
    )
    manifest = Manifest("made", tmp_path, ("bolt", "cup"), items, {})
    (found,) = held_out_of_manifest(manifest, split="validation")
    parts = (
        Part("image", tmp_path / "a.0.png"),
        Part("image", tmp_path / "a.1.png"),
        Part("mesh", tmp_path / "a.off"),
    )
    assert found == HeldOut("cup", parts, "a")


def test_a_folder_names_classes_by_subfolders(tree: Path) -> None:
    write_mesh(box(1, 1, 1), tree / "loose.off")
    found = {thing.id: thing for thing in held_out_of_folder(tree)}
    assert set(found) == {
        "bars/long.off",
        "bars/short.stl",
        "plates/square.obj",
        "plates/wide.ply",
        "scans/blob.xyz",
        "scans/only photo.png",
    }
    wide = found["plates/wide.ply"]
    assert (wide.class_name, {part.modality for part in wide.parts}) == ("plates", {"image", "mesh"})


@pytest.mark.parametrize(
    ("photos", "scans", "expected"),
    [
        (1, 0, ["image"]),
        (2, 0, ["image", "image", "several image"]),
        (1, 1, ["image", "pointcloud", "image + pointcloud"]),
        (
            2,
            1,
            [
                "image",
                "image",
                "pointcloud",
                "several image",
                *["image + pointcloud"] * 2,
                "several image + pointcloud",
            ],
        ),
    ],
)
def test_queries_are_made_as_people_make_them(photos: int, scans: int, expected: list[str]) -> None:
    parts = [EncodedPart(Part("image", Path(f"{n}.png")), np.ones(3)) for n in range(photos)]
    parts += [EncodedPart(Part("pointcloud", Path(f"{n}.xyz")), np.ones(3)) for n in range(scans)]
    assert [query.composition for query in compose(parts)] == expected


def test_every_file_has_its_turn_beside_the_other_modalities() -> None:
    parts = [EncodedPart(Part("image", Path(f"{n}.png")), np.ones(3)) for n in range(3)]
    parts += [EncodedPart(Part("pointcloud", Path(f"{n}.xyz")), np.ones(3)) for n in range(2)]
    both = [query for query in compose(parts) if query.composition == "image + pointcloud"]
    names = [sorted(part.part.path.name for part in query.parts if part.part.path) for query in both]
    assert names == [["0.png", "0.xyz"], ["1.png", "1.xyz"], ["0.xyz", "2.png"]]
