"""DCCAE: deep canonically correlated autoencoders of two modalities. Wang, Arora, Livescu, Bilmes. ICML 2015.

On Deep Multi-View Representation Learning, https://proceedings.mlr.press/v37/wangb15.html

    max over the networks' weights of  corr(f(X), g(Y)) - λ (‖X - p(f(X))‖² + ‖Y - q(g(Y))‖²)

| symbol | name here | value |
|---|---|---|
| corr | `maquette.methods.deep_cca.total_correlation` | |
| λ | `weight_reconstruction` | 1 |
| ‖X - p(f(X))‖² | `maquette.methods.deep_cca.unexplained`, a share of the modality's scatter | |
| f, g; p, q | as in DCCA; their mirror images | `hidden`: one layer of 128 |
| r | `ridge`, in units of the mean variance of a network's outputs | 1e-3 |
| | `steps` of Adam on all objects, `lr`, `weight_decay` | 200, 3e-3, 1e-4 |

Differs from the paper: all objects at every step in place of large batches; tanh; no pretraining. Errors of
reconstruction are shares of the scatter, so that λ means the same for modalities of any size; the paper chooses λ for
each data set. Inputs are brought to their principal axes first, as in DCCA. Widths, steps, rates and λ are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from maquette.methods.deep_cca import DeepMaps, DeepSettings, fit_networks
from maquette.methods.projection import PROJECTIONS, Projection
from maquette.methods.settings import check_positive

__all__ = ["DCCAE"]


@PROJECTIONS.register("dccae")
class DCCAE(Projection):
    """Networks of two modalities with correlated outputs from which the modalities can be rebuilt; no labels.

    At most N - 1 dimensions, and as many as the last of `hidden`. All objects are in memory at every step.
    """

    modalities = 2

    def __init__(
        self,
        *,
        dimensions: int,
        weight_reconstruction: float = 1.0,
        hidden: Sequence[int] = (128,),
        steps: int = 200,
        lr: float = 3e-3,
        weight_decay: float = 1e-4,
        ridge: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__(dimensions=dimensions)
        check_positive(weight_reconstruction=weight_reconstruction)
        self.weight_reconstruction = weight_reconstruction
        self.settings = DeepSettings(tuple(hidden), steps, lr, weight_decay, ridge, seed)

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> DeepMaps:
        return fit_networks(
            reps,
            dimensions=self.dimensions,
            settings=self.settings,
            weight_reconstruction=self.weight_reconstruction,
        )
