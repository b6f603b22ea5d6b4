"""Pictures are made once, and make room for newer ones."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

import pytest

from maquette.serve.pictures import PictureCache


def test_made_once_for_each_key(tmp_path: Path) -> None:
    made: list[str] = []

    def make(name: str) -> bytes:
        made.append(name)
        return name.encode()

    cache = PictureCache(tmp_path)
    for key in (("a", "b"), ("ab", ""), ("a", "b"), ("../../x", "\0")):
        path = cache.get(*key, make=partial(make, "|".join(key)))
        assert path.read_bytes() == "|".join(key).encode() and tmp_path in path.parents
    assert made == ["a|b", "ab|", "../../x|\0"]
    with pytest.raises(ValueError, match="cannot"):
        cache.get("bad", make=lambda: (_ for _ in ()).throw(ValueError("cannot")))
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 3


def test_the_oldest_go(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, most_bytes=25)
    paths = []
    for number in range(3):
        paths.append(cache.get(str(number), make=lambda: b"0123456789"))
        os.utime(paths[-1], (number, number))
    newest = cache.get("3", make=lambda: b"x" * 10)
    assert [path.is_file() for path in (*paths, newest)] == [False, False, True, True]
