"""How a service runs: where it listens, who may use it, and how much of it one client may take."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field

from maquette.errors import ConfigError
from maquette.serve.access import Tokens

__all__ = ["MOST_RESULTS", "Settings", "is_loopback"]

_MEBIBYTE = 2**20

MOST_RESULTS = 1000
"""Items that one answer holds at most."""


@dataclass(frozen=True)
class Settings:
    """The settings of one service.

    `allowed_hosts` are names, beside this machine's own and IP addresses, under which browsers may address it. Rates
    are a client's, per minute. `searches_at_once` bounds searches that run or wait in all. `kept_queries` is how many
    queries can be run again by their id; older ones go. ConfigError for values that would make an unsafe service.
    """

    host: str = "127.0.0.1"
    port: int = 8000
    read_only: bool = False
    tokens: Tokens = field(default_factory=Tokens)
    allowed_hosts: tuple[str, ...] = ()
    searches_per_minute: int = 600
    uploads_per_minute: int = 60
    reads_per_minute: int = 12_000
    searches_at_once: int = 64
    uploads_at_once: int = 4
    jobs_waiting: int = 20
    file_bytes: int = 64 * _MEBIBYTE
    query_bytes: int = 128 * _MEBIBYTE
    job_bytes: int = 512 * _MEBIBYTE
    query_parts: int = 16
    files_of_a_job: int = 1000
    files_of_a_batch: int = 200
    kept_queries: int = 1000
    items_compared: int = 5000
    readers: int = 2
    stop_seconds: int = 30

    def __post_init__(self) -> None:
        if not is_loopback(self.host) and not self.tokens:
            raise ConfigError(
                f"host {self.host!r}: other machines could reach the service, and it has no token: expected a loopback "
                "address (127.0.0.1), or tokens by --token-file or in MAQUETTE_READER_TOKEN and MAQUETTE_WRITER_TOKEN"
            )
        for name, value in vars(self).items():
            if isinstance(value, int) and not isinstance(value, bool) and name != "port" and value < 1:
                raise ConfigError(f"{name} = {value}: expected 1 or more")

    def limits(self) -> dict[str, int]:
        """Return the limits that a client may want to know beforehand."""
        names = ("file_bytes", "query_bytes", "job_bytes", "query_parts", "files_of_a_job", "files_of_a_batch")
        return {"results": MOST_RESULTS, **{name: getattr(self, name) for name in names}}


def is_loopback(host: str) -> bool:
    """Return whether only this machine can connect to an address.

    >>> is_loopback("127.0.0.1"), is_loopback("::1"), is_loopback("localhost"), is_loopback("0.0.0.0")
    (True, True, True, False)
    """
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
