"""Unpacks a zip archive of models into a folder: what would reach outside, swell or hide is refused, entry by entry.

Sizes that an archive states are never believed: bytes are counted as they come out. Only stored and deflated entries
are read, for the other methods swell beyond any ratio.
"""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from maquette.errors import FileError
from maquette.ingest.check import FILE_SUFFIXES
from maquette.ingest.limits import Limits, in_bytes

__all__ = ["Entry", "Unpacked", "unpack"]

_AT_ONCE = 2**16
_SMALL = 2**20
"""Below so many bytes an entry may swell more: text of a cube already packs twenty to one."""
_DIRECTORY_BYTES_PER_ENTRY = 1024
_END, _END_64 = b"PK\x05\x06", b"PK\x06\x07"
_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_PACKED = frozenset({".7z", ".bz2", ".gz", ".jar", ".lz", ".rar", ".tar", ".tgz", ".xz", ".zip", ".zst"})
_LONGEST_PART, _MOST_PARTS = 200, 16
_RESERVED = frozenset({"con", "prn", "aux", "nul", *(f"{kind}{n}" for kind in ("com", "lpt") for n in range(10))})
_ERRORS = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, IndexError, struct.error)
_UNIX = 3
_KIND_OF_FILE, _REGULAR = 0o170000, 0o100000


class _TooMuch(Exception):  # noqa: N818 - ends the work on this archive; the caller makes it a FileError
    """The archive as a whole is refused."""


@dataclass(frozen=True)
class Entry:
    """What became of one entry: its name in the archive, and where it lies now or why it was refused."""

    name: str
    path: Path | None
    reason: str = ""


@dataclass(frozen=True)
class Unpacked:
    """All entries but folders, in the archive's order."""

    entries: tuple[Entry, ...]

    @property
    def paths(self) -> tuple[Path, ...]:
        """The files that were unpacked."""
        return tuple(entry.path for entry in self.entries if entry.path is not None)

    @property
    def refused(self) -> tuple[tuple[str, str], ...]:
        """The entries that were not, and why."""
        return tuple((entry.name, entry.reason) for entry in self.entries if entry.path is None)


def unpack(archive: Path, folder: Path, limits: Limits) -> Unpacked:
    """Unpack the models and pictures of a zip archive below `folder`, which must be empty.

    An entry that is no regular file, has a name that leads elsewhere, is an archive itself or of an unknown ending, is
    encrypted or damaged, is refused by itself. An archive with too many entries, or that swells beyond the limits, is
    refused whole (FileError), and nothing of it stays.
    """
    _check_end(archive, limits)
    written: list[Path] = []
    try:
        with zipfile.ZipFile(archive) as opened:
            infos = opened.infolist()
            if len(infos) > limits.archive_entries:
                raise _TooMuch(f"{len(infos)} entries in the archive: the limit is {limits.archive_entries}")
            return Unpacked(tuple(_entries(opened, infos, folder, limits, written)))
    except _TooMuch as fault:
        reason = str(fault)
    except _ERRORS as error:
        reason = f"damaged archive: {_words(error)}"
    for path in written:
        path.unlink(missing_ok=True)
    raise FileError(archive, reason)


def _check_end(archive: Path, limits: Limits) -> None:
    """The size of the directory, before anything makes room for it."""
    try:
        with archive.open("rb") as stream:
            size = stream.seek(0, io.SEEK_END)
            if size > limits.upload_bytes:
                raise FileError(archive, f"{in_bytes(size)} ({size} bytes): the limit is {limits.upload_bytes} bytes")
            stream.seek(max(0, size - 65_536 - 22 - 20))
            tail = stream.read()
    except OSError as error:
        raise FileError(archive, f"cannot be opened: {error.strerror or error}") from None
    at = tail.rfind(_END)
    if at < 0 or at + 22 > len(tail):
        raise FileError(archive, "not a zip archive, or cut off at its end")
    if _END_64 in tail:
        raise FileError(archive, "a zip64 archive, made for more than 65,535 entries or 4 GiB: split it")
    # A second directory further up could be taken for the true one by another reader.
    (directory,) = struct.unpack_from("<I", tail, at + 12)
    most = limits.archive_entries * _DIRECTORY_BYTES_PER_ENTRY
    if directory > most:
        raise FileError(archive, f"a directory of {directory} bytes: the limit is {most}")


