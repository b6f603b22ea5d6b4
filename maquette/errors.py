"""Every error that Maquette raises on purpose.

    MaquetteError
    ├── InputError            what the user gave cannot be used            exit code 2
    │   ├── FileError         a file is missing, damaged or of no known kind
    │   ├── ConfigError       an unknown key, or a value out of range
    │   ├── UnknownNameError  a name that is not registered
    │   └── FingerprintError  representations of one model given to a collection of another
    ├── MissingExtraError     an optional package is not installed         exit code 2
    ├── CheckpointError       a checkpoint cannot be written, read or continued
    ├── CollectionError       a collection on disk is not whole
    ├── ServiceError          a service refused a request of its Python client, or cannot be reached
    └── NonFiniteTermError    a term of the objective became NaN or infinite

A message says what was wrong with which value, what was expected, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable
from os import PathLike

__all__ = [
    "CheckpointError",
    "CollectionError",
    "ConfigError",
    "FileError",
    "FingerprintError",
    "InputError",
    "MaquetteError",
    "MissingExtraError",
    "NonFiniteTermError",
    "ServiceError",
    "UnknownNameError",
]


class MaquetteError(Exception):
    """Base of all: catch this one to catch whatever Maquette raises on purpose."""

    exit_code = 1


class InputError(MaquetteError):
    """What the user gave cannot be used."""

    exit_code = 2


class FileError(InputError):
    """A file is missing, damaged, or of no known kind.

    `path` is the file, `reason` one line without the path, so that a report over many files can tabulate them.
    """

    def __init__(self, path: str | PathLike[str], reason: str) -> None:
        self.path = str(path)
        self.reason = reason
        super().__init__(f"{self.path}: {reason}")


class ConfigError(InputError):
    """An unknown key in a configuration, or a value out of its range."""


class UnknownNameError(InputError):
    """A name that is not registered; the message lists those that are."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"unknown {kind} {name!r}: expected one of {', '.join(sorted(known)) or '(none)'}")


class FingerprintError(InputError):
    """Representations of one model were offered to a collection that holds those of another."""


class MissingExtraError(MaquetteError):
    """An optional package is not installed."""

    exit_code = 2

    def __init__(self, package: str, extra: str, purpose: str) -> None:
        super().__init__(f"{purpose} needs {package}, which is not installed: pip install 'maquette[{extra}]'")


class CheckpointError(MaquetteError):
    """A checkpoint cannot be written, read, or continued with this configuration."""


class CollectionError(MaquetteError):
    """A collection on disk is not whole."""


class ServiceError(MaquetteError):
    """A service refused a request: `status` and `code` as it answered, 0 and "unreachable" where it did not."""

    def __init__(self, message: str, *, status: int = 0, code: str = "unreachable") -> None:
        self.status = status
        self.code = code
        super().__init__(message)


class NonFiniteTermError(MaquetteError):
    """A term of the objective became NaN or infinite; names the term, the step and the items of the batch."""
