"""Conditions on an item's metadata, as people type them: `class=chair`, `faces<5000`, `class in chair,table`.

A filter is a sequence of conditions, all of which must hold. Every index applies them with this one function, so that
no two back ends can disagree about what a condition means:

* a field is a key of the metadata; `assumed.up` reaches into a nested object, unless a key is spelled so itself;
* an item that lacks the field, or has null, a list or an object there, matches no condition, `!=` included;
* a number is compared with a number; a text is compared with the condition's text, character by character, which is
  what dates in ISO form want (`added>=2026-01-31`); true and false are the texts `true` and `false`;
* a number in the metadata and a text in the condition are never equal and never in order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from maquette.errors import InputError

__all__ = ["OPERATORS", "Condition", "lookup", "matches", "parse_where"]

OPERATORS = ("!=", "<=", ">=", "=", "<", ">", "in")
_CONDITION = re.compile(
    r"\s*(?P<field>\w[\w.\-]*)\s*(?P<operator>!=|<=|>=|=|<|>|\s+in\s)\s*(?P<value>.*?)\s*", re.DOTALL
)
_ITEM = re.compile(r'\s*(?P<item>"(?:[^"]|"")*"|[^",][^,]*?|)\s*(?=,|\Z)')


@dataclass(frozen=True)
class Condition:
    """One `field operator value`; `values` holds the texts as typed: exactly one, except for `in`."""

    field: str
    operator: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not re.fullmatch(r"\w[\w.\-]*", self.field):
            raise InputError(f"field {self.field!r}: expected letters, digits, '_', '-' and '.', as in 'class'")
        if self.operator not in OPERATORS:
            raise InputError(f"operator {self.operator!r}: expected one of {', '.join(OPERATORS)}")
        if not self.values or (self.operator != "in" and len(self.values) != 1):
            raise InputError(f"{self.field} {self.operator} with {len(self.values)} values: expected one")

    def __str__(self) -> str:
        """The condition as `parse_where` reads it."""
        texts = ",".join('"' + value.replace('"', '""') + '"' for value in self.values)
        return f"{self.field} in {texts}" if self.operator == "in" else f"{self.field}{self.operator}{texts}"

    def holds(self, value: object) -> bool:
        """Whether the condition holds for one value of its field (None: the field is absent).

        >>> Condition("faces", "<", ("5000",)).holds(320)
        True
        >>> Condition("faces", "!=", ("5000",)).holds(None)
        False
        """
        if self.operator == "in":
            return any(_compare(value, "=", text) for text in self.values)
        return _compare(value, self.operator, self.values[0])


def parse_where(texts: Sequence[str]) -> tuple[Condition, ...]:
    """The conditions that were typed, one a text; a text that is none raises InputError.

    Values may stand in double quotes, which `in` needs for a value that holds a comma.

    >>> parse_where(["class in chair, table", "faces<5000"])[0].values
    ('chair', 'table')
    """
    return tuple(_parse(text) for text in texts)


def matches(metadata: Mapping[str, Any], where: Sequence[Condition]) -> bool:
    """Whether every condition holds for the metadata; no condition: True.

    >>> matches({"class": "chair", "faces": 320}, parse_where(["class=chair", "faces>=1e2"]))
    True
    """
    return all(condition.holds(lookup(metadata, condition.field)) for condition in where)


def lookup(metadata: Mapping[str, Any], field: str) -> object:
    """The field's value, None where it is absent; a dotted name reaches into nested objects."""
    if field in metadata:
        return metadata[field]
    value: object = metadata
    for name in field.split("."):
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def _parse(text: str) -> Condition:
    found = _CONDITION.fullmatch(text)
    if found is None:
        raise InputError(f"condition {text!r}: expected field, operator and value, as class=chair or 'faces < 5000'")
    operator, value = found["operator"].strip(), found["value"]
    if operator != "in":
        return Condition(found["field"], operator, (_unquoted(value),))
    items: list[str] = []
    place = 0 if value else len(value) + 1
    while place <= len(value):
        item = _ITEM.match(value, place)
        if item is None:
            raise InputError(f"condition {text!r}: expected values with commas between, in double quotes or without")
        items.append(_unquoted(item["item"]))
        place = item.end() + 1
    return Condition(found["field"], operator, tuple(items))


def _unquoted(text: str) -> str:
    quoted = len(text) >= 2 and text[0] == text[-1] == '"'
    return text[1:-1].replace('""', '"') if quoted else text


def _compare(value: object, operator: str, text: str) -> bool:
    if isinstance(value, bool):
        return _ordered("true" if value else "false", operator, text)
    if isinstance(value, str):
        return _ordered(value, operator, text)
    if isinstance(value, (int, float)):
        number = _number(text)
        return (operator == "!=") if number is None else _ordered(value, operator, number)
    return False


def _ordered(left: Any, operator: str, right: Any) -> bool:
    if operator == "=":
        return bool(left == right)
    if operator == "!=":
        return bool(left != right)
    if operator == "<":
        return bool(left < right)
    if operator == "<=":
        return bool(left <= right)
    return bool(left > right) if operator == ">" else bool(left >= right)


def _number(text: str) -> int | float | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
