"""DCCA: Deep Canonical Correlation Analysis of two modalities. Andrew, Arora, Bilmes, Livescu. ICML 2013.

Paper: https://proceedings.mlr.press/v28/andrew13.html

    max over the networks' weights of  corr(f_1(X_1), f_2(X_2)) = ‖T‖_tr

| symbol | name here | value |
|---|---|---|
| corr, T | `maquette.methods.deep_cca.total_correlation` | |
| f_1, f_2 | linear layers with tanh between them, `hidden` their widths | one layer of 128 |
| r_1, r_2 | `ridge`, in units of the mean variance of a network's outputs | 1e-3 |
| | `steps` of Adam on all objects, `lr`, `weight_decay` | 200, 3e-3, 1e-4 |

Differs from the paper: Adam in place of L-BFGS, tanh in place of its cube-root unit, no pretraining by denoising
autoencoders. Inputs are brought to their principal axes first, so that where a modality's axes lie is of no matter.
Widths, steps and rates are ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from jaxtyping import Float, Int

from maquette.methods.deep_cca import DeepMaps, DeepSettings, fit_networks
from maquette.methods.projection import PROJECTIONS, Projection

__all__ = ["DCCA"]


@PROJECTIONS.register("dcca")
class DCCA(Projection):
    """Networks of two modalities whose outputs over the objects are most correlated; labels are not looked at.

    At most N - 1 dimensions, and as many as the last of `hidden`. All objects are in memory at every step.
    """

    modalities = 2

    def __init__(
        self,
        *,
        dimensions: int,
        hidden: Sequence[int] = (128,),
        steps: int = 200,
        lr: float = 3e-3,
        weight_decay: float = 1e-4,
        ridge: float = 1e-3,
        seed: int = 0,
    ) -> None:
        super().__init__(dimensions=dimensions)
        self.settings = DeepSettings(tuple(hidden), steps, lr, weight_decay, ridge, seed)

    def _fit(self, reps: Mapping[str, Float[np.ndarray, "N _"]], labels: Int[np.ndarray, "N"]) -> DeepMaps:
        return fit_networks(reps, dimensions=self.dimensions, settings=self.settings)