def _entries(
    archive: zipfile.ZipFile, infos: list[zipfile.ZipInfo], folder: Path, limits: Limits, written: list[Path]
) -> Iterator[Entry]:
    taken: set[str] = set()
    places: set[int] = set()
    left = limits.archive_bytes
    for info in infos:
        name = _shown(info.orig_filename)
        if info.filename.endswith("/") and not info.file_size:
            continue
        if info.header_offset in places:
            raise _TooMuch(f"two entries share their bytes, {name!r} is the second: a trap, not an archive")
        places.add(info.header_offset)
        parts = PurePosixPath(info.filename).parts
        reason = _fault_of_name(info.orig_filename) or _fault_of_kind(info)
        folded = unicodedata.normalize("NFC", "/".join(parts)).casefold()
        if not reason and folded in taken:
            reason = "its name is taken by an entry before it"
        if reason:
            yield Entry(name, None, reason)
            continue
        taken.add(folded)
        path = folder.joinpath(*parts)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            written.append(path)
            left -= _write(archive, info, path, limits, left)
        except _ERRORS as error:
            path.unlink(missing_ok=True)
            yield Entry(name, None, f"damaged entry: {_words(error)}")
        else:
            yield Entry(name, path)


def _write(archive: zipfile.ZipFile, info: zipfile.ZipInfo, path: Path, limits: Limits, left: int) -> int:
    """Write one entry and return its length; stops the archive at the first byte that is too many."""
    most = max(_SMALL, limits.archive_ratio * max(info.compress_size, 1))
    name, count = _shown(info.orig_filename), 0
    with archive.open(info) as stream, path.open("xb") as target:
        while part := stream.read(_AT_ONCE):
            count += len(part)
            if count > left:
                raise _TooMuch(f"more than {limits.archive_bytes} bytes in all: the limit ({name!r} is too many)")
            if count > most:
                raise _TooMuch(f"{name!r} swells more than {limits.archive_ratio} times: the limit")
            target.write(part)
    return count


def _fault_of_name(name: str) -> str:
    parts = name.split("/")
    if "\0" in name or any(unicodedata.category(sign) == "Cc" for sign in name):
        return "control characters in its name"
    if "\\" in name or ":" in name or name.startswith("/"):
        return "its name is no relative path with '/'"
    if any(part in ("", ".", "..") for part in parts):
        return "its name leads out of its folder"
    if len(parts) > _MOST_PARTS or any(len(part.encode(errors="replace")) > _LONGEST_PART for part in parts):
        return f"its name is too long: the limit is {_MOST_PARTS} parts of {_LONGEST_PART} bytes"
    if any(part.partition(".")[0].casefold() in _RESERVED or part != part.rstrip(" .") for part in parts):
        return "its name is none on every system"
    return ""


def _fault_of_kind(info: zipfile.ZipInfo) -> str:
    mode = info.external_attr >> 16
    if info.create_system == _UNIX and mode & _KIND_OF_FILE not in (0, _REGULAR):
        return "is a link or a device: expected a regular file"
    if info.flag_bits & 0x1:
        return "is encrypted"
    if info.compress_type not in _METHODS:
        return f"is packed by method {info.compress_type}: expected stored or deflated"
    suffix = PurePosixPath(info.filename).suffix.lower()
    if suffix in _PACKED:
        return "is an archive itself: unpack it first"
    if suffix not in FILE_SUFFIXES:
        return f"ending {suffix!r}: expected one of {', '.join(sorted(FILE_SUFFIXES))}"
    return ""


def _shown(name: str) -> str:
    """A name that may be printed anywhere."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]


def _words(error: Exception) -> str:
    return " ".join(str(error).split())[:200] or type(error).__name__
