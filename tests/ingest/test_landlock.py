"""Landlock's version is asked without harm; what it takes away is tested on readers (`test_confine.py`)."""

from __future__ import annotations

from typing import Any

import pytest

from maquette.ingest import landlock
from maquette.ingest.landlock import landlock_version, restrict_files


def test_asking_restricts_nothing() -> None:
    assert landlock_version() == landlock_version() >= 0


def test_a_kernel_without_it_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*_: object) -> int:
        raise OSError(38, "Function not implemented")

    monkeypatch.setattr(landlock, "_call", absent)
    assert landlock_version() == 0
    with pytest.raises(OSError, match="the kernel has no Landlock"):
        restrict_files([])


@pytest.mark.parametrize(("version", "size"), [(1, 8), (3, 8), (4, 16), (5, 16), (6, 24), (7, 24)])
def test_a_kernel_is_asked_only_for_what_it_knows(monkeypatch: pytest.MonkeyPatch, version: int, size: int) -> None:
    asked: list[tuple[int, ...]] = []

    def call(number: int, *arguments: Any) -> int:
        if number == 444 and arguments[0] is None:
            return version
        if number == 444:
            rules = arguments[0]._obj  # what byref points at
            asked.append((rules.files.bit_length(), rules.network, rules.scoped, arguments[1].value))
            return 99
        return 0

    monkeypatch.setattr(landlock, "_call", call)
    monkeypatch.setattr("os.close", lambda number: None)
    words = restrict_files([])
    files = {1: 13, 2: 14, 3: 15, 4: 15}.get(version, 16)
    assert asked == [(files, 3 if version >= 4 else 0, 3 if version >= 6 else 0, size)]
    assert words.startswith(f"Landlock {version}: files")
