"""Only regular files come in, whole, within the limit, and hashed as they are copied."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from maquette.errors import FileError
from maquette.ingest.staging import bring_in


def test_a_file_is_copied_and_hashed(tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "a").write_bytes(content)
    digest = hashlib.sha256()
    assert bring_in(tmp_path / "a", tmp_path / "b", most_bytes=3_000_000, digest=digest.update, head="x\0") == 3_000_000
    assert (tmp_path / "b").read_bytes() == content
    assert digest.hexdigest() == hashlib.sha256(b"x\x003000000\0" + content).hexdigest()


def test_what_is_too_large_is_told_the_limit_and_not_copied(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(2 * 2**20))
    with pytest.raises(FileError, match=r"2 MiB \(2097152 bytes\): the limit is 2097151 bytes"):
        bring_in(tmp_path / "a", tmp_path / "b", most_bytes=2 * 2**20 - 1)
    assert not (tmp_path / "b").exists()


def test_what_is_no_file_is_refused_without_waiting(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "empty").touch()
    (tmp_path / "zero").symlink_to("/dev/zero")
    for name, reason in {
        "pipe": "is no regular file",
        "zero": "is no regular file",
        "": "is no regular file",
        "empty": "the file is empty",
        "gone": "cannot be opened: No such file",
        "a\0b": "cannot be opened: embedded null byte",
    }.items():
        with pytest.raises(FileError, match=reason):
            bring_in(tmp_path / name, tmp_path / "copy", most_bytes=100)


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path: Path) -> None:
    for name, change in (("grows", b"y" * 5), ("shrinks", b"")):
        path = tmp_path / name
        path.write_bytes(b"x" * 3_000_000)
        seen: list[int] = []

        def during(part: bytes, path: Path = path, seen: list[int] = seen, change: bytes = change) -> None:
            if len(seen) == 1:
                with path.open("ab") as stream:
                    stream.write(change) if change else stream.truncate(1_500_000)
            seen.append(len(part))

        with pytest.raises(FileError, match="changed while it was read"):
            bring_in(path, tmp_path / f"copy of {name}", most_bytes=2**30, digest=during)
