"""Limits are what the documentation says, and odd ones are refused."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from maquette.errors import ConfigError
from maquette.ingest.limits import OWN_FILES, Limits, in_bytes

DOCS = Path(__file__).parents[2] / "docs" / "security.md"


def test_a_limit_must_be_more_than_nothing() -> None:
    for name, value in Limits().as_json().items():
        with pytest.raises(ConfigError, match=rf"limit {name} = 0(\.0)?: expected more than 0"):
            Limits(**{name: type(value)(0)})
    with pytest.raises(ConfigError, match="limit wall_seconds = nan"):
        Limits(wall_seconds=float("nan"))


def test_limits_travel_as_json() -> None:
    changed = Limits(faces=7, wall_seconds=0.5)
    assert Limits.from_json(changed.as_json()) == changed
    with pytest.raises(ConfigError, match=r"unknown limit 'face': expected one of archive_bytes, .*wall_seconds"):
        Limits.from_json({"face": 3})


def test_own_files_may_cost_more_than_those_of_strangers() -> None:
    for part in dataclasses.fields(Limits):
        assert getattr(OWN_FILES, part.name) >= getattr(Limits(), part.name), part.name


def test_the_documented_table_is_true() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| ([\d,.]+) \|", DOCS.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name: float(value.replace(",", "")) for name, value in rows.items()} == Limits().as_json()


def test_bytes_in_words() -> None:
    assert [in_bytes(count) for count in (0, 1023, 1024, 5 * 2**20, 3 * 2**30)] == [
        *("0 bytes", "1023 bytes", "1 KiB", "5 MiB", "3 GiB")
    ]
