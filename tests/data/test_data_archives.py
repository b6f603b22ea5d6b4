"""Archives: what is sound comes out whole; one bad entry and nothing does."""

from __future__ import annotations

import io
import stat
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pytest

from maquette.data.archives import NPZ_ERRORS, check_kind, is_archive, unpack_archive
from maquette.errors import FileError, MaquetteError

CONTENT = {"set/a.txt": b"one", "set/inner/b.bin": bytes(range(256)) * 10, "c": b""}


def _zip(path: Path, content: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in content.items():
            packed.writestr(zipfile.ZipInfo(name), data)
    return path


def _tar(path: Path, content: dict[str, bytes], *, more: tarfile.TarInfo | None = None) -> Path:
    with tarfile.open(path, "w:gz") as tape:
        for name, data in content.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tape.addfile(member, io.BytesIO(data))
        if more is not None:
            tape.addfile(more)
    return path


def _left(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_every_file_comes_out_as_it_was(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    _zip(path, {"set/": b"", **CONTENT}) if kind == "zip" else _tar(path, {f"./{n}": d for n, d in CONTENT.items()})
    assert is_archive(path)
    seen: list[tuple[int, int]] = []
    names = unpack_archive(path, tmp_path / "out", on_progress=lambda done, total: seen.append((done, total)))
    assert list(names) == sorted(CONTENT) == _left(tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in names} == CONTENT
    assert seen[-1] == (2563, 2563)


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("../evil", "climbs out of the folder"),
        ("set/../../evil", "climbs out of the folder"),
        ("/etc/evil", "has an absolute path"),
        ("C:/evil", "has an absolute path"),
        ("set\\..\\evil", "has a name that no file may have here"),
    ],
)
@pytest.mark.parametrize("kind", ["zip", "tar"])
def test_an_entry_that_leaves_the_folder_refuses_the_archive(tmp_path: Path, kind: str, name: str, fault: str) -> None:
    content = {"good.txt": b"good", name: b"evil"}
    path = (_zip if kind == "zip" else _tar)(tmp_path / "a", content)
    with pytest.raises(FileError, match=fault):
        unpack_archive(path, tmp_path / "deep" / "out")
    assert _left(tmp_path) == ["a"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes) -> None:
    member = tarfile.TarInfo("link")
    member.type, member.linkname = kind, "/etc/passwd"
    path = _tar(tmp_path / "a", CONTENT, more=member)
    with pytest.raises(FileError, match="entry 'link' is a link or a device: the archive is refused"):
        unpack_archive(path, tmp_path / "out")
    assert _left(tmp_path) == ["a"]


def test_links_in_a_zip_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a", "w") as packed:
        info = zipfile.ZipInfo("link")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        packed.writestr(info, "/etc/passwd")
    with pytest.raises(FileError, match="is a link or a device"):
        unpack_archive(tmp_path / "a", tmp_path / "out")


def test_entries_in_one_place_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="occurs twice"):
        unpack_archive(_zip(tmp_path / "a", {"A.txt": b"1", "a.txt": b"2"}), tmp_path / "out")


def test_damage_leaves_nothing_behind(tmp_path: Path) -> None:
    path = _zip(tmp_path / "a", {"x": b"x" * 5000, "y": bytes(range(256)) * 40})
    data = bytearray(path.read_bytes())
    data[80] ^= 0xFF
    path.write_bytes(data)
    with pytest.raises(FileError, match=r"cannot be unpacked|damaged"):
        unpack_archive(path, tmp_path / "out")
    assert _left(tmp_path / "out") == []
    (tmp_path / "text").write_text("no archive")
    assert not is_archive(tmp_path / "text")
    with pytest.raises(FileError, match="is no ZIP or tar archive"):
        unpack_archive(tmp_path / "text", tmp_path / "out")


def test_a_full_disk_is_seen_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = _tar(tmp_path / "a", CONTENT)
    monkeypatch.setattr("maquette.data.archives.shutil.disk_usage", lambda place: type("Usage", (), {"free": 100})())
    with pytest.raises(MaquetteError, match="unpacks to 2563 bytes, 100 are free"):
        unpack_archive(path, tmp_path / "out")
    assert _left(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.zip", b"", "expected a ZIP or tar archive, it is empty: get it again"),
        ("a.tar", b"<html>\n<b>404</b>", "it begins with the text '<html> <b>404</b>'"),
        ("a.zip", b"PK\x03\x04" + bytes(90), "it begins as a ZIP archive and has no end, so it is cut short"),
        ("a.h5", "né ".encode() * 40, r"expected a file of the kind \.h5, it begins with the text 'né né"),
        ("a.npy", b"\x89HDF\r\n\x1a\nmore", r"of the kind \.npy, it begins with the bytes 89 48 44 46 0d 0a 1a 0a"),
    ],
)
def test_a_file_of_another_kind_says_what_it_begins_with(
    tmp_path: Path, name: str, content: bytes, reason: str
) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FileError, match=reason):
        check_kind(tmp_path / "file", name)


def test_a_file_of_its_kind_is_let_through(tmp_path: Path) -> None:
    check_kind(_tar(tmp_path / "a", CONTENT), "set.zip")
    check_kind(_zip(tmp_path / "b", CONTENT), "set.npz")
    (tmp_path / "c").write_bytes(b"\x89HDF\r\n\x1a\n")
    check_kind(tmp_path / "c", "set.h5")
    check_kind(tmp_path / "c", "set.bin")
    with pytest.raises(FileError, match=r"is arrays, not the archive set\.zip"):
        check_kind(_zip(tmp_path / "d.npz", CONTENT), "set.zip")


def _arrays(path: Path) -> int:
    with np.load(path, allow_pickle=False) as archive:
        return sum(len(archive[name]) for name in archive.files)


@pytest.mark.filterwarnings("ignore")
def test_a_damaged_archive_of_arrays_raises_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "a.npz"
    np.savez_compressed(path, one=np.arange(200), two=np.array(["x", "y"]))
    whole = path.read_bytes()
    damaged = [whole[:end] for end in range(0, len(whole), 7)]
    damaged += [whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :] for at in range(len(whole))]
    plain = io.BytesIO()
    np.save(plain, np.zeros(3))
    refused = 0
    for content in [*damaged, plain.getvalue(), b"text"]:
        path.write_bytes(content)
        try:
            _arrays(path)
        except NPZ_ERRORS:
            refused += 1
    assert refused > 0.6 * len(damaged), "all that is cut short, and most of what is changed"
