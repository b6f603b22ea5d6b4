"""Which Host headers are taken."""

from __future__ import annotations

import pytest

from maquette.serve.hosts import is_known_host


@pytest.mark.parametrize(
    "header", ["127.0.0.1", "127.0.0.1:8000", "[::1]:80", "LOCALHOST", "10.1.2.3", "parts.example."]
)
def test_known(header: str) -> None:
    assert is_known_host(header, ["Parts.Example"])


@pytest.mark.parametrize(
    "header",
    ["", "evil.example", "localhost.evil.example", "a@127.0.0.1", "127.0.0.1/x", "[::1", "parts.example:x", "::1"],
)
def test_unknown(header: str) -> None:
    assert not is_known_host(header, ["parts.example"])
