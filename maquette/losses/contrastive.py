"""Terms that compare the representations of a batch with one another, without labels or by soft ones.

Memory grows with the square of the number of rows, R = number of present representations.
"""

from __future__ import annotations

import math

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional as F

from maquette.losses.presence import rows_of

__all__ = ["instance_contrast", "row_contrast", "soft_supervised_contrast"]

_LEAST = 1e-6
"""What even the surest likeness leaves of a row among the others: its logarithm stays finite."""


def row_contrast(
    rows: Float[Tensor, "R D"],
    positives: Bool[Tensor, "R R"],
    *,
    temperature: float,
    at_most: int,
    alike: Float[Tensor, "R R"] | None = None,
) -> Float[Tensor, "R"]:
    """For each row -log( Σ_{p positive} e^{cos(i,p)/τ} / Σ_{j≠i} e^{cos(i,j)/τ} ); 0 for a row without positives.

    The sum over the positives stands inside the logarithm. `positives` is False on its diagonal, and no row of it has
    more than `at_most`: the fewer, the less there is to compute. With `alike`, from 0 to 1, a row that is no positive
    counts 1 - alike times: one that is surely alike is not pushed away.
    """
    unit = F.normalize(rows, dim=-1)
    similarities = unit @ unit.T / temperature
    if alike is not None:
        similarities = similarities + torch.log1p(-alike.clamp(max=1 - _LEAST)).masked_fill(positives, 0)
    # A finite floor instead of -inf: a row with nothing to compare to must give 0, not NaN, in value and gradient.
    floor = torch.finfo(similarities.dtype).min
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    others = similarities.masked_fill(itself, floor).logsumexp(dim=1)
    # Only where the positives are: to raise e to the floor everywhere else takes longer than all the rest.
    places = positives.float().topk(min(max(at_most, 1), len(rows)), dim=1).indices
    attracted = similarities.gather(1, places).masked_fill(~positives.gather(1, places), floor).logsumexp(dim=1)
    return (others - attracted).masked_fill(~positives.any(dim=1), 0)


def instance_contrast(
    reps: Float[Tensor, "B M D"],
    present: Bool[Tensor, "B M"],
    *,
    temperature: float,
    targets: Float[Tensor, "B C"] | None = None,
) -> Float[Tensor, ""]:
    """How badly an object's modalities find each other among all other representations of the batch.

    For row i (one object in one modality), P(i) the rows of the same object in its other modalities:
    mean_i -log( Σ_{p∈P(i)} e^{cos(i,p)/τ} / Σ_{j≠i} e^{cos(i,j)/τ} ).

    For two modalities this is NT-Xent (Chen, Kornblith, Norouzi and Hinton, SimCLR, ICML 2020,
    https://arxiv.org/abs/2002.05709). RONO's multimodal gap is twice this, MRL's contrastive loss this itself.
    An object with a single modality is compared to, but asks nothing itself: the mean is over rows that have a
    positive, and 0 if there are none. With `targets`, the probabilities t of classes, object j counts 1 - t_i·t_j
    times among the others: those that are probably of one class are not pushed apart.

    One object in two modalities has nobody to be confused with:

    >>> instance_contrast(torch.tensor([[[1.0, 0.0], [0.0, 1.0]]]), torch.tensor([[True, True]]), temperature=1.0)
    tensor(0.)
    """
    labels = torch.zeros(len(reps), dtype=torch.long, device=reps.device)
    rows = rows_of(reps, present, labels)
    same_object = rows.objects.unsqueeze(0) == rows.objects.unsqueeze(1)
    same_object = same_object.fill_diagonal_(False)
    asks = same_object.any(dim=1)
    alike = None if targets is None else _alike(targets[rows.objects])
    losses = row_contrast(rows.values, same_object, temperature=temperature, at_most=reps.shape[1] - 1, alike=alike)
    return losses.sum() / asks.sum().clamp(min=1)


def soft_supervised_contrast(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], targets: Float[Tensor, "B C"], *, temperature: float
) -> Float[Tensor, ""]:
    """Representations find those of their class among all others of the batch, where classes are known by `targets`.

    mean_i -Σ_{j≠i} w_ij log( e^{cos(i,j)/τ} / Σ_{k≠i} e^{cos(i,k)/τ} ),  w_ij = t_i·t_j / Σ_{k≠i} t_i·t_k

    Targets are probabilities: w is how probably two objects are of one class, among all that may be of i's. With
    one-hot targets it is L_out of Khosla et al., Supervised Contrastive Learning, NeurIPS 2020,
    https://arxiv.org/abs/2004.11362, Eq. 2 (the method `supervised_contrastive`). The mean is over rows that share a
    class with another, 0 if none does.

    Two representations at right angles and of one class have nobody else to be near to:

    >>> rows, present = torch.eye(2).unsqueeze(1), torch.ones(2, 1, dtype=torch.bool)
    >>> loss = soft_supervised_contrast(rows, present, torch.full((2, 2), 0.5), temperature=1.0)
    >>> bool(loss == 0)
    True
    """
    # Divided before they are multiplied: rows are fewer numbers than pairs of rows.
    rows = F.normalize(reps[present], dim=-1) / math.sqrt(temperature)
    weights = _alike(targets[torch.nonzero(present)[:, 0]]).fill_diagonal_(0)
    totals = weights.sum(dim=1)
    asks = totals > 0
    weights = weights.div_((totals.masked_fill(~asks, 1) * asks.sum().clamp(min=1)).unsqueeze(1))
    # A finite floor instead of -inf: times a weight of 0 it must be 0.
    itself = torch.eye(len(rows), dtype=torch.bool, device=rows.device)
    logs = (rows @ rows.T).masked_fill(itself, torch.finfo(rows.dtype).min).log_softmax(dim=1)
    return -(logs * weights).sum()


@torch.no_grad()
def _alike(targets: Float[Tensor, "R C"]) -> Float[Tensor, "R R"]:
    """t_i·t_j, how probably two rows are of one class; targets learn nothing."""
    return targets @ targets.T
