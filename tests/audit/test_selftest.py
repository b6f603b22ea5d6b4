"""What is planted is counted right: precision and recall by hand, and easy data score high where hard ones do not."""

from __future__ import annotations

import numpy as np
import pytest

from maquette.audit import KINDS, Trial, judge, self_test
from maquette.errors import ConfigError
from tests.audit.audit_cases import NAMES, Case, made_case


def trials(case: Case, **changes: object) -> tuple[Trial, ...]:
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    return self_test(
        audit,
        case.representations,
        present=case.present,
        class_names=NAMES,
        **{"rng": np.random.default_rng(0), "repeats": 2, **changes},  # type: ignore[arg-type]  # by name
    )


def test_scores_by_hand() -> None:
    trial = Trial("symmetric", 0.1, planted=10, called=8, found=6, rates=(0.1,), expected=(0.1,))
    assert (trial.precision, trial.recall) == (0.75, 0.6)
    assert trial.f1 == pytest.approx(2 * 0.75 * 0.6 / 1.35)
    low, high = trial.interval("recall")
    # Wilson's interval of 6 of 10.
    assert (low, high) == pytest.approx((0.3127, 0.8318), abs=1e-4)
    nothing = Trial("symmetric", 0.1, planted=0, called=0, found=0, rates=(), expected=())
    assert (nothing.precision, nothing.recall, nothing.f1, nothing.interval("precision")) == (0.0, 0.0, 0.0, (0.0, 1.0))


def test_planted_labels_are_found_where_classes_lie_apart() -> None:
    made = trials(made_case(wrong=8), rates=(0.1, 0.3))
    assert [(trial.kind, trial.rate) for trial in made] == [(kind, rate) for kind in KINDS for rate in (0.1, 0.3)]
    assert all(trial.planted > 0 for trial in made)
    for trial in made[:2]:
        assert trial.precision > 0.9 and trial.recall > 0.8
        np.testing.assert_allclose(trial.rates, trial.expected, atol=0.06)
    hard = trials(made_case(wrong=8, spread=1.2), rates=(0.1,), kinds=("symmetric",))
    assert hard[0].f1 < made[0].f1 - 0.2


def test_the_same_generator_plants_the_same_noise() -> None:
    case = made_case(spread=0.6)
    one, two = (trials(case, rates=(0.2,), rng=np.random.default_rng(3)) for _ in range(2))
    assert one == two
    assert one != trials(case, rates=(0.2,), rng=np.random.default_rng(4))


def test_what_is_doubted_already_is_counted_nowhere() -> None:
    case = made_case(wrong=64)
    (trial,) = trials(case, rates=(0.1,), kinds=("symmetric",), repeats=1)
    audit = judge(case.representations, case.given, present=case.present, classes=4)
    assert trial.planted == round(0.1 * (audit.joint.wrong < 0.5).sum())


def test_unknown_kinds_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected symmetric, asymmetric"):
        trials(made_case(), kinds=("odd",))
