from __future__ import annotations

import torch

from maquette.methods.head import SharedHead, mean_probabilities


def test_head_is_the_papers() -> None:
    head = SharedHead(classes=40, dimensions=512)
    shapes = [tuple(parameter.shape) for parameter in head.parameters()]
    assert shapes == [(256, 512), (256,), (40, 256), (40,)]


def test_head_serves_every_modality_with_the_same_weights() -> None:
    head = SharedHead(classes=3, dimensions=4)
    rep = torch.randn(1, 1, 4, generator=torch.Generator().manual_seed(0))
    logits = head(rep.expand(1, 2, 4), torch.ones(1, 2, dtype=torch.bool))
    weights = list(head.parameters())
    by_hand = torch.relu(rep[0, 0] @ weights[0].T + weights[1]) @ weights[2].T + weights[3]
    torch.testing.assert_close(logits[0], by_hand.expand(2, 3))


def test_probabilities_are_averaged_over_the_present_modalities() -> None:
    logits = torch.tensor([[[3.0, 1.0], [1.0, 1.0]], [[1.0, 3.0], [float("nan"), 0.0]], [[9.0, 9.0], [9.0, 9.0]]]).log()
    present = torch.tensor([[True, True], [True, False], [False, False]])
    expected = torch.tensor([[(0.75 + 0.5) / 2, (0.25 + 0.5) / 2], [0.25, 0.75], [0.0, 0.0]])
    torch.testing.assert_close(mean_probabilities(logits, present), expected)
