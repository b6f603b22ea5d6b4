"""What a reader does with copies of files in its folder is what is done with the files themselves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.geometry import Mesh, read_shape
from maquette.ingest import Limits
from maquette.search.item import (
    build_modalities,
    item_in_folder,
    query_in_folder,
    read_item,
    read_query_files,
    shape_in_folder,
)
from maquette.search.sources import Source
from tests.search.test_search_reading import SETTINGS

LIMITS = Limits()


def test_an_item_from_copies_is_the_item(tree: Path, tmp_path: Path) -> None:
    source = Source("a", tree, "plates/wide.ply", {"image": ("plates/wide.png",)})
    item = read_item(source, SETTINGS, seed=0, limits=LIMITS)
    folder = tmp_path / "reader"
    folder.mkdir()
    shutil.copy(tree / "plates" / "wide.ply", folder / "0.ply")
    shutil.copy(tree / "plates" / "wide.png", folder / "1.png")
    given = {"id": "a", "geometry": "0.ply", "paths": {"image": ["1.png"]}}
    request = {"source": given, "settings": SETTINGS, "seed": 0, "limits": LIMITS.as_json()}
    values, arrays = item_in_folder(request, folder)
    assert values["facts"] == item.facts
    assert arrays.pop("thumbnail").tobytes() == item.thumbnail
    expected = {f"{name}/{key}": array for name, own in item.arrays.items() for key, array in own.items()}
    assert arrays.keys() == expected.keys()
    for key, array in expected.items():
        np.testing.assert_array_equal(arrays[key], array)


def test_a_query_from_copies_is_the_query(tree: Path) -> None:
    modality = build_modalities(SETTINGS)["mesh"]
    expected, notes = read_query_files(modality, [tree / "bars" / "long.off"], seed=5, limits=LIMITS)
    request = {"modality": "mesh", "settings": SETTINGS["mesh"], "seed": 5, "names": ["long.off"]}
    values, arrays = query_in_folder({**request, "limits": LIMITS.as_json()}, tree / "bars")
    assert values["facts"] == notes
    np.testing.assert_array_equal(arrays["faces"], expected["faces"])


def test_a_shape_is_simplified_only_where_it_must_be(tree: Path) -> None:
    request = {"name": "long.off", "faces": None, "limits": LIMITS.as_json()}
    _, arrays = shape_in_folder(request, tree / "bars")
    shape = read_shape(tree / "bars" / "long.off")
    assert isinstance(shape, Mesh)
    np.testing.assert_array_equal(arrays["vertices"], shape.vertices)
    _, few = shape_in_folder({**request, "faces": 6}, tree / "bars")
    assert 4 <= len(few["faces"]) <= 6


def test_limits_are_held_before_and_after_parsing(tree: Path) -> None:
    source = Source("a", tree, "bars/long.off")
    with pytest.raises(FileError, match="12 faces: the limit is 5"):
        read_item(source, SETTINGS, seed=0, limits=Limits(faces=5))
    picture = Source("a", tree, None, {"image": ("scans/only photo.png",)})
    with pytest.raises(FileError, match="60 x 40 = 2400 pixels: the limit is 2399"):
        read_item(picture, SETTINGS, seed=0, limits=Limits(pixels=2399))
    with pytest.raises(FileError, match="gives nothing that the model encodes"):
        read_item(picture, {"mesh": {}}, seed=0, limits=LIMITS)
