"""Files that clients send."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from maquette.serve.failures import Failure
from maquette.serve.uploads import ending_of, save_upload, shown_name


def test_only_the_ending_of_a_name_counts() -> None:
    assert ending_of("C:\\models\\A b.STL", {".stl"}) == ".stl"
    assert ending_of("../../etc/x.off", {".off"}) == ".off"
    for name in ("x.off/", "x", ".off", None, "", "x.off.html", "x.off\0"):
        with pytest.raises(Failure, match="expected one of") as caught:
            ending_of(name, {".off"})
        assert caught.value.status_code == 415


def test_names_are_shown_without_what_could_mislead() -> None:
    assert shown_name("../../a\r\nb\x00.off") == "ab.off"
    assert shown_name("c:\\x\\good\u202egpj.off") == "goodgpj.off"
    assert shown_name(None) == shown_name("dir/") == "file" and len(shown_name("x" * 999)) == 200


def test_written_up_to_the_limit(tmp_path: Path) -> None:
    assert save_upload(io.BytesIO(b"x" * 100), tmp_path / "a", most=100, name="a", durable=True) == 100
    assert (tmp_path / "a").read_bytes() == b"x" * 100
    with pytest.raises(Failure, match="more than 99 bytes") as caught:
        save_upload(io.BytesIO(b"x" * 100), tmp_path / "b", most=99, name="b")
    assert caught.value.status_code == 413 and caught.value.body["error"]["limit"] == 99
