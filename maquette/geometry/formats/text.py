"""Rows of numbers in text files, with the line number of whatever is not one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from jaxtyping import Float

from maquette.geometry.formats.parsed import Fault

__all__ = ["Row", "beginning", "decode", "floats", "integers", "line", "rows", "table"]

Row = tuple[int, list[str]]
"""The line number, counted from 1, and the words of that line."""

_LARGEST = 2**53


def decode(data: bytes) -> str:
    """The bytes as text; bytes that are no UTF-8 are kept as replacement signs, so that old comments do no harm."""
    return data.decode("utf-8", errors="replace").removeprefix("\ufeff")


def beginning(data: bytes) -> str:
    """The first characters, quoted for a message."""
    return repr(data[:24].decode("latin-1").split("\n")[0])


def rows(text: str, *, comment: str = "#", first_line: int = 1) -> list[Row]:
    """The words of every line that has any, comments cut off."""
    found = []
    commented = comment in text
    for number, content in enumerate(text.splitlines(), start=first_line):
        words = content.partition(comment)[0].split() if commented else content.split()
        if words:
            found.append((number, words))
    return found


def floats(row: Row, words: Sequence[str]) -> list[float]:
    """Some words of a row as numbers; a Fault names the line and the word that is none."""
    return [_number(word, row[0]) for word in words]


def integers(row: Row, words: Sequence[str]) -> list[int]:
    """Some words of a row as whole numbers; a Fault names the line and the word that is none."""
    try:
        found = list(map(int, words))
    except ValueError:
        bad = next(word for word in words if not _is_whole(word))
        raise Fault(f"line {row[0]}: {bad[:20]!r} where a whole number was expected") from None
    if found and max(map(abs, found)) > _LARGEST:
        raise Fault(f"line {row[0]}: {max(found, key=abs)} is beyond any count of vertices")
    return found


def table(given: Sequence[Row], *, columns: int) -> Float[np.ndarray, "R W"] | None:
    """All rows as one array, or None where they differ in length; every row must have at least `columns` words."""
    for number, words in given:
        if len(words) < columns:
            raise Fault(f"line {number}: {len(words)} values ({line(words)!r}), expected at least {columns}")
    width = len(given[0][1]) if given else columns
    if any(len(words) != width for _, words in given):
        return None
    flat = [word for _, words in given for word in words]
    try:
        values = np.array(list(map(float, flat)), dtype=np.float64)
    except ValueError:
        values = np.array([_number(word, number) for number, words in given for word in words], dtype=np.float64)
    return values.reshape(len(given), width)


def line(words: Iterable[str]) -> str:
    """Words as a short line for a message."""
    text = " ".join(words)
    return text if len(text) <= 40 else text[:37] + "..."


def _is_whole(word: str) -> bool:
    try:
        int(word)
    except ValueError:
        return False
    return True


def _number(word: str, number: int) -> float:
    try:
        return float(word)
    except ValueError:
        raise Fault(f"line {number}: {word[:20]!r} where a number was expected") from None
