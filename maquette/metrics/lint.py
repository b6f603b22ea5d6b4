"""Does a result keep the `clean` protocol? Read from the facts that stand beside it, as JSON.

| rule | violated when |
|---|---|
| `epoch_on_test` | the evaluated epoch was chosen on the test split |
| `stopped_on_test` | training was stopped early by test labels |
| `chosen_by_true_labels` | epoch or end of training were chosen on another split, by true labels |
| `self_match` | a query stands in its own gallery and counts as relevant |
| `unseeded_views` | image views are drawn at random without a seed |
| `replaced_items` | test objects were replaced, repeated or left out without being listed |
| `pretrained_on_clean` | an encoder was trained on true labels of the same objects, or nobody says on what |
| `unsorted_listing` | objects stand in the order of a directory listing |
| `metric_changed` | rows that are compared were measured by different rules, or by others than their protocol names |
| `facts_missing` | the result does not say what a rule asks for |

A run folder's `run.json`, what `maquette evaluate --json` prints and the row files of `maquette reproduce` carry the
facts. Nothing was measured yet in a run's own record: it is not asked for a protocol and objects.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from maquette.metrics.protocol import PROTOCOLS

__all__ = ["RULES", "Violation", "lint"]

RULES = (
    "epoch_on_test",
    "stopped_on_test",
    "chosen_by_true_labels",
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

_OBJECTS: Mapping[str, type] = {"listed": int, "measured": int, "distinct": int, "left_out": list, "replaced": list}
"""What a result says of its objects: numbers of objects, and names."""

_SEEN = {"true": "the true labels of {}", "given": "labels of {} with the noise of another run"}
"""What an encoder saw, by its `labels`; with "none" it saw none, with anything else nobody says."""

_Found = Iterator[tuple[str, str]]


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


def _lint_one(values: Mapping[str, Any]) -> _Found:
    practice = _practice(values)
    if practice is None:
        yield "facts_missing", "says nothing of how it was trained: expected `practice`, which maquette train writes"
    else:
        yield from _lint_practice(practice)
    rules, objects = _protocol(values), values.get("objects")
    yield from _lint_named(values)
    if rules is not None:
        yield from _lint_protocol(rules)
    elif not _is_run(values):
        yield "facts_missing", "says nothing of how it was measured: expected `protocol`, or `protocols` by name"
    if objects is not None or not _is_run(values):
        yield from _lint_objects(objects, "objects")


def _lint_protocol(rules: Mapping[str, Any]) -> _Found:
    for key in _MEASURING:
        if key not in rules:
            yield _missing(f"protocol.{key}", None, "the rule that it was measured by")
    if "exclude_self" in rules and rules["exclude_self"] is not True:
        yield "self_match", f"protocol {rules.get('name', 'without a name')!r} counts a query in its own gallery"


def _lint_named(values: Mapping[str, Any]) -> _Found:
    """Every set of rules against the protocol that it names: what is measured otherwise is not that protocol."""
    for name, rules in _all_rules(values).items():
        if name in PROTOCOLS:
            known = PROTOCOLS[name].as_json()
            for key in _MEASURING:
                if key in rules and rules[key] != known[key]:
                    reason = f"protocol {name!r} has {key} {_json(rules[key])}: expected {_json(known[key])}"
                    yield "metric_changed", reason


def _lint_practice(practice: Mapping[str, Any]) -> _Found:
    for key, rule, verb in (("epoch", "epoch_on_test", "chosen"), ("stopping", "stopped_on_test", "stopped")):
        fact = practice.get(key)
        if not isinstance(fact, Mapping):
            yield _missing(f"practice.{key}", fact, "by and split")
        elif "split" not in fact:
            yield _missing(f"practice.{key}.split", None, "a split, or null where none decided")
        elif fact["split"] == "test":
            yield rule, f"the run was {verb} on the split 'test' ({fact.get('by', 'no reason given')})"
        elif fact["split"] is not None:
            yield from _lint_choice(fact, f"practice.{key}", verb)
    yield from _lint_views(practice.get("views"))
    listing = practice.get("listing")
    if not isinstance(listing, Mapping):
        yield _missing("practice.listing", listing, "sorted")
    elif not listing.get("sorted", False):
        yield "unsorted_listing", "the objects are not in sorted order: they stand as some machine listed them"
    yield from _lint_encoders(practice.get("encoders"))
    if "objects" in practice:
        yield from _lint_objects(practice["objects"], "practice.objects")


def _lint_choice(fact: Mapping[str, Any], place: str, verb: str) -> _Found:
    """A choice on a split other than test: by given labels, and it says so."""
    by, labels = str(fact.get("by", "no reason given")), fact.get("labels")
    if labels == "true" or "true label" in by.lower():
        yield "chosen_by_true_labels", f"the run was {verb} on the split {fact['split']!r} by true labels ({by})"
    elif labels not in ("given", "none"):
        yield _missing(f"{place}.labels", labels, '"given", or "none" where no label was read')


def _lint_views(by_modality: Any) -> _Found:
    """None of a modality is a fact (frozen vectors have no views); nothing said of any is none."""
    if not isinstance(by_modality, Mapping):
        yield _missing("practice.views", by_modality, "choice and seed by modality, {} where there are no views")
        return
    for modality, views in sorted(by_modality.items()):
        if not isinstance(views, Mapping) or "choice" not in views:
            yield _missing(f"practice.views.{modality}", views, "choice and seed")
        elif views["choice"] == "random" and views.get("seed") is None:
            yield "unseeded_views", f"views of {modality!r} are drawn at random without a seed"


def _lint_encoders(by_modality: Any) -> _Found:
    """None of a modality is a fact (the run's own began with drawn weights); nothing said of any is none."""
    if not isinstance(by_modality, Mapping):
        yield _missing("practice.encoders", by_modality, "what each saw by modality, {} where none saw anything")
        return
    for modality, encoder in sorted(by_modality.items()):
        labels = encoder.get("labels") if isinstance(encoder, Mapping) else None
        if not isinstance(labels, str):
            yield _missing(f"practice.encoders.{modality}", encoder, "name, trained_on and labels")
        elif labels != "none":
            seen = _SEEN.get(labels, "labels that nobody names").format(encoder.get("trained_on"))
            yield "pretrained_on_clean", f"{modality!r} comes from {encoder.get('name')}, which saw {seen}"


def _lint_objects(objects: Any, place: str) -> _Found:
    if not isinstance(objects, Mapping):
        yield _missing(place, objects, ", ".join(_OBJECTS))
        return
    unsaid = [key for key, kind in _OBJECTS.items() if not isinstance(objects.get(key), kind)]
    if unsaid:
        for key in unsaid:
            yield _missing(f"{place}.{key}", objects.get(key), "names" if _OBJECTS[key] is list else "a number")
        return
    listed, measured, distinct, left_out, replaced = (objects[key] for key in _OBJECTS)
    if replaced:
        yield "replaced_items", f"{len(replaced)} test objects are others in their place, first {replaced[0]!r}"
    if measured + len(left_out) != listed:
        yield (
            "replaced_items",
            f"{measured} of {listed} test objects were measured, {len(left_out)} are named as left out",
        )
    if distinct != measured:
        yield "replaced_items", f"{measured} test objects were measured, only {distinct} different ones"


def _missing(place: str, value: Any, expected: str) -> tuple[str, str]:
    """The violation of a fact that is not there (None), or is not what it should be."""
    return "facts_missing", f"{place} is {'not there' if value is None else _json(value)}: expected {expected}"


def _is_run(values: Mapping[str, Any]) -> bool:
    """Whether these are a run's own record, in which nothing was measured."""
    return "config" in values and not {"row", "metrics", "run"} & values.keys()


def _practice(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    run = values.get("run")
    found = values.get("practice") or (run.get("practice") if isinstance(run, Mapping) else None)
    return found if isinstance(found, Mapping) else None


def _all_rules(values: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """Every set of rules that a result was measured by, by the protocol's name."""
    one, several = values.get("protocol"), values.get("protocols")
    if isinstance(one, Mapping):
        return {str(one.get("name", "")): one}
    found = several if isinstance(several, Mapping) else {}
    return {name: rules for name, rules in sorted(found.items()) if isinstance(rules, Mapping)}


def _protocol(values: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The rules a result was measured by; of several sets of rules the clean one, if it is among them."""
    found = _all_rules(values)
    return found.get("clean") or next(iter(found.values()), None)


def _measuring(values: Mapping[str, Any]) -> dict[str, Any] | None:
    """By which rules rows are told apart: those of the protocol named, which `_lint_named` holds theirs against."""
    rules = _protocol(values)
    if rules is None:
        return None
    name = rules.get("name")
    known = PROTOCOLS[name].as_json() if isinstance(name, str) and name in PROTOCOLS else rules
    return {key: known.get(key) for key in _MEASURING}


def _json(value: Any) -> str:
    return json.dumps(value)
