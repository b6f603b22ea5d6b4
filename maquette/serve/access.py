"""Who may do what: tokens with a role, from a file or the environment, never from the command line (others read it).

A reader searches and looks; a writer also adds and removes. Without any token everyone is a writer, which is allowed
only where nobody but this machine can connect (`settings.py`).
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from maquette.errors import ConfigError, FileError

__all__ = ["READER_VARIABLE", "WRITER_VARIABLE", "Role", "Tokens"]

Role = Literal["reader", "writer"]

READER_VARIABLE, WRITER_VARIABLE = "MAQUETTE_READER_TOKEN", "MAQUETTE_WRITER_TOKEN"
_SHORTEST = 16


@dataclass(frozen=True)
class Tokens:
    """The SHA-256 digests of the tokens of each role; the tokens themselves are not kept."""

    readers: tuple[bytes, ...] = ()
    writers: tuple[bytes, ...] = ()

    @classmethod
    def read(cls, file: Path | None = None, *, environment: Mapping[str, str] | None = None) -> Tokens:
        """Return the tokens of a file (lines `reader TOKEN` or `writer TOKEN`) and of the environment's two variables.

        FileError if the file cannot be read, is open to other users of the machine, or has another line in it;
        ConfigError for a token of fewer than 16 characters.
        """
        found: dict[str, list[bytes]] = {"reader": [], "writer": []}
        if file is not None:
            for number, line in enumerate(_lines(file), start=1):
                words = line.split()
                if not words or words[0].startswith("#"):
                    continue
                if len(words) != 2 or words[0] not in found:
                    raise FileError(file, f"line {number}: expected 'reader TOKEN' or 'writer TOKEN'")
                found[words[0]].append(_digest(words[1], f"{file}, line {number}"))
        for role, variable in (("reader", READER_VARIABLE), ("writer", WRITER_VARIABLE)):
            token = (environment or {}).get(variable, "").strip()
            if token:
                found[role].append(_digest(token, variable))
        return cls(tuple(found["reader"]), tuple(found["writer"]))

    def __bool__(self) -> bool:
        return bool(self.readers or self.writers)

    def role(self, token: str) -> Role | None:
        """Return the role of a token, None for one that is not known; every known one is compared, in constant time."""
        digest = hashlib.sha256(token.encode("utf-8", "surrogateescape")).digest()
        writer = sum(hmac.compare_digest(digest, known) for known in self.writers)
        reader = sum(hmac.compare_digest(digest, known) for known in self.readers)
        return "writer" if writer else "reader" if reader else None


def _lines(file: Path) -> list[str]:
    try:
        if os.name == "posix" and file.stat().st_mode & 0o077:
            raise FileError(file, "can be read by other users of this machine: chmod 600 it")
        return file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise FileError(file, f"cannot be read as a file of tokens: {error}") from error


def _digest(token: str, where: str) -> bytes:
    if len(token) < _SHORTEST:
        raise ConfigError(
            f"{where}: a token of {len(token)} characters: expected at least {_SHORTEST}, "
            "as python -c 'import secrets; print(secrets.token_urlsafe())' makes"
        )
    return hashlib.sha256(token.encode()).digest()
