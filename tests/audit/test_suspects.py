"""Planted wrong labels are found with the right class proposed; labels that are right are left alone."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.audit import judge
from maquette.errors import InputError
from tests.audit.audit_cases import made_case


@pytest.mark.parametrize("wrong", [0, 16, 64])
def test_wrong_labels_are_found_and_their_class_is_proposed(wrong: int) -> None:
    case = made_case(wrong=wrong)
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    suspects = set(audit.suspects().tolist())
    planted = set(np.flatnonzero(case.given != case.true).tolist())
    assert len(planted) == wrong
    assert len(suspects & planted) >= 0.95 * wrong
    assert len(suspects - planted) <= 2
    right = [audit.joint.proposed[row] == case.true[row] for row in suspects & planted]
    assert np.mean(right or [True]) >= 0.95
    assert abs(audit.rate - wrong / len(case.true)) <= 0.03
    np.testing.assert_allclose(audit.transition.sum(axis=1), 1, atol=1e-5)


def test_the_most_probable_comes_first_and_a_threshold_leaves_out_the_others() -> None:
    case = made_case(wrong=40, spread=0.6)
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    order = audit.joint.wrong[audit.suspects(0.3)]
    assert (np.diff(order) <= 0).all() and order.min() >= 0.3
    assert len(audit.suspects(0.3)) > len(audit.suspects(0.9)) > 0
    assert len(audit.suspects(0.0)) == len(case.true)


def test_each_modality_judges_by_itself_and_says_nothing_of_what_it_lacks() -> None:
    case = made_case()
    case.representations["image"][:] = np.random.default_rng(1).normal(size=case.representations["image"].shape)
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    planted = np.flatnonzero(case.given != case.true)
    # Three quarters, where it is nearly all with pictures that mean something: the matrix is what all together say.
    assert (audit.by_modality["pointcloud"].wrong[planted] > 0.5).mean() > 0.65
    assert (audit.by_modality["image"].wrong[planted] > 0.5).mean() < 0.5, "pictures without a meaning accuse nobody"
    lacking = ~case.present["image"]
    assert not audit.by_modality["image"].wrong[lacking].any()
    assert (audit.by_modality["image"].proposed[lacking] == case.given[lacking]).all()
    found = audit.suspects()
    assert all("pointcloud" in audit.agreeing(int(row)) for row in found[:5])
    assert all("image" not in audit.agreeing(int(row)) for row in np.flatnonzero(lacking))


def test_a_proposal_is_never_the_given_label() -> None:
    case = made_case(spread=1.5)
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    assert (audit.joint.proposed != case.given).all()


def test_what_cannot_be_judged_is_refused() -> None:
    case = made_case()
    with pytest.raises(InputError, match="160 labels in 1 classes: expected at least two of both"):
        judge(case.representations, case.given, present=case.present, classes=1)
