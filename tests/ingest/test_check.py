"""What a header promises is seen without parsing, and held against the limits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.geometry import Cloud, Mesh
from maquette.ingest.check import check_file, check_shape, promised
from maquette.ingest.limits import Limits
from tests.ingest.attacks_pictures import png
from tests.ingest.valid_files import VALID, box

COUNTED = {
    **{name: {"points": 8, "faces": 12} for name in ("OFF", "PLY ascii", "PLY binary")},
    **{name: {"faces": 12} for name in ("STL ascii", "STL binary")},
    # The first line follows no line's end: a glance may be one short.
    "OBJ": {"points": 7, "faces": 12},
    **{name: {"points": 60} for name in ("NPY", "XYZ")},
    **{name: {} for name in ("GLB", "glTF", "3MF", "PNG", "JPEG", "WebP")},
}


@pytest.mark.parametrize("name", VALID)
def test_sound_files_promise_what_they_hold(name: str, tmp_path: Path) -> None:
    suffix, make = VALID[name]
    assert promised(make(0), suffix) == COUNTED[name]
    path = tmp_path / f"sound{suffix}"
    path.write_bytes(make(0))
    check_file(path, Limits())
    if COUNTED[name]:
        count, value = next(iter(COUNTED[name].items()))
        with pytest.raises(FileError, match=rf"{value} {count}: the limit is"):
            check_file(path, Limits(faces=1, points=3))
    size = path.stat().st_size
    with pytest.raises(FileError, match=rf"the limit is {size - 1} bytes"):
        check_file(path, Limits(upload_bytes=size - 1))


def test_a_promise_is_held_against_the_limit_before_anything_is_parsed(tmp_path: Path) -> None:
    (tmp_path / "a.ply").write_bytes(b"ply\nformat ascii 1.0\nelement vertex 15000001\nend_header\n")
    with pytest.raises(FileError, match="15000001 points: the limit is 15000000; simplify it first"):
        check_file(tmp_path / "a.ply", Limits())
    (tmp_path / "a.off").write_bytes(b"# made by\nCOFF # colors\n 3\n 5000001 0")
    with pytest.raises(FileError, match="5000001 faces: the limit is 5000000"):
        check_file(tmp_path / "a.off", Limits())


def test_other_endings_are_not_read(tmp_path: Path) -> None:
    (tmp_path / "a.svg").write_text("<svg/>")
    with pytest.raises(FileError, match=r"ending '\.svg': expected one of \.3mf, .*\.xyz"):
        check_file(tmp_path / "a.svg", Limits())
    with pytest.raises(FileError, match="cannot be opened: No such file"):
        check_file(tmp_path / "gone.obj", Limits())


def test_pixels_are_counted_from_the_header(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    for size, reason in {
        (8001, 5000): "8001 x 5000 = 40005000 pixels: the limit is 40000000",
        (99_999, 99_999): "the limit",
    }.items():
        path.write_bytes(png(*size))
        with pytest.raises(FileError, match=reason):
            check_file(path, Limits())
    path.write_bytes(b"no picture")
    check_file(path, Limits())  # what is wrong is for the reader of photos to say


def test_shapes_are_counted_after_parsing(tmp_path: Path) -> None:
    mesh, cloud = Mesh(*box(0)), Cloud(np.zeros((9, 3)))
    check_shape(tmp_path, mesh, Limits(faces=12))
    with pytest.raises(FileError, match="12 faces: the limit is 11"):
        check_shape(tmp_path / "a.glb", mesh, Limits(faces=11))
    check_shape(tmp_path / "a.xyz", cloud, Limits(points=9))
    with pytest.raises(FileError, match="9 points: the limit is 8"):
        check_shape(tmp_path / "a.xyz", cloud, Limits(points=8))
