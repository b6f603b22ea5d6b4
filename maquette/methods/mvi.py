"""MVI: Self-supervised Modal and View Invariant Feature Learning. Jing, Chen, Zhang, He, Tian. 2020.

Paper: https://arxiv.org/abs/2005.14169
Authors' repository (without code): https://github.com/LongLong-Jing/XMV

    L = Σ_{m<n} NTX(h^m, h^n) + NTX(h^{image, view 1}, h^{image, view 2})

| symbol | name here | value |
|---|---|---|
| NTX | `maquette.losses.instance_contrast` of two columns | temperature 0.5 |
| Σ NTX(h^m, h^n) | `modal_invariance`, term of that name | `weight_modal` = 1 |
| NTX of two views | term `view_invariance`, of every modality that has views | `weight_view` = 1 |
| h^m | the representations: each encoder's last layer is its projection | |

No label enters: over rates of label noise its figures are constant. **Not verified**: the form of the loss, its
temperature and the equal weights are taken from how the same authors' later work (M2CP, BMVC 2021) describes them;
nothing here was checked against MVI's own text.
Differs: its figure shows a projection head for each modality. Retrieving before such heads finds nothing across
modalities, since only what comes out of them is aligned; so here the space that is contrasted is the space that is
searched. The first two views are compared; with a single view the term is 0.
"""

from __future__ import annotations

from jaxtyping import Bool, Float, Int
from torch import Tensor

from maquette.losses import instance_contrast, modality_pairs
from maquette.methods.base import METHODS, Method
from maquette.methods.settings import check_positive, check_weights
from maquette.types import Progress, Representations

__all__ = ["MVI", "modal_invariance"]


def modal_invariance(
    reps: Float[Tensor, "B M D"], present: Bool[Tensor, "B M"], *, temperature: float
) -> Float[Tensor, ""]:
    """Σ_{m<n} NTX(h^m, h^n): for each pair of modalities, objects must find themselves in the other one.

    Unlike one contrast over all rows, each pair has its own denominator. A single modality gives 0.
    """
    total = reps.new_zeros(())
    for pair in modality_pairs(reps.shape[1]):
        total = total + instance_contrast(reps[:, pair], present[:, pair], temperature=temperature)
    return total


@METHODS.register("mvi")
class MVI(Method):
    """Invariance over modalities and over views, without labels."""

    def __init__(
        self,
        *,
        classes: int,
        dimensions: int,
        modalities: tuple[str, ...],
        weight_modal: float = 1.0,
        weight_view: float = 1.0,
        temperature: float = 0.5,
    ) -> None:
        super().__init__(classes=classes, dimensions=dimensions, modalities=modalities)
        check_weights(weight_modal=weight_modal, weight_view=weight_view)
        check_positive(temperature=temperature)
        self.weight_modal = weight_modal
        self.weight_view = weight_view
        self.temperature = temperature

    def forward(
        self, reps: Representations, labels: Int[Tensor, "B"], index: Int[Tensor, "B"], progress: Progress
    ) -> dict[str, Tensor]:
        """The terms `modal_invariance` and `view_invariance`, each unless its weight is 0."""
        terms = {}
        if self.weight_modal:
            modal = modal_invariance(reps.values, reps.present, temperature=self.temperature)
            terms["modal_invariance"] = self.weight_modal * modal
        if self.weight_view:
            terms["view_invariance"] = self.weight_view * self._view_invariance(reps)
        return terms

    def _view_invariance(self, reps: Representations) -> Float[Tensor, ""]:
        total = reps.values.new_zeros(())
        for name, views in sorted(reps.views.items()):
            if views.shape[1] < 2:
                continue
            has = reps.present[:, [reps.modalities.index(name)] * 2]
            total = total + instance_contrast(views[:, :2], has, temperature=self.temperature)
        return total
