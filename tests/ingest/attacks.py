"""Attacks and damage that any format may meet, and those on formats of plain numbers: OFF, OBJ, STL, PLY, NPY, XYZ.

An attack is a kind, the ending of its file and its bytes. `CANARY` stands in files outside that attacks point at.
"""

from __future__ import annotations

import gzip
import io
import struct
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tests.ingest.valid_files import VALID

__all__ = ["CANARY", "Attack", "attacks_on_any", "attacks_on_numbers"]

CANARY = "canary-4f1d2c77"


@dataclass(frozen=True)
class Attack:
    """`refused`: whether it must be; where it need not be, what is there may be taken."""

    kind: str
    suffix: str
    data: bytes
    refused: bool = True


def attacks_on_any() -> Iterator[Attack]:
    """Damage and disguise, for every format."""
    for name, (suffix, make) in VALID.items():
        sound = make(0)
        middle = len(sound) // 2
        yield Attack(f"empty {name}", suffix, b"")
        yield Attack(f"one byte {name}", suffix, sound[:1])
        yield Attack(f"cut off at 10 % {name}", suffix, sound[: len(sound) // 10], refused=name != "XYZ")
        yield Attack(f"cut in the middle {name}", suffix, sound[:middle], refused=False)
        yield Attack(f"last byte gone {name}", suffix, sound[:-1], refused=False)
        yield Attack(f"first byte gone {name}", suffix, sound[1:], refused=False)
        yield Attack(f"zeros {name}", suffix, bytes(4096))
        yield Attack(f"all ones {name}", suffix, b"\xff" * 4096)
        yield Attack(f"noise {name}", suffix, np.random.default_rng(1).bytes(4096))
        yield Attack(f"noise behind the header {name}", suffix, sound[:32] + np.random.default_rng(2).bytes(8192))
        yield Attack(f"hole of zeros {name}", suffix, sound[:middle] + bytes(64) + sound[middle + 64 :], refused=False)
        yield Attack(f"garbage behind {name}", suffix, sound + b"\0garbage" * 50, refused=False)
        yield Attack(f"twice {name}", suffix, sound + sound, refused=False)
        yield Attack(f"backwards {name}", suffix, sound[::-1])
        yield Attack(f"program named {name}", suffix, b"\x7fELF\x02\x01\x01" + bytes(200))
        yield Attack(f"gzip named {name}", suffix, gzip.compress(sound, mtime=0))
        yield Attack(f"page named {name}", suffix, b"<!doctype html><script>alert(1)</script>" * 9)
        yield Attack(f"UTF-16 {name}", suffix, sound.decode("latin-1").encode("utf-16"), refused=name != "glTF")
        other = VALID["PNG" if name != "PNG" else "GLB"][1](0)
        # Pictures are told by content; JSON may be in any of Unicode's encodings.
        yield Attack(f"another format named {name}", suffix, other, refused=name not in ("JPEG", "WebP"))


def attacks_on_numbers() -> Iterator[Attack]:
    """Counts that lie, numbers that are none, and references that lead nowhere."""
    yield from _off()
    yield from _obj()
    yield from _stl()
    yield from _ply()
    yield from _points()


def _off() -> Iterator[Attack]:
    for counts in ("4000000000 4000000000 0", "-1 -1 0", "999999999999999999999999 1 0", "1e9 1 0", "8 0 0", "0 0 0"):
        yield Attack(f"OFF counts {counts}", ".off", f"OFF\n{counts}\n0 0 0\n".encode())
    triangle = "OFF\n3 1 0\n{}\n1 0 0\n0 1 0\n3 0 1 2\n"
    for vertex in ("nan 0 0", "inf 0 0", "1e309 0 0", "1e200 0 0", "0 0", "x y z", "0x10 0 0", "0_0_0 0 0"):
        yield Attack(f"OFF vertex {vertex}", ".off", triangle.format(vertex).encode(), refused=vertex != "0_0_0 0 0")
    yield Attack("OFF all vertices in one place", ".off", b"OFF\n3 1 0\n1 1 1\n1 1 1\n1 1 1\n3 0 1 2\n")
    yield Attack("OFF on a line", ".off", b"OFF\n3 1 0\n0 0 0\n1 1 1\n2 2 2\n3 0 1 2\n")
    for face in ("3 0 1 3", "3 0 1 -1", "3 0 1 99999999999999999999", "1000000000 0 1 2", "-3 0 1 2", "3 0.5 1 2"):
        yield Attack(f"OFF face {face}", ".off", f"OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n{face}\n".encode())
    fan = " ".join(str(corner % 8) for corner in range(200_000))
    text = VALID["OFF"][1](0).decode().replace("3 0 1 3", f"200000 {fan}", 1)
    yield Attack("OFF polygon of 200,000 corners", ".off", text.encode(), refused=False)
    yield Attack("OFF endless comment", ".off", b"#" + b"x" * 2_000_000)
    yield Attack("OFF denormals", ".off", b"OFF\n3 1 0\n0 0 0\n5e-324 0 0\n0 5e-324 0\n3 0 1 2\n", refused=False)


def _obj() -> Iterator[Attack]:
    sound = VALID["OBJ"][1](0)
    for line in ("mtllib ../{c}.txt", "mtllib /proc/self/environ", "map_Kd {c}.txt", "call {c}.txt", "csh touch {c}"):
        text = line.format(c=CANARY).encode() + b"\nusemtl a\n"
        yield Attack(f"OBJ {line.split()[0]} {line[-12:]}", ".obj", text + sound, refused=False)
    corners = b"v 0 0 0\nv 1 0 0\nv 0 1 0\n"
    for face in ("1 2 0", "1 2 4", "-1 -2 -4", "1 2 99999999999999999999", "1 2", "1/1/1 2//1 x", "1 2 3.5", "a b c"):
        yield Attack(f"OBJ face {face}", ".obj", corners + f"f {face}\n".encode())
    yield Attack("OBJ no faces", ".obj", corners)
    yield Attack("OBJ endless continuation", ".obj", corners + b"f 1 2 3 \\\n" + b"\\\n" * 100_000, refused=False)
    yield Attack("OBJ one line of 800 kB", ".obj", corners + b"f 1 2 3" + b" 1" * 400_000, refused=False)
    yield Attack("OBJ not a number", ".obj", b"v nan nan nan\n" * 3 + b"f 1 2 3\n")
    yield Attack("OBJ digits without end", ".obj", b"v " + b"9" * 500_000 + b" 0 0\n" + corners + b"f 2 3 4\n")
    yield Attack("OBJ index of 50,000 digits", ".obj", corners + b"f 1 2 " + b"9" * 50_000 + b"\n")
    yield Attack("OBJ 60,000 groups", ".obj", sound + b"o x\ng y\ns 1\n" * 60_000, refused=False)


def _stl() -> Iterator[Attack]:
    record = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
    for count in (0, 2, 2**31, 2**32 - 1):
        yield Attack(f"STL binary counts {count}", ".stl", bytes(80) + struct.pack("<I", count) + record)
    for value in (float("nan"), float("inf"), 3.4e38):
        odd = struct.pack("<12fH", 0, 0, 1, value, 0, 0, 1, 0, 0, 0, 1, 0, 0)
        data = bytes(80) + struct.pack("<I", 1) + odd
        yield Attack(f"STL binary {value}", ".stl", data, refused=not np.isfinite(value))
    yield Attack("STL that only says solid", ".stl", b"solid")
    yield Attack("STL solid without an end", ".stl", VALID["STL ascii"][1](0).replace(b"endsolid", b""))
    yield Attack("STL face of two corners", ".stl", VALID["STL ascii"][1](0).replace(b"vertex", b"vortex", 1))
    yield Attack("STL 50,000 solids", ".stl", b"solid a\nendsolid a\n" * 50_000)


def _ply() -> Iterator[Attack]:
    axes = "property float x\nproperty float y\nproperty float z\n"
    listed = "element face 1\nproperty list {} int vertex_indices\n"
    head = "ply\nformat {} 1.0\nelement vertex {}\n" + axes
    for count in ("999999999999", "99999999999999999999999999", "-5", "0x10", "0"):
        for encoding in ("ascii", "binary_little_endian"):
            data = head.format(encoding, count) + "end_header\n0 0 0\n"
            yield Attack(f"PLY {encoding} counts {count}", ".ply", data.encode())
    triangle = struct.pack("<9f", 0, 0, 0, 1, 0, 0, 0, 1, 0)
    binary = (head.format("binary_little_endian", 3) + listed.format("{}") + "end_header\n").format
    for kind, raw in (("uchar", b"\xff"), ("char", b"\xff"), ("int", b"\xff\xff\xff\x7f"), ("int", b"\0\0\0\x80")):
        raw_data = binary(kind).encode() + triangle + raw + struct.pack("<3i", 0, 1, 2)
        yield Attack(f"PLY list of {kind} {raw!r}", ".ply", raw_data)
    for corners in ((0, 1, 3), (0, 1, -1), (0, 1, 2**31 - 1)):
        raw_data = binary("uchar").encode() + triangle + b"\x03" + struct.pack("<3i", *corners)
        yield Attack(f"PLY face {corners}", ".ply", raw_data)
    yield Attack("PLY header without an end", ".ply", b"ply\nformat ascii 1.0\n" + b"comment x\n" * 200_000)
    yield Attack(
        "PLY of an unknown type", ".ply", b"ply\nformat ascii 1.0\nelement vertex 1\nproperty quad x\nend_header\n"
    )
    yield Attack("PLY property twice", ".ply", (head.format("ascii", 1) + axes + "end_header\n0 0 0\n").encode())
    yield Attack("PLY of no format", ".ply", (head.format("morse", 1) + "end_header\n0 0 0\n").encode())
    yield Attack("PLY 5,000 elements", ".ply", b"ply\nformat ascii 1.0\n" + b"element e 0\n" * 5_000 + b"end_header\n")
    wide = "".join(f"property float p{n}\n" for n in range(3_000))
    yield Attack("PLY 3,000 properties", ".ply", (head.format("ascii", 1) + wide + "end_header\n0 0 0\n").encode())


def _points() -> Iterator[Attack]:
    def npy(header: str, body: bytes = b"") -> bytes:
        text = header.encode() + b"\n"
        return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(text)) + text + body

    objects = io.BytesIO()
    np.lib.format.write_array(objects, np.array([{"a": 1}, [2]], dtype=object), allow_pickle=True)
    yield Attack("NPY pickled objects", ".npy", objects.getvalue())
    dtype, order = "'descr': '<f8'", "'fortran_order': False"
    for shape in (
        "(2**40, 3)",
        "(1099511627776, 3)",
        "(-1, 3)",
        "(3,)",
        "(0, 3)",
        "(4, 3, 2)",
        "(True, 3)",
        "(9**9**9, 3)",
    ):
        yield Attack(f"NPY shape {shape}", ".npy", npy(f"{{{dtype}, {order}, 'shape': {shape}}}", bytes(96)))
    for kind in ("|O", "<c16", "<M8[s]", "|S9", "<f8, <f8", "V" * 5000, "(9999999,9999999)f8"):
        yield Attack(f"NPY of {kind[:20]}", ".npy", npy(f"{{'descr': '{kind}', {order}, 'shape': (4, 3)}}", bytes(96)))
    yield Attack("NPY header that runs code", ".npy", npy(f"__import__('os').system('touch {CANARY}')"))
    yield Attack("NPY header nested 5,000 deep", ".npy", npy("(" * 5_000 + ")" * 5_000))
    yield Attack("NPY header longer than the file", ".npy", b"\x93NUMPY\x02\x00\xff\xff\xff\x7f{")
    for row in ("1", "1 2", "a b c", "nan nan nan", "1e400 0 0", "-inf 0 0"):
        yield Attack(f"XYZ rows {row}", ".xyz", f"{row}\n{row}\n{row}\n".encode())
    yield Attack("XYZ counts wrongly", ".xyz", b"1000000000\n0 0 0\n1 1 1\n")
    yield Attack("XYZ all in one place", ".xyz", b"1 2 3\n" * 1000)
    yield Attack("XYZ one line of 1 MB", ".xyz", b"1 " * 500_000, refused=False)
    yield Attack("XYZ commas only", ".xyz", b",;" * 100_000)
