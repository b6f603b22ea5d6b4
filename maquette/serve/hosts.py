"""Under which names a browser may address the service.

A page of another site can make its own name lead to this machine (DNS rebinding), and its requests would then pass for
the service's own; but the browser still sends that name as the Host. IP addresses and localhost cannot be rebound.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Collection

__all__ = ["is_known_host"]

_HOST = re.compile(r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9._-]+))(?::[0-9]{1,5})?")


def is_known_host(header: str, allowed: Collection[str]) -> bool:
    """Return whether a Host header names an IP address, localhost, or one of the allowed names; ports do not matter.

    >>> is_known_host("127.0.0.1:8000", ()), is_known_host("evil.example", ()), is_known_host("[::1]", ())
    (True, False, True)
    """
    found = _HOST.fullmatch(header)
    if found is None:
        return False
    name = (found["six"] or found["name"]).lower().rstrip(".")
    if name == "localhost" or name in {host.lower() for host in allowed}:
        return True
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
