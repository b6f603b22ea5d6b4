from __future__ import annotations

import pytest
import torch

from maquette.losses import cross_entropy
from maquette.methods.dscmr_plus import DSCMRPlus
from tests.methods.method_cases import PROGRESS, VECTORS


def test_the_objective_is_dscmrs_with_cross_entropy() -> None:
    method = DSCMRPlus(classes=4, dimensions=3, modalities=("image", "pointcloud")).double()
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    assert list(terms) == ["cross_entropy", "pair_likelihood", "modality_distance"]
    logits = method.head(VECTORS.reps, VECTORS.present)
    torch.testing.assert_close(terms["cross_entropy"], cross_entropy(logits, VECTORS.present, VECTORS.labels))
    assert terms["pair_likelihood"].item() == pytest.approx(1e-3 * 1.937975, abs=1e-7)
    assert terms["modality_distance"].item() == pytest.approx(0.1 * 2.295974, abs=1e-6)


def test_each_term_can_be_switched_off() -> None:
    modalities = ("image", "pointcloud")
    names = {"weight_cross_entropy", "weight_likelihood", "weight_invariance"}
    for kept in sorted(names):
        method = DSCMRPlus(classes=4, dimensions=3, modalities=modalities, **dict.fromkeys(names - {kept}, 0.0))
        assert len(method.double()(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)) == 1
