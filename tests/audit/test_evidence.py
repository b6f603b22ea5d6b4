"""Votes are the neighbours' labels, counted by hand; examples are the nearest believed objects of both classes."""

from __future__ import annotations

import numpy as np

from maquette.audit import evidence_for, judge
from tests.audit.audit_cases import made_case


def test_votes_are_shares_of_the_nearest_labels() -> None:
    case = made_case()
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    row = int(audit.suspects()[0])
    found = evidence_for(audit, row, case.representations, present=case.present)
    values = case.representations["pointcloud"].astype(np.float64)
    unit = values / np.linalg.norm(values, axis=1, keepdims=True)
    cosines = unit @ unit[row]
    cosines[row] = -np.inf
    named = case.given[np.argsort(-cosines)[: audit.neighbours]]
    given, proposed = case.given[row], audit.joint.proposed[row]
    np.testing.assert_allclose(found.votes["pointcloud"], [(named == given).mean(), (named == proposed).mean()])


def test_examples_are_believed_objects_of_the_two_classes() -> None:
    case = made_case()
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    for row in map(int, audit.suspects()):
        found = evidence_for(audit, row, case.representations, present=case.present, examples=2)
        for examples, label in (
            (found.given_examples, case.given[row]),
            (found.proposed_examples, audit.joint.proposed[row]),
        ):
            assert len(examples) == 2 and row not in examples
            assert all(case.given[other] == label and audit.joint.wrong[other] < 0.5 for other in examples)
        assert ("image" in found.votes) == bool(case.present["image"][row])
