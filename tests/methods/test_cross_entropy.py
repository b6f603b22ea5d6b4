from __future__ import annotations

import torch

from maquette.losses import cross_entropy
from maquette.methods.cross_entropy import CrossEntropy
from maquette.types import Representations
from tests.methods.method_cases import PROGRESS, Case, on_ragged_batches


@on_ragged_batches
def test_the_term_is_the_cross_entropy_of_the_head(ragged: Case) -> None:
    method = CrossEntropy(classes=5, dimensions=4, modalities=ragged.representations.modalities).double()
    terms = method(ragged.representations, ragged.labels, torch.arange(len(ragged.reps)), PROGRESS)
    assert list(terms) == ["cross_entropy"]
    logits = method.head(ragged.reps, ragged.present)
    torch.testing.assert_close(terms["cross_entropy"], cross_entropy(logits, ragged.present, ragged.labels))


def test_it_learns_and_says_what_it_learnt() -> None:
    generator = torch.Generator().manual_seed(0)
    reps = Representations(
        torch.randn(12, 2, 32, generator=generator), torch.ones(12, 2, dtype=torch.bool), ("image", "mesh")
    )
    labels = torch.arange(12) % 4
    method = CrossEntropy(classes=4, dimensions=32, modalities=reps.modalities)
    optimizer = torch.optim.Adam(method.parameters(), lr=0.05)
    for _ in range(100):
        optimizer.zero_grad()
        torch.autograd.backward(method(reps, labels, torch.arange(12), PROGRESS)["cross_entropy"])
        optimizer.step()
    assert torch.equal(method.predict(reps).argmax(dim=1), labels)
