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
            "epoch": {"by": "best mAP", "split": "validation"},
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
    ("self_match", ("protocol", "exclude_self"), False),
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


@pytest.mark.parametrize(
    ("key", "value"), [("metric", "euclidean"), ("ranks", "100"), ("ties", "gallery_order"), ("empty_queries", "zero")]
)
def test_a_metric_that_changes_between_rows_is_found(key: str, value: str) -> None:
    other = _plant(("protocol", key), value)
    found = lint({"one": GOOD, "two": other, "three": GOOD})
    assert [(violation.result, violation.rule) for violation in found] == [("two", "metric_changed")]
    assert key in found[0].reason and value in found[0].reason


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
    assert {v.rule for v in found} == set(RULES) - {"facts_missing"}
    assert {v.result for v in found} == {"bad"}


def test_a_row_with_several_protocols_is_held_to_the_clean_one() -> None:
    row = {
        "practice": GOOD["run"]["practice"],
        "protocols": {"paper_cmcl": PAPER_CMCL.as_json(), "clean": CLEAN.as_json()},
    }
    assert lint({"row": row}) == ()
    del row["protocols"]["clean"]
    assert [violation.rule for violation in lint({"row": row})] == ["self_match"]
