"""Archives: sound ones come out as they are; every trick costs its entry, or the archive, and nothing lands outside."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from maquette.errors import FileError
from maquette.ingest.archive import Unpacked, unpack
from maquette.ingest.limits import Limits
from tests.ingest.test_mutations import mutated
from tests.ingest.valid_files import VALID

Fill = Callable[[zipfile.ZipFile], object]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "above" / "inside"
    made.mkdir(parents=True)
    return made


def packed(tmp_path: Path, fill: Fill) -> Path:
    path = tmp_path / "models.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        fill(archive)
    return path


def named(name: str, content: bytes = b"v 0 0 0", *, mode: int = 0, flags: int = 0) -> Fill:
    def fill(archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("placeholder.obj")
        entry.filename = name
        entry.external_attr = mode << 16
        entry.create_system = 3
        archive.writestr(entry, content)
        entry.flag_bits |= flags

    return fill


def outcome(unpacked: Unpacked) -> dict[str, str]:
    return dict(unpacked.refused)


def test_a_sound_archive_comes_out_as_it_is(tmp_path: Path, folder: Path) -> None:
    contents = {
        f"class {n % 2}/{name.replace(' ', '-')}-{n}{suffix}": make(n)
        for n, (name, (suffix, make)) in enumerate(VALID.items())
    }

    def fill(archive: zipfile.ZipFile) -> None:
        archive.mkdir("class 0")
        for name, content in contents.items():
            archive.writestr(name, content, zipfile.ZIP_STORED if name.endswith(".png") else None)

    unpacked = unpack(packed(tmp_path, fill), folder, Limits())
    assert unpacked.refused == ()
    assert {path.relative_to(folder).as_posix(): path.read_bytes() for path in unpacked.paths} == contents


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../evil.obj", "leads out of its folder"),
        ("a/../../evil.obj", "leads out of its folder"),
        ("a/./b.obj", "leads out of its folder"),
        ("a//b.obj", "leads out of its folder"),
        ("/evil.obj", "no relative path"),
        ("C:/evil.obj", "no relative path"),
        ("C:evil.obj", "no relative path"),
        ("..\\evil.obj", "no relative path"),
        ("\\\\host\\share\\evil.obj", "no relative path"),
        ("a.obj:stream", "no relative path"),
        ("a\nb.obj", "control characters"),
        ("a\x1b[2J.obj", "control characters"),
        ("nul.obj", "none on every system"),
        ("COM1/a.obj", "none on every system"),
        ("a ./b.obj", "none on every system"),
        ("x" * 300 + ".obj", "too long"),
        ("/".join("abcdefghijklmnopqrst") + ".obj", "too long"),
        ("a.zip", "is an archive itself"),
        ("a.tar.gz", "is an archive itself"),
        ("a.py", "ending '.py'"),
        ("a.svg", "ending '.svg'"),
        ("noending", "ending ''"),
    ],
)
def test_a_bad_name_costs_its_entry(tmp_path: Path, folder: Path, name: str, reason: str) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        named(name)(archive)
        archive.writestr("good/a.obj", b"v 1 2 3")

    unpacked = unpack(packed(tmp_path, fill), folder, Limits())
    assert [path.relative_to(folder).as_posix() for path in unpacked.paths] == ["good/a.obj"]
    ((_, said),) = unpacked.refused
    assert reason in said
    assert {path.name for path in tmp_path.rglob("*") if path.is_file()} == {"models.zip", "a.obj"}


def test_a_name_cut_by_a_zero_byte_is_refused(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path, named("good.obj_.txt"))
    path.write_bytes(path.read_bytes().replace(b"good.obj_.txt", b"good.obj\0.txt"))
    assert outcome(unpack(path, folder, Limits())) == {"good.obj?.txt": "control characters in its name"}


@pytest.mark.parametrize("mode", [0o120777, 0o060660, 0o020660, 0o010660, 0o140660])
def test_links_and_devices_are_refused(tmp_path: Path, folder: Path, mode: int) -> None:
    unpacked = unpack(packed(tmp_path, named("a.obj", b"/etc/passwd", mode=mode)), folder, Limits())
    assert outcome(unpacked) == {"a.obj": "is a link or a device: expected a regular file"}
    assert list(folder.iterdir()) == []


def test_names_that_one_system_takes_for_the_same_are_refused(tmp_path: Path, folder: Path) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        for name in ("Cup.obj", "cup.obj", "caf\u00e9.obj", "cafe\u0301.obj"):
            archive.writestr(name, b"v 0 0 0")

    unpacked = unpack(packed(tmp_path, fill), folder, Limits())
    assert len(unpacked.paths) == 2
    assert set(outcome(unpacked).values()) == {"its name is taken by an entry before it"}


def test_encrypted_and_oddly_packed_entries_are_refused(tmp_path: Path, folder: Path) -> None:
    assert outcome(unpack(packed(tmp_path, named("a.obj", flags=1)), folder, Limits())) == {"a.obj": "is encrypted"}

    def fill(archive: zipfile.ZipFile) -> None:
        for method in (zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA):
            archive.writestr(f"{method}.obj", b"v 0 0 0", method)

    reasons = outcome(unpack(packed(tmp_path, fill), folder, Limits()))
    assert reasons["12.obj"] == "is packed by method 12: expected stored or deflated"
    assert len(reasons) == 2


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(archive_entries=2), "3 entries in the archive: the limit is 2"),
        (Limits(archive_bytes=4_000_000, archive_ratio=100_000), "more than 4000000 bytes in all: the limit"),
        (Limits(archive_ratio=50), "'1.obj' swells more than 50 times: the limit"),
        (Limits(upload_bytes=100), "the limit is 100 bytes"),
    ],
)
def test_bombs_are_refused_whole_and_leave_nothing(tmp_path: Path, folder: Path, limits: Limits, reason: str) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("0.obj", b"v 0 0 0\n")
        archive.writestr("1.obj", bytes(3_000_000))
        archive.writestr("2.obj", np.random.default_rng(0).bytes(1_500_000))

    path = packed(tmp_path, fill)
    with pytest.raises(FileError, match=reason):
        unpack(path, folder, limits)
    assert [file for file in folder.rglob("*") if file.is_file()] == []


def test_sizes_that_an_archive_states_are_not_believed(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path, lambda archive: archive.writestr("a.obj", bytes(30_000_000)))
    data = path.read_bytes().replace(struct.pack("<I", 30_000_000), struct.pack("<I", 10))
    path.write_bytes(data)
    unpacked = unpack(path, folder, Limits())
    assert [reason for _, reason in unpacked.refused] == ["damaged entry: Bad CRC-32 for file 'a.obj'"]
    assert list(folder.iterdir()) == []


def test_overlapping_entries_are_a_trap(tmp_path: Path, folder: Path) -> None:
    def fill(archive: zipfile.ZipFile) -> None:
        archive.writestr("a.obj", b"v 0 0 0" * 100)
        twin = zipfile.ZipInfo("b.obj")
        first = archive.filelist[0]
        for name in ("compress_type", "CRC", "compress_size", "file_size", "header_offset", "flag_bits"):
            setattr(twin, name, getattr(first, name))
        archive.filelist.append(twin)
        archive.NameToInfo["b.obj"] = twin

    with pytest.raises(FileError, match="two entries share their bytes"):
        unpack(packed(tmp_path, fill), folder, Limits())


def test_a_directory_larger_than_its_entries_may_need_is_not_read(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path, lambda archive: archive.writestr("a.obj", b"v 0 0 0"))
    data = bytearray(path.read_bytes())
    at = data.rfind(b"PK\5\6")
    data[at + 12 : at + 16] = struct.pack("<I", 2**31)
    path.write_bytes(data)
    with pytest.raises(FileError, match="a directory of 2147483648 bytes: the limit is 1024000"):
        unpack(path, folder, Limits())
    for content, reason in {
        b"": "not a zip archive",
        b"Rar!\x1a\x07" * 99: "not a zip archive",
        bytes(data[:-1]): "not a zip",
    }.items():
        path.write_bytes(content)
        with pytest.raises(FileError, match=reason):
            unpack(path, folder, Limits())
    path.write_bytes(b"PK\x06\x07" + bytes(16) + b"PK\x05\x06" + bytes(18))
    with pytest.raises(FileError, match="a zip64 archive"):
        unpack(path, folder, Limits())


def test_damage_is_always_a_verdict(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, (suffix, make) in enumerate(list(VALID.values())[:4]):
            archive.writestr(f"class/{number}{suffix}", make(number))
    sound, verdicts = stream.getvalue(), {"whole": 0, "in part": 0, "not at all": 0}
    limits = Limits(archive_bytes=2**20)
    for number in range(300):
        path, folder = tmp_path / "mutated.zip", tmp_path / f"{number}" / "inside"
        folder.mkdir(parents=True)
        path.write_bytes(mutated(sound, np.random.default_rng([11, number])))
        try:
            unpacked = unpack(path, folder, limits)
        except FileError as error:
            assert error.reason and "\n" not in error.reason
            verdicts["not at all"] += 1
        else:
            verdicts["in part" if unpacked.refused else "whole"] += 1
            assert all(path.is_relative_to(folder) and path.is_file() for path in unpacked.paths)
        assert [path.name for path in folder.parent.iterdir()] == ["inside"]
    assert min(verdicts.values()) > 0, verdicts
