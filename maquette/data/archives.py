"""Unpacking archives that strangers made: everything in them is looked at before anything is written.

An archive is refused as a whole if one entry is absolute, climbs out of the folder (`..`), is a link, a device or a
pipe, is encrypted, or has the place of another; or if all of it would not fit on the disk.
"""

from __future__ import annotations

import shutil
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from maquette.errors import FileError, MaquetteError

__all__ = ["NPZ_ERRORS", "Entry", "check_kind", "is_archive", "unpack_archive"]

NPZ_ERRORS = (
    *(OSError, ValueError, KeyError, TypeError, AttributeError, EOFError, SyntaxError),
    *(RuntimeError, struct.error, zipfile.BadZipFile, zlib.error),
)
"""What comes out of opening a `.npz` with NumPy, and reading arrays from it, where it is damaged or something else."""

_CHUNK = 1 << 20
_ARCHIVES = (".zip", ".tar", ".tgz", ".gz")
_MARKS = {".h5": b"\x89HDF\r\n\x1a\n", ".npy": b"\x93NUMPY", ".npz": b"PK\x03\x04"}
"""What files of a kind begin with."""


@dataclass(frozen=True)
class Entry:
    """One file of an archive: its path, the bytes that it says it has, what is wrong with it (empty: nothing)."""

    path: str
    size: int
    fault: str
    open: Callable[[], IO[bytes] | None]


def is_archive(path: Path) -> bool:
    """Whether the file is a ZIP or a tar archive, by its content."""
    return zipfile.is_zipfile(path) or tarfile.is_tarfile(path)


def check_kind(path: Path, name: str) -> None:
    """Raise FileError where a file is not of the kind that `name` ends in: an archive, `.h5`, `.npy` or `.npz`.

    An archive may be a ZIP or a tar, whichever the name says, but no `.npz`. Of other endings nothing is known.
    """
    ending = Path(name).suffix.lower()
    with path.open("rb") as stream:
        head = stream.read(60)
    if ending in _ARCHIVES:
        if path.suffix.lower() == ".npz":
            raise FileError(path, f"is arrays, not the archive {name}: name the file itself as data.options.source")
        if is_archive(path):
            return
        expected = "a ZIP or tar archive"
    elif ending in _MARKS and not head.startswith(_MARKS[ending]):
        expected = f"a file of the kind {ending}"
    else:
        return
    raise FileError(path, f"is not {name}: expected {expected}, it {_beginning(head)}: get it again")


def _beginning(head: bytes) -> str:
    if not head:
        return "is empty"
    if head.startswith(_MARKS[".npz"]):
        return "begins as a ZIP archive and has no end, so it is cut short"
    text = head.decode("utf-8", errors="replace").rstrip("\ufffd")  # the last letter may be cut
    if "\ufffd" not in text and all(sign.isprintable() or sign.isspace() for sign in text):
        return f"begins with the text {' '.join(text.split())!r}"
    return f"begins with the bytes {head[:8].hex(' ')}"


def unpack_archive(
    archive: Path, folder: Path, *, on_progress: Callable[[int, int], None] | None = None
) -> tuple[str, ...]:
    """Write every file of an archive under `folder`, and say which, sorted.

    FileError for an archive that is damaged or holds one bad entry; MaquetteError where the disk is too small. Nothing
    is left behind in either case: files are written into a folder beside the others, and moved when all are there.
    `on_progress(done, total)` counts bytes.
    """
    with _entries(archive) as entries:
        bad = next((entry for entry in entries if entry.fault), None)
        if bad is not None:
            raise FileError(
                archive, f"entry {bad.path[:200]!r} {bad.fault}: the archive is refused, nothing was unpacked"
            )
        seen: set[str] = set()
        for entry in entries:
            if entry.path.casefold() in seen:
                raise FileError(archive, f"entry {entry.path[:200]!r} occurs twice: the archive is refused")
            seen.add(entry.path.casefold())
        total = sum(entry.size for entry in entries)
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
        if total > free:
            raise MaquetteError(f"{archive} unpacks to {total} bytes, {free} are free in {folder}: make room")
        inner = folder / ".unpacking"
        shutil.rmtree(inner, ignore_errors=True)
        try:
            done = 0
            for entry in entries:
                done += _write(archive, entry, inner / entry.path)
                if on_progress is not None:
                    on_progress(done, total)
            for entry in entries:
                place = folder / entry.path
                place.parent.mkdir(parents=True, exist_ok=True)
                (inner / entry.path).replace(place)
        finally:
            shutil.rmtree(inner, ignore_errors=True)
        return tuple(sorted(entry.path for entry in entries))


def _write(archive: Path, entry: Entry, place: Path) -> int:
    """Copy one entry, never more bytes than it promised."""
    place.parent.mkdir(parents=True, exist_ok=True)
    left = entry.size
    try:
        source = entry.open()
        if source is None:
            raise FileError(archive, f"entry {entry.path!r} has no content")
        with source, place.open("wb") as target:
            while chunk := source.read(_CHUNK):
                left -= len(chunk)
                if left < 0:
                    break
                target.write(chunk)
    # NotImplementedError: what zipfile raises for a compression that it does not know.
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, RuntimeError, NotImplementedError) as error:
        raise FileError(archive, f"entry {entry.path!r} cannot be unpacked: {error}") from error
    if left:
        raise FileError(archive, f"entry {entry.path!r} is not of the {entry.size} bytes that the archive promises")
    return entry.size


@contextmanager
def _entries(archive: Path) -> Iterator[list[Entry]]:
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as packed:
                yield [_of_zip(packed, info) for info in packed.infolist() if not info.is_dir()]
            return
        with tarfile.open(archive) as tape:
            yield [_of_tar(tape, member) for member in tape.getmembers() if not member.isdir() or _fault(member.name)]
    except (OSError, zipfile.BadZipFile, tarfile.TarError, EOFError) as error:
        raise FileError(archive, f"is no ZIP or tar archive, or a damaged one: {error}") from error


def _of_zip(packed: zipfile.ZipFile, info: zipfile.ZipInfo) -> Entry:
    fault = _fault(info.filename)
    kind = stat.S_IFMT(info.external_attr >> 16)
    if kind and kind != stat.S_IFREG:
        fault = "is a link or a device"
    if info.flag_bits & 1:
        fault = "is encrypted"
    return Entry(info.filename, info.file_size, fault, lambda: packed.open(info))


def _of_tar(tape: tarfile.TarFile, member: tarfile.TarInfo) -> Entry:
    fault = _fault(member.name) or ("" if member.isreg() else "is a link or a device")
    # `./a` is how tar writes what it was given as `.`: the same place as `a`.
    return Entry(str(PurePosixPath(member.name)), member.size, fault, lambda: tape.extractfile(member))


def _fault(name: str) -> str:
    pure = PurePosixPath(name)
    if pure.is_absolute() or name[1:2] == ":":
        return "has an absolute path"
    if ".." in pure.parts:
        return "climbs out of the folder"
    if "\\" in name or "\0" in name or not pure.parts:
        return "has a name that no file may have here"
    return ""
