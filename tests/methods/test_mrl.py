from __future__ import annotations

from math import exp, log

import pytest
import torch

from maquette.errors import ConfigError
from maquette.methods.mrl import MRL, robust_clustering
from tests.methods.method_cases import PROGRESS, VECTORS, Case, on_ragged_batches


def test_by_hand() -> None:
    logits = torch.tensor([[[3.0, 1.0], [float("nan"), 1.0]], [[1.0, 1.0], [1.0, 4.0]]]).log()
    present = torch.tensor([[True, False], [True, True]])
    expected = (log(0.25) + log(0.5) + log(0.2)) / 3
    assert robust_clustering(logits, present, torch.tensor([0, 1])).item() == pytest.approx(expected, rel=1e-6)


@on_ragged_batches
def test_as_a_naive_loop(ragged: Case) -> None:
    values = []
    for i in range(len(ragged.reps)):
        for m in range(ragged.reps.shape[1]):
            if ragged.present[i, m]:
                exponentials = [exp(value) for value in ragged.logits[i, m].tolist()]
                values.append(log(1 - exponentials[int(ragged.labels[i])] / sum(exponentials)))
    expected = sum(values) / max(len(values), 1)
    assert robust_clustering(ragged.logits, ragged.present, ragged.labels).item() == pytest.approx(expected, abs=1e-10)


def test_numbers_of_the_paper() -> None:
    loss = robust_clustering(VECTORS.logits, VECTORS.present, VECTORS.labels)
    assert loss.item() == pytest.approx(-0.110191, abs=1e-5)


@on_ragged_batches
def test_gradient(ragged: Case) -> None:
    logits = ragged.logits.requires_grad_()
    assert torch.autograd.gradcheck(lambda values: robust_clustering(values, ragged.present, ragged.labels), (logits,))


def test_a_sure_prediction_stays_finite() -> None:
    logits = torch.tensor([[[500.0, 0.0]]], requires_grad=True)
    loss = robust_clustering(logits, torch.tensor([[True]]), torch.tensor([0]))
    assert loss.item() == -500.0
    (gradient,) = torch.autograd.grad(loss, logits)
    assert gradient.tolist() == [[[-1.0, 1.0]]]


def test_centers_are_orthogonal_and_come_back_to_unit_length() -> None:
    method = MRL(classes=4, dimensions=16, modalities=("image", "pointcloud"))
    torch.testing.assert_close(method.centers @ method.centers.T, torch.eye(4))
    with torch.no_grad():
        method.centers.mul_(3)
    method.before_step()
    torch.testing.assert_close(method.centers.norm(dim=1), torch.ones(4))


@pytest.mark.parametrize("beta", [0.0, 0.25, 1.0])
def test_beta_weighs_the_two_terms(beta: float) -> None:
    method = MRL(classes=4, dimensions=3, modalities=("image", "pointcloud"), beta=beta).double()
    terms = method(VECTORS.representations, VECTORS.labels, torch.arange(3), PROGRESS)
    assert ("robust_clustering" in terms, "multimodal_contrastive" in terms) == (beta > 0, beta < 1)
    if beta < 1:
        assert terms["multimodal_contrastive"].item() == pytest.approx((1 - beta) * 3.149995 / 2, abs=1e-5)


def test_what_cannot_work_is_refused() -> None:
    with pytest.raises(ConfigError, match="beta is"):
        MRL(classes=4, dimensions=3, modalities=("image",), beta=1.5)
    with pytest.raises(ConfigError, match="at least two"):
        MRL(classes=1, dimensions=3, modalities=("image",))
