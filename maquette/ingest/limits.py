"""How much one file may cost: bytes, faces, points, pixels, memory and time, and what an archive may hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from maquette.errors import ConfigError

__all__ = ["OWN_FILES", "Limits", "in_bytes"]


@dataclass(frozen=True)
class Limits:
    """What one file may cost; the defaults are for files of strangers, as a service receives them.

    `memory_bytes` is what reading may take beyond what the reader's libraries hold; `cpu_seconds` and `wall_seconds`
    are counted per item. `archive_ratio` is how many times an entry may swell.
    """

    upload_bytes: int = 64 * 2**20
    faces: int = 5_000_000
    points: int = 5_000_000
    pixels: int = 40_000_000
    archive_entries: int = 1_000
    archive_bytes: int = 512 * 2**20
    archive_ratio: int = 100
    memory_bytes: int = 2**30
    cpu_seconds: float = 20.0
    wall_seconds: float = 30.0

    def __post_init__(self) -> None:
        for part in fields(self):
            value = getattr(self, part.name)
            if not value > 0:
                raise ConfigError(f"limit {part.name} = {value}: expected more than 0")

    def as_json(self) -> dict[str, Any]:
        """All limits by name."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Limits:
        """The limits that `as_json` gave; ConfigError for a name that is none."""
        known = {part.name for part in fields(cls)}
        if unknown := sorted(values.keys() - known):
            raise ConfigError(f"unknown limit {unknown[0]!r}: expected one of {', '.join(sorted(known))}")
        return cls(**values)


OWN_FILES = Limits(
    upload_bytes=2**30,
    faces=50_000_000,
    points=50_000_000,
    memory_bytes=4 * 2**30,
    cpu_seconds=300.0,
    wall_seconds=600.0,
)
"""For the files of whoever runs the program: large scans are welcome, and a file that never ends is still stopped."""


def in_bytes(count: int) -> str:
    """A number of bytes for a message.

    >>> in_bytes(64 * 2**20), in_bytes(2**30 + 2**29), in_bytes(700)
    ('64 MiB', '1.5 GiB', '700 bytes')
    """
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
