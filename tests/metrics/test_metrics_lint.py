"""The linter: a clean result has no violation, and each planted fault is found, alone."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from maquette.metrics import CLEAN, PAPER_CMCL
from maquette.metrics.lint import RULES, lint

GOOD: dict[str, Any] = {
    "protocol": CLEAN.as_json(),
    "objects": {"listed": 10, "measured": 9, "distinct": 9, "left_out": ["x"], "replaced": []},
    "run": {
        "practice": {
            "epoch": {"by": "best mAP", "split": "validation", "labels": "given"},
            "stopping": {"by": "number of epochs", "split": None},
            "views": {"image": {"choice": "evenly spaced", "seed": None}},
            "listing": {"sorted": True},
            "encoders": {"pointcloud": {"name": "CrossPoint", "trained_on": "ShapeNet", "labels": "none"}},
        }
    },
}

# The fault, where it stands in the facts, and the value that plants it.
PLANTED: list[tuple[str, tuple[str, ...], Any]] = [
    ("epoch_on_test", ("run", "practice", "epoch"), {"by": "best mAP", "split": "test"}),
    ("stopped_on_test", ("run", "practice", "stopping"), {"by": "no gain in 5 epochs", "split": "test"}),
    (
        "chosen_by_true_labels",
        ("run", "practice", "epoch"),
        {"by": "best mAP by true labels", "split": "validation", "labels": "given"},
    ),
    ("chosen_by_true_labels", ("run", "practice", "epoch", "labels"), "true"),
    ("chosen_by_true_labels", ("run", "practice", "stopping"), {"by": "no gain", "split": "train", "labels": "true"}),
    ("self_match", ("protocol",), {**CLEAN.as_json(), "name": "own", "exclude_self": False}),
    ("unseeded_views", ("run", "practice", "views", "image"), {"choice": "random", "seed": None}),
    ("replaced_items", ("objects", "replaced"), ["plant_0312"]),
    ("replaced_items", ("objects", "distinct"), 8),
    ("replaced_items", ("objects", "measured"), 7),
    ("pretrained_on_clean", ("run", "practice", "encoders", "pointcloud", "labels"), "true"),
    ("pretrained_on_clean", ("run", "practice", "encoders", "pointcloud", "labels"), "undeclared"),
    ("pretrained_on_clean", ("run", "practice", "encoders", "pointcloud", "labels"), "given"),
    ("unsorted_listing", ("run", "practice", "listing", "sorted"), False),
    ("facts_missing", ("run", "practice"), None),
]


def _plant(place: tuple[str, ...], value: Any) -> dict[str, Any]:
    faulty = deepcopy(GOOD)
    at = faulty
    for key in place[:-1]:
        at = at[key]
    at[place[-1]] = value
    return faulty


def test_a_clean_result_has_no_violation() -> None:
    assert lint({"good": GOOD, "again": GOOD}) == ()
    seeded = _plant(("run", "practice", "views", "image"), {"choice": "random", "seed": 0})
    assert lint({"seeded": seeded}) == ()


@pytest.mark.parametrize(("rule", "place", "value"), PLANTED)
def test_a_planted_fault_is_found(rule: str, place: tuple[str, ...], value: Any) -> None:
    found = lint({"bad": _plant(place, value)})
    assert {violation.rule for violation in found} == {rule}
    assert all(violation.line().startswith(f"bad: {rule}: ") for violation in found)


DECIDING = (
    ("protocol",),
    ("protocol", "metric"),
    ("protocol", "exclude_self"),
    ("objects",),
    ("objects", "listed"),
    ("objects", "left_out"),
    ("run", "practice", "epoch"),
    ("run", "practice", "epoch", "split"),
    ("run", "practice", "epoch", "labels"),
    ("run", "practice", "stopping"),
    ("run", "practice", "views"),
    ("run", "practice", "views", "image", "choice"),
    ("run", "practice", "listing"),
    ("run", "practice", "encoders"),
    ("run", "practice", "encoders", "pointcloud", "labels"),
)


@pytest.mark.parametrize("place", DECIDING, ids=".".join)
def test_a_fact_that_is_not_there_is_missed_by_name(place: tuple[str, ...]) -> None:
    faulty = deepcopy(GOOD)
    at = faulty
    for key in place[:-1]:
        at = at[key]
    del at[place[-1]]
    found = lint({"bad": faulty})
    assert {violation.rule for violation in found} == {"facts_missing"}
    named = place[1:] if place[0] == "run" else place
    assert any(".".join(named).removesuffix(".choice").removesuffix(".labels") in v.reason for v in found)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("run", "practice", "views", "image"), "random"),
        (("run", "practice", "views"), ["image"]),
        (("run", "practice", "encoders"), "none"),
        (("run", "practice", "encoders", "pointcloud"), "CrossPoint"),
        (("objects",), [1]),
        (("objects", "measured"), "9"),
        (("objects", "left_out"), 1),
        (("protocol",), "clean"),
    ],
)
def test_a_fact_of_another_kind_is_named_and_no_crash(place: tuple[str, ...], value: Any) -> None:
    found = lint({"bad": _plant(place, value)})
    assert [violation.rule for violation in found] == ["facts_missing"]
    assert place[-1] in found[0].reason


def test_vectors_without_views_and_encoders_that_began_anew_are_facts() -> None:
    assert lint({"good": _plant(("run", "practice", "views"), {})}) == ()
    assert lint({"good": _plant(("run", "practice", "encoders"), {})}) == ()


def test_a_runs_own_record_is_not_asked_for_what_is_measured_later() -> None:
    record = {"config": {}, "practice": GOOD["run"]["practice"]}
    assert lint({"run": record}) == ()
    for key in ("row", "metrics"):
        assert {violation.rule for violation in lint({"row": {**record, key: {}}})} == {"facts_missing"}


@pytest.mark.parametrize(
    ("key", "value"), [("metric", "euclidean"), ("ranks", "100"), ("ties", "gallery_order"), ("empty_queries", "zero")]
)
def test_a_metric_that_changes_between_rows_is_found(key: str, value: str) -> None:
    other = _plant(("protocol", key), value)
    for order in (("two", "one", "three"), ("one", "two", "three")):
        found = lint({name: other if name == "two" else GOOD for name in order})
        assert [(violation.result, violation.rule) for violation in found] == [("two", "metric_changed")]
        assert key in found[0].reason and value in found[0].reason
    assert [violation.rule for violation in lint({"all": other})] == ["metric_changed"], "clean is not measured so"


def test_rules_of_a_name_of_their_own_are_held_against_the_first_rows() -> None:
    own = _plant(("protocol", "name"), "own")
    other = deepcopy(own)
    other["protocol"]["metric"] = "euclidean"
    found = lint({"one": own, "two": other, "three": own})
    assert [(violation.result, violation.rule) for violation in found] == [("two", "metric_changed")]
    assert "euclidean" in found[0].reason


@pytest.mark.parametrize("name", ["clean", "paper_cmcl"])
def test_a_changed_metric_is_found_in_each_protocol_of_a_row(name: str) -> None:
    row = {
        "practice": GOOD["run"]["practice"],
        "objects": GOOD["objects"],
        "protocols": {"paper_cmcl": PAPER_CMCL.as_json(), "clean": CLEAN.as_json()},
    }
    other = deepcopy(row)
    other["protocols"][name]["metric"] = "euclidean"
    found = lint({"one": row, "two": other, "three": row})
    assert [violation.line() for violation in found] == [
        f'two: metric_changed: protocol {name!r} has metric "euclidean": expected "cosine"'
    ]


def test_every_rule_is_planted() -> None:
    assert {rule for rule, _, _ in PLANTED} | {"metric_changed"} == set(RULES)


def test_all_faults_at_once_are_all_found() -> None:
    faulty = deepcopy(GOOD)
    practice = faulty["run"]["practice"]
    practice |= {
        "epoch": {"split": "test"},
        "stopping": {"split": "test"},
        "views": {"image": {"choice": "random", "seed": None}},
        "listing": {"sorted": False},
        "encoders": {"pointcloud": {"name": "DGCNN", "trained_on": "modelnet40 train", "labels": "true"}},
    }
    faulty["objects"]["replaced"] = ["a"]
    faulty["protocol"] = PAPER_CMCL.as_json()
    found = lint({"a good one": GOOD, "bad": faulty})
    assert {v.rule for v in found} == set(RULES) - {"facts_missing", "chosen_by_true_labels"}, "chosen on test"
    assert {v.result for v in found} == {"bad"}


def test_a_row_with_several_protocols_is_held_to_the_clean_one() -> None:
    row = {
        "practice": GOOD["run"]["practice"],
        "objects": GOOD["objects"],
        "protocols": {"paper_cmcl": PAPER_CMCL.as_json(), "clean": CLEAN.as_json()},
    }
    assert lint({"row": row}) == ()
    del row["protocols"]["clean"]
    assert [violation.rule for violation in lint({"row": row})] == ["self_match"]
