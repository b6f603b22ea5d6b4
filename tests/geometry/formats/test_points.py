from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maquette.geometry.formats import points
from maquette.geometry.mesh import read_cloud

Put = Callable[[str, bytes], Path]


def _npy(array: np.ndarray, *, pickled: bool = False) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array, allow_pickle=pickled)
    return stream.getvalue()


def test_npy_of_any_layout_and_type(put: Put) -> None:
    array = np.arange(12).reshape(2, 6)
    for number, given in enumerate([array, array.astype(">f4"), np.asfortranarray(array, dtype=np.float16)]):
        cloud = read_cloud(put(f"{number}.npy", _npy(given)))
        assert cloud.points.dtype == np.float64
        assert cloud.points.tolist() == [[0, 1, 2], [6, 7, 8]]
        assert cloud.notes["ignored_columns"] == 3


def test_xyz_in_every_dress(put: Put) -> None:
    for number, data in enumerate([b"0 1 2\n3 4 5\n", b"# scan\n2\n0,1,2\n3;4;5 # last\n", b"0\t1 2 7\r\n3 4 5\r\n"]):
        cloud = read_cloud(put(f"{number}.xyz", data))
        assert cloud.points.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_numpy_reads_what_is_written() -> None:
    given = np.random.default_rng(0).normal(size=(5, 3))
    np.testing.assert_array_equal(np.load(io.BytesIO(points.write_npy(given)), allow_pickle=False), given)
    np.testing.assert_array_equal(np.loadtxt(io.BytesIO(points.write_xyz(given))), given)


@pytest.mark.parametrize(
    ("name", "data", "reason"),
    [
        ("a.npy", b"PK\x03\x04 not numpy", "not a NumPy file"),
        ("a.npy", _npy(np.zeros((4, 3)))[:40], "the NumPy header promises to end at byte 128, the file has 40"),
        ("a.npy", _npy(np.zeros((4, 3)))[:-5], "promises (4, 3) float64 (96 bytes), but 91 bytes follow"),
        ("a.npy", _npy(np.zeros((4, 3)))[:8] + b"\xff\xff" + b"{" * 70000, "to end at byte 65545, the file has 70010"),
        ("a.npy", _npy(np.zeros((4, 3)))[:8] + b"\x60\x10" + b"[" * 4300, "damaged NumPy header: '[[[["),
        ("a.npy", _npy(np.zeros(4, dtype="f4,f4,f4")), "array of records, expected numbers"),
        ("a.npy", _npy(np.array([[{}, 1, 2]], dtype=object), pickled=True), "array of type object, expected numbers"),
        ("a.npy", _npy(np.zeros((4, 2))), "array of shape (4, 2), expected (N, 3)"),
        ("a.npy", _npy(np.zeros(12)), "array of shape (12,), expected (N, 3)"),
        ("a.npy", _npy(np.zeros((0, 3))), "array of shape (0, 3), expected (N, 3)"),
        ("a.npy", _npy(np.full((4, 3), np.nan)), "4 of 4 points are not finite, the first is number 0"),
        ("a.xyz", b"# nothing\n", "no points"),
        ("a.xyz", b"0 0 0\n1 1\n", "line 2: 2 values"),
        ("a.xyz", b"0 0 0\na b c\n", "line 2: 'a' where a number"),
        ("a.xyz", b"9\n0 0 0\n", "line 1 promises 9 points, but 1 lines follow"),
        ("a.xyz", b"0 0 0\n1 -inf 0\n", "1 of 2 points are not finite, the first is number 1"),
        ("a.xyz", b"\0\1\2\3", "not a text file"),
    ],
)
def test_hostile(refused: Callable[[str, bytes], str], name: str, data: bytes, reason: str) -> None:
    assert reason in refused(name, data)


def test_a_lying_header_makes_no_room(refused: Callable[[str, bytes], str]) -> None:
    head = b"{'descr': '<f8', 'fortran_order': False, 'shape': (7000000000000, 3), }\n"
    data = b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(24)
    assert "promises (7000000000000, 3) float64 (168000000000000 bytes), but 24 bytes follow" in refused("a.npy", data)
