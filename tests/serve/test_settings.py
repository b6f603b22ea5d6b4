"""A service that would not be safe cannot be set up."""

from __future__ import annotations

import pytest

from maquette.errors import ConfigError
from maquette.serve import Settings, Tokens
from maquette.serve.settings import is_loopback


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.4", "maquette.example", ""])
def test_other_machines_need_tokens(host: str) -> None:
    assert not is_loopback(host)
    with pytest.raises(ConfigError, match="other machines could reach"):
        Settings(host=host)
    tokens = Tokens.read(environment={"MAQUETTE_READER_TOKEN": "a-token-that-is-long"})
    assert Settings(host=host, tokens=tokens).host == host


def test_this_machine_needs_none_and_limits_are_told() -> None:
    for host in ("127.0.0.1", "::1", "localhost", "127.8.8.8"):
        assert Settings(host=host).limits()["file_bytes"] == 64 * 2**20
    with pytest.raises(ConfigError, match="searches_per_minute = 0"):
        Settings(searches_per_minute=0)
