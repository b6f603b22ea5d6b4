"""Lines of CSV (RFC 4180) that a spreadsheet may open: no text of a stranger's file is taken for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

__all__ = ["csv_line"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that is a formula; OWASP, CSV Injection."""


def csv_line(values: Iterable[object]) -> str:
    r"""One line of CSV; a text that a spreadsheet would take for a formula gets a ' before it, numbers stay.

    >>> csv_line(["=1+1", -0.5, "a,b"])
    '\'=1+1,-0.5,"a,b"\r\n'
    """
    line = io.StringIO()
    csv.writer(line).writerow(f"'{value}" if _is_formula(value) else value for value in values)
    return line.getvalue()


def _is_formula(value: object) -> bool:
    if not isinstance(value, str) or not value.startswith(_FORMULA):
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False  # a number with a sign
