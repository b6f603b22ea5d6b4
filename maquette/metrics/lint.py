"""Does a result keep the `clean` protocol? Read from the facts that stand beside it, as JSON.

| rule | violated when |
|---|---|
| `epoch_on_test` | the evaluated epoch was chosen on the test split |
| `stopped_on_test` | training was stopped early by test labels |
| `self_match` | a query stands in its own gallery and counts as relevant |
| `unseeded_views` | image views are drawn at random without a seed |
| `replaced_items` | test objects were replaced, repeated or left out without being listed |
| `pretrained_on_clean` | an encoder was trained on true labels of the same objects, or nobody says on what |
| `unsorted_listing` | objects stand in the order of a directory listing |
| `metric_changed` | rows that are compared were measured by different rules |
| `facts_missing` | the result does not say what a rule asks for |

A run folder's `run.json`, what `maquette evaluate --json` prints and the row files of `maquette reproduce` carry the
facts.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["RULES", "Violation", "lint"]

RULES = (
    "epoch_on_test",
    "stopped_on_test",
    "self_match",
    "unseeded_views",
    "replaced_items",
    "pretrained_on_clean",
    "unsorted_listing",
    "metric_changed",
    "facts_missing",
)
"""Every rule's name."""

_MEASURING = ("metric", "ranks", "ties", "exclude_self", "empty_queries")

_SEEN = {"true": "the true labels of {}", "given": "labels of {} with the noise of another run"}
"""What an encoder saw, by its `labels`; with "none" it saw none, with anything else nobody says."""


@dataclass(frozen=True, order=True)
class Violation:
    """One rule that one result does not keep, and by which fact."""

    result: str
    rule: str
    reason: str

    def line(self) -> str:
        """The violation as one line of text."""
        return f"{self.result}: {self.rule}: {self.reason}"


def lint(results: Mapping[str, Mapping[str, Any]]) -> tuple[Violation, ...]:
    """Every violation of `clean` in the results of one table, by the names that they are given here, sorted.

    Results that are compared must be linted together: only then is it seen that they were measured differently.
    """
    found = [Violation(name, rule, reason) for name, values in results.items() for rule, reason in _lint_one(values)]
    measured = {name: rules for name, values in results.items() if (rules := _measuring(values)) is not None}
    if measured:
        first, *others = measured
        for name in others:
            differing = [key for key in _MEASURING if measured[name].get(key) != measured[first].get(key)]
            if differing:
                what = ", ".join(
                    f"{key} {_json(measured[name].get(key))} (there {_json(measured[first].get(key))})"
                    for key in differing
                )
                found.append(Violation(name, "metric_changed", f"measured otherwise than {first}: {what}"))
    return tuple(sorted(set(found)))


def _lint_one(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    practice = _practice(values)
    if practice is None:
        yield "facts_missing", "says nothing of how it was trained: expected `practice`, which maquette train writes"
    else:
        yield from _lint_practice(practice)
    rules = _protocol(values)
    if rules is not None and not rules.get("exclude_self", False):
        yield "self_match", f"protocol {rules.get('name', 'without a name')!r} counts a query in its own gallery"
    objects = values.get("objects")
    if isinstance(objects, Mapping):
        yield from _lint_objects(objects)


def _lint_practice(practice: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, rule, verb in (("epoch", "epoch_on_test", "chosen"), ("stopping", "stopped_on_test", "stopped")):
        fact = practice.get(key)
        if not isinstance(fact, Mapping):
            yield "facts_missing", f"practice.{key} is not there"
        elif fact.get("split") == "test":
            yield rule, f"the run was {verb} on the split 'test' ({fact.get('by', 'no reason given')})"
    for modality, views in sorted(dict(practice.get("views") or {}).items()):
        if views.get("choice") == "random" and views.get("seed") is None:
            yield "unseeded_views", f"views of {modality!r} are drawn at random without a seed"
    listing = practice.get("listing")
    if not isinstance(listing, Mapping):
        yield "facts_missing", "practice.listing is not there"
    elif not listing.get("sorted", False):
        yield "unsorted_listing", "the objects are not in sorted order: they stand as some machine listed them"
    for modality, encoder in sorted(dict(practice.get("encoders") or {}).items()):
        labels = encoder.get("labels")
        if labels != "none":
            seen = _SEEN.get(labels, "labels that nobody names").format(encoder.get("trained_on"))
            yield "pretrained_on_clean", f"{modality!r} comes from {encoder.get('name')}, which saw {seen}"
    objects = practice.get("objects")
    if isinstance(objects, Mapping):
        yield from _lint_objects(objects)


def _lint_objects(objects: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    replaced = objects.get("replaced") or []
    if replaced:
        yield "replaced_items", f"{len(replaced)} test objects are others in their place, first {replaced[0]!r}"
    listed, measured = objects.get("listed"), objects.get("measured")
    left_out = objects.get("left_out") or []
    if listed is not None and measured is not None and measured + len(left_out) != listed:
        yield (
            "replaced_items",
            f"{measured} of {listed} test objects were measured, {len(left_out)} are named as left out",
        )
    distinct = objects.get("distinct")
    if distinct is not None and measured is not None and distinct != measured:
        yield "replaced_items", f"{measured} test objects were measured, only {distinct} different ones"


def _practice(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    run = values.get("run")
    found = values.get("practice") or (run.get("practice") if isinstance(run, Mapping) else None)
    return found if isinstance(found, Mapping) else None


def _protocol(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The rules a result was measured by; of several sets of rules the clean one, if it is among them."""
    one = values.get("protocol")
    if isinstance(one, Mapping):
        return one
    several = values.get("protocols")
    if isinstance(several, Mapping) and several:
        return dict(several.get("clean") or several[sorted(several)[0]])
    return None


def _measuring(values: Mapping[str, Any]) -> dict[str, Any] | None:
    rules = _protocol(values)
    return None if rules is None else {key: rules.get(key) for key in _MEASURING}


def _json(value: Any) -> str:
    return json.dumps(value)
